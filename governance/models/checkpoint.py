"""Signed states of the log, who cosigned them, and when they were published."""

from typing import ClassVar

from django.db import models


class Checkpoint(models.Model):
    """A signed note over the size and root of the log, as the log's own key signed it. Append-only."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    note = models.TextField()  # C2SP signed note with the log's signature alone
    signed_at = models.DateTimeField()  # real UTC

    class Meta:
        ordering: ClassVar = ["size"]

    def __str__(self) -> str:
        return f"checkpoint of {self.size} entries"


class Cosignature(models.Model):
    """One witness's word that this checkpoint continues every state it saw before. Append-only."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=200)  # its name in the witness policy
    line = models.TextField()  # the signature line, exactly as the witness sent it
    cosigned_at = models.DateTimeField()  # what the witness says (real UTC)
    received_at = models.DateTimeField()  # real UTC

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="one_cosignature_of_a_witness")
        ]

    def __str__(self) -> str:
        return f"{self.witness} on {self.checkpoint}"


class Publication(models.Model):
    """A checkpoint that was given to the public, with the note exactly as it was then. Append-only.

    A checkpoint published before its witnesses answered is published again with their cosignatures: another row.
    """

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="publications")
    note = models.TextField()  # with every cosignature there was
    quorum_met = models.BooleanField()  # whether the witnesses that the policy asks for had cosigned
    published_at = models.DateTimeField()  # real UTC

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"publication of the {self.checkpoint}"
