"""Change requests as data: what waits for me, what there is, one with its votes and evidence, and my vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from governance.api.answers import BY_ROLE, REFUSALS, Problem, RoleEndpoint
from governance.api.asked import JURISDICTION, jurisdiction_asked, permitted_jurisdiction, person, word_asked
from governance.break_glass import OF_PLANS, check_may_read, lifted_for, row_of
from governance.core.approval import Verdict
from governance.core.break_glass import LONGEST_HOURS, Lowers
from governance.core.roles import Permission
from governance.core.states import State
from governance.holds import UNREAD, hides_reasons
from governance.models import BreakGlass, ChangeRequest, Evidence, RequestAct, User, Vote
from governance.permissions import can, check, check_signed_in_lately, districts_where
from governance.selectors import acts_on, evidence_for, request_numbered, requests_in, votes_on, waiting_for
from governance.services.cast_vote import cast_vote
from governance.services.open_break_glass import open_break_glass
from governance.services.recuse import recuse
from governance.services.revoke_approval import revoke_approval
from governance.services.withdraw_change_request import withdraw_change_request
from governance.timeline import Step, timeline

if TYPE_CHECKING:
    from governance.models import Jurisdiction

VERDICTS = [(each.value, each.value) for each in Verdict]
KINDS = ("plan", "policy", "recipe", "role_grant", "hold_lift", "after_review", "ledger_recovery")


class RequestRow(serializers.ModelSerializer[ChangeRequest]):
    """Something put to people for a decision, bound to the SHA-256 of exactly what is proposed."""

    jurisdiction = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    district = serializers.SlugRelatedField[Any](slug_field="code", read_only=True, allow_null=True)

    class Meta:
        model = ChangeRequest
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "jurisdiction",
            "district",
            "title",
            "digest",
            "revision",
            "state",
            "policy_version",
            "opened_at",
            "expires_at",
            "decided_at",
            "executed_at",
            "scripted",
        )


class VoteRow(serializers.ModelSerializer[Vote]):
    """One person's vote on one revision, with her reason."""

    who = serializers.CharField(source="user.pseudonym", help_text="The pseudonym that the record knows.")

    class Meta:
        model = Vote
        fields = (
            "who",
            "role",
            "stage",
            "verdict",
            "rationale",
            "revision",
            "digest",
            "cast_at",
            "ledger_index",
        )


class ActRow(serializers.ModelSerializer[RequestAct]):
    """What somebody did to a request beside voting: took it or its approval back, or stepped back from the vote."""

    who = serializers.CharField(source="user.pseudonym", help_text="The pseudonym that the record knows.")
    reason = serializers.CharField()

    class Meta:
        model = RequestAct
        fields = ("who", "role", "deed", "reason", "revision", "digest", "done_at", "ledger_index")


class EvidenceRow(serializers.ModelSerializer[Evidence]):
    """A verdict about one digest, with the sentence a reader sees."""

    class Meta:
        model = Evidence
        fields = (
            "kind",
            "verdict",
            "summary",
            "subject_digest",
            "report_digest",
            "attached_at",
            "ledger_index",
        )


class StepRow(serializers.Serializer[Any]):
    """One step of a request's way: an entry of the record, in words, and where its proof is.

    Reasons stand with the votes and acts.
    """

    entry = serializers.IntegerField(source="index")
    action = serializers.CharField()
    who = serializers.CharField(source="actor", help_text="The pseudonym or alias that the record knows.")
    role = serializers.CharField()
    said = serializers.CharField(source="words", help_text="What was done, in words that follow a name.")
    delegated = serializers.BooleanField(help_text="Whether it was done in another person’s place.")
    outcome = serializers.CharField()
    revision = serializers.IntegerField(allow_null=True)
    digest = serializers.CharField(help_text="What it was done to.")
    at = serializers.DateTimeField(
        allow_null=True, help_text="By the jurisdiction’s clock, where it is known."
    )
    recorded_at = serializers.DateTimeField(help_text="Real time.")
    entry_url = serializers.SerializerMethodField(help_text="The exact bytes of the entry.")
    proof_url = serializers.SerializerMethodField(
        allow_null=True,
        help_text="Its proof (c2sp.org/tlog-proof); null until a published checkpoint covers it.",
    )

    def get_entry_url(self, step: Step) -> str:
        return reverse("log-entry-leaf", args=[step.index])

    def get_proof_url(self, step: Step) -> str | None:
        return reverse("log-entry-proof", args=[step.index]) if step.proved else None


class GlassRow(serializers.ModelSerializer[BreakGlass]):
    """A break-glass: what it eases, for whom it was told, until when, and the request of its after-review."""

    opened_by = serializers.CharField(
        source="opened_by.pseudonym", help_text="The pseudonym the record knows."
    )
    told = serializers.CharField(source="told.pseudonym")
    reason = serializers.CharField()
    review = serializers.IntegerField(source="review_id")

    class Meta:
        model = BreakGlass
        fields = (
            "id",
            "lowers",
            "hours",
            "revision",
            "request_digest",
            "opened_by",
            "role",
            "told",
            "reason",
            "opened_at",
            "ends_at",
            "review",
            "review_due_at",
            "digest",
            "salt",
            "ledger_index",
        )


class RequestWhole(RequestRow):
    """A request with its votes, its way through the record, and the newest evidence on it and on what it rests on."""

    rests_on = serializers.ListField(child=serializers.CharField(), help_text="Digests of runs and recipes.")
    votes = serializers.SerializerMethodField()
    acts = serializers.SerializerMethodField()
    evidence = serializers.SerializerMethodField()
    timeline = serializers.SerializerMethodField()
    break_glass = serializers.SerializerMethodField()

    class Meta(RequestRow.Meta):
        fields = (*RequestRow.Meta.fields, "rests_on", "votes", "acts", "evidence", "timeline", "break_glass")

    @extend_schema_field(GlassRow(allow_null=True))
    def get_break_glass(self, request: ChangeRequest) -> Any:
        row = row_of(request)
        return GlassRow(row).data if row else None

    @extend_schema_field(VoteRow(many=True))
    def get_votes(self, request: ChangeRequest) -> Any:
        return self._told(request, VoteRow(votes_on(request), many=True).data, "rationale")

    @extend_schema_field(ActRow(many=True))
    def get_acts(self, request: ChangeRequest) -> Any:
        return self._told(request, ActRow(acts_on(request), many=True).data, "reason")

    @extend_schema_field(EvidenceRow(many=True))
    def get_evidence(self, request: ChangeRequest) -> Any:
        digests = [request.digest, *request.rests_on]
        found = [evidence_for(each, request.jurisdiction) for each in digests]
        return EvidenceRow([row for kinds in found for row in kinds.values()], many=True).data

    @extend_schema_field(StepRow(many=True))
    def get_timeline(self, request: ChangeRequest) -> Any:
        return StepRow(timeline(request), many=True).data

    def _told(self, request: ChangeRequest, rows: Any, name: str) -> Any:
        """Return rows without the reasons that the page of the request would not show to this person either."""
        if not hides_reasons(request, self.context["request"].user):
            return rows
        return [{**row, name: UNREAD} for row in rows]


class Ballot(serializers.Serializer[Any]):
    """A vote as it is sent."""

    verdict = serializers.ChoiceField(choices=VERDICTS)
    rationale = serializers.CharField(
        allow_blank=True,
        help_text="At least as long as the policy asks; it is read by the board, later by the public.",
    )
    seen_digest = serializers.CharField(
        allow_blank=True, max_length=64, help_text="The digest of the revision that was read."
    )


class Act(serializers.Serializer[Any]):
    """What is to be done to a request, as it is sent."""

    deed = serializers.ChoiceField(choices=RequestAct.Deed.choices)
    reason = serializers.CharField(
        allow_blank=True, help_text="As long as for a vote; it is read by the board, later by the public."
    )
    seen_digest = serializers.CharField(
        allow_blank=True,
        max_length=64,
        default="",
        help_text="For a revocation: the digest whose approval it is.",
    )


class GlassForm(serializers.Serializer[Any]):
    """What is to be eased for one plan, as it is sent."""

    lowers = serializers.ChoiceField(choices=[each.value for each in Lowers])
    hours = serializers.IntegerField(help_text=f"Whole hours, 1 to {LONGEST_HOURS}.")
    reason = serializers.CharField(
        allow_blank=True, help_text="As long as for a vote; it is read by the board, later by the public."
    )
    seen_digest = serializers.CharField(
        allow_blank=True, max_length=64, help_text="The digest of the revision that was read."
    )


class Inbox(RoleEndpoint):
    """My inbox."""

    permission_classes = (IsAuthenticated,)
    serializer_class = RequestRow

    @extend_schema(
        summary="What waits for me",
        description="Open requests that the account may vote on and has not, the most urgent first. Needs "
        "`see_record`, which every role has.",
        tags=[BY_ROLE],
        parameters=[JURISDICTION],
        responses={200: RequestRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = permitted_jurisdiction(request, Permission.SEE_RECORD)
        return self.page(waiting_for(here, person(request)) if here else [])


class ChangeRequests(RoleEndpoint):
    """All requests that I may read."""

    permission_classes = (IsAuthenticated,)
    serializer_class = RequestRow

    @extend_schema(
        summary="Change requests, newest first",
        description="Plans of the districts whose plans the account may see (`see_plans`); other kinds need "
        "`see_record`.",
        tags=[BY_ROLE],
        parameters=[
            JURISDICTION,
            OpenApiParameter("kind", str, enum=KINDS),
            OpenApiParameter("state", str, enum=[each.value for each in State]),
        ],
        responses={200: RequestRow(many=True), 403: Problem},
    )
    def get(self, request: Request) -> Response:
        here = jurisdiction_asked(request, Permission.SEE_PLANS)
        kind, state = word_asked(request, "kind", KINDS), word_asked(request, "state", list(State))
        if here is None:
            return self.page([])
        states = (State(state),) if state else ()
        rows = requests_in(here, *states, kind=kind or None)
        return self.page(rows.filter(_open_to(person(request), here)).order_by("-id"))


class OneChangeRequest(RoleEndpoint):
    """One request."""

    permission_classes = (IsAuthenticated,)
    serializer_class = RequestWhole

    @extend_schema(
        summary="One change request with its votes and evidence",
        description="Needs `see_plans` in the district of a plan, `see_record` for every other kind.",
        tags=[BY_ROLE],
        responses={200: RequestWhole, **REFUSALS},
    )
    def get(self, request: Request, request_id: int) -> Response:
        return Response(self.one(_visible(person(request), request_id)))


class Votes(RoleEndpoint):
    """My vote on a request."""

    permission_classes = (IsAuthenticated,)
    serializer_class = Ballot

    @extend_schema(
        summary="Vote on a change request",
        description="Casts the account's one vote on exactly the revision it read. Plans need `decide_plans` in their "
        "district, every other kind `decide_policy`. The vote becomes an entry of the record; it decides, "
        "but carries nothing out. Refused: 403 who may not vote, has not completed her training or signed in more than "
        "five minutes ago, 409 what is closed, expired or changed, 422 what gives too little reason.",
        tags=[BY_ROLE],
        request=Ballot,
        responses={201: RequestWhole, **REFUSALS, 409: Problem, 422: Problem},
    )
    def post(self, request: Request, request_id: int) -> Response:
        by = person(request)
        _visible(by, request_id)
        check_signed_in_lately(request._request)
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        ballot = sent.validated_data
        settled = cast_vote(
            change_request_id=request_id,
            verdict=Verdict(ballot["verdict"]),
            rationale=ballot["rationale"],
            seen_digest=ballot["seen_digest"],
            by=by,
        )
        return Response(_whole(settled, request), status=201)


class Acts(RoleEndpoint):
    """What I do to a request beside voting."""

    permission_classes = (IsAuthenticated,)
    serializer_class = Act

    @extend_schema(
        summary="Withdraw a request, revoke its approval, or step back from its vote",
        description="A `withdrawal` is its author's (`propose`), at any time before it is carried out; a `revocation` "
        "takes back an approval that nobody has acted on, and a `recusal` takes the account out of the voters: both "
        "for who may vote on it. Each becomes an entry of the record. Refused: 403 who may not or signed in more than "
        "five minutes ago, 409 what is too "
        "late, 422 what gives too little reason.",
        tags=[BY_ROLE],
        request=Act,
        responses={201: RequestWhole, **REFUSALS, 409: Problem, 422: Problem},
    )
    def post(self, request: Request, request_id: int) -> Response:
        by = person(request)
        _visible(by, request_id)
        check_signed_in_lately(request._request)
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        _act(request_id, sent.validated_data, by)
        return Response(_whole(request_numbered(request_id), request), status=201)


class Glass(RoleEndpoint):
    """Break-glass for a plan."""

    permission_classes = (IsAuthenticated,)
    serializer_class = GlassForm

    @extend_schema(
        summary="Break the glass for a plan",
        description="Lowers the quorum of one deployment plan to one eligible person who is no author, or lifts the "
        f"limit of its district, for at most {LONGEST_HOURS} hours and once. It is no approval and overrides no hold. "
        "Needs `decide_plans` in the plan's district, to lift its limit `decide_policy` does too. Somebody of the "
        "board is told at once, and an after-review opens. Refused: 403 who may not, has no training or signed in "
        "more than five minutes ago, 409 what is decided, changed, on hold or was eased before, 422 what cannot be "
        "eased, too long a time, too little reason.",
        tags=[BY_ROLE],
        request=GlassForm,
        responses={201: RequestWhole, **REFUSALS, 409: Problem, 422: Problem},
    )
    def post(self, request: Request, request_id: int) -> Response:
        by = person(request)
        _visible(by, request_id)
        check_signed_in_lately(request._request)
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        opened = open_break_glass(
            change_request_id=request_id,
            lowers=Lowers(said["lowers"]),
            hours=said["hours"],
            reason=said["reason"],
            seen_digest=said["seen_digest"],
            by=by,
        )
        return Response(_whole(opened.change_request, request), status=201)


def _whole(change: ChangeRequest | None, request: Request) -> Any:
    return RequestWhole(change, context={"request": request}).data


def _act(request_id: int, said: dict[str, Any], by: User) -> None:
    about: dict[str, Any] = {"change_request_id": request_id, "reason": said["reason"], "by": by}
    if said["deed"] == RequestAct.Deed.WITHDRAWAL:
        withdraw_change_request(**about)
    elif said["deed"] == RequestAct.Deed.REVOCATION:
        revoke_approval(**about, seen_digest=said["seen_digest"])
    else:
        recuse(**about)


def _visible(by: User, request_id: int) -> ChangeRequest:
    found = request_numbered(request_id)
    if found is None:
        raise Http404("There is no such change request.")
    check_may_read(by, found)
    return found


def _open_to(by: User, jurisdiction: Jurisdiction) -> Q:
    """Return which requests a person may read; refuse who may read none."""
    districts = districts_where(by, Permission.SEE_PLANS, jurisdiction)
    plans = Q(kind__in=OF_PLANS, district__in=districts) | Q(pk__in=lifted_for(by, jurisdiction))
    if can(by, Permission.SEE_RECORD, jurisdiction):
        return plans | ~Q(kind__in=OF_PLANS)
    if not districts:
        check(by, Permission.SEE_PLANS, jurisdiction)
    return plans
