"""Who plays which part, since when and on whose word."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.roles import Role
from governance.models.district import District
from governance.models.jurisdiction import Jurisdiction


class RoleGrant(models.Model):
    """One role of one account on a jurisdiction, or on one of its districts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="role_grants")
    district = models.ForeignKey(District, models.PROTECT, null=True, related_name="role_grants")
    granted_at = models.DateTimeField(auto_now_add=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "role", "jurisdiction", "district"],
                condition=models.Q(revoked_at=None),
                nulls_distinct=False,
                name="role_granted_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"
