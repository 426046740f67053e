"""Registered context: what stands in a city and what its days were like."""

from typing import ClassVar

from django.db import models


class ContextLayer(models.Model):
    """One version of a layer or series as it was known at `as_of`; a newer version has a later one. Append-only.

    Its content is one file named by `digest`: shapes without any property, or figures by day. At a moment only the
    newest version of a name with `as_of` up to then is visible.
    """

    class Kind(models.TextChoices):
        POINTS = "points", "Points"
        LINES = "lines", "Lines"
        POLYGONS = "polygons", "Polygons"
        SERIES = "series", "Series by day"

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    layer_name = models.CharField(max_length=40)
    subject = models.CharField(max_length=20)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    as_of = models.DateTimeField()
    source = models.CharField(max_length=300)
    filename = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64)  # SHA-256 of the file as given
    digest = models.CharField(max_length=64)  # artifact: the normalised content
    features = models.BigIntegerField()  # shapes, or rows of a series
    left_out = models.BigIntegerField()  # features of the file out of the city's reach
    registered_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["layer_name", "as_of"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["jurisdiction", "layer_name", "as_of"], name="one_version_a_moment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.layer_name} as of {self.as_of:%Y-%m-%d %H:%M} UTC, {self.features} features"
