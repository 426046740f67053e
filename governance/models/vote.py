"""Votes on change requests."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.approval import ERASED, Verdict
from governance.models.change_request import ChangeRequest
from governance.models.ledger_entry import LedgerText


class Vote(models.Model):
    """One person's vote on one revision. Append-only; her reason lies beside the entry, where it can be erased."""

    change_request = models.ForeignKey(ChangeRequest, models.PROTECT, related_name="votes")
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)  # what she saw
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="votes")
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="votes_in_her_place"
    )
    role = models.CharField(max_length=20)
    stage = models.CharField(max_length=40, default="")  # "": cast before there were stages, in the first
    verdict = models.CharField(max_length=10, choices=[(verdict.value, verdict.value) for verdict in Verdict])
    cast_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["change_request", "digest", "user", "stage"], name="one_person_counts_once"
            ),
        ]

    @property
    def rationale(self) -> str:
        """Her reason, or what stands in its place once it was erased."""
        kept = LedgerText.objects.filter(entry_id=self.ledger_index).first()
        return kept.text if kept else ERASED

    def __str__(self) -> str:
        return f"{self.verdict} by {self.user}"
