"""A role that votes is given by a vote, and nobody makes herself a second person."""

from typing import Any

import pytest

from governance.core.approval import Verdict
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role
from governance.core.training import right_answers
from governance.models import ChangeRequest, LedgerEntry, LedgerText, RoleGrant, RoleRequest, User
from governance.permissions import can
from governance.selectors import account
from governance.services.advance_clock import advance_clock
from governance.services.apply_role_grant import apply_role_grant
from governance.services.complete_training import complete_training
from governance.services.create_account import create_account
from governance.services.deactivate_account import deactivate_account
from governance.services.grant_role import grant_role
from governance.services.redeem_approval import redeem_approval
from governance.services.revoke_role import revoke_role
from governance.tasks import apply_role_grants, expire_requests
from tests.apps.governance.board import WHY, ask, build_board_city, person, vote
from tests.apps.governance.test_deeds import approved, refused
from tests.apps.governance.test_verify_ledger import verify
from tests.cast import City, build_city


@pytest.fixture
def city(db: None) -> City:
    """The small city with a board of three and an administrator."""
    return build_board_city()


def test_the_board_gives_a_district_its_supervisor_and_the_schedule_carries_it_out(city: City) -> None:
    asked = ask(city, city.eve, role=Role.SUPERVISOR, district=city.north)
    assert apply_role_grants() == 0
    assert vote(asked, city.chloe).state == "open"
    assert vote(asked, person("nora")).state == "approved"
    eve = account("eve@example.org")
    assert not can(eve, Permission.DECIDE_PLANS, city.jurisdiction, city.north), (
        "a vote applies nothing by itself"
    )
    assert (apply_role_grants(), apply_role_grants()) == (1, 0)
    assert can(eve, Permission.DECIDE_PLANS, city.jurisdiction, city.north)
    assert not can(eve, Permission.DECIDE_PLANS, city.jurisdiction, city.central)
    grant = RoleGrant.objects.get(user=eve)
    assert grant.change_request_id == asked.change_request_id
    assert grant.ledger_index is not None
    assert LedgerEntry.objects.get(index=grant.ledger_index).action == "role.granted"
    assert apply_role_grant(role_request_id=asked.pk, by=city.scheduler) == grant
    assert verify()[0] == 0
    RoleGrant.objects.filter(pk=grant.pk).update(district=city.central)
    code, answer = verify()
    assert code == 1
    assert f"Role grant {grant.pk} (supervisor in rivermark) is not what" in str(answer["faults"])
    RoleGrant.objects.filter(pk=grant.pk).update(district=city.north)
    revoke_role(role_grant_id=grant.pk, by=person("amir"))
    assert verify()[0] == 0


def test_a_first_role_given_to_another_district_behind_the_log_is_found(city: City) -> None:
    assert verify()[0] == 0
    RoleGrant.objects.filter(user=city.ben).update(district=city.north)
    assert "first roles of rivermark are not those" in str(verify()[1]["faults"])


def test_a_request_leaves_two_entries_and_its_reason_can_be_erased(city: City) -> None:
    before = LedgerEntry.objects.count()
    asked = ask(city, city.eve)
    assert LedgerEntry.objects.count() == before + 2
    entry = LedgerEntry.objects.get(index=asked.ledger_index)
    assert entry.action == "role.requested"
    assert LedgerText.objects.get(entry=entry).text == WHY
    assert b"eve" not in bytes(entry.leaf)


def test_asked_twice_it_is_one_request_and_asked_after_a_rejection_another(city: City) -> None:
    asked = ask(city, city.eve)
    before = LedgerEntry.objects.count()
    assert ask(city, city.eve, by=city.chloe) == asked
    assert LedgerEntry.objects.count() == before
    for name in ("chloe", "nora"):
        vote(asked, person(name), Verdict.REJECT)
    again = ask(city, city.eve)
    assert again.change_request.digest != asked.change_request.digest


def test_the_asker_and_the_receiver_cannot_vote(city: City) -> None:
    by_member, for_member = ask(city, city.eve, by=city.chloe), ask(city, city.chloe, role=Role.BOARD_CHAIR)
    for asked in (by_member, for_member):
        refused(Reason.AUTHOR_MAY_NOT_VOTE, vote, asked=asked, by=city.chloe)
        assert vote(asked, person("nora")).state == "open", "two of the three are left, and both are needed"


def test_a_role_for_which_too_few_are_left_to_vote_is_not_asked(city: City) -> None:
    said = {"user": person("olga"), "role": Role.BOARD_CHAIR, "by": city.chloe}
    refused(Reason.QUORUM_UNREACHABLE, ask, city=city, **said)
    assert not RoleRequest.objects.exists()


@pytest.mark.parametrize("who", ["amir", "eve", "ana", "ben", "dev"])
def test_nobody_outside_the_board_votes_on_a_role(city: City, who: str) -> None:
    refused(Reason.NOT_PERMITTED, vote, asked=ask(city, city.eve), by=person(who))


@pytest.mark.parametrize("who", ["eve", "ana", "ben", "dev"])
def test_only_administrators_and_the_board_ask(city: City, who: str) -> None:
    refused(Reason.NOT_PERMITTED, ask, city=city, user=city.eve, by=person(who))


def test_what_cannot_be_asked_for_is_refused_with_its_reason(city: City) -> None:
    for reason, more in (
        (Reason.OUTSIDE_POLICY, {"role": Role.ANALYST}),
        (Reason.OUTSIDE_POLICY, {"role": Role.SERVICE}),
        (Reason.OUTSIDE_POLICY, {"user": city.scheduler}),
        (Reason.OUTSIDE_POLICY, {"user": person("amir")}),
        (Reason.BAD_INPUT, {"role": Role.SUPERVISOR}),
        (Reason.BAD_INPUT, {"district": city.north}),
        (Reason.ALREADY_DONE, {"user": city.chloe}),
        (Reason.RATIONALE_TOO_SHORT, {"reason": "because"}),
    ):
        refused(reason, ask, **{"city": city, "user": city.eve, **more})


def test_who_votes_cannot_be_made_an_administrator(city: City) -> None:
    refused(
        Reason.OUTSIDE_POLICY,
        grant_role,
        user=city.chloe,
        role=Role.ADMINISTRATOR,
        jurisdiction=city.jurisdiction,
        by=person("amir"),
    )


def agreed(city: City, user: User, **more: Any) -> RoleRequest:
    asked = ask(city, user, **more)
    vote(asked, city.chloe)
    vote(asked, person("nora"))
    return asked


def not_applied(asked: RoleRequest, reason: Reason, by: User) -> None:
    refused(reason, apply_role_grant, role_request_id=asked.pk, by=by)
    assert apply_role_grants() == 0
    assert not RoleGrant.objects.filter(change_request=asked.change_request).exists()


def test_nothing_undecided_or_rejected_is_applied(city: City) -> None:
    asked = ask(city, city.eve)
    not_applied(asked, Reason.NOT_APPROVED, city.scheduler)
    for name in ("chloe", "nora"):
        vote(asked, person(name), Verdict.REJECT)
    not_applied(asked, Reason.NOT_APPROVED, city.scheduler)


def test_only_the_schedule_applies_what_was_agreed(city: City) -> None:
    asked = agreed(city, city.eve)
    for by in (person("amir"), city.chloe, city.eve):
        refused(Reason.NOT_PERMITTED, apply_role_grant, role_request_id=asked.pk, by=by)


def test_an_approval_that_expired_gives_no_role(city: City) -> None:
    asked = agreed(city, city.eve)
    advance_clock(jurisdiction=city.jurisdiction, to=asked.change_request.expires_at, by=city.ana)
    not_applied(asked, Reason.EXPIRED, city.scheduler)
    assert expire_requests() == 1


def test_an_approver_who_lost_her_role_or_account_voids_the_grant(city: City) -> None:
    first, second = agreed(city, city.eve), agreed(city, city.dev)
    revoke_role(role_grant_id=RoleGrant.objects.get(user=city.chloe).pk, by=person("amir"))
    not_applied(first, Reason.NOT_APPROVED, city.scheduler)
    not_applied(second, Reason.NOT_APPROVED, city.scheduler)


def test_an_account_closed_since_gets_no_role(city: City) -> None:
    asked = agreed(city, city.eve)
    deactivate_account(user=city.eve, reason=WHY, jurisdiction=city.jurisdiction, by=person("amir"))
    not_applied(asked, Reason.OUTSIDE_POLICY, city.scheduler)


def test_who_became_an_administrator_meanwhile_gets_no_role_that_votes(city: City) -> None:
    asked = agreed(city, city.eve)
    grant_role(user=city.eve, role=Role.ADMINISTRATOR, jurisdiction=city.jurisdiction, by=person("amir"))
    not_applied(asked, Reason.OUTSIDE_POLICY, city.scheduler)


def test_one_role_in_a_person_by_two_requests_is_given_once(city: City) -> None:
    asked = agreed(city, city.eve)
    RoleGrant.objects.create(user=city.eve, role=Role.BOARD_MEMBER, jurisdiction=city.jurisdiction)
    not_applied(asked, Reason.ALREADY_DONE, city.scheduler)


def test_a_request_whose_district_was_changed_behind_the_vote_gives_no_role(city: City) -> None:
    asked = agreed(city, city.eve, role=Role.SUPERVISOR, district=city.north)
    ChangeRequest.objects.filter(pk=asked.change_request_id).update(district=city.central)
    not_applied(asked, Reason.DIGEST_CHANGED, city.scheduler)


def test_closing_an_account_ends_what_its_votes_are_worth(city: City) -> None:
    request = approved(city)
    city.ben.refresh_from_db()
    assert (
        deactivate_account(
            user=city.ben, reason=WHY, jurisdiction=city.jurisdiction, by=person("amir")
        ).is_active
        is False
    )
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)
    before = LedgerEntry.objects.count()
    deactivate_account(user=city.ben, reason=WHY, jurisdiction=city.jurisdiction, by=person("amir"))
    assert LedgerEntry.objects.count() == before, "closed already"
    assert verify()[0] == 0


def test_an_account_is_closed_by_an_administrator_of_all_its_places_with_a_reason(city: City) -> None:
    close = {"user": city.ben, "reason": WHY, "jurisdiction": city.jurisdiction, "by": person("amir")}
    refused(Reason.NOT_PERMITTED, deactivate_account, **{**close, "by": city.chloe})
    refused(Reason.RATIONALE_TOO_SHORT, deactivate_account, **{**close, "reason": "gone"})
    refused(Reason.OUTSIDE_POLICY, deactivate_account, **{**close, "user": city.scheduler})
    build_city(slug="elsewhere")
    refused(Reason.NOT_PERMITTED, deactivate_account, **close)


def test_an_account_is_made_by_an_administrator_and_may_nothing(city: City) -> None:
    make: dict[str, Any] = {
        "email": "New@Example.org ",
        "name": " New  Person",
        "jurisdiction": city.jurisdiction,
    }
    before = LedgerEntry.objects.count()
    made = create_account(**make, by=person("amir"))
    assert LedgerEntry.objects.count() == before + 1
    assert (made.email, made.name, made.has_usable_password()) == ("new@example.org", "New Person", False)
    assert not [each for each in Permission if can(made, each, city.jurisdiction)]
    refused(Reason.ALREADY_DONE, create_account, **make, by=person("amir"))
    refused(Reason.NOT_PERMITTED, create_account, **make, by=city.chloe)
    for bad in ({"email": "nobody"}, {"name": " "}, {"name": "x" * 121}):
        refused(
            Reason.BAD_INPUT, create_account, **{**make, "email": "x@example.org", **bad}, by=person("amir")
        )


def test_an_administrator_cannot_make_herself_a_second_person(city: City) -> None:
    amir, here = person("amir"), city.jurisdiction
    second = create_account(email="second@example.org", name="Second Amir", jurisdiction=here, by=amir)
    third = create_account(email="third@example.org", name="Third Amir", jurisdiction=here, by=amir)
    for role in (Role.SUPERVISOR, Role.BOARD_MEMBER, Role.BOARD_CHAIR, Role.SERVICE):
        refused(Reason.OUTSIDE_POLICY, grant_role, user=second, role=role, jurisdiction=here, by=amir)
    grant_role(user=third, role=Role.ADMINISTRATOR, jurisdiction=here, by=amir)
    asked = ask(city, second, by=third)
    for by in (amir, second, third):
        with pytest.raises(Refused) as refusal:
            vote(asked, by)
        assert refusal.value.reason is Reason.NOT_PERMITTED
    vote(asked, city.chloe)
    assert apply_role_grants() == 0
    with pytest.raises(Refused, match="one needs the role"):
        apply_role_grant(role_request_id=asked.pk, by=amir)
    assert not RoleGrant.objects.filter(user=second).exists()


def test_a_board_member_cannot_make_herself_a_second_vote(city: City) -> None:
    second = create_account(
        email="second@example.org", name="Second Chloe", jurisdiction=city.jurisdiction, by=person("amir")
    )
    asked = ask(city, second, by=city.chloe)
    refused(Reason.AUTHOR_MAY_NOT_VOTE, vote, asked=asked, by=city.chloe)
    refused(Reason.NOT_PERMITTED, vote, asked=asked, by=second)
    vote(asked, person("nora"))
    assert apply_role_grants() == 0


def test_nobody_votes_before_she_completed_her_module(city: City) -> None:
    asked = agreed(city, city.eve)
    apply_role_grants()
    eve = account("eve@example.org")
    other = ask(city, city.dev)
    refused(Reason.NOT_TRAINED, vote, asked=other, by=eve)
    refused(Reason.NOT_FOUND, complete_training, role=Role.ANALYST, answers=[], by=city.ana)
    refused(Reason.NOT_PERMITTED, complete_training, role=Role.SUPERVISOR, answers=[], by=eve)
    right = right_answers(Role.BOARD_MEMBER)
    refused(Reason.BAD_INPUT, complete_training, role=Role.BOARD_MEMBER, answers=[None, *right[1:]], by=eve)
    before = LedgerEntry.objects.count()
    done = complete_training(role=Role.BOARD_MEMBER, answers=right, by=eve)
    assert complete_training(role=Role.BOARD_MEMBER, answers=right, by=eve) == done
    assert LedgerEntry.objects.count() == before + 1
    assert vote(other, eve).state == "open"
    assert asked.user == eve
