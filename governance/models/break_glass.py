"""What was eased for one plan in an emergency."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.approval import ERASED
from governance.core.break_glass import Lowers
from governance.models.change_request import ChangeRequest
from governance.models.ledger_entry import LedgerText


class BreakGlass(models.Model):
    """One easing of one request, once for ever, and its after-review. Append-only; its reason lies beside its entry."""

    change_request = models.OneToOneField(ChangeRequest, models.PROTECT, related_name="break_glass")
    revision = models.PositiveIntegerField()
    request_digest = models.CharField(max_length=64)  # the one revision it is about
    lowers = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Lowers])
    hours = models.PositiveSmallIntegerField()
    salt = models.CharField(max_length=64)  # without it, trying all plans would find the one in the leaf
    digest = models.CharField(max_length=64, unique=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    told = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="told_of")
    opened_at = models.DateTimeField()  # jurisdiction's clock
    ends_at = models.DateTimeField()  # jurisdiction's clock
    review = models.OneToOneField(ChangeRequest, models.PROTECT, related_name="reviewed_glass")
    review_due_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-id"]

    @property
    def reason(self) -> str:
        """Why it was opened, or what stands in its place once that was erased."""
        kept = LedgerText.objects.filter(entry_id=self.ledger_index).first()
        return kept.text if kept else ERASED

    def __str__(self) -> str:
        return f"break-glass {self.pk}"
