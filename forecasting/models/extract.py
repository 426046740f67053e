"""Sealed extracts: the exact columns a run may read."""

from typing import ClassVar

from django.db import models


class Extract(models.Model):
    """One Parquet file named by its digest, holding what was known at `as_of`. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    as_of = models.DateTimeField()
    categories = models.JSONField()
    digest = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    sealed_at = models.DateTimeField(auto_now_add=True)  # real UTC

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"extract as of {self.as_of:%Y-%m-%d %H:%M} UTC, {self.rows} rows"
