"""Plans: ranked places for one district and shift."""

from typing import ClassVar

from django.db import models

from forecasting.models.forecast_run import ForecastRun


class Plan(models.Model):
    """One revision of a plan. `body` is exactly what is put to the vote; its digest binds the approval. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    district = models.ForeignKey("governance.District", models.PROTECT, related_name="+")
    change_request = models.ForeignKey("governance.ChangeRequest", models.PROTECT, related_name="+")
    run = models.ForeignKey(ForecastRun, models.PROTECT, related_name="plans")  # of the leading category
    revision = models.PositiveIntegerField()
    shift = models.CharField(max_length=20)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    body = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)
    scripted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-starts_at", "district", "-revision"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change_request", "revision"], name="one_plan_a_revision"),
        ]

    def __str__(self) -> str:
        return f"plan for {self.district}, {self.starts_at:%Y-%m-%d}"


class Briefing(models.Model):
    """The briefing sheet of an executed plan. Append-only."""

    plan = models.OneToOneField(Plan, models.PROTECT, related_name="briefing")
    pdf_digest = models.CharField(max_length=64)
    geojson_digest = models.CharField(max_length=64)
    issued_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    def __str__(self) -> str:
        return f"briefing of {self.plan}"


class PlanClosure(models.Model):
    """What was delivered under an executed plan, closed after its shift. Append-only."""

    plan = models.OneToOneField(Plan, models.PROTECT, related_name="closure")
    journal = models.JSONField(default=dict)  # place number -> visits and minutes
    journal_digest = models.CharField(max_length=64)
    covered = models.BigIntegerField()  # incidents recorded in the plan's places during the shift
    observed = models.BigIntegerField()  # incidents recorded in the district during the shift
    closed_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    def __str__(self) -> str:
        return f"closure of {self.plan}"
