"""Tables of the public portal: released numbers and nothing else."""

from public_portal.models.published_table import PublishedTable
from public_portal.models.release import Release
from public_portal.models.report import Report

__all__ = ["PublishedTable", "Release", "Report"]
