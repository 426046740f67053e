"""How the log's own machinery is doing: its parts, its full verifications, and a recovery that was proposed."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.models.jurisdiction import Jurisdiction


class LogHealth(models.Model):
    """The present state of one part of the machinery: signing, publishing, or one witness. Nothing rests on it."""

    part = models.CharField(max_length=220, unique=True)  # 'signing', 'publishing', or 'witness NAME'
    tried_at = models.DateTimeField()  # real UTC
    succeeded_at = models.DateTimeField(null=True)  # real UTC
    size = models.BigIntegerField(default=0)  # what it last agreed to: entries signed, published or cosigned
    problem = models.TextField(default="")  # one sentence; empty while all is well
    failing_since = models.DateTimeField(null=True)  # real UTC

    def __str__(self) -> str:
        return f"{self.part}: {self.problem or 'well'}"


class LogVerification(models.Model):
    """One full recomputation of the log, and what it found. Append-only."""

    verified_at = models.DateTimeField()  # real UTC
    size = models.BigIntegerField()  # entries read before the end or the first fault
    root = models.BinaryField()
    checkpoints = models.PositiveIntegerField()  # how many were confirmed
    first_bad_entry = models.BigIntegerField(null=True)
    fault = models.TextField(default="")  # the first one, in a sentence; empty when the log stands
    seconds = models.FloatField()  # how long it took

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.size} entries verified: {self.fault or 'they stand'}"


class RecoveryProposal(models.Model):
    """One person's word on how a log goes on whose database came back smaller than what was published.

    While the database is behind nothing can be recorded, so the proposal waits here for the board; once its quorum
    has agreed it becomes a change request like any other. Append-only.
    """

    jurisdiction = models.ForeignKey(
        Jurisdiction, models.PROTECT, null=True, related_name="+"
    )  # whose board decides
    local_size = models.BigIntegerField()  # entries in the database that came back
    published_size = models.BigIntegerField()  # entries the last published checkpoint covers
    digest = models.CharField(max_length=64, default="")  # what the board agrees to
    reason = models.TextField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()  # real UTC

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"recovery from {self.local_size} to {self.published_size} entries"


class RecoveryVote(models.Model):
    """One member's agreement to a proposal, kept until it can be recorded: then it is a vote, and this row is gone."""

    proposal = models.ForeignKey(RecoveryProposal, models.PROTECT, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)  # what she saw
    rationale = models.TextField()
    cast_at = models.DateTimeField()  # real UTC

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["proposal", "user"], name="one_agrees_to_a_recovery_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} on the {self.proposal}"
