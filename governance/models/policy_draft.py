"""Policies that were put to the vote."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.models.jurisdiction import Jurisdiction


class PolicyDraft(models.Model):
    """One proposed policy: the body whose SHA-256 a request binds to. Append-only; its reason lies beside the entry."""

    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="policy_drafts")
    body = models.JSONField()  # exactly what is voted on: see governance.core.policy_draft
    digest = models.CharField(max_length=64)
    based_on = models.PositiveIntegerField()  # version that it would replace
    in_force_from = models.DateTimeField()  # jurisdiction's clock
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()  # jurisdiction's clock; the comment period counts from here
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jurisdiction", "digest"], name="policy_draft_once"),
        ]

    def __str__(self) -> str:
        return f"draft {self.digest[:12]} of a policy after {self.based_on}"
