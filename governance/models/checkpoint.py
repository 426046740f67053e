"""Signed states of the log."""

from typing import ClassVar

from django.db import models


class Checkpoint(models.Model):
    """A signed note over the size and root of the log. Append-only."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    note = models.TextField()  # C2SP signed note, exactly as published
    signed_at = models.DateTimeField()  # real UTC

    class Meta:
        ordering: ClassVar = ["size"]

    def __str__(self) -> str:
        return f"checkpoint of {self.size} entries"
