"""Files that came in as data, with how many of their rows were refused and why."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.intake.batches import batches_of
from forecasting.models import Batch
from governance.api.answers import BY_ROLE, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, permitted_jurisdiction
from governance.core.roles import Permission


class BatchRow(serializers.ModelSerializer[Batch]):
    """One file and what became of its rows."""

    refusals = serializers.DictField(child=serializers.IntegerField(), help_text="reason → rows")

    class Meta:
        model = Batch
        fields = (
            "id",
            "profile",
            "filename",
            "digest",
            "rows",
            "accepted",
            "corrections",
            "unchanged",
            "refused",
            "refusals",
            "refusals_digest",
            "ingested_at",
        )


class Batches(RoleEndpoint):
    """All files of a jurisdiction."""

    permission_classes = (IsAuthenticated,)
    serializer_class = BatchRow

    @extend_schema(
        summary="Files brought in, newest first",
        description="Needs `manage_data`. Refused rows are counted by reason; the list of them is an artifact.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: BatchRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.MANAGE_DATA)
        return self.page(batches_of(here.pk) if here else [])
