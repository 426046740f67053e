"""What everybody may see, as data: releases and their tables. Nothing here can see a number that was not released."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from governance.api.answers import PUBLIC, Endpoint, Problem
from governance.api.asked import slug_named
from public_portal.models import PublishedTable, Release
from public_portal.selectors.released import newest_complaint_tables, release_numbered, releases

HIDDEN = "A count that is null is hidden: it is small, or would give a small one away."


class TableRow(serializers.ModelSerializer[PublishedTable]):
    """One released table and where its files are."""

    json_url = serializers.SerializerMethodField(help_text="Canonical JSON; its SHA-256 is `digest`.")
    csv_url = serializers.SerializerMethodField(help_text="Its rows as CSV, where it has rows.")

    class Meta:
        model = PublishedTable
        fields: tuple[str, ...] = ("kind", "category", "digest", "json_url", "csv_url")

    def get_json_url(self, table: PublishedTable) -> str:
        return _file_of(table, "json")

    def get_csv_url(self, table: PublishedTable) -> str | None:
        return _file_of(table, "csv") if "rows" in table.body else None


class TableWhole(TableRow):
    """One released table with what it says."""

    body = serializers.DictField(help_text=HIDDEN)

    class Meta(TableRow.Meta):
        fields = (*TableRow.Meta.fields, "body")


class ReleaseRow(serializers.ModelSerializer[Release]):
    """What became public about one window, after the policy's delay."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = Release
        fields: tuple[str, ...] = (
            "id",
            "jurisdiction",
            "window_start",
            "window_end",
            "rule",
            "suppress_below",
            "policy_version",
            "digest",
            "released_at",
            "ledger_index",
        )


class ReleaseWhole(ReleaseRow):
    """A release with the list of its tables."""

    tables = TableRow(many=True)

    class Meta(ReleaseRow.Meta):
        fields = (*ReleaseRow.Meta.fields, "tables")


class ComplaintRow(TableRow):
    """Figures of complaints as released: all so far, at the moment `body` names."""

    jurisdiction = serializers.CharField(source="release.jurisdiction.slug")
    release = serializers.IntegerField(source="release.id", help_text="The release that it belongs to.")
    ledger_index = serializers.IntegerField(
        source="release.ledger_index", help_text="Its entry in the record."
    )
    body = serializers.DictField(help_text=HIDDEN)

    class Meta(TableRow.Meta):
        fields = ("jurisdiction", "release", "ledger_index", "digest", "json_url", "body")


class ComplaintFigures(Endpoint):
    """Complaints in figures."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = ComplaintRow

    @extend_schema(
        summary="Complaints in figures, of each jurisdiction the newest",
        description="How many were filed, answered, upheld and are overdue, and how long an answer took: released "
        f"with each week, never live. {HIDDEN}",
        tags=[PUBLIC],
        parameters=[OpenApiParameter("jurisdiction", str, description="Its slug. Left out: all.")],
        responses={200: ComplaintRow(many=True), 404: Problem},
    )
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("jurisdiction", "")
        rows = newest_complaint_tables()
        return self.page(rows.filter(release__jurisdiction=slug_named(slug)) if slug else rows)


class Releases(Endpoint):
    """All releases."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = ReleaseRow

    @extend_schema(
        summary="Releases, the latest window first",
        description="A window is released when it is over, every forecast of it is scored and the delay has passed.",
        tags=[PUBLIC],
        parameters=[OpenApiParameter("jurisdiction", str, description="Its slug. Left out: all.")],
        responses={200: ReleaseRow(many=True), 404: Problem},
    )
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("jurisdiction", "")
        rows = releases(slug_named(slug) if slug else None)
        return self.page(rows.order_by("-window_start", "id"))


class OneRelease(Endpoint):
    """One release."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = ReleaseWhole

    @extend_schema(
        summary="One release with the list of its tables",
        description="`digest` is the SHA-256 of its tables' digests; the record's entry `ledger_index` holds it.",
        tags=[PUBLIC],
        responses={200: ReleaseWhole, 404: Problem},
    )
    def get(self, request: Request, number: int) -> Response:
        return Response(self.one(_found(number)))


class Tables(Endpoint):
    """The tables of one release."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = TableWhole

    @extend_schema(
        summary="The tables of a release, whole",
        description=f"Forecast and outcome by area, scores, audits, decisions. {HIDDEN}",
        tags=[PUBLIC],
        responses={200: TableWhole(many=True), 404: Problem},
    )
    def get(self, request: Request, number: int) -> Response:
        return self.page(
            _found(number).tables.select_related("release__jurisdiction").order_by("kind", "category")
        )


def _found(number: int) -> Release:
    release = release_numbered(number)
    if release is None:
        raise Http404("There is no such release.")
    return release


def _file_of(table: PublishedTable, form: str) -> str:
    release = table.release
    return reverse(
        "portal-table",
        args=[release.jurisdiction.slug, release.pk, table.kind, table.category or "all", form],
    )
