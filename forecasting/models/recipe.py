"""Recipes that people approved."""

from typing import ClassVar

from django.db import models


class Recipe(models.Model):
    """What the board approves: features, parameters, grid and categories, for a limited time. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    valid_until = models.DateTimeField()  # jurisdiction's clock
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.name
