"""Acting in somebody else's place: within scope and time, and never as a second person."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance import clock
from governance.core.refusals import Reason
from governance.core.roles import Permission, Role
from governance.core.training import right_answers
from governance.models import Delegation, LedgerEntry, RoleGrant, Vote
from governance.permissions import (
    CONFIRM_AFTER,
    SIGNED_IN_AT,
    can,
    check,
    districts_where,
    linked_by_district,
    linked_with,
)
from governance.selectors import untrained_roles, waiting_for
from governance.services.advance_clock import advance_clock
from governance.services.cast_vote import cast_vote
from governance.services.complete_training import complete_training
from governance.services.delegate_role import delegate_role
from governance.services.grant_role import grant_role
from governance.services.open_change_request import open_change_request
from governance.services.recuse import recuse
from governance.services.redeem_approval import redeem_approval
from governance.services.revise_change_request import revise_change_request
from governance.services.revoke_delegation import revoke_delegation
from governance.services.revoke_role import revoke_role
from tests.apps.governance.test_deeds import refused
from tests.apps.governance.test_stages import vote
from tests.apps.governance.test_voting import open_plan
from tests.cast import City, build_city

REASON = "I am on leave until Monday morning."


def lend(city: City, giver: Any, taker: Any, role: Role = Role.SUPERVISOR, **changed: Any) -> Delegation:
    """Let somebody act for a supervisor of Central, or for a board member, for two days, and learn how."""
    lent = delegate_role(**lending(city, giver, taker, role) | changed)
    if role in untrained_roles(taker):
        complete_training(role=role, answers=right_answers(role), by=taker)
    return lent


def lending(city: City, giver: Any, taker: Any, role: Role = Role.SUPERVISOR) -> dict[str, Any]:
    return {
        "taker": taker,
        "role": role,
        "jurisdiction": city.jurisdiction,
        "district": city.central if role is Role.SUPERVISOR else None,
        "until": clock.now(city.jurisdiction) + timedelta(days=2),
        "reason": REASON,
        "by": giver,
    }


def test_a_delegate_votes_in_her_place_and_the_record_says_so(city: City) -> None:
    request, before = open_plan(city), LedgerEntry.objects.count()
    lent = lend(city, city.ben, city.dev)
    assert LedgerEntry.objects.count() == before + 2, "lent, and learnt"
    assert lent.reason == REASON
    assert waiting_for(city.jurisdiction, city.dev) == [request]
    assert check(city.dev, Permission.DECIDE_PLANS, city.jurisdiction, city.central) is Role.SUPERVISOR
    assert cast_vote(**vote(request, city.dev)).state == "approved"
    cast = Vote.objects.get()
    assert (cast.user, cast.on_behalf_of, cast.role) == (city.dev, city.ben, "supervisor")
    assert b'"delegated":true' in bytes(LedgerEntry.objects.get(index=cast.ledger_index).leaf)
    assert redeem_approval(digest=request.digest, kind="plan", by=city.scheduler).state == "executed"


def test_a_role_lent_for_a_district_gives_no_right_to_propose_city_wide_whatever_else_its_giver_is(
    city: City,
) -> None:
    RoleGrant.objects.filter(user=city.ana).update(user=city.ben)
    city.ben.groups.add(*city.ana.groups.all())
    assert can(city.ben, Permission.PROPOSE, city.jurisdiction), "as an analyst"
    lend(city, city.ben, city.dev)
    assert can(city.dev, Permission.PROPOSE, city.jurisdiction, city.central)
    assert not can(city.dev, Permission.PROPOSE, city.jurisdiction)
    assert not can(city.dev, Permission.PROPOSE, city.jurisdiction, city.north)


def test_a_delegate_learns_before_her_first_vote(city: City) -> None:
    request, lent = open_plan(city), delegate_role(**lending(city, city.ben, city.dev))
    refused(Reason.NOT_TRAINED, cast_vote, **vote(request, city.dev))
    assert untrained_roles(city.dev) == [Role.SUPERVISOR]
    revoke_delegation(delegation_id=lent.pk, by=city.ben)
    said = {"role": Role.SUPERVISOR, "answers": right_answers(Role.SUPERVISOR), "by": city.dev}
    refused(Reason.NOT_PERMITTED, complete_training, **said)


def test_what_is_lent_holds_there_only_and_until_then_only(city: City) -> None:
    lent = lend(city, city.ben, city.dev)
    here = city.jurisdiction
    assert not can(city.dev, Permission.DECIDE_PLANS, here, city.north)
    assert not can(city.dev, Permission.DECIDE_PLANS, here)
    assert not can(city.dev, Permission.DECIDE_POLICY, here)
    assert districts_where(city.dev, Permission.DECIDE_PLANS, here) == [city.central]
    assert lent.until > clock.now(here)
    advance_clock(jurisdiction=here, to=lent.until, by=city.ana)
    assert not can(city.dev, Permission.DECIDE_PLANS, here, city.central)


@pytest.mark.parametrize(
    "end", ["deactivated", "role revoked", "delegation revoked", "taker an administrator"]
)
def test_what_ends_a_delegation_at_once(city: City, end: str) -> None:
    lent = lend(city, city.ben, city.dev)
    if end == "deactivated":
        city.ben.is_active = False
        city.ben.save()
    elif end == "role revoked":
        revoke_role(role_grant_id=RoleGrant.objects.get(user=city.ben).pk, by=city.scheduler)
    elif end == "delegation revoked":
        revoke_delegation(delegation_id=lent.pk, by=city.ben)
    else:
        grant_role(user=city.dev, role=Role.ADMINISTRATOR, jurisdiction=city.jurisdiction, by=city.scheduler)
    assert not can(city.dev, Permission.DECIDE_PLANS, city.jurisdiction, city.central)
    refused(Reason.NOT_PERMITTED, cast_vote, **vote(open_plan_anyhow(city), city.dev))


def open_plan_anyhow(city: City) -> Any:
    """Open a plan of North where Central has nobody left, and move it there."""
    request = open_change_request(
        kind="plan",
        jurisdiction=city.jurisdiction,
        district=city.north,
        title="Tonight",
        digest="a" * 64,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=6),
        by=city.scheduler,
    )
    request.district = city.central
    request.save()
    return request


def test_an_approval_by_a_delegate_whose_delegation_ended_is_void(city: City) -> None:
    request, lent = open_plan(city), lend(city, city.ben, city.dev)
    cast_vote(**vote(request, city.dev))
    revoke_delegation(delegation_id=lent.pk, by=city.ben)
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)


def test_a_delegate_cannot_lend_on(city: City) -> None:
    lend(city, city.ben, city.dev)
    refused(Reason.NOT_PERMITTED, delegate_role, **lending(city, city.dev, city.bea))


@pytest.mark.parametrize("taker", ["eve", "scheduler", "ben"])
def test_who_cannot_stand_in(city: City, taker: str) -> None:
    refused(Reason.OUTSIDE_POLICY, delegate_role, **lending(city, city.ben, getattr(city, taker)))


def test_a_lent_role_needs_a_reason_and_an_end_and_the_same_twice_is_one(city: City) -> None:
    said = lending(city, city.ben, city.bea)
    refused(Reason.RATIONALE_TOO_SHORT, delegate_role, **said | {"reason": "Leave."})
    refused(Reason.OUTSIDE_POLICY, delegate_role, **said | {"until": clock.now(city.jurisdiction)})
    refused(Reason.NOT_PERMITTED, delegate_role, **said | {"district": city.north})
    lent, before = delegate_role(**said), LedgerEntry.objects.count()
    assert delegate_role(**said) == lent
    assert LedgerEntry.objects.count() == before


def test_a_delegation_is_ended_by_either_of_the_two_and_once(city: City) -> None:
    lent = lend(city, city.ben, city.dev)
    refused(Reason.NOT_PERMITTED, revoke_delegation, delegation_id=lent.pk, by=city.chloe)
    revoke_delegation(delegation_id=lent.pk, by=city.dev)
    before = LedgerEntry.objects.count()
    assert revoke_delegation(delegation_id=lent.pk, by=city.ben).revoked_at is not None
    assert LedgerEntry.objects.count() == before


def test_a_giver_and_her_delegate_count_once(db: None) -> None:
    two = {"plan": [{"name": "supervisor", "permission": "decide_plans", "quorum": 1}]}
    city = build_city(
        policy={"stages": two | {"policy": [{"name": "board", "permission": "decide_policy", "quorum": 2}]}}
    )
    request = open_change_request(
        kind="policy",
        jurisdiction=city.jurisdiction,
        district=None,
        title="New terms",
        digest="a" * 64,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=6),
        by=city.scheduler,
    )
    lend(city, city.chloe, city.dev, Role.BOARD_MEMBER)
    cast_vote(**vote(request, city.dev))
    refused(Reason.ALREADY_VOTED, cast_vote, **vote(request, city.chloe))
    assert cast_vote(**vote(request, city.nora)).state == "approved"


def test_two_with_the_same_role_of_whom_one_lent_hers_to_the_other_count_once(city: City) -> None:
    request = open_change_request(
        kind="policy",
        jurisdiction=city.jurisdiction,
        district=None,
        title="New terms",
        digest="a" * 64,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=6),
        by=city.scheduler,
    )
    lend(city, city.chloe, city.nora, Role.BOARD_MEMBER)
    cast_vote(**vote(request, city.nora))
    refused(Reason.ALREADY_VOTED, cast_vote, **vote(request, city.chloe))


def test_a_delegate_of_an_author_cannot_vote_not_even_by_her_own_role(city: City) -> None:
    request = open_plan(city)
    revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest="d" * 64,
        rests_on=[],
        adds=True,
        by=city.ana,
    )
    request.refresh_from_db()
    lend(city, city.ana, city.ben, Role.ANALYST)
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **vote(request, city.ben))
    assert waiting_for(city.jurisdiction, city.ben) == []


def test_whoever_lent_the_role_by_which_it_was_proposed_is_an_author_too(city: City) -> None:
    request = open_plan(city)
    lent = lend(city, city.ben, city.dev)
    revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest="d" * 64,
        rests_on=[],
        adds=True,
        by=city.dev,
    )
    request.refresh_from_db()
    revoke_delegation(delegation_id=lent.pk, by=city.ben)
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **vote(request, city.ben))


def test_whoever_takes_the_place_of_an_authors_delegate_cannot_vote_either(city: City) -> None:
    request = open_plan(city)
    revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest="d" * 64,
        rests_on=[],
        adds=True,
        by=city.ana,
    )
    request.refresh_from_db()
    lend(city, city.ana, city.ben, Role.ANALYST)
    lend(city, city.ben, city.dev)
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, **vote(request, city.dev))
    assert waiting_for(city.jurisdiction, city.dev) == []


def test_two_joined_through_a_third_count_once(city: City) -> None:
    request = open_change_request(
        kind="policy",
        jurisdiction=city.jurisdiction,
        district=None,
        title="New terms",
        digest="a" * 64,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=6),
        by=city.scheduler,
    )
    lend(city, city.chloe, city.nora, Role.BOARD_MEMBER)
    lend(city, city.chloe, city.dev, Role.BOARD_MEMBER)
    cast_vote(**vote(request, city.nora))
    refused(Reason.ALREADY_VOTED, cast_vote, **vote(request, city.chloe))
    refused(Reason.ALREADY_VOTED, cast_vote, **vote(request, city.dev))
    assert waiting_for(city.jurisdiction, city.dev) == []


def test_a_delegate_of_somebody_who_stepped_back_stays_out_too(city: City) -> None:
    request = open_plan(city)
    recuse(change_request_id=request.pk, reason="My brother lives in that block.", by=city.ben)
    lend(city, city.ben, city.dev)
    refused(Reason.RECUSED, cast_vote, **vote(request, city.dev))


def test_who_counts_as_one_is_told_alike_for_one_district_and_for_many(city: City) -> None:
    lend(city, city.ben, city.dev)
    lend(city, city.chloe, city.dev, Role.BOARD_MEMBER)
    for who in (city.dev, city.ben, city.chloe, city.nora):
        many = linked_by_district(who, city.jurisdiction, [city.central.pk, city.north.pk, None])
        for place in (city.central, city.north, None):
            assert many[place.pk if place else None] == linked_with(who, city.jurisdiction, place)


def test_the_api_lends_lists_and_ends(client: Client, city: City) -> None:
    client.force_login(city.ben)
    said = {
        "taker": city.dev.email,
        "role": "supervisor",
        "jurisdiction": city.jurisdiction.slug,
        "district": "central",
        "until": (clock.now(city.jurisdiction) + timedelta(days=1)).isoformat(),
        "reason": REASON,
    }
    address = reverse("api-delegations")
    for changed, status in (
        ({"role": "king"}, 404),
        ({"role": "auditor"}, 403),
        ({"reason": ""}, 422),
        ({"district": "x"}, 404),
    ):
        assert client.post(address, said | changed, content_type="application/json").status_code == status
    made = client.post(address, said, content_type="application/json")
    assert (made.status_code, made.json()["taker"]) == (201, city.dev.pseudonym)
    client.force_login(city.dev)
    assert [each["reason"] for each in client.get(address).json()["results"]] == [REASON]
    one = reverse("api-delegation", args=[made.json()["id"]])
    assert client.delete(one).json()["revoked_at"]
    assert client.delete(reverse("api-delegation", args=[99999])).status_code == 404


def test_to_lend_and_to_end_by_the_api_one_signs_in_lately(client: Client, city: City) -> None:
    lent = lend(city, city.ben, city.dev)
    client.force_login(city.ben)
    session = client.session
    session[SIGNED_IN_AT] -= CONFIRM_AFTER
    session.save()
    for answer in (
        client.post(reverse("api-delegations"), {}, content_type="application/json"),
        client.delete(reverse("api-delegation", args=[lent.pk])),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (403, "sign_in_again")
    lent.refresh_from_db()
    assert lent.revoked_at is None
