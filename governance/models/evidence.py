"""Evidence bound to a digest."""

from typing import ClassVar

from django.db import models

from governance.models.jurisdiction import Jurisdiction


class Evidence(models.Model):
    """A verdict about one digest, with its report. The newest of a kind counts. Append-only."""

    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="evidence")
    subject_digest = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=40)
    verdict = models.CharField(max_length=20)
    summary = models.TextField()  # the sentence a reader sees
    report_digest = models.CharField(max_length=64)  # artifact with the figures
    attached_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.verdict}"
