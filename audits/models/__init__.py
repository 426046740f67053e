"""Tables of audits."""

from audits.models.audit_run import AuditRun
from audits.models.group_count import GroupCount
from audits.models.resident_table import ResidentTable

__all__ = ["AuditRun", "GroupCount", "ResidentTable"]
