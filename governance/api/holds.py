"""Holds as data: what is stopped, place one, ask the board to lift one; and what everybody may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api.answers import BY_ROLE, PUBLIC, REFUSALS, Endpoint, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, permitted_jurisdiction, person, slug_named
from governance.core.holds import Scope
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.holds import (
    HoldLine,
    PublicHold,
    PublicVote,
    hold_line,
    hold_lines,
    hold_numbered,
    holds_of,
    public_holds,
)
from governance.permissions import check, check_signed_in_lately
from governance.selectors import jurisdictions
from governance.services.place_hold import place_hold
from governance.services.request_lift import request_lift

if TYPE_CHECKING:
    from governance.models import Hold

SCOPES = [each.value for each in Scope]


class HoldRow(serializers.Serializer[HoldLine]):
    """One hold as the account may read it."""

    id = serializers.IntegerField(source="hold.pk")
    jurisdiction = serializers.CharField(source="hold.jurisdiction.slug")
    scope = serializers.ChoiceField(choices=SCOPES, source="hold.scope")
    target = serializers.SerializerMethodField(
        help_text="Request's number, district's code, category or recipe's SHA-256; null where not to be read."
    )
    what = serializers.CharField()
    reason = serializers.CharField()
    placed_by = serializers.CharField(source="hold.placed_by.name")
    placed_at = serializers.DateTimeField(source="hold.placed_at")
    digest = serializers.CharField(source="hold.digest")
    ledger_index = serializers.IntegerField(source="hold.ledger_index")
    lifted_at = serializers.DateTimeField(source="lift.lifted_at", default=None, allow_null=True)

    def get_target(self, line: HoldLine) -> str | None:
        return line.hold.target if line.is_read else None


class HoldForm(serializers.Serializer[Any]):
    """What is to be put on hold."""

    scope = serializers.ChoiceField(choices=SCOPES)
    target = serializers.CharField(allow_blank=True, default="", max_length=64)
    reason = serializers.CharField(allow_blank=True)
    seen = serializers.IntegerField(
        default=0,
        min_value=0,
        help_text="Number of the newest hold you know of, so that a repeat places no second.",
    )


class LiftForm(serializers.Serializer[Any]):
    """Why a hold can be lifted."""

    reason = serializers.CharField(allow_blank=True)


LiftAnswer = inline_serializer(
    "LiftAnswer", {"change_request": serializers.IntegerField(), "state": serializers.CharField()}
)


class PublicVoteRow(serializers.Serializer[PublicVote]):
    """A member of the board who agreed to a lift; her reason is "" until it opens."""

    by = serializers.CharField()
    reason = serializers.CharField()
    entry = serializers.IntegerField()


class PublicHoldRow(serializers.Serializer[PublicHold]):
    """One hold as everybody may read it now; "" for what opens later."""

    number = serializers.IntegerField()
    scope = serializers.ChoiceField(choices=SCOPES)
    what = serializers.CharField()
    target = serializers.CharField()
    by = serializers.CharField()
    placed_at = serializers.DateTimeField()
    lifted_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    opens_at = serializers.DateTimeField(help_text="When reason, district and plan are public.")
    digest = serializers.CharField(help_text="What the entry of the record is about.")
    salt = serializers.CharField(
        help_text="SHA-256 of the canonical JSON of jurisdiction, scope, target and salt is the digest."
    )
    entry = serializers.IntegerField()
    lift_entry = serializers.IntegerField(allow_null=True)
    lifted_by = PublicVoteRow(many=True)


class Holds(RoleEndpoint):
    """All holds, and a new one."""

    permission_classes = (IsAuthenticated,)
    serializer_class = HoldRow

    @extend_schema(
        summary="Holds, newest first",
        description="Needs `see_record`. What would name a live plan or its district needs `see_plans` there.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: HoldRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_RECORD)
        by = person(request)
        return self.page(hold_lines(here, list(holds_of(here)), by) if here else [])

    @extend_schema(
        summary="Put something on hold",
        description="At once and alone, for members of the board (`decide_policy`), with a sign-in of the last five "
        "minutes. Only the board's quorum lifts it.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        request=HoldForm,
        responses={201: HoldRow, **REFUSALS, 409: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        here, by = permitted_jurisdiction(request, Permission.DECIDE_POLICY), person(request)
        if here is None:
            raise Refused(Reason.NOT_FOUND, "There is no jurisdiction here yet, so there is nothing to stop.")
        check_signed_in_lately(request._request)
        sent = HoldForm(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        placed = place_hold(
            jurisdiction=here,
            scope=Scope(said["scope"]),
            target=said["target"],
            reason=said["reason"],
            seen=said["seen"],
            by=by,
        )
        return Response(self.one(hold_line(placed, by)), status=201)


class OneHold(RoleEndpoint):
    """One hold."""

    permission_classes = (IsAuthenticated,)
    serializer_class = HoldRow

    @extend_schema(
        summary="One hold",
        description="Needs `see_record`. What would name a live plan or its district needs `see_plans` there.",
        tags=[BY_ROLE],
        responses={200: HoldRow, **REFUSALS},
    )
    def get(self, request: Request, number: int) -> Response:
        return Response(self.one(hold_line(_visible(request, number), person(request))))


class Lifts(RoleEndpoint):
    """A request to lift a hold."""

    permission_classes = (IsAuthenticated,)
    serializer_class = LiftForm

    @extend_schema(
        summary="Ask the board to lift a hold",
        description="Opens a change request of kind `hold_lift` that the board's quorum decides; while one is open, "
        "that one is answered. Needs `propose` or `decide_policy` in the jurisdiction, and a sign-in of the last five "
        "minutes.",
        tags=[BY_ROLE],
        request=LiftForm,
        responses={201: LiftAnswer, **REFUSALS, 409: Problem, 422: Problem},
    )
    def post(self, request: Request, number: int) -> Response:
        _visible(request, number)
        check_signed_in_lately(request._request)
        sent = LiftForm(data=request.data)
        sent.is_valid(raise_exception=True)
        asked = request_lift(hold_id=number, reason=sent.validated_data["reason"], by=person(request))
        return Response({"change_request": asked.pk, "state": asked.state}, status=201)


class PublicHolds(Endpoint):
    """What everybody may read about holds."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = PublicHoldRow

    @extend_schema(
        summary="Holds, as everybody may read them",
        description="Kind, time and board member at once; the reason, and which plan or district, after the delay.",
        tags=[PUBLIC],
        parameters=[OpenApiParameter("jurisdiction", str, description="Its slug. Left out: all.")],
        responses={200: PublicHoldRow(many=True), 404: Problem},
    )
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("jurisdiction", "")
        here = [slug_named(slug)] if slug else jurisdictions()
        return self.page([row for each in here for row in public_holds(each)])


def _visible(request: Request, number: int) -> Hold:
    found = hold_numbered(number)
    if found is None:
        raise Http404("There is no such hold.")
    check(person(request), Permission.SEE_RECORD, found.jurisdiction)
    return found
