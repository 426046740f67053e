"""What people did to a request beside voting on it."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.approval import ERASED
from governance.models.change_request import ChangeRequest
from governance.models.ledger_entry import LedgerText


class RequestAct(models.Model):
    """A request withdrawn, an approval revoked, a voter who stepped back. Append-only.

    Her reason lies beside the entry, where it can be erased.
    """

    class Deed(models.TextChoices):
        """What was done."""

        WITHDRAWAL = "withdrawal"
        REVOCATION = "revocation"
        RECUSAL = "recusal"

    change_request = models.ForeignKey(ChangeRequest, models.PROTECT, related_name="acts")
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)  # what stood there when it was done
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="request_acts")
    role = models.CharField(max_length=20)
    deed = models.CharField(max_length=12, choices=Deed)
    done_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["change_request", "user"],
                condition=models.Q(deed="recusal"),
                name="one_steps_back_once",
            ),
        ]

    @property
    def reason(self) -> str:
        """Her reason, or what stands in its place once it was erased."""
        kept = LedgerText.objects.filter(entry_id=self.ledger_index).first()
        return kept.text if kept else ERASED

    def __str__(self) -> str:
        return f"{self.deed} by {self.user}"
