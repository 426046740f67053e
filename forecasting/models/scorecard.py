"""How forecasts turned out."""

from typing import ClassVar

from django.db import models

from forecasting.models.forecast_run import ForecastRun


class Scorecard(models.Model):
    """One scoring of one run beside its baselines; a late-changing truth makes a new one. Append-only."""

    run = models.ForeignKey(ForecastRun, models.PROTECT, related_name="scorecards")
    standing = models.CharField(max_length=14, choices=ForecastRun.Standing.choices)
    observed = models.BigIntegerField()
    figures = models.JSONField()  # method -> metric -> value, n, N, low, high
    truth_digest = models.CharField(max_length=64)  # artifact: observed counts by cell
    digest = models.CharField(max_length=64)
    scored_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"score of {self.run}"
