"""Whether forecasts and their data drifted, and the fallback to counts that a policy demands then."""

from typing import ClassVar

from django.db import models

from forecasting.models.recipe import Recipe


class DriftRun(models.Model):
    """One round of drift checks of one category; the checks are an artifact named by digest. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    category = models.CharField(max_length=40)
    as_of = models.DateTimeField()  # jurisdiction's clock
    breached = models.JSONField(default=list)  # names of checks
    fallback_due = models.BooleanField(default=False)  # whether these breaches ask for the forecast by counts
    digest = models.CharField(max_length=64)  # artifact: every check with its figures and sentence
    seed = models.BigIntegerField()
    policy_version = models.PositiveIntegerField()
    ledger_index = models.BigIntegerField()
    recorded_at = models.DateTimeField(auto_now_add=True)  # real UTC

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"drift of {self.category}, {self.as_of:%Y-%m-%d}"


class Fallback(models.Model):
    """The beginning of a category's forecasts by counts, as the policy demanded. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    category = models.CharField(max_length=40)
    drift_run = models.OneToOneField(DriftRun, models.PROTECT, related_name="fallback")
    recipe = models.ForeignKey(Recipe, models.PROTECT, related_name="+")  # the approved one it stands in for
    body = models.JSONField()  # the recipe by counts, derived from the approved one
    digest = models.CharField(max_length=64)  # of that body
    policy_version = models.PositiveIntegerField()  # that demands it
    started_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"fallback of {self.category} since {self.started_at:%Y-%m-%d}"


class FallbackEnd(models.Model):
    """The end of a fallback. Append-only."""

    class Because(models.TextChoices):
        CLEAN = "clean"  # a later round of checks asks for none
        POLICY = "policy"  # the policy in force does not demand it any more
        RECIPE = "recipe"  # another recipe was adopted

    fallback = models.OneToOneField(Fallback, models.PROTECT, related_name="end")
    because = models.CharField(max_length=8, choices=Because.choices)
    ended_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    def __str__(self) -> str:
        return f"end of {self.fallback}: {self.because}"
