"""Votes on change requests."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.approval import Verdict
from governance.models.change_request import ChangeRequest


class Vote(models.Model):
    """One person's vote on one revision, with her reason. Append-only."""

    change_request = models.ForeignKey(ChangeRequest, models.PROTECT, related_name="votes")
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)  # what she saw
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="votes")
    role = models.CharField(max_length=20)
    verdict = models.CharField(max_length=10, choices=[(verdict.value, verdict.value) for verdict in Verdict])
    rationale = models.TextField()
    cast_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["change_request", "digest", "user"], name="one_person_counts_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.user}"
