"""Policies as data, open to everybody: the versions, the drafts put to the vote, and what was said about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from governance import policy_making
from governance.api.answers import PUBLIC, Endpoint, Problem
from governance.api.asked import slug_named
from governance.commented import comment_closes
from governance.models import ChangeRequest, Policy, PolicyDraft, PublicComment

if TYPE_CHECKING:
    from django.db.models import QuerySet

CITY = OpenApiParameter("jurisdiction", str, description="Its slug. Left out: all jurisdictions.")


class PolicyRow(serializers.ModelSerializer[Policy]):
    """One adopted version."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    terms = serializers.DictField(help_text="What it says; the page of the policy says it in words.")

    class Meta:
        model = Policy
        fields = ("jurisdiction", "version", "digest", "in_force_from", "terms")


class DraftRow(serializers.ModelSerializer[PolicyDraft]):
    """A policy that was put to the vote, exactly as it was voted on."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    body = serializers.DictField(help_text="The SHA-256 of its canonical JSON (RFC 8785) is `digest`.")
    differences = serializers.SerializerMethodField(help_text="What it changes, in words.")
    reason = serializers.SerializerMethodField(help_text="Why it was proposed, as its author wrote it.")
    request = serializers.SerializerMethodField(help_text="The request whose present revision it is, if any.")
    state = serializers.SerializerMethodField(help_text="Where that request stands.")
    comment_closes = serializers.SerializerMethodField(help_text="Until when comments are taken.")

    class Meta:
        model = PolicyDraft
        fields = (
            "jurisdiction",
            "digest",
            "body",
            "based_on",
            "in_force_from",
            "proposed_at",
            "ledger_index",
            "differences",
            "reason",
            "request",
            "state",
            "comment_closes",
        )

    def get_differences(self, draft: PolicyDraft) -> list[str]:
        return [each.sentence for each in policy_making.differences_of(draft)]

    def get_reason(self, draft: PolicyDraft) -> str:
        return policy_making.said_at([draft.ledger_index])[draft.ledger_index].text

    def get_request(self, draft: PolicyDraft) -> int | None:
        change = _request_of(draft)
        return change.pk if change else None

    def get_state(self, draft: PolicyDraft) -> str | None:
        change = _request_of(draft)
        return change.state if change else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_comment_closes(self, draft: PolicyDraft) -> str | None:
        change = _request_of(draft)
        return comment_closes(change).isoformat() if change else None


class CommentRow(serializers.ModelSerializer[PublicComment]):
    """A public comment and its answer; the texts are checked against the record with their salts."""

    request = serializers.IntegerField(source="change_request_id", help_text="Request it is about.")
    text = serializers.SerializerMethodField()
    salt = serializers.SerializerMethodField(help_text="Hex; empty where the text was erased.")
    answer = serializers.SerializerMethodField(help_text="Null while nobody has answered.")
    answered_in = serializers.SerializerMethodField(help_text="Entry of the answer.")

    class Meta:
        model = PublicComment
        fields = (
            "id",
            "request",
            "digest",
            "commented_at",
            "ledger_index",
            "text",
            "salt",
            "answer",
            "answered_in",
        )

    def get_text(self, row: PublicComment) -> str:
        return policy_making.said_at([row.ledger_index])[row.ledger_index].text

    def get_salt(self, row: PublicComment) -> str:
        return policy_making.said_at([row.ledger_index])[row.ledger_index].salt

    def get_answer(self, row: PublicComment) -> str | None:
        entry = self.get_answered_in(row)
        return None if entry is None else policy_making.said_at([entry])[entry].text

    def get_answered_in(self, row: PublicComment) -> int | None:
        answered = getattr(row, "answered", None)
        return answered.answer.ledger_index if answered else None


def _request_of(draft: PolicyDraft) -> ChangeRequest | None:
    return ChangeRequest.objects.filter(
        jurisdiction=draft.jurisdiction, kind="policy", digest=draft.digest
    ).first()


def _asked(request: Request, rows: QuerySet[Any], path: str = "jurisdiction") -> QuerySet[Any]:
    slug = request.query_params.get("jurisdiction", "")
    return rows.filter(**{path: slug_named(slug)}) if slug else rows


class Policies(Endpoint):
    """All versions."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = PolicyRow

    @extend_schema(
        summary="Every version of the policy, newest first",
        description="What the code obeys and people keep to, and from when. `digest` is what was approved.",
        tags=[PUBLIC],
        parameters=[CITY],
        responses={200: PolicyRow(many=True), 404: Problem},
    )
    def get(self, request: Request) -> Response:
        rows = Policy.objects.select_related("jurisdiction").order_by("jurisdiction", "-version")
        return self.page(_asked(request, rows))


class Drafts(Endpoint):
    """All drafts."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = DraftRow

    @extend_schema(
        summary="Policies that were put to the vote, newest first",
        description="Each with the body that its digest binds, its differences in words and where it stands.",
        tags=[PUBLIC],
        parameters=[CITY],
        responses={200: DraftRow(many=True), 404: Problem},
    )
    def get(self, request: Request) -> Response:
        return self.page(_asked(request, PolicyDraft.objects.select_related("jurisdiction").order_by("-id")))


class Comments(Endpoint):
    """All comments."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = CommentRow

    @extend_schema(
        summary="Public comments on policies and recipes with their answers, newest first",
        description="Nothing is kept about who wrote them. A text that was erased says so.",
        tags=[PUBLIC],
        parameters=[CITY],
        responses={200: CommentRow(many=True), 404: Problem},
    )
    def get(self, request: Request) -> Response:
        rows = PublicComment.objects.select_related("answered__answer").order_by("-id")
        return self.page(_asked(request, rows, "change_request__jurisdiction"))
