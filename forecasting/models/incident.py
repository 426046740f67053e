"""Recorded incidents: what, when and where; nothing about a person."""

from typing import ClassVar

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import BrinIndex

from forecasting.models.batch import Batch


class Incident(models.Model):
    """One recorded incident. A correction supersedes the earlier row and keeps it.

    Rows come by COPY, tens of thousands a second. Foreign keys checked by the database would cost twice what
    the COPY does, a B-tree a quarter (tests/benchmarks/bench_ingest.py); `ingest_batch`, the only writer, fills
    the three references from rows it holds in the same transaction. The block-range index is free.
    """

    jurisdiction = models.ForeignKey(
        "governance.Jurisdiction", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    external_id_hash = models.BinaryField(
        max_length=16
    )  # HMAC-SHA-256 of the source's number, first 16 bytes
    category = models.CharField(max_length=40)
    occurred_from = models.DateTimeField()
    occurred_to = models.DateTimeField()
    reported_at = models.DateTimeField()
    known_at = models.DateTimeField()  # when the jurisdiction can have known it
    superseded_at = models.DateTimeField(null=True)  # when a correction became known
    x = models.IntegerField()  # tenths of a unit of the jurisdiction's CRS
    y = models.IntegerField()
    point = models.PointField(srid=4326, spatial_index=False)
    district = models.ForeignKey(
        "governance.District",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    geocode_quality = models.CharField(max_length=12)
    found_by = models.CharField(max_length=8)  # reported, police

    class Meta:
        indexes: ClassVar = [BrinIndex(fields=["occurred_from"], name="incident_when", autosummarize=True)]

    def __str__(self) -> str:
        return f"{self.category} {self.occurred_from:%Y-%m-%d}"
