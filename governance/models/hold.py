"""Holds, and how they ended."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.approval import ERASED
from governance.core.holds import Scope
from governance.models.change_request import ChangeRequest
from governance.models.jurisdiction import Jurisdiction
from governance.models.ledger_entry import LedgerText


class Hold(models.Model):
    """What one member of the board stopped. Append-only; its end is another row, its reason lies beside its entry."""

    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="holds")
    scope = models.CharField(max_length=12, choices=[(scope.value, scope.value) for scope in Scope])
    target = models.CharField(
        max_length=64
    )  # request's number, district's code, category, recipe's digest, or ""
    salt = models.CharField(max_length=64)  # without it, trying all districts would find the one in the leaf
    digest = models.CharField(max_length=64, unique=True)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["jurisdiction", "scope", "target"])]

    @property
    def reason(self) -> str:
        """Why it was placed, or what stands in its place once that was erased."""
        kept = LedgerText.objects.filter(entry_id=self.ledger_index).first()
        return kept.text if kept else ERASED

    def __str__(self) -> str:
        return f"hold {self.pk} on {self.scope}"


class HoldLift(models.Model):
    """The end of a hold, by the board's quorum. Append-only."""

    hold = models.OneToOneField(Hold, models.PROTECT, related_name="lift")
    change_request = models.OneToOneField(ChangeRequest, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    def __str__(self) -> str:
        return f"end of {self.hold}"
