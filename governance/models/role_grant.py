"""Who plays which part, since when and on whose word."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.roles import Role
from governance.models.change_request import ChangeRequest
from governance.models.district import District
from governance.models.jurisdiction import Jurisdiction


class RoleRequest(models.Model):
    """Who is to get which role that votes: what a request of the kind role_grant binds to. Append-only.

    The district is the request's own. Why it was asked for lies beside the entry, where it can be erased.
    """

    change_request = models.OneToOneField(ChangeRequest, models.PROTECT, related_name="role_request")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_requests")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    salt = models.CharField(max_length=32)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ledger_index = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.user} to be {self.role}"


class RoleGrant(models.Model):
    """One role of one account on a jurisdiction, or on one of its districts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="role_grants")
    district = models.ForeignKey(District, models.PROTECT, null=True, related_name="role_grants")
    granted_at = models.DateTimeField(auto_now_add=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    change_request = models.ForeignKey(ChangeRequest, models.PROTECT, null=True, related_name="+")
    ledger_index = models.BigIntegerField(null=True)  # entry that tells of it
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
