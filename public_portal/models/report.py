"""Transparency reports."""

from django.db import models

from public_portal.models.release import Release


class Report(models.Model):
    """The report of one release as a PDF; its web page is drawn from the same released tables. Append-only."""

    release = models.OneToOneField(Release, models.PROTECT, related_name="report")
    pdf_digest = models.CharField(max_length=64)
    checkpoint_size = models.BigIntegerField()  # the signed state of the record that covers the release
    compiled_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    def __str__(self) -> str:
        return f"report of {self.release}"
