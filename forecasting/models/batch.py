"""Files of incidents as they came in."""

from typing import ClassVar

from django.db import models


class Batch(models.Model):
    """One file, named by its SHA-256, with what became of its rows. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    profile = models.CharField(max_length=60)
    filename = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # SHA-256 of the file as given
    rows = models.BigIntegerField()
    accepted = models.BigIntegerField()
    corrections = models.BigIntegerField()  # accepted rows that supersede an earlier one
    unchanged = models.BigIntegerField()  # rows already known with the same content
    refused = models.BigIntegerField()
    refusals = models.JSONField(default=dict)  # reason -> count
    refusals_digest = models.CharField(
        max_length=64, blank=True
    )  # artifact: row number, reason, allowlisted fields
    ingested_at = models.DateTimeField(auto_now_add=True)  # real UTC

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jurisdiction", "digest"], name="one_file_one_batch")
        ]

    def __str__(self) -> str:
        return f"{self.filename}: {self.accepted} of {self.rows} rows"
