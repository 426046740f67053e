"""Break-glass as everybody may know of it: how often, what the board found, and each one after the delay."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from governance.after_reviews import PublicFinding, public_glasses
from governance.after_reviews import PublicGlass as Told
from governance.api.answers import PUBLIC, Endpoint, Problem
from governance.api.asked import slug_named
from governance.core.approval import Verdict
from governance.core.break_glass import Figures, Lowers, Standing
from governance.selectors import jurisdictions


class GlassFigures(serializers.Serializer[Figures]):
    """How often the glass was broken, by how far its review is; public at once."""

    opened = serializers.IntegerField()
    reviewed = serializers.IntegerField()
    justified = serializers.IntegerField()
    not_justified = serializers.IntegerField()
    waiting = serializers.IntegerField()
    overdue = serializers.IntegerField()


class FindingRow(serializers.Serializer[PublicFinding]):
    """A member of the board on a break-glass; her reason is "" until it opens."""

    by = serializers.CharField()
    verdict = serializers.ChoiceField(
        choices=[Verdict.APPROVE.value, Verdict.REJECT.value],
        help_text="`approve`: justified; `reject`: not justified.",
    )
    reason = serializers.CharField()
    entry = serializers.IntegerField()


class ToldRow(serializers.Serializer[Told]):
    """One break-glass, once its plan is over and the delay has passed."""

    number = serializers.IntegerField()
    lowers = serializers.ChoiceField(choices=[each.value for each in Lowers])
    what = serializers.CharField()
    hours = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    by = serializers.CharField()
    told = serializers.CharField()
    reason = serializers.CharField()
    standing = serializers.ChoiceField(choices=[each.value for each in Standing])
    due_at = serializers.DateTimeField()
    request_digest = serializers.CharField(help_text="The revision of the plan that it was about.")
    salt = serializers.CharField(
        help_text="SHA-256 of the canonical JSON of hours, jurisdiction, lowers, request and salt is the digest."
    )
    digest = serializers.CharField()
    entry = serializers.IntegerField()
    findings = FindingRow(many=True)


class GlassesOf(serializers.Serializer[Any]):
    """The break-glass of one jurisdiction."""

    jurisdiction = serializers.CharField()
    figures = GlassFigures()
    rows = ToldRow(many=True)


class PublicGlass(Endpoint):
    """What everybody may know of break-glass."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = GlassesOf

    @extend_schema(
        summary="Break-glass in figures, and each one after the delay",
        description="The counts at once; what was eased, when, by whom and why, after the plan is over and the "
        "policy's delay has passed.",
        tags=[PUBLIC],
        parameters=[OpenApiParameter("jurisdiction", str, description="Its slug. Left out: all.")],
        responses={200: GlassesOf(many=True), 404: Problem},
    )
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("jurisdiction", "")
        here = [slug_named(slug)] if slug else jurisdictions()
        told = [(each.slug, public_glasses(each)) for each in here]
        return self.page(
            [{"jurisdiction": name, "figures": each.figures, "rows": each.rows} for name, each in told]
        )
