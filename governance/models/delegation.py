"""Who acts in whose place, where and until when."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.approval import ERASED
from governance.core.roles import Role
from governance.models.district import District
from governance.models.jurisdiction import Jurisdiction
from governance.models.ledger_entry import LedgerText


class Delegation(models.Model):
    """One role of one person lent to another for a time; it holds as long as the giver herself holds the role."""

    giver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="delegations_given")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="delegations_taken")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="delegations")
    district = models.ForeignKey(District, models.PROTECT, null=True, related_name="delegations")
    given_at = models.DateTimeField()  # jurisdiction's clock
    until = models.DateTimeField()  # jurisdiction's clock
    revoked_at = models.DateTimeField(null=True)  # jurisdiction's clock
    ledger_index = models.BigIntegerField()  # entry beside which the reason lies

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["jurisdiction", "taker", "revoked_at"])]

    @property
    def reason(self) -> str:
        """Why, or what stands in its place once it was erased."""
        kept = LedgerText.objects.filter(entry_id=self.ledger_index).first()
        return kept.text if kept else ERASED

    def __str__(self) -> str:
        return f"{self.taker} for {self.giver}"
