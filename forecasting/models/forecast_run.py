"""Forecasts as they were sealed."""

from typing import ClassVar

from django.db import models

from forecasting.models.extract import Extract
from forecasting.models.recipe import Recipe


class ForecastRun(models.Model):
    """One category's forecast for one window; its arrays are artifacts named by digest. Append-only."""

    class Standing(models.TextChoices):
        SEALED = "sealed"
        RETROSPECTIVE = "retrospective"

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    recipe = models.ForeignKey(Recipe, models.PROTECT, related_name="+")
    extract = models.ForeignKey(Extract, models.PROTECT, related_name="+")
    category = models.CharField(max_length=40)
    police_discovered = models.BooleanField(default=False)
    as_of = models.DateTimeField()
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    cell = models.FloatField()  # side of a cell, CRS units
    origin_x = models.FloatField(default=0.0)
    origin_y = models.FloatField(default=0.0)
    digest = models.CharField(max_length=64)  # of the run's manifest
    cells_digest = models.CharField(max_length=64)
    shares_digest = models.CharField(max_length=64)
    manifest_digest = models.CharField(max_length=64)  # artifact: everything needed to compute it again
    base = models.FloatField()  # what the factors multiply
    total = models.FloatField()  # expected incidents in the window, whole city
    total_low = models.FloatField()
    total_high = models.FloatField()
    baseline_total = models.FloatField()
    seed = models.BigIntegerField()
    policy_version = models.PositiveIntegerField()
    ledger_index = models.BigIntegerField()
    issued_at = models.DateTimeField()  # jurisdiction's clock
    recorded_at = models.DateTimeField(auto_now_add=True)  # real UTC

    class Meta:
        ordering: ClassVar = ["-window_start", "category"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["jurisdiction", "category", "window_start"], name="one_forecast_a_window"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category}, {self.window_start:%Y-%m-%d}"
