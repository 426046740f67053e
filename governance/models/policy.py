"""Versions of a jurisdiction's policy."""

from typing import ClassVar

from django.db import models

from governance.models.jurisdiction import Jurisdiction


class Policy(models.Model):
    """One adopted version, in force from a date of the jurisdiction's clock. Append-only."""

    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="policies")
    version = models.PositiveIntegerField()
    terms = models.JSONField()
    digest = models.CharField(max_length=64)
    in_force_from = models.DateTimeField()
    adopted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["jurisdiction", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jurisdiction", "version"], name="policy_version_once"),
        ]

    def __str__(self) -> str:
        return f"policy {self.version}"
