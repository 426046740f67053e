"""Audits as data: the list, and one with its report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from audits.core.verdict import Verdict
from audits.models import AuditRun
from audits.selectors import audit_numbered, audits_of
from governance.api.answers import BY_ROLE, REFUSALS, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, permitted_jurisdiction, person
from governance.artifacts import read_artifact
from governance.core.roles import Permission
from governance.permissions import check, districts_where

if TYPE_CHECKING:
    from governance.models import User

VERDICTS = [(each.value, each.value) for each in Verdict]
NEEDS = "Needs `see_audits`, and for the audit of a plan `see_plans` in its district."


class AuditRow(serializers.ModelSerializer[AuditRun]):
    """One audit of one digest, with the sentence a reader sees."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    district = serializers.SlugRelatedField[Any](slug_field="code", read_only=True, allow_null=True)
    residents = serializers.SlugRelatedField[Any](slug_field="digest", read_only=True)

    class Meta:
        model = AuditRun
        fields: tuple[str, ...] = (
            "id",
            "jurisdiction",
            "district",
            "subject_kind",
            "subject_digest",
            "title",
            "verdict",
            "sentence",
            "policy_version",
            "residents",
            "report_digest",
            "audited_at",
            "ledger_index",
        )


class AuditWhole(AuditRow):
    """An audit with its report: every group's rate, ratio and interval."""

    report = serializers.SerializerMethodField(help_text="The artifact with the digest `report_digest`.")

    class Meta(AuditRow.Meta):
        fields = (*AuditRow.Meta.fields, "report")

    def get_report(self, audit: AuditRun) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(read_artifact(audit.report_digest))
        return report


class Audits(RoleEndpoint):
    """All audits that I may read."""

    permission_classes = (IsAuthenticated,)
    serializer_class = AuditRow

    @extend_schema(
        summary="Audits, newest first",
        description=NEEDS,
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: AuditRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_AUDITS)
        if here is None:
            return self.page([])
        districts = districts_where(person(request), Permission.SEE_PLANS, here)
        rows = audits_of(here).filter(Q(district=None) | Q(district__in=districts))
        return self.page(rows.select_related("jurisdiction", "district", "residents").order_by("-id"))


class OneAudit(RoleEndpoint):
    """One audit."""

    permission_classes = (IsAuthenticated,)
    serializer_class = AuditWhole

    @extend_schema(
        summary="One audit with its report",
        description=NEEDS,
        tags=[BY_ROLE],
        responses={200: AuditWhole, **REFUSALS},
    )
    def get(self, request: Request, audit_id: int) -> Response:
        return Response(self.one(_visible(person(request), audit_id)))


def _visible(by: User, audit_id: int) -> AuditRun:
    audit = audit_numbered(audit_id)
    if audit is None:
        raise Http404("There is no such audit.")
    check(by, Permission.SEE_AUDITS, audit.jurisdiction)
    if audit.district is not None:
        check(by, Permission.SEE_PLANS, audit.jurisdiction, audit.district)
    return audit
