"""The append-only record of every deed."""

from typing import ClassVar

from django.db import models


class LedgerEntry(models.Model):
    """One leaf of the log: the exact bytes that are hashed. Append-only.

    The columns beside `leaf` repeat some of it for look-ups; verification compares them with the leaf.
    """

    index = models.BigIntegerField(primary_key=True)
    leaf = models.BinaryField()
    leaf_hash = models.BinaryField()
    action = models.CharField(max_length=60, db_index=True)
    jurisdiction = models.CharField(max_length=50, db_index=True)
    subject = models.CharField(max_length=64, db_index=True)
    recorded_at = models.DateTimeField()  # real UTC

    class Meta:
        ordering: ClassVar = ["index"]

    def __str__(self) -> str:
        return f"entry {self.index}: {self.action}"


class LedgerText(models.Model):
    """Free text that an entry speaks of by salted digest only. Deleting the row erases the text, not the proof."""

    entry = models.OneToOneField(LedgerEntry, models.PROTECT, primary_key=True, related_name="text")
    salt = models.BinaryField()
    text = models.TextField()

    def __str__(self) -> str:
        return f"text of entry {self.entry_id}"


class LedgerLock(models.Model):
    """The one row whose lock serialises appending; it holds the next entry's number."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    next_index = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_lock")]

    def __str__(self) -> str:
        return "the log's lock"
