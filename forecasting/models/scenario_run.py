"""What was simulated: never a forecast, and read by nothing in production."""

from typing import ClassVar

from django.db import models

from forecasting.models.forecast_run import ForecastRun


class ScenarioRun(models.Model):
    """One simulation of stated changes, beside the base it started from; named by its result's digest. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    run = models.ForeignKey(ForecastRun, models.PROTECT, related_name="+")  # its forecast is the base
    asked = models.JSONField()  # districts' codes and figures, as in core.scenario_request
    seed = models.BigIntegerField()
    digest = models.CharField(max_length=64)  # artifact: assumptions and figures
    simulated_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "digest"], name="one_result_a_run")]

    def __str__(self) -> str:
        return f"scenario {self.digest[:12]} on {self.run}"
