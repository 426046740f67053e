"""Proposing, commenting on, voting on and adopting a policy, on the real database."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance import clock
from governance.commented import unanswered
from governance.core.approval import Verdict
from governance.core.canonical import parse_leaf
from governance.core.policy import Terms
from governance.core.policy_draft import body_digest
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.models import (
    ChangeRequest,
    LedgerEntry,
    LedgerText,
    Policy,
    PolicyDraft,
    PublicComment,
    RoleGrant,
    User,
)
from governance.policy_forms import Proposed, put_anew, put_to_vote
from governance.policy_making import ERASED, comments_on, newest_version
from governance.selectors import policy_in_force, public_account, waiting_for
from governance.services.adopt_policy import adopt_policy
from governance.services.advance_clock import advance_clock
from governance.services.answer_comments import answer_comments
from governance.services.cast_vote import cast_vote
from governance.services.erase_text import erase_text
from governance.services.leave_comment import leave_comment
from governance.services.propose_policy import propose_policy
from governance.services.redeem_approval import redeem_approval
from governance.tasks import adopt_policies
from tests.apps.governance.board import build_board_city
from tests.cast import POLICY, City, build_city

WHY = "Eight places can be visited with care; twelve could not."
COMMENT = "Eight is still too many for one night."


@pytest.fixture
def boarded(db: None) -> City:
    """Return the city with a third member on the board: one may write a draft, and two are left to decide."""
    return build_board_city()


@pytest.fixture
def listening(db: None) -> City:
    """Return a city whose policy keeps drafts open to comment for five days."""
    return build_city(policy={"comment_days": 5})


def changed(city: City, days: int = 10, **terms: Any) -> Proposed:
    """Return the newest policy with other terms, in force in some days."""
    newest = newest_version(city.jurisdiction)
    data = {**newest.terms, **(terms or {"max_places": 8})}
    at = clock.now(city.jurisdiction) + timedelta(days=days)
    return Proposed(data, Terms(("a",), ("a",)), newest.version, at.replace(second=0, microsecond=0), WHY)


def propose(city: City, by: User | None = None, **terms: Any) -> ChangeRequest:
    return put_to_vote(city.jurisdiction, changed(city, **terms), by or city.ana)


def vote(request: ChangeRequest, by: User, verdict: Verdict = Verdict.APPROVE) -> ChangeRequest:
    return cast_vote(
        change_request_id=request.pk, verdict=verdict, rationale=WHY, seen_digest=request.digest, by=by
    )


def approve(city: City, request: ChangeRequest) -> ChangeRequest:
    vote(request, city.chloe)
    return vote(request, city.nora)


def later(city: City, **step: float) -> None:
    moment = clock.now(city.jurisdiction) + timedelta(**step)
    advance_clock(jurisdiction=city.jurisdiction, to=moment, by=city.scheduler)
    city.jurisdiction.refresh_from_db()


def comment(request: ChangeRequest, text: str = COMMENT) -> PublicComment:
    return leave_comment(change_request_id=request.pk, text=text, by=public_account())


def reason_of(refusal: pytest.ExceptionInfo[Refused]) -> Reason:
    return refusal.value.reason


# --- proposing ---------------------------------------------------------------------------------------------------


def test_a_draft_is_bound_to_the_digest_of_its_body_and_both_deeds_have_their_leaf(city: City) -> None:
    before = LedgerEntry.objects.count()
    request = propose(city)
    draft = PolicyDraft.objects.get()
    assert request.digest == draft.digest == body_digest(draft.body)
    assert draft.body["terms"]["max_places"] == 8
    actions = list(LedgerEntry.objects.filter(index__gte=before).values_list("action", flat=True))
    assert actions == ["policy.proposed", "request.opened"]
    assert LedgerText.objects.get(entry_id=draft.ledger_index).text == WHY


@pytest.mark.parametrize("who", ["ana", "chloe", "nora"])
def test_an_analyst_or_a_board_member_proposes(boarded: City, who: str) -> None:
    request = propose(boarded, by=getattr(boarded, who))
    assert [each.name for each in request.authors.all()] == [getattr(boarded, who).name]


def test_a_draft_that_too_few_others_could_decide_is_not_kept(city: City) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused, match="1 may vote in it who did not propose this") as refusal:
        propose(city, by=city.chloe)
    assert reason_of(refusal) is Reason.QUORUM_UNREACHABLE
    assert not PolicyDraft.objects.exists()
    assert LedgerEntry.objects.count() == before


def test_a_policy_that_nobody_could_ever_change_again_is_not_proposed(city: City) -> None:
    stage = {"name": "board", "permission": "decide_policy", "quorum": 3, "disjoint_from": []}
    with pytest.raises(Refused, match=r"Who has to approve a policy.*needs 3 people, and 2 may") as refusal:
        propose(city, stages={"policy": [stage]})
    assert reason_of(refusal) is Reason.QUORUM_UNREACHABLE
    assert not PolicyDraft.objects.exists()


@pytest.mark.parametrize("who", ["ben", "dev", "eve"])
def test_nobody_else_proposes_and_nothing_is_kept(city: City, who: str) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        propose(city, by=getattr(city, who))
    assert reason_of(refusal) is Reason.NOT_PERMITTED
    assert not PolicyDraft.objects.exists()
    assert LedgerEntry.objects.count() == before


@pytest.mark.parametrize(
    ("terms", "days", "reason"),
    [
        ({"max_places": 12}, 10, Reason.ALREADY_DONE),
        ({"max_places": 8}, -1, Reason.TOO_LATE),
        ({"max_places": 800}, 10, Reason.BAD_INPUT),
        ({"colour": "red"}, 10, Reason.BAD_INPUT),
    ],
)
def test_a_draft_that_cannot_be_is_refused(
    city: City, terms: dict[str, Any], days: int, reason: Reason
) -> None:
    with pytest.raises(Refused) as refusal:
        put_to_vote(city.jurisdiction, changed(city, days=days, **terms), city.ana)
    assert reason_of(refusal) is reason
    assert not ChangeRequest.objects.exists()


def test_the_same_draft_twice_is_refused_and_names_the_first(city: City) -> None:
    request = propose(city)
    with pytest.raises(Refused, match=f"request {request.pk}") as refusal:
        propose(city)
    assert reason_of(refusal) is Reason.ALREADY_DONE


def test_a_draft_needs_a_reason(city: City) -> None:
    with pytest.raises(Refused) as refusal:
        propose_policy(
            jurisdiction=city.jurisdiction,
            terms={**POLICY, "max_places": 8},
            based_on=1,
            in_force_from=clock.now(city.jurisdiction) + timedelta(days=3),
            reason="Because.",
            by=city.ana,
        )
    assert reason_of(refusal) is Reason.RATIONALE_TOO_SHORT


# --- voting ------------------------------------------------------------------------------------------------------


def test_one_vote_decides_nothing_and_two_approve(city: City) -> None:
    request = propose(city)
    assert vote(request, city.chloe).state == "open"
    assert vote(request, city.nora).state == "approved"


def test_whoever_wrote_a_draft_does_not_vote_on_it(boarded: City) -> None:
    request = propose(boarded, by=boarded.chloe)
    with pytest.raises(Refused) as refusal:
        vote(request, boarded.chloe)
    assert reason_of(refusal) is Reason.AUTHOR_MAY_NOT_VOTE


def test_an_edit_voids_the_votes_before_it(city: City) -> None:
    request = propose(city)
    vote(request, city.chloe)
    revised = put_anew(request, request.digest, changed(city, max_places=9), city.ana)
    assert revised.revision == 2
    with pytest.raises(Refused) as refusal:
        vote(request, city.nora)
    assert reason_of(refusal) is Reason.DIGEST_CHANGED
    assert vote(revised, city.nora).state == "open"
    assert vote(revised, city.chloe).state == "approved"


def test_an_edit_that_leaves_too_few_to_vote_is_refused_whole(city: City) -> None:
    request = propose(city)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        put_anew(request, request.digest, changed(city, max_places=9), city.chloe)
    assert reason_of(refusal) is Reason.QUORUM_UNREACHABLE
    request.refresh_from_db()
    assert (request.revision, PolicyDraft.objects.count(), LedgerEntry.objects.count()) == (1, 1, before)


# --- adopting ----------------------------------------------------------------------------------------------------


def test_an_approved_policy_is_adopted_by_the_scheduled_task_and_governs_from_its_day(city: City) -> None:
    request = approve(city, propose(city))
    before = LedgerEntry.objects.count()
    assert adopt_policies() == 1
    adopted = Policy.objects.get(jurisdiction=city.jurisdiction, version=2)
    assert adopted.digest == request.digest
    actions = list(LedgerEntry.objects.filter(index__gte=before).values_list("action", flat=True))
    assert actions == ["approval.redeemed", "policy.adopted"]
    assert policy_in_force(city.jurisdiction).version == 1
    later(city, days=11)
    assert policy_in_force(city.jurisdiction).version == 2
    assert policy_in_force(city.jurisdiction).terms.max_places == 8
    assert adopt_policies() == 0


def test_without_approval_nothing_is_adopted_and_nothing_is_recorded(city: City) -> None:
    request = propose(city)
    vote(request, city.chloe)
    before = LedgerEntry.objects.count()
    assert adopt_policies() == 0
    with pytest.raises(Refused) as refusal:
        adopt_policy(jurisdiction=city.jurisdiction, digest=request.digest, by=city.scheduler)
    assert reason_of(refusal) is Reason.NOT_APPROVED
    assert LedgerEntry.objects.count() == before


def test_nobody_but_the_service_adopts(city: City) -> None:
    request = approve(city, propose(city))
    redeem_approval(digest=request.digest, kind="policy", by=city.scheduler)
    with pytest.raises(Refused) as refusal:
        adopt_policy(jurisdiction=city.jurisdiction, digest=request.digest, by=city.nora)
    assert reason_of(refusal) is Reason.NOT_PERMITTED


def test_adopted_twice_it_is_one_version(city: City) -> None:
    request = approve(city, propose(city))
    adopt_policies()
    before = LedgerEntry.objects.count()
    assert adopt_policy(jurisdiction=city.jurisdiction, digest=request.digest, by=city.scheduler).version == 2
    assert LedgerEntry.objects.count() == before


def test_of_two_approved_drafts_the_second_is_void(city: City) -> None:
    first, second = propose(city), propose(city, max_places=9)
    approve(city, first)
    approve(city, second)
    before = Policy.objects.count()
    assert adopt_policies() == 1
    assert Policy.objects.count() == before + 1
    assert newest_version(city.jurisdiction).digest == first.digest
    second.refresh_from_db()
    assert second.state == "approved"
    redeem_approval(digest=second.digest, kind="policy", by=city.scheduler)
    with pytest.raises(Refused, match="It is void") as refusal:
        adopt_policy(jurisdiction=city.jurisdiction, digest=second.digest, by=city.scheduler)
    assert reason_of(refusal) is Reason.DIGEST_CHANGED


def test_a_draft_against_an_older_version_is_refused(city: City) -> None:
    old = changed(city, max_places=9)
    approve(city, propose(city))
    adopt_policies()
    with pytest.raises(Refused) as refusal:
        put_to_vote(city.jurisdiction, old, city.ana)
    assert reason_of(refusal) is Reason.DIGEST_CHANGED


def test_what_is_adopted_after_its_day_governs_nothing_before_its_adoption(city: City) -> None:
    request = put_to_vote(city.jurisdiction, changed(city, days=1), city.ana)
    later(city, days=3)
    approve(city, request)
    adopt_policies()
    adopted = newest_version(city.jurisdiction)
    assert adopted.in_force_from > PolicyDraft.objects.get().in_force_from
    day_before = clock.now(city.jurisdiction) - timedelta(days=1)
    assert policy_in_force(city.jurisdiction, day_before).version == 1


def test_when_an_approver_has_lost_her_role_nothing_is_adopted(city: City) -> None:
    request = approve(city, propose(city))
    RoleGrant.objects.filter(user=city.nora).update(revoked_at=timezone.now())
    assert adopt_policies() == 0
    request.refresh_from_db()
    assert request.state == "approved"


# --- public comment ----------------------------------------------------------------------------------------------


def test_nobody_votes_while_the_public_may_comment(listening: City) -> None:
    request = propose(listening)
    with pytest.raises(Refused, match="may comment until") as refusal:
        vote(request, listening.chloe)
    assert reason_of(refusal) is Reason.TOO_EARLY
    assert waiting_for(listening.jurisdiction, listening.chloe) == []
    later(listening, days=5, minutes=1)
    assert waiting_for(listening.jurisdiction, listening.chloe) == [request]
    assert vote(request, listening.chloe).state == "open"


def test_an_inbox_asks_for_a_vote_when_the_last_comment_has_its_answer(listening: City) -> None:
    request = propose(listening)
    said = comment(request)
    leaf = parse_leaf(bytes(LedgerEntry.objects.get(index=said.ledger_index).leaf))
    assert leaf["role"] == Role.RESIDENT
    later(listening, days=6)
    assert waiting_for(listening.jurisdiction, listening.nora) == []
    answer_comments(
        change_request_id=request.pk, comment_ids=[said.pk], text="Two crews can.", by=listening.ana
    )
    assert waiting_for(listening.jurisdiction, listening.nora) == [request]


def test_nobody_votes_before_every_comment_has_its_answer(listening: City) -> None:
    request = propose(listening)
    first, second = comment(request), comment(request, "Why not six, as in the last year?")
    later(listening, days=6)
    with pytest.raises(Refused, match="2 comments wait") as refusal:
        vote(request, listening.chloe, Verdict.RETURN)
    assert reason_of(refusal) is Reason.TOO_EARLY
    answer_comments(
        change_request_id=request.pk,
        comment_ids=[first.pk, second.pk],
        text="Eight is what two crews can visit.",
        by=listening.ana,
    )
    assert unanswered(request) == []
    assert [each.answer_said.text for each in comments_on(request) if each.answer_said] == [
        "Eight is what two crews can visit."
    ] * 2
    assert approve(listening, request).state == "approved"


def test_a_comment_keeps_its_text_beside_the_entry_where_it_can_be_erased(listening: City) -> None:
    request = propose(listening)
    row = comment(request)
    entry = LedgerEntry.objects.get(pk=row.ledger_index)
    assert COMMENT.encode() not in bytes(entry.leaf)
    assert comments_on(request)[0].said.text == COMMENT
    erase_text(
        index=row.ledger_index, reason="It names a private person who asked for that.", by=listening.chloe
    )
    assert comments_on(request)[0].said.text == ERASED
    assert len(unanswered(request)) == 1


def test_an_edited_draft_is_open_to_comment_anew(listening: City) -> None:
    request = propose(listening)
    later(listening, days=6)
    revised = put_anew(request, request.digest, changed(listening, max_places=9), listening.ana)
    comment(revised)
    with pytest.raises(Refused) as refusal:
        vote(revised, listening.chloe)
    assert reason_of(refusal) is Reason.TOO_EARLY


def test_a_request_that_would_expire_before_its_comments_end_is_not_edited(listening: City) -> None:
    request = propose(listening)
    later(listening, days=31)
    with pytest.raises(Refused) as refusal:
        put_anew(request, request.digest, changed(listening, max_places=9), listening.ana)
    assert reason_of(refusal) is Reason.TOO_LATE
    assert PolicyDraft.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "days", "reason"),
    [
        ("No.", 0, Reason.RATIONALE_TOO_SHORT),
        ("x" * 2_001, 0, Reason.TOO_LARGE),
        (COMMENT, 5, Reason.TOO_LATE),
    ],
)
def test_a_comment_that_cannot_be_taken_leaves_nothing(
    listening: City, text: str, days: int, reason: Reason
) -> None:
    request = propose(listening)
    if days:
        later(listening, days=days, minutes=1)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        comment(request, text)
    assert reason_of(refusal) is reason
    assert LedgerEntry.objects.count() == before


def test_a_person_does_not_comment_under_her_account(listening: City) -> None:
    request = propose(listening)
    with pytest.raises(Refused) as refusal:
        leave_comment(change_request_id=request.pk, text=COMMENT, by=listening.eve)
    assert reason_of(refusal) is Reason.NOT_PERMITTED


def test_a_request_that_is_not_there_takes_no_comment(listening: City) -> None:
    with pytest.raises(Refused) as refusal:
        leave_comment(change_request_id=99, text=COMMENT, by=public_account())
    assert reason_of(refusal) is Reason.NOT_FOUND


@pytest.mark.parametrize("who", ["ben", "dev", "eve", "scheduler"])
def test_only_who_proposes_or_votes_on_policies_answers(listening: City, who: str) -> None:
    request = propose(listening)
    row = comment(request)
    with pytest.raises(Refused) as refusal:
        answer_comments(
            change_request_id=request.pk, comment_ids=[row.pk], text=WHY, by=getattr(listening, who)
        )
    assert reason_of(refusal) is Reason.NOT_PERMITTED
    assert len(unanswered(request)) == 1


def test_a_comment_is_answered_once(listening: City) -> None:
    request = propose(listening)
    row = comment(request)
    answer_comments(change_request_id=request.pk, comment_ids=[row.pk], text=WHY, by=listening.ana)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        answer_comments(change_request_id=request.pk, comment_ids=[row.pk], text=WHY, by=listening.chloe)
    assert reason_of(refusal) is Reason.ALREADY_DONE
    assert LedgerEntry.objects.count() == before


def test_an_answer_needs_a_comment_of_this_request(listening: City) -> None:
    request, other = propose(listening), propose(listening, max_places=9)
    row = comment(other)
    for ids in ([], [row.pk]):
        with pytest.raises(Refused) as refusal:
            answer_comments(change_request_id=request.pk, comment_ids=ids, text=WHY, by=listening.ana)
        assert reason_of(refusal) is Reason.NOT_FOUND


def test_what_is_decided_takes_neither_comment_nor_answer(city: City) -> None:
    request = approve(city, propose(city))
    with pytest.raises(Refused) as refusal:
        comment(request)
    assert reason_of(refusal) is Reason.NOT_OPEN
    with pytest.raises(Refused) as refusal:
        answer_comments(change_request_id=request.pk, comment_ids=[1], text=WHY, by=city.ana)
    assert reason_of(refusal) is Reason.NOT_OPEN
