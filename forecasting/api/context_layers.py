"""Registered context as data: every version of every layer and series."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.models import ContextLayer
from forecasting.selectors.layers import context_of
from governance.api.answers import BY_ROLE, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, jurisdiction_asked, person
from governance.core.roles import Permission
from governance.permissions import check_any


class ContextRow(serializers.ModelSerializer[ContextLayer]):
    """One version of a layer or series: what was known at `as_of`."""

    kind = serializers.CharField(help_text="points, lines, polygons or series")

    class Meta:
        model = ContextLayer
        fields = (
            "id",
            "layer_name",
            "subject",
            "kind",
            "as_of",
            "features",
            "left_out",
            "source",
            "digest",
            "file_digest",
            "registered_at",
            "ledger_index",
        )


class Context(RoleEndpoint):
    """All registered context of a jurisdiction."""

    permission_classes = (IsAuthenticated,)
    serializer_class = ContextRow

    @extend_schema(
        summary="Context layers and series, the newest version of each name first",
        description="Needs `see_forecasts` or `manage_data`. A forecast sees the newest version of each name with "
        "`as_of` up to its own moment. The content is the artifact named by `digest`.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: ContextRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = jurisdiction_asked(request, Permission.SEE_FORECASTS)
        if here is None:
            return self.page([])
        check_any(person(request), (Permission.SEE_FORECASTS, Permission.MANAGE_DATA), here)
        return self.page(context_of(here))
