"""Recipes on their way: drafts, their evaluation on past windows, and the end of one that is in use."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from forecasting.models.extract import Extract
from forecasting.models.recipe import Recipe


class RecipeDraft(models.Model):
    """One recipe that somebody drafted, bound to the SHA-256 of its body. Append-only.

    The reason for it lies beside the entry. Where it stands is stored nowhere: it follows from what is recorded
    about its digest.
    """

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    title = models.CharField(max_length=80)
    body = models.JSONField()  # the recipe's canonical dict
    digest = models.CharField(max_length=64)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jurisdiction", "digest"], name="recipe_draft_once"),
        ]

    def __str__(self) -> str:
        return self.title


class RecipeEvaluation(models.Model):
    """The order to try a draft on past windows: on what was known when. Append-only; there is one for each draft."""

    draft = models.OneToOneField(RecipeDraft, models.PROTECT, related_name="evaluation")
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    as_of = models.DateTimeField()  # jurisdiction's clock; what is known by then is used
    windows = models.PositiveSmallIntegerField()
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"evaluation of {self.draft}"


class RecipeTrial(models.Model):
    """One category's bake-off of a draft, with its last forecast for audits to look at. Append-only."""

    evaluation = models.ForeignKey(RecipeEvaluation, models.PROTECT, related_name="trials")
    extract = models.ForeignKey(Extract, models.PROTECT, related_name="+")
    category = models.CharField(max_length=40)
    verdict = models.CharField(max_length=20)
    sentence = models.TextField()  # what a reader sees
    figures = models.JSONField()
    report_digest = models.CharField(max_length=64)  # artifact: these figures with everything they rest on
    cells_digest = models.CharField(
        max_length=64, default=""
    )  # artifact: forecast of the last window, by cell
    cell = models.FloatField(default=0.0)  # side of a cell, CRS units
    origin_x = models.FloatField(default=0.0)
    origin_y = models.FloatField(default=0.0)
    tried_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["evaluation", "category"], name="one_trial_a_category"),
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.verdict}"


class RecipeRetirement(models.Model):
    """The early end of a recipe that was in use. Append-only; its reason lies beside the entry."""

    recipe = models.OneToOneField(Recipe, models.PROTECT, related_name="retirement")
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    retired_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"retirement of {self.recipe}"
