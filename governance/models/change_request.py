"""Something put to people for a decision."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.core.states import State
from governance.models.district import District
from governance.models.jurisdiction import Jurisdiction


class ChangeRequest(models.Model):
    """A request binds to the SHA-256 of exactly what is proposed; an edit is a new revision with a new digest."""

    kind = models.CharField(max_length=20)  # plan, policy, recipe, role_grant
    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="change_requests")
    district = models.ForeignKey(District, models.PROTECT, null=True, related_name="change_requests")
    title = models.CharField(max_length=200)
    category = models.CharField(
        max_length=40, default=""
    )  # kind of incident it is about, where it is about one
    digest = models.CharField(max_length=64)
    rests_on = models.JSONField(default=list)  # digests whose evidence supports this one: run, recipe
    revision = models.PositiveIntegerField(default=1)
    state = models.CharField(
        max_length=10, choices=[(state.value, state.value) for state in State], default=State.OPEN
    )
    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="authored_requests")
    policy_version = models.PositiveIntegerField()
    opened_at = models.DateTimeField()  # jurisdiction's clock
    expires_at = models.DateTimeField()  # jurisdiction's clock
    decided_at = models.DateTimeField(null=True)  # jurisdiction's clock
    executed_at = models.DateTimeField(null=True)  # jurisdiction's clock
    scripted = models.BooleanField(default=False)  # decided by the demo's script, and shown as such

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["jurisdiction", "state", "kind"])]

    def __str__(self) -> str:
        return f"{self.title}, revision {self.revision}"
