"""What is emerging, what has drifted and how good the data are, as data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.api.runs import CATEGORY, NEEDS
from forecasting.core.data_quality import quality_figures
from forecasting.core.taxonomy import TAXONOMY
from forecasting.intake.unplaced import unplaced_days
from forecasting.models import DriftRun, FindingRun
from forecasting.selectors.drift import checks_of, drift_runs
from forecasting.selectors.findings import finding_runs, findings_of
from forecasting.selectors.quality import data_known
from governance.api.answers import BY_ROLE, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, jurisdiction_asked, permitted_jurisdiction, person, word_asked
from governance.core.roles import Permission
from governance.permissions import can, check

SEALED = ("id", "jurisdiction", "category", "as_of", "digest", "seed", "policy_version", "ledger_index")


class EmergingRow(serializers.ModelSerializer[FindingRun]):
    """One look at one category, with everything it found."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    extract = serializers.SlugRelatedField[Any](slug_field="digest", read_only=True)
    sealed = serializers.SerializerMethodField(
        help_text="The sealed file: families of tests, classes, near repeat."
    )

    class Meta:
        model = FindingRun
        fields = (*SEALED, "extract", "found", "sealed")

    def get_sealed(self, run: FindingRun) -> dict[str, Any]:
        """Return everything the look sealed."""
        return findings_of(run)


class DriftRow(serializers.ModelSerializer[DriftRun]):
    """One round of drift checks of one category."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    breached = serializers.ListField(child=serializers.CharField())
    fallback_since = serializers.DateTimeField(
        source="fallback.started_at",
        allow_null=True,
        default=None,
        help_text="Forecasts by counts began with it.",
    )
    sealed = serializers.SerializerMethodField(help_text="The sealed file: each check with its figures.")

    class Meta:
        model = DriftRun
        fields = (*SEALED, "breached", "fallback_due", "fallback_since", "sealed")

    def get_sealed(self, run: DriftRun) -> dict[str, Any]:
        """Return everything the round sealed."""
        return checks_of(run)


class QualityFigure(serializers.Serializer[Any]):
    """One figure: n of N with its 95 % interval where it is a share, and its sentence."""

    name = serializers.CharField()
    sentence = serializers.CharField()
    n = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(allow_null=True)
    share = serializers.DictField(allow_null=True, help_text="value, low, high")


class QualityRow(serializers.Serializer[Any]):
    """How good one category's data of the last year are."""

    category = serializers.CharField()
    rows = serializers.IntegerField()
    figures = QualityFigure(many=True)


class Findings(RoleEndpoint):
    """What is emerging."""

    permission_classes = (IsAuthenticated,)
    serializer_class = EmergingRow

    @extend_schema(
        summary="What is emerging, the newest look first",
        description=f"{NEEDS} Every look at every category, with its findings, their p-values and their sentences.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION, CATEGORY],
        responses={200: EmergingRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_FORECASTS)
        category = word_asked(request, "category", TAXONOMY)
        return self.page(finding_runs(here, category) if here else [])


class Drift(RoleEndpoint):
    """What has drifted."""

    permission_classes = (IsAuthenticated,)
    serializer_class = DriftRow

    @extend_schema(
        summary="Rounds of drift checks, the newest first",
        description=f"{NEEDS} Each check has its statistic, threshold, verdict, sentence and remedy.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION, CATEGORY],
        responses={200: DriftRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_FORECASTS)
        category = word_asked(request, "category", TAXONOMY)
        return self.page(drift_runs(here, category).select_related("fallback") if here else [])


class DataQuality(RoleEndpoint):
    """How good the data are."""

    permission_classes = (IsAuthenticated,)
    serializer_class = QualityRow

    @extend_schema(
        summary="How good the data of the last year are, by category",
        description="Needs `see_forecasts` or `manage_data`.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: QualityRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = jurisdiction_asked(request, Permission.SEE_FORECASTS)
        if here is None:
            return self.page([])
        if not can(person(request), Permission.MANAGE_DATA, here):
            check(person(request), Permission.SEE_FORECASTS, here)
        return self.page(
            [
                {
                    "category": each.category,
                    "rows": each.rows,
                    "figures": [asdict(f) for f in quality_figures(each)],
                }
                for each in data_known(here, unplaced_days(here))
            ]
        )
