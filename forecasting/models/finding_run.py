"""What was found to be emerging."""

from typing import ClassVar

from django.db import models

from forecasting.models.extract import Extract


class FindingRun(models.Model):
    """One look at one category in one sealed extract; its findings are an artifact named by digest. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    extract = models.ForeignKey(Extract, models.PROTECT, related_name="+")
    category = models.CharField(max_length=40)
    as_of = models.DateTimeField()
    found = models.PositiveIntegerField()  # findings
    digest = models.CharField(max_length=64)  # artifact: everything that was looked at and found
    seed = models.BigIntegerField()
    policy_version = models.PositiveIntegerField()
    ledger_index = models.BigIntegerField()
    recorded_at = models.DateTimeField(auto_now_add=True)  # real UTC

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["extract", "category"], name="one_look_an_extract"),
        ]

    def __str__(self) -> str:
        return f"findings in {self.category}, {self.as_of:%Y-%m-%d}"
