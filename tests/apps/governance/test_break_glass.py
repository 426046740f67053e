"""Break-glass on the real database: what it eases, when it ends, what it opens, and every way around it."""

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from governance import clock
from governance.break_glass import check_may_read, told_of
from governance.core.approval import Verdict
from governance.core.break_glass import REVIEW, REVIEW_DAYS, Lowers, glass_digest, review_digest
from governance.core.holds import Scope
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.core.states import State
from governance.holds import check_request_not_held
from governance.models import BreakGlass, ChangeRequest, LedgerEntry, RoleGrant, User
from governance.permissions import give_role
from governance.selectors import ballots_on, voters_for, waiting_for
from governance.services.advance_clock import advance_clock
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.delegate_role import delegate_role
from governance.services.erase_text import erase_text
from governance.services.open_break_glass import open_break_glass
from governance.services.recuse import recuse
from governance.services.redeem_approval import redeem_approval
from governance.services.revise_change_request import revise_change_request
from governance.services.revoke_approval import revoke_approval
from governance.services.revoke_delegation import revoke_delegation
from governance.services.revoke_role import revoke_role
from governance.services.withdraw_change_request import withdraw_change_request
from governance.tasks import close_reviews
from tests.apps.governance.test_deeds import refused
from tests.apps.governance.test_races import TWO, appoint, at_once, second_supervisor
from tests.apps.governance.test_stages import vote
from tests.apps.governance.test_verify_ledger import verify
from tests.apps.governance.test_voting import open_plan
from tests.cast import City, build_city, train
from tests.factories.board import WHY, add_member, hold
from tests.factories.break_glass import break_glass, glass_form


@pytest.fixture
def two(db: None) -> City:
    """Return a city whose plans need two supervisors, of whom Central has Ben and Una."""
    city = build_city(policy={"stages": TWO})
    second_supervisor(city)
    train(city.jurisdiction)
    return city


def una() -> User:
    return User.objects.get(email="una@example.org")


def untrained(city: City) -> User:
    """Give Central a supervisor who has not completed her module."""
    nell = User.objects.create_user("nell@example.org", name="Nell New")
    give_role(nell, Role.SUPERVISOR, city.jurisdiction, city.central, by=city.scheduler)
    return nell


def later(city: City, **time: int) -> None:
    moment = clock.now(city.jurisdiction) + timedelta(**time)
    advance_clock(jurisdiction=city.jurisdiction, to=moment, by=city.ana)
    city.jurisdiction.refresh_from_db()


def fresh(request: ChangeRequest) -> ChangeRequest:
    return ChangeRequest.objects.get(pk=request.pk)


def edit(city: City, request: ChangeRequest, digest: str = "d" * 64, **changes: Any) -> dict[str, Any]:
    said = {"change_request_id": request.pk, "seen_digest": request.digest, "digest": digest}
    return {**said, "rests_on": [], "adds": False, "by": city.ana, **changes}


# --- the quorum -----------------------------------------------------------------------------------------------


def test_one_eligible_person_approves_under_a_lowered_quorum(two: City) -> None:
    request = open_plan(two)
    before = LedgerEntry.objects.count()
    opened = break_glass(two, request)
    assert fresh(request).state == "open", "break-glass approves nothing by itself"
    assert LedgerEntry.objects.count() == before + 2
    assert cast_vote(**vote(request, two.ben)).state == "approved"
    assert redeem_approval(digest=request.digest, kind="plan", by=two.scheduler).state == "executed"
    assert (opened.told, opened.reason, opened.hours) == (two.nora, WHY, 2)
    assert opened.ends_at - opened.opened_at == timedelta(hours=2)


def test_without_it_one_person_approves_nothing(two: City) -> None:
    request = open_plan(two)
    assert cast_vote(**vote(request, two.ben)).state == "open"
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=two.scheduler)


def test_an_approval_given_before_reaches_the_lowered_quorum_at_once(two: City) -> None:
    request = open_plan(two)
    cast_vote(**vote(request, una()))
    opened = break_glass(two, request)
    assert fresh(request).state == "approved"
    assert fresh(request).decided_at == opened.opened_at
    leaf = json.loads(bytes(LedgerEntry.objects.get(action="approval.reached").leaf))
    assert (leaf["outcome"], leaf["subject"]) == ("approved", request.digest)
    assert set(opened.review.authors.all()) >= {two.ben, una()}
    assert redeem_approval(digest=request.digest, kind="plan", by=two.scheduler).state == "executed"


def test_an_earlier_approval_by_somebody_who_lost_her_role_reaches_nothing(two: City) -> None:
    request = open_plan(two)
    cast_vote(**vote(request, una()))
    revoke_role(role_grant_id=RoleGrant.objects.get(user__email="una@example.org").pk, by=two.scheduler)
    break_glass(two, request)
    assert fresh(request).state == "open"


def test_a_no_is_never_outvoted(two: City) -> None:
    request = open_plan(two)
    cast_vote(**vote(request, una(), Verdict.REJECT))
    refused(Reason.TOO_LATE, open_break_glass, **glass_form(request, two.ben))


def test_there_is_no_quorum_below_one(city: City) -> None:
    refused(Reason.OUTSIDE_POLICY, open_break_glass, **glass_form(open_plan(city), city.ben))


def test_evidence_is_required_as_ever(two: City) -> None:
    request = open_plan(two)
    break_glass(two, request)
    attach_evidence(
        subject_digest=request.digest,
        kind="plan_disparity",
        verdict="fail",
        summary="It fails.",
        report_digest="e" * 64,
        jurisdiction=two.jurisdiction,
        by=two.dev,
    )
    refused(Reason.EVIDENCE_FAILED, cast_vote, **vote(request, two.ben))
    carl = add_member(two, "carl")
    assert cast_vote(**vote(request, two.chloe)).state == "open"
    refused(Reason.EVIDENCE_FAILED, cast_vote, **vote(request, two.ben))
    cast_vote(**vote(request, carl))
    assert cast_vote(**vote(request, two.ben)).state == "approved"


# --- the district ---------------------------------------------------------------------------------------------


def test_a_supervisor_of_another_district_decides_while_the_limit_is_lifted(city: City) -> None:
    request = open_plan(city)
    refused(Reason.NOT_PERMITTED, cast_vote, **vote(request, city.bea))
    with pytest.raises(Refused):
        check_may_read(city.bea, fresh(request))
    opened = break_glass(city, request, Lowers.DISTRICT, by=city.chloe)
    assert opened.told == city.nora
    check_may_read(city.bea, fresh(request))
    assert waiting_for(city.jurisdiction, city.bea) == [request]
    assert set(voters_for(fresh(request))) == {city.ben, city.bea}
    assert cast_vote(**vote(request, city.bea)).state == "approved"
    assert redeem_approval(digest=request.digest, kind="plan", by=city.scheduler).state == "executed"


def test_who_votes_under_it_holds_the_role_and_has_the_training(city: City) -> None:
    request = open_plan(city)
    break_glass(city, request, Lowers.DISTRICT)
    for who in (city.ana, city.chloe, city.dev, city.eve):
        refused(Reason.NOT_PERMITTED, cast_vote, **vote(request, who))
    new = untrained(city)
    refused(Reason.NOT_TRAINED, cast_vote, **vote(request, new))
    revoke_role(role_grant_id=RoleGrant.objects.get(user=city.bea).pk, by=city.scheduler)
    refused(Reason.NOT_PERMITTED, cast_vote, **vote(request, city.bea))


def test_only_this_plan_is_open_to_another_district(city: City) -> None:
    request, other = open_plan(city), open_plan(city, "c" * 64)
    break_glass(city, request, Lowers.DISTRICT)
    refused(Reason.NOT_PERMITTED, cast_vote, **vote(other, city.bea))
    with pytest.raises(Refused):
        check_may_read(city.bea, other)
    with pytest.raises(Refused):
        check_may_read(city.bea, BreakGlass.objects.get().review)
    assert waiting_for(city.jurisdiction, city.bea) == [request]


def test_a_role_lent_elsewhere_does_not_reach_across_the_limit(city: City) -> None:
    request = open_plan(city)
    break_glass(city, request, Lowers.DISTRICT)
    lend(city, city.bea, city.dev, city.north)
    refused(Reason.NOT_PERMITTED, cast_vote, **vote(request, city.dev))


def lend(city: City, giver: User, taker: User, district: Any) -> None:
    delegate_role(
        taker=taker,
        role=Role.SUPERVISOR,
        jurisdiction=city.jurisdiction,
        district=district,
        until=clock.now(city.jurisdiction) + timedelta(days=1),
        reason=WHY,
        by=giver,
    )
    train(city.jurisdiction)


def test_an_author_of_another_district_and_her_delegate_stay_apart(city: City) -> None:
    request = open_plan(city)
    revise_change_request(**edit(city, request, by=city.ben, adds=True))
    request = fresh(request)
    lend(city, city.bea, city.ben, city.north)  # joined in the other district only
    refused(Reason.AUTHOR_MAY_NOT_VOTE, open_break_glass, **glass_form(request, city.ben, Lowers.DISTRICT))
    break_glass(city, request, Lowers.DISTRICT, by=city.chloe)
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **vote(request, city.bea))
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **vote(request, city.ben))


def test_a_vote_across_the_limit_counts_no_more_when_it_is_over(two: City) -> None:
    request = open_plan(two)
    break_glass(two, request, Lowers.DISTRICT, hours=1)
    assert cast_vote(**vote(request, two.bea)).state == "open"
    assert len(ballots_on(fresh(request))) == 1
    later(two, hours=1)
    assert ballots_on(fresh(request)) == []
    assert cast_vote(**vote(request, two.ben)).state == "open", "Ben alone is no quorum of two"
    assert waiting_for(two.jurisdiction, una()) == [request]
    assert cast_vote(**vote(request, una())).state == "approved"
    assert redeem_approval(digest=request.digest, kind="plan", by=two.scheduler).state == "executed"


# --- who may open it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lowers", "openers"),
    [(Lowers.QUORUM, {"ben"}), (Lowers.DISTRICT, {"ben", "chloe", "nora"})],
)
def test_who_may_open_it_is_in_the_table_of_roles(two: City, lowers: Lowers, openers: set[str]) -> None:
    for name in ("ana", "ben", "bea", "chloe", "nora", "dev", "eve", "scheduler"):
        form = glass_form(
            open_plan(two, format(ord(name[0]) * 256 + ord(name[1]), "064x")), getattr(two, name), lowers
        )
        if name in openers:
            assert open_break_glass(**form).opened_by.email.startswith(name)
        else:
            refused(Reason.NOT_PERMITTED, open_break_glass, **form)


def test_an_author_or_who_counts_as_one_with_her_opens_nothing(two: City) -> None:
    request = open_plan(two)
    request.authors.add(two.ben)
    refused(Reason.AUTHOR_MAY_NOT_VOTE, open_break_glass, **glass_form(request, two.ben))
    lend(two, two.ben, una(), two.central)
    refused(Reason.AUTHOR_MAY_NOT_VOTE, open_break_glass, **glass_form(request, una()))


def test_a_lent_role_opens_nothing(two: City) -> None:
    lend(two, two.ben, two.dev, two.central)
    refused(Reason.NOT_PERMITTED, open_break_glass, **glass_form(open_plan(two), two.dev))


def test_who_stepped_back_or_has_no_training_opens_nothing(two: City) -> None:
    request = open_plan(two)
    recuse(change_request_id=request.pk, reason=WHY, by=two.ben)
    refused(Reason.RECUSED, open_break_glass, **glass_form(request, two.ben))
    new = untrained(two)
    refused(Reason.NOT_TRAINED, open_break_glass, **glass_form(request, new))


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        (Reason.BAD_INPUT, {"hours": 5}),
        (Reason.BAD_INPUT, {"hours": 0}),
        (Reason.RATIONALE_TOO_SHORT, {"reason": "Urgent!"}),
        (Reason.TOO_LARGE, {"reason": "x" * 4001}),
        (Reason.BAD_INPUT, {"reason": WHY + "\x00"}),
        (Reason.DIGEST_CHANGED, {"seen_digest": "c" * 64}),
        (Reason.DIGEST_CHANGED, {"seen_digest": ""}),
    ],
)
def test_what_is_too_long_too_short_or_unseen_opens_nothing(
    two: City, reason: Reason, changes: dict[str, Any]
) -> None:
    refused(reason, open_break_glass, **glass_form(open_plan(two), two.ben) | changes)
    assert not ChangeRequest.objects.filter(kind=REVIEW).exists()


@pytest.mark.parametrize("kind", ["policy", "recipe", "role_grant", "hold_lift", "ledger_recovery"])
def test_no_other_kind_of_request_is_ever_eased(two: City, kind: str) -> None:
    appoint(two, two.ben, Role.BOARD_MEMBER)
    train(two.jurisdiction)
    request = ChangeRequest.objects.create(
        kind=kind,
        jurisdiction=two.jurisdiction,
        title="Another matter",
        digest="f" * 64,
        policy_version=1,
        opened_at=clock.now(two.jurisdiction),
        expires_at=clock.now(two.jurisdiction) + timedelta(days=1),
    )
    for lowers in Lowers:
        refused(Reason.OUTSIDE_POLICY, open_break_glass, **glass_form(request, two.ben, lowers))


def test_what_is_decided_or_expired_is_not_eased(two: City) -> None:
    request = open_plan(two)
    cast_vote(**vote(request, two.ben, Verdict.RETURN))
    refused(Reason.NOT_OPEN, open_break_glass, **glass_form(request, two.ben))
    request = open_plan(two, "c" * 64)
    later(two, hours=6)
    refused(Reason.EXPIRED, open_break_glass, **glass_form(request, two.ben))


# --- holds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [Scope.PLAN, Scope.DISTRICT, Scope.EVERYTHING])
def test_a_hold_is_never_overridden(two: City, scope: Scope) -> None:
    waiting, opened, approved = (open_plan(two, each * 64) for each in "abc")
    break_glass(two, opened)
    break_glass(two, approved)
    cast_vote(**vote(approved, two.ben))
    for each in (waiting, opened, approved):
        if scope is Scope.PLAN or each is waiting:
            hold(two, scope, {Scope.PLAN: str(each.pk), Scope.DISTRICT: "central"}.get(scope, ""))
    refused(Reason.ON_HOLD, open_break_glass, **glass_form(waiting, two.ben))
    refused(Reason.ON_HOLD, open_break_glass, **glass_form(waiting, two.chloe, Lowers.DISTRICT))
    refused(Reason.ON_HOLD, cast_vote, **vote(opened, two.ben))
    refused(Reason.ON_HOLD, redeem_approval, digest=approved.digest, kind="plan", by=two.scheduler)


def test_a_hold_placed_while_the_glass_is_broken_is_seen(two: City, monkeypatch: pytest.MonkeyPatch) -> None:
    request, asked = open_plan(two), []

    def check(found: ChangeRequest) -> None:
        asked.append(found)
        if len(asked) == 2:
            hold(two)
        check_request_not_held(found)

    monkeypatch.setattr("governance.services.open_break_glass.check_request_not_held", check)
    with pytest.raises(Refused) as refusal, transaction.atomic():
        open_break_glass(**glass_form(request, two.ben))
    assert refusal.value.reason is Reason.ON_HOLD
    assert not BreakGlass.objects.exists()


# --- once, and for one revision -------------------------------------------------------------------------------


def test_the_same_form_twice_is_one_and_nobody_opens_a_second(two: City) -> None:
    request = open_plan(two)
    first = break_glass(two, request, hours=1)
    before = LedgerEntry.objects.count()
    assert break_glass(two, request, hours=1) == first
    assert LedgerEntry.objects.count() == before
    refused(Reason.ALREADY_DONE, open_break_glass, **glass_form(request, una()))
    refused(Reason.ALREADY_DONE, open_break_glass, **glass_form(request, two.ben, Lowers.DISTRICT))
    later(two, hours=2)
    refused(Reason.ALREADY_DONE, open_break_glass, **glass_form(request, una()))
    assert break_glass(two, request) == first
    assert cast_vote(**vote(request, two.ben)).state == "open", "sent again after its end, it eases nothing"


def test_an_edit_ends_it_and_it_cannot_be_opened_anew(two: City) -> None:
    request = open_plan(two)
    break_glass(two, request)
    revised = revise_change_request(**edit(two, request))
    attach_evidence(
        subject_digest=revised.digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Passes.",
        report_digest="b" * 64,
        jurisdiction=two.jurisdiction,
        by=two.scheduler,
    )
    refused(Reason.ALREADY_DONE, open_break_glass, **glass_form(revised, two.ben))
    assert cast_vote(**vote(revised, two.ben)).state == "open"


def test_it_ends_by_the_clock_alone(two: City) -> None:
    request = open_plan(two)
    break_glass(two, request, hours=4)
    later(two, hours=4)
    assert cast_vote(**vote(request, two.ben)).state == "open"


def test_what_it_approved_is_carried_out_before_its_end_or_not_at_all(two: City) -> None:
    request = open_plan(two)
    break_glass(two, request, hours=1)
    assert cast_vote(**vote(request, two.ben)).state == "approved"
    later(two, hours=1)
    with pytest.raises(Refused, match="Break-glass has ended"):
        redeem_approval(digest=request.digest, kind="plan", by=two.scheduler)
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=two.scheduler)
    back = revoke_approval(change_request_id=request.pk, seen_digest=request.digest, reason=WHY, by=una())
    assert back.state == "revoked"


def test_across_the_limit_too(city: City) -> None:
    request = open_plan(city)
    break_glass(city, request, Lowers.DISTRICT, hours=1)
    cast_vote(**vote(request, city.bea))
    later(city, hours=1)
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)


def test_an_approval_by_the_whole_quorum_outlives_it(two: City) -> None:
    request = open_plan(two)
    break_glass(two, request, Lowers.DISTRICT, hours=1)
    for who in (two.ben, una()):
        settled = cast_vote(**vote(request, who))
    assert settled.state == "approved"
    later(two, hours=1)
    assert redeem_approval(digest=request.digest, kind="plan", by=two.scheduler).state == "executed"


# --- the second person ----------------------------------------------------------------------------------------


def test_somebody_of_the_board_is_told_at_once(two: City, caplog: pytest.LogCaptureFixture) -> None:
    request = open_plan(two)
    opened = break_glass(two, request, Lowers.DISTRICT, by=two.nora)
    assert opened.told == two.chloe, "the chair opened it, so another member is told"
    assert told_of(two.chloe, two.jurisdiction) == [opened]
    assert told_of(two.nora, two.jurisdiction) == []
    told = [each.getMessage() for each in caplog.records if each.getMessage().startswith("told ")]
    assert len(told) == 1
    assert two.chloe.pseudonym in told[0]
    assert "Central" not in told[0]


def test_without_a_second_person_nothing_is_opened(two: City) -> None:
    request = open_plan(two)
    request.authors.add(two.nora)
    refused(Reason.QUORUM_UNREACHABLE, open_break_glass, **glass_form(request, two.chloe, Lowers.DISTRICT))


def test_who_was_told_never_votes_on_it(two: City) -> None:
    appoint(two, two.nora, Role.SUPERVISOR)
    train(two.jurisdiction)
    request = open_plan(two)
    opened = break_glass(two, request)
    assert opened.told == two.nora
    refused(Reason.HAD_A_PART, cast_vote, **vote(request, two.nora))
    assert waiting_for(two.jurisdiction, two.nora) == [opened.review]
    lend(two, two.nora, two.dev, two.central)
    refused(Reason.HAD_A_PART, cast_vote, **vote(request, two.dev))
    assert cast_vote(**vote(request, two.ben)).state == "approved"


# --- the after-review -----------------------------------------------------------------------------------------


def test_its_review_opens_with_it_and_only_the_board_decides_it(two: City) -> None:
    request = open_plan(two)
    opened = break_glass(two, request)
    review = opened.review
    assert (review.kind, review.state, review.rests_on) == (REVIEW, "open", [opened.digest])
    assert review.digest == review_digest(opened.digest)
    assert opened.review_due_at - opened.opened_at == timedelta(days=REVIEW_DAYS)
    assert [each.action for each in LedgerEntry.objects.order_by("-index")[:2]] == [
        "glass.broken",
        "request.opened",
    ]
    cast_vote(**vote(request, two.ben))
    refused(Reason.NOT_PERMITTED, cast_vote, **vote(review, two.ben))
    refused(Reason.RATIONALE_TOO_SHORT, cast_vote, **vote(review, two.chloe) | {"rationale": "Fine."})
    assert waiting_for(two.jurisdiction, two.chloe) == [review]
    assert cast_vote(**vote(review, two.chloe)).state == "approved"
    assert close_reviews() == 1
    assert close_reviews() == 0
    assert fresh(review).state == "executed"


def test_it_may_be_found_not_justified(two: City) -> None:
    opened = break_glass(two, open_plan(two))
    assert cast_vote(**vote(opened.review, two.nora, Verdict.REJECT)).state == "rejected"
    assert close_reviews() == 0


def test_a_review_is_neither_returned_nor_withdrawn_nor_edited_nor_taken_back(two: City) -> None:
    review = break_glass(two, open_plan(two)).review
    refused(Reason.OUTSIDE_POLICY, cast_vote, **vote(review, two.chloe, Verdict.RETURN))
    refused(
        Reason.OUTSIDE_POLICY, withdraw_change_request, change_request_id=review.pk, reason=WHY, by=two.ben
    )
    refused(Reason.OUTSIDE_POLICY, revise_change_request, **edit(two, review, by=two.ben))
    cast_vote(**vote(review, two.chloe))
    refused(
        Reason.OUTSIDE_POLICY,
        revoke_approval,
        change_request_id=review.pk,
        seen_digest=review.digest,
        reason=WHY,
        by=two.nora,
    )


def test_who_opened_or_used_it_does_not_judge_it(two: City) -> None:
    for who in (two.ben, una()):
        appoint(two, who, Role.BOARD_MEMBER)
    train(two.jurisdiction)
    request = open_plan(two)
    opened = break_glass(two, request)
    cast_vote(**vote(request, una()))
    for who in (two.ben, una()):
        refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **vote(opened.review, who))
    assert cast_vote(**vote(opened.review, two.nora)).state == "approved"


def test_who_voted_before_an_edit_had_a_part_and_neither_watches_nor_judges(two: City) -> None:
    request, chair = open_plan(two), two.nora
    give_role(chair, Role.SUPERVISOR, two.jurisdiction, two.central, by=two.scheduler)
    train(two.jurisdiction)
    cast_vote(**vote(request, chair, Verdict.RETURN))
    revise_change_request(**edit(two, request))
    opened = break_glass(two, fresh(request))
    assert opened.told == two.chloe
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **vote(opened.review, chair))


def test_whose_lent_role_voted_had_a_part_although_it_is_lent_no_more(two: City) -> None:
    request, chair = open_plan(two), two.nora
    give_role(chair, Role.SUPERVISOR, two.jurisdiction, two.central, by=two.scheduler)
    lent = delegate_role(
        taker=two.bea,
        role=Role.SUPERVISOR,
        jurisdiction=two.jurisdiction,
        district=two.central,
        until=clock.now(two.jurisdiction) + timedelta(hours=9),
        reason=WHY,
        by=chair,
    )
    cast_vote(**vote(request, two.bea))
    revoke_delegation(delegation_id=lent.pk, by=chair)
    opened = break_glass(two, fresh(request))
    assert fresh(request).state == "open", "a vote that lost its right counts no more"
    assert opened.told == two.chloe, "and was a part all the same"
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **vote(opened.review, chair))


def test_no_hold_stops_a_review(two: City) -> None:
    review = break_glass(two, open_plan(two)).review
    hold(two)
    assert cast_vote(**vote(review, two.nora)).state == "approved"
    assert close_reviews() == 1


def test_a_review_stays_open_long_after_it_is_overdue(two: City) -> None:
    review = break_glass(two, open_plan(two)).review
    later(two, days=REVIEW_DAYS + 30)
    assert cast_vote(**vote(review, two.nora)).state == "approved"


# --- the record -----------------------------------------------------------------------------------------------


def test_the_entry_tells_of_no_plan_and_its_digest_opens_with_the_salt(two: City) -> None:
    request = open_plan(two)
    opened = break_glass(two, request)
    leaf = json.loads(bytes(LedgerEntry.objects.get(action="glass.broken").leaf))
    assert leaf["subject"] == opened.digest
    assert leaf["detail"] == {"lowers": "quorum", "hours": 2, "review": opened.review.pk}
    said = json.dumps(leaf)
    for secret in ("Central", "central", request.digest, two.ben.pseudonym, "Ben"):
        assert secret not in said
    assert opened.digest == glass_digest(
        jurisdiction="rivermark", request=request.digest, lowers=Lowers.QUORUM, hours=2, salt=opened.salt
    )
    assert "Central" not in opened.review.title


def test_its_history_cannot_be_edited_and_its_reason_can_be_erased(two: City) -> None:
    opened = break_glass(two, open_plan(two))
    for deed in (lambda: BreakGlass.objects.update(hours=4), lambda: BreakGlass.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
    erase_text(index=opened.ledger_index, reason="It named a resident by mistake.", by=two.chloe)
    assert WHY not in BreakGlass.objects.get().reason


def test_a_fault_after_the_entry_leaves_neither_glass_nor_review(
    two: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, before = open_plan(two), LedgerEntry.objects.count()

    def fail(_: object) -> None:
        raise RuntimeError("nobody could be told")

    monkeypatch.setattr("governance.services.open_break_glass.tell_second_person", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        open_break_glass(**glass_form(request, two.ben))
    assert LedgerEntry.objects.count() - before <= 0
    assert not BreakGlass.objects.exists()
    assert not ChangeRequest.objects.filter(kind=REVIEW).exists()


def test_the_boards_word_on_a_failed_audit_outlives_a_lifted_limit(city: City) -> None:
    request = open_plan(city)
    attach_evidence(
        subject_digest=request.digest,
        kind="plan_disparity",
        verdict="fail",
        summary="Fails.",
        report_digest="c" * 64,
        jurisdiction=city.jurisdiction,
        by=city.scheduler,
    )
    break_glass(city, request, Lowers.DISTRICT)
    cast_vote(**vote(request, city.chloe))
    later(city, hours=3)
    assert [each.stage for each in ballots_on(fresh(request))] == ["override"]
    refused(Reason.ALREADY_VOTED, cast_vote, **vote(request, city.chloe))


# --- two at once ----------------------------------------------------------------------------------------------


def racing_city() -> City:
    city = build_city(policy={"stages": TWO})
    second_supervisor(city)
    train(city.jurisdiction)
    return city


def test_the_leaves_rebuild_what_became_of_each_request(fresh_database: str) -> None:
    city = racing_city()
    reached, voted, open_one = (open_plan(city, each * 64) for each in "abc")
    cast_vote(**vote(reached, una()))
    for each in (reached, voted, open_one):
        opened = break_glass(city, each)
    cast_vote(**vote(voted, city.ben))
    cast_vote(**vote(opened.review, city.nora))
    assert close_reviews() == 1
    redeem_approval(digest=reached.digest, kind="plan", by=city.scheduler)
    _, answer = verify("--full")
    told = [each["reason"] for each in answer["faults"]]
    assert [each for each in told if "equest" in each] == []
    assert len(told) == 1, "Una was seated without an entry"


def test_of_two_who_break_the_glass_at_once_one_does(fresh_database: str) -> None:
    city = racing_city()
    for number in range(10):
        request = open_plan(city, format(number, "064x"))
        said = at_once(
            *(partial(open_break_glass, **glass_form(request, who)) for who in (city.ben, una())),
        )
        assert [each for each in said if each is Reason.ALREADY_DONE] == [Reason.ALREADY_DONE]
        assert BreakGlass.objects.filter(change_request=request).count() == 1
    assert ChangeRequest.objects.filter(kind=REVIEW).count() == 10


def test_a_vote_and_the_glass_at_once_never_leave_a_decided_plan_pending(fresh_database: str) -> None:
    city = racing_city()
    for number in range(10):
        request = open_plan(city, format(number, "064x"))
        at_once(
            partial(open_break_glass, **glass_form(request, city.ben)),
            partial(cast_vote, **vote(request, una())),
        )
        assert fresh(request).state == State.APPROVED
