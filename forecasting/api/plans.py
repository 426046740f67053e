"""Plans as data: the list, and one with exactly what is put to the vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.models import Plan
from forecasting.selectors.plans import plan_of, plans_of
from governance.api.answers import BY_ROLE, REFUSALS, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, jurisdiction_asked, permitted_districts, person
from governance.break_glass import check_may_read
from governance.core.roles import Permission

if TYPE_CHECKING:
    from governance.models import User

NEEDS = "Needs `see_plans` in the plan's district."


class PlanRow(serializers.ModelSerializer[Plan]):
    """The newest revision of a plan. `id` is the number of its change request, as in its page's address."""

    id = serializers.IntegerField(source="change_request_id")
    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    district = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    category = serializers.CharField(source="run.category")
    state = serializers.CharField(source="change_request.state")

    class Meta:
        model = Plan
        fields: tuple[str, ...] = (
            "id",
            "jurisdiction",
            "district",
            "category",
            "shift",
            "starts_at",
            "ends_at",
            "state",
            "revision",
            "digest",
            "run",
            "scripted",
        )


class PlanWhole(PlanRow):
    """A plan with its body, whose canonical JSON (RFC 8785) has the digest that an approval binds to."""

    body = serializers.DictField(help_text="Places with their figures, reasons, options and minutes.")

    class Meta(PlanRow.Meta):
        fields = (*PlanRow.Meta.fields, "body")


class Plans(RoleEndpoint):
    """All plans that I may read."""

    permission_classes = (IsAuthenticated,)
    serializer_class = PlanRow

    @extend_schema(
        summary="Plans, the latest first",
        description=f"{NEEDS} The newest revision of each.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: PlanRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = jurisdiction_asked(request, Permission.SEE_PLANS)
        if here is None:
            return self.page([])
        plans = plans_of(here, permitted_districts(person(request), Permission.SEE_PLANS, here))
        return self.page(
            plans.select_related("jurisdiction", "district", "change_request", "run").order_by(
                "-starts_at", "-id"
            )
        )


class OnePlan(RoleEndpoint):
    """One plan."""

    permission_classes = (IsAuthenticated,)
    serializer_class = PlanWhole

    @extend_schema(
        summary="One plan with its body",
        description=f"{NEEDS} To vote on it, send its `digest` as `seen_digest` to its change request.",
        tags=[BY_ROLE],
        responses={200: PlanWhole, **REFUSALS},
    )
    def get(self, request: Request, request_id: int) -> Response:
        return Response(self.one(_visible(person(request), request_id)))


def _visible(by: User, request_id: int) -> Plan:
    plan = plan_of(request_id)
    if plan is None:
        raise Http404("There is no such plan.")
    check_may_read(by, plan.change_request)
    return plan
