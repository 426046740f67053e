"""Releases: what became public about one closed window."""

from typing import ClassVar

from django.db import models


class Release(models.Model):
    """Everything that is public about one window, past its end plus the policy's delay. Append-only."""

    jurisdiction = models.ForeignKey("governance.Jurisdiction", models.PROTECT, related_name="+")
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    rule = models.CharField(max_length=10)  # version of the publication rule that treated it
    suppress_below = models.PositiveIntegerField()
    policy_version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)  # SHA-256 of its tables' digests, sorted, one a line
    released_at = models.DateTimeField()  # jurisdiction's clock
    ledger_index = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-window_start"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jurisdiction", "window_start"], name="one_release_a_window"),
        ]

    def __str__(self) -> str:
        return f"release of the window from {self.window_start:%Y-%m-%d}"
