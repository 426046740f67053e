"""Holds: placed by one, lifted by the quorum, kept in the record, and told to everybody in time."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from governance import clock
from governance.core.approval import Verdict
from governance.core.canonical import salted_digest
from governance.core.holds import LIFT_DAYS, LONGEST_LIVE, Scope, Subject, hold_digest
from governance.core.refusals import Reason, Refused
from governance.holds import (
    check_not_held,
    hold_lines,
    hold_to_lift,
    holds_in_force,
    holds_on,
    open_lift_request,
    opening_text,
    public_holds,
)
from governance.models import ChangeRequest, Hold, HoldLift, LedgerEntry, LedgerText, RoleGrant
from governance.services.advance_clock import advance_clock
from governance.services.cast_vote import cast_vote
from governance.services.erase_text import erase_text
from governance.services.lift_hold import lift_hold
from governance.services.place_hold import place_hold
from governance.services.redeem_approval import redeem_approval
from governance.services.request_lift import request_lift
from governance.services.revoke_role import revoke_role
from governance.tasks import expire_requests, lift_approved
from tests.apps.governance.test_voting import open_plan
from tests.cast import City, build_city
from tests.factories.board import WHY, add_member, approve_lift, hold, lift


def refused(reason: Reason, deed: Callable[..., object], /, **arguments: object) -> Refused:
    before = LedgerEntry.objects.count(), Hold.objects.count(), ChangeRequest.objects.count()
    with pytest.raises(Refused) as refusal, transaction.atomic():
        deed(**arguments)
    assert refusal.value.reason is reason
    assert (LedgerEntry.objects.count(), Hold.objects.count(), ChangeRequest.objects.count()) == before
    return refusal.value


def asked_of(city: City, **changes: object) -> dict[str, object]:
    """Return what the form of a hold on everything sends."""
    said = {"jurisdiction": city.jurisdiction, "scope": Scope.EVERYTHING, "target": "", "reason": WHY}
    return {**said, "seen": 0, "by": city.chloe, **changes}


def leaf_of(action: str) -> dict[str, object]:
    entry = LedgerEntry.objects.filter(action=action).latest("index")
    said: dict[str, object] = json.loads(bytes(entry.leaf))
    return said


def test_a_member_of_the_board_stops_everything_at_once_and_alone(city: City) -> None:
    before = LedgerEntry.objects.count()
    placed = hold(city)
    assert list(holds_in_force(city.jurisdiction)) == [placed]
    assert placed.reason == WHY
    assert LedgerEntry.objects.count() == before + 1
    leaf = leaf_of("hold.placed")
    assert (leaf["subject"], leaf["role"], leaf["detail"]) == (
        placed.digest,
        "board_member",
        {"scope": "everything"},
    )
    with pytest.raises(Refused, match=f"Hold {placed.pk} on everything"):
        check_not_held(city.jurisdiction, Subject())


@pytest.mark.parametrize("who", ["ana", "ben", "bea", "dev", "eve", "scheduler"])
def test_nobody_else_can_place_one(city: City, who: str) -> None:
    refused(Reason.NOT_PERMITTED, place_hold, **asked_of(city, by=getattr(city, who)))


def test_the_board_of_another_city_stops_nothing_here(city: City) -> None:
    elsewhere = build_city(slug="elsewhere")
    RoleGrant.objects.filter(user=city.chloe, jurisdiction=city.jurisdiction).update(
        revoked_at=city.jurisdiction.created_at
    )
    refused(Reason.NOT_PERMITTED, place_hold, **asked_of(city))
    hold(elsewhere)
    check_not_held(city.jurisdiction, Subject())


@pytest.mark.parametrize(
    ("reason", "why"),
    [("short", Reason.RATIONALE_TOO_SHORT), ("x" * 4001, Reason.TOO_LARGE), (WHY + "\x00", Reason.BAD_INPUT)],
)
def test_a_hold_needs_a_reason_that_can_be_read(city: City, reason: str, why: Reason) -> None:
    refused(why, place_hold, **asked_of(city, reason=reason))


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        (Scope.EVERYTHING, "central"),
        (Scope.CATEGORY, "poetry"),
        (Scope.DISTRICT, "atlantis"),
        (Scope.DISTRICT, ""),
        (Scope.PLAN, "999"),
        (Scope.PLAN, "٣"),
        (Scope.PLAN, "1" * 64),
        (Scope.RECIPE, "a" * 64),
    ],
)
def test_a_hold_on_what_is_not_there_is_refused(city: City, scope: Scope, target: str) -> None:
    refused(Reason.NOT_FOUND, place_hold, **asked_of(city, scope=scope, target=target))


def test_each_scope_is_found_by_the_deeds_it_stops(city: City) -> None:
    plan = open_plan(city)
    recipe = ChangeRequest.objects.create(
        kind="recipe",
        jurisdiction=city.jurisdiction,
        title="A recipe",
        digest="f" * 64,
        policy_version=1,
        opened_at=clock.now(city.jurisdiction),
        expires_at=clock.now(city.jurisdiction) + timedelta(days=1),
    )
    placed = {
        Scope.PLAN: hold(city, Scope.PLAN, str(plan.pk)),
        Scope.DISTRICT: hold(city, Scope.DISTRICT, "central"),
        Scope.CATEGORY: hold(city, Scope.CATEGORY, "robbery"),
        Scope.RECIPE: hold(city, Scope.RECIPE, recipe.digest),
    }
    abouts = {
        Scope.PLAN: Subject(plan=str(plan.pk)),
        Scope.DISTRICT: Subject(district="central"),
        Scope.CATEGORY: Subject(category="robbery"),
        Scope.RECIPE: Subject(frozenset({recipe.digest})),
    }
    for scope, about in abouts.items():
        assert holds_on(city.jurisdiction, about) == [placed[scope]]
    what = [line.what for line in hold_lines(city.jurisdiction, list(placed.values()), city.chloe)]
    assert what == [
        f"plan {plan.pk}",
        "the district Central",
        "the category robbery",
        "the recipe ffffffffffff…",
    ]


@pytest.mark.parametrize(("scope", "target"), [(Scope.DISTRICT, "central"), (Scope.CATEGORY, "robbery")])
def test_a_leaf_names_a_category_but_no_district(city: City, scope: Scope, target: str) -> None:
    placed = hold(city, scope, target)
    leaf = leaf_of("hold.placed")
    detail = {"scope": scope.value} | ({"target": target} if scope is Scope.CATEGORY else {})
    assert leaf["detail"] == detail
    if scope is Scope.DISTRICT:
        assert "central" not in json.dumps(leaf)
    for guess in ("central", "north", "robbery"):
        guessed = hold_digest(jurisdiction="rivermark", scope=scope, target=guess, salt="")
        assert guessed != leaf["subject"]
    opened = hold_digest(jurisdiction="rivermark", scope=scope, target=target, salt=placed.salt)
    assert opened == leaf["subject"]


def test_the_same_form_sent_twice_is_one_hold(city: City) -> None:
    first = hold(city)
    before = LedgerEntry.objects.count()
    assert hold(city) == first
    assert LedgerEntry.objects.count() == before


def test_what_somebody_else_stopped_is_stopped(city: City) -> None:
    hold(city)
    said = refused(Reason.ALREADY_DONE, place_hold, **asked_of(city, by=add_member(city, "carl")))
    assert "Chloe Board" in said.message


def test_a_form_replayed_after_the_lift_stops_nothing_and_a_new_one_does(city: City) -> None:
    placed = hold(city)
    lift(city, placed, add_member(city, "carl"))
    refused(Reason.DIGEST_CHANGED, place_hold, **asked_of(city))
    again = hold(city, seen=placed.pk)
    assert again.pk > placed.pk
    assert again.digest != placed.digest


@pytest.mark.parametrize("table", [Hold, HoldLift])
def test_the_history_of_holds_cannot_be_edited(city: City, table: type[Hold] | type[HoldLift]) -> None:
    lift(city, hold(city), add_member(city, "carl"))
    with pytest.raises(DatabaseError), transaction.atomic():
        table.objects.update(ledger_index=0)
    with pytest.raises(DatabaseError), transaction.atomic():
        table.objects.all().delete()
    assert table.objects.count() == 1


def test_an_erased_reason_is_gone_and_the_hold_stands(city: City) -> None:
    placed = hold(city)
    erase_text(index=placed.ledger_index, reason="It named a resident by mistake.", by=city.chloe)
    assert WHY not in Hold.objects.get().reason
    assert holds_in_force(city.jurisdiction).exists()


# --- what it stops in governance ------------------------------------------------------------------------------


def on_plan(city: City, scope: Scope, plan: ChangeRequest) -> Hold:
    targets = {Scope.PLAN: str(plan.pk), Scope.DISTRICT: "central", Scope.EVERYTHING: ""}
    return hold(city, scope, targets[scope])


def vote(city: City, plan: ChangeRequest, verdict: Verdict = Verdict.APPROVE) -> dict[str, object]:
    said = {"change_request_id": plan.pk, "verdict": verdict, "rationale": WHY}
    return {**said, "seen_digest": plan.digest, "by": city.ben}


@pytest.mark.parametrize("scope", [Scope.PLAN, Scope.DISTRICT, Scope.EVERYTHING])
def test_a_plan_on_hold_is_neither_approved_nor_redeemed(city: City, scope: Scope) -> None:
    waiting, approved = open_plan(city), open_plan(city, "c" * 64)
    cast_vote(**vote(city, approved))  # type: ignore[arg-type]
    on_plan(city, scope, waiting)
    refused(Reason.ON_HOLD, cast_vote, **vote(city, waiting))
    if scope is Scope.PLAN:
        on_plan(city, scope, approved)
    refused(Reason.ON_HOLD, redeem_approval, digest=approved.digest, kind="plan", by=city.scheduler)
    approved.refresh_from_db()
    assert approved.state == "approved"


@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.RETURN])
def test_a_plan_on_hold_can_still_be_rejected_and_returned(city: City, verdict: Verdict) -> None:
    plan = open_plan(city)
    hold(city)
    assert cast_vote(**vote(city, plan, verdict)).state != "open"  # type: ignore[arg-type]


def test_a_hold_elsewhere_stops_nothing_here(city: City) -> None:
    plan = open_plan(city)
    for scope, target in (
        (Scope.DISTRICT, "north"),
        (Scope.CATEGORY, "robbery"),
        (Scope.PLAN, str(open_plan(city, "9" * 64).pk)),
    ):
        hold(city, scope, target)
    assert cast_vote(**vote(city, plan)).state == "approved"  # type: ignore[arg-type]
    assert redeem_approval(digest=plan.digest, kind="plan", by=city.scheduler).state == "executed"


def test_an_approval_waits_under_a_hold_only_as_long_as_it_is_valid(city: City) -> None:
    plan = open_plan(city)
    cast_vote(**vote(city, plan))  # type: ignore[arg-type]
    hold(city)
    advance_clock(jurisdiction=city.jurisdiction, to=plan.expires_at, by=city.ana)
    assert expire_requests() == 1


# --- how it ends ----------------------------------------------------------------------------------------------


def test_the_quorum_of_the_board_lifts_it_and_each_step_is_in_the_record(city: City) -> None:
    carl, placed = add_member(city, "carl"), hold(city)
    asked = request_lift(hold_id=placed.pk, reason=WHY, by=city.ana)
    assert (asked.kind, asked.district, hold_to_lift(asked)) == ("hold_lift", None, placed)
    assert opening_text(asked) == WHY
    approve_lift(city, asked, city.chloe)
    assert lift_approved() == 0
    assert holds_in_force(city.jurisdiction).exists()
    before = LedgerEntry.objects.count()
    approve_lift(city, asked, carl)
    assert holds_in_force(city.jurisdiction).exists(), "a vote that decides applies nothing by itself"
    assert lift_approved() == 1
    assert not holds_in_force(city.jurisdiction).exists()
    assert [each.action for each in LedgerEntry.objects.filter(index__gte=before)] == [
        "vote.cast",
        "approval.redeemed",
        "hold.lifted",
    ]
    assert lift_approved() == 0
    assert HoldLift.objects.get().change_request == asked


def test_one_vote_or_the_one_who_asked_lifts_nothing(city: City) -> None:
    carl, placed = add_member(city, "carl"), hold(city)
    dora = add_member(city, "dora")
    asked = request_lift(hold_id=placed.pk, reason=WHY, by=carl)
    said = {"change_request_id": asked.pk, "verdict": Verdict.APPROVE, "rationale": WHY}
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **said, seen_digest=asked.digest, by=carl)
    for other in (city.ana, city.ben, city.dev, city.eve):
        refused(Reason.NOT_PERMITTED, cast_vote, **said, seen_digest=asked.digest, by=other)
    approve_lift(city, asked, dora)
    refused(Reason.NOT_APPROVED, redeem_approval, digest=asked.digest, kind="hold_lift", by=city.scheduler)
    refused(Reason.NOT_APPROVED, lift_hold, digest=asked.digest, by=city.scheduler)
    approve_lift(city, asked, city.chloe)  # she who placed it is a member like the others
    refused(Reason.NOT_APPROVED, lift_hold, digest=asked.digest, by=city.scheduler)
    refused(Reason.NOT_PERMITTED, lift_hold, digest=asked.digest, by=city.chloe)
    refused(Reason.NOT_FOUND, lift_hold, digest="e" * 64, by=city.scheduler)
    assert lift_approved() == 1
    before = LedgerEntry.objects.count()
    assert lift_hold(digest=asked.digest, by=city.scheduler) == HoldLift.objects.get()
    assert LedgerEntry.objects.count() == before


def test_a_member_who_lost_her_seat_lifts_nothing(city: City) -> None:
    carl, placed = add_member(city, "carl"), hold(city)
    approve_lift(city, request_lift(hold_id=placed.pk, reason=WHY, by=city.ana), city.chloe, carl)
    revoke_role(role_grant_id=RoleGrant.objects.get(user=carl).pk, by=city.scheduler)
    assert lift_approved() == 0
    assert holds_in_force(city.jurisdiction).exists()


@pytest.mark.parametrize("who", ["ben", "bea", "dev", "eve", "scheduler"])
def test_who_neither_proposes_for_the_city_nor_sits_on_the_board_does_not_ask(city: City, who: str) -> None:
    add_member(city, "carl")
    placed = hold(city)
    by = getattr(city, who)
    refused(Reason.NOT_PERMITTED, request_lift, hold_id=placed.pk, reason=WHY, by=by)


def test_asking_twice_is_one_request_and_a_bad_one_is_refused(city: City) -> None:
    carl, placed = add_member(city, "carl"), hold(city)
    refused(Reason.NOT_FOUND, request_lift, hold_id=placed.pk + 1, reason=WHY, by=city.ana)
    refused(Reason.RATIONALE_TOO_SHORT, request_lift, hold_id=placed.pk, reason="because", by=city.ana)
    asked = request_lift(hold_id=placed.pk, reason=WHY, by=city.ana)
    before = LedgerEntry.objects.count()
    assert request_lift(hold_id=placed.pk, reason=WHY, by=carl) == asked == open_lift_request(placed)
    assert LedgerEntry.objects.count() == before
    approve_lift(city, asked, city.chloe, carl)
    assert lift_approved() == 1
    refused(Reason.ALREADY_DONE, request_lift, hold_id=placed.pk, reason=WHY, by=city.ana)


def test_a_request_that_could_never_reach_its_quorum_is_not_opened(city: City) -> None:
    placed = hold(city)
    refused(Reason.QUORUM_UNREACHABLE, request_lift, hold_id=placed.pk, reason=WHY, by=city.chloe)
    assert request_lift(hold_id=placed.pk, reason=WHY, by=city.ana).state == "open"


def test_what_the_board_left_undecided_expires_and_can_be_asked_anew(city: City) -> None:
    carl, placed = add_member(city, "carl"), hold(city)
    first = request_lift(hold_id=placed.pk, reason=WHY, by=city.ana)
    late = first.opened_at + timedelta(days=LIFT_DAYS)
    advance_clock(jurisdiction=city.jurisdiction, to=late, by=city.ana)
    second = request_lift(hold_id=placed.pk, reason=WHY, by=city.ana)
    assert second.digest != first.digest
    said = {"change_request_id": first.pk, "verdict": Verdict.APPROVE, "rationale": WHY}
    refused(Reason.EXPIRED, cast_vote, **said, seen_digest=first.digest, by=carl)
    approve_lift(city, second, city.chloe, carl)
    assert lift_approved() == 1


# --- what everybody may read ----------------------------------------------------------------------------------


def test_kind_time_and_name_are_public_at_once_district_and_reason_after_the_delay(city: City) -> None:
    hold(city, Scope.DISTRICT, "central")
    category = hold(city, Scope.CATEGORY, "robbery")
    second, first = public_holds(city.jurisdiction)
    assert (first.what, first.target, first.salt, first.reason) == ("one district", "", "", "")
    assert (first.by, first.lifted_at) == ("Chloe Board", None)
    assert (second.what, second.salt, second.reason) == ("the category robbery", category.salt, "")
    shown = first.opens_at
    assert shown == first.placed_at + LONGEST_LIVE + timedelta(hours=6)
    advance_clock(jurisdiction=city.jurisdiction, to=shown - timedelta(hours=1), by=city.ana)
    assert public_holds(city.jurisdiction)[1] == first
    advance_clock(jurisdiction=city.jurisdiction, to=shown + timedelta(minutes=1), by=city.ana)
    opened = public_holds(city.jurisdiction)[1]
    assert (opened.what, opened.target, opened.reason) == ("the district Central", "central", WHY)
    said = hold_digest(jurisdiction="rivermark", scope=Scope.DISTRICT, target=opened.target, salt=opened.salt)
    assert said == opened.digest == LedgerEntry.objects.get(index=opened.entry).subject
    kept = LedgerText.objects.get(entry_id=opened.entry)
    assert salted_digest(bytes(kept.salt), opened.reason) in bytes(kept.entry.leaf).decode()
