"""Simulated scenarios as data: the list, and one with its assumptions and figures."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.core.scenario_request import NOT_A_FORECAST
from forecasting.models import ScenarioRun
from forecasting.selectors.scenarios import result_of, scenario_numbered, scenarios_of
from governance.api.answers import BY_ROLE, REFUSALS, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, permitted_jurisdiction, person
from governance.core.roles import Permission
from governance.permissions import check


class ScenarioRow(serializers.ModelSerializer[ScenarioRun]):
    """One simulation: what was assumed to change, on which forecast."""

    category = serializers.CharField(source="run.category")
    window_start = serializers.DateTimeField(source="run.window_start")
    window_end = serializers.DateTimeField(source="run.window_end")
    asked = serializers.DictField(help_text="Codes of districts and figures, shares from 0 to 1.")

    class Meta:
        model = ScenarioRun
        fields = (
            "id",
            "run",
            "category",
            "window_start",
            "window_end",
            "asked",
            "seed",
            "digest",
            "simulated_at",
            "ledger_index",
        )


class ScenarioAnswer(ScenarioRow):
    """One simulation with everything it rests on and every figure."""

    result = serializers.SerializerMethodField(
        help_text="The artifact named by `digest`: assumptions, seeds, and base beside scenario by district."
    )

    class Meta(ScenarioRow.Meta):
        fields = (*ScenarioRow.Meta.fields, "result")  # type: ignore[assignment]

    def get_result(self, scenario: ScenarioRun) -> dict[str, Any]:
        return result_of(scenario)


class Scenarios(RoleEndpoint):
    """All simulations."""

    permission_classes = (IsAuthenticated,)
    serializer_class = ScenarioRow

    @extend_schema(
        summary="Scenarios that were simulated, the newest first",
        description=f"Needs `see_forecasts`. {NOT_A_FORECAST}",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: ScenarioRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_FORECASTS)
        return self.page(scenarios_of(here) if here else [])


class Scenario(RoleEndpoint):
    """One simulation."""

    permission_classes = (IsAuthenticated,)
    serializer_class = ScenarioAnswer

    @extend_schema(
        summary="One scenario with its assumptions and figures",
        description=f"Needs `see_forecasts`. {NOT_A_FORECAST}",
        tags=[BY_ROLE],
        responses={200: ScenarioAnswer, **REFUSALS},
    )
    def get(self, request: Request, number: int) -> Response:
        found = scenario_numbered(number)
        if found is None:
            raise Http404("There is no such scenario.")
        check(person(request), Permission.SEE_FORECASTS, found.jurisdiction)
        return Response(self.one(found))
