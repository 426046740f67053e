"""Audits that were run."""

from typing import ClassVar

from django.db import models

from audits.core.verdict import Verdict
from audits.models.resident_table import ResidentTable


class AuditRun(models.Model):
    """One audit of one digest under one policy with one table of residents. Append-only.

    The figures are in the report, an artifact; the columns repeat what lists need.
    """

    class SubjectKind(models.TextChoices):
        RUN = "run"
        PLAN = "plan"
        RECIPE = "recipe"

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    district = models.ForeignKey("governance.District", models.PROTECT, null=True, related_name="+")
    subject_kind = models.CharField(max_length=10, choices=SubjectKind.choices)
    subject_digest = models.CharField(max_length=64, db_index=True)
    title = models.CharField(max_length=200)
    verdict = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Verdict])
    sentence = models.TextField()
    policy_version = models.PositiveIntegerField()
    residents = models.ForeignKey(ResidentTable, models.PROTECT, related_name="+")
    report_digest = models.CharField(max_length=64)  # artifact: the whole table, JSON
    audited_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject_digest", "report_digest"], name="one_audit_a_report"),
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.verdict}"
