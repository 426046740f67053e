"""Which module was completed, by whom, before her first vote."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.roles import Role


class TrainingRecord(models.Model):
    """One completed module of one role. Append-only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="training")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    version = models.PositiveIntegerField()  # of the module's text and questions
    completed_at = models.DateTimeField(auto_now_add=True)
    ledger_index = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "role", "version"], name="trained_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.role}"
