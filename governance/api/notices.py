"""Notices as data: what I was told, and that I have read it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api.answers import BY_ROLE, Problem, RoleEndpoint
from governance.api.asked import person
from governance.models import Notice
from governance.notices import notice_numbered, notices_of, words
from governance.services.read_notices import read_notices


class NoticeRow(serializers.ModelSerializer[Notice]):
    """One thing that the account was told."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    title = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = Notice
        fields = (
            "id",
            "occasion",
            "jurisdiction",
            "kind",
            "number",
            "outcome",
            "title",
            "sentence",
            "due_at",
            "told_at",
            "read_at",
            "over_at",
            "mail",
        )

    def get_title(self, notice: Notice) -> str:
        return words(notice).title

    def get_sentence(self, notice: Notice) -> str:
        return words(notice).sentence


class Notices(RoleEndpoint):
    """My notices."""

    permission_classes = (IsAuthenticated,)
    serializer_class = NoticeRow

    @extend_schema(
        summary="What I was told",
        description="The account's own notices, those not read first. Needs a sign-in and no role; nobody reads "
        "another's.",
        tags=[BY_ROLE],
        responses={200: NoticeRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        return self.page(notices_of(person(request)))


class ReadNotice(RoleEndpoint):
    """That I have read one."""

    permission_classes = (IsAuthenticated,)
    serializer_class = NoticeRow

    @extend_schema(
        summary="Mark one notice as read",
        description="Marked again, it stays as it is. No deed, so no entry of the record.",
        tags=[BY_ROLE],
        request=None,
        responses={200: NoticeRow, 403: Problem, 404: Problem},
    )
    def post(self, request: Request, number: int) -> Response:
        by = person(request)
        read_notices(number=number, by=by)
        found = notice_numbered(number, by)
        if found is None:
            raise Http404("There is no such notice of yours.")
        return Response(self.one(found))
