"""What the board agrees to when somebody is to get a role that votes."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from governance.core.refusals import Reason, Refused
from governance.core.role_requests import (
    RoleAsked,
    check_apart,
    check_can_be_asked,
    check_can_be_granted,
    role_digest,
    votes,
)
from governance.core.roles import ROLES, Role

ASKED = RoleAsked("p-1", "supervisor", "rivermark", "central", "00" * 16)
VOTING = {Role.SUPERVISOR, Role.BOARD_MEMBER, Role.BOARD_CHAIR}


def reason_of(check: Callable[..., None], *arguments: object, **named: object) -> Reason | None:
    """Why a check refuses, None where it does not."""
    try:
        check(*arguments, **named)
    except Refused as refusal:
        return refusal.reason
    return None


def test_the_digest_is_that_of_the_plain_text_anybody_can_write_down() -> None:
    text = (
        '{"account":"p-1","district":"central","jurisdiction":"rivermark","kind":"role_grant",'
        f'"role":"supervisor","salt":"{"00" * 16}"}}'
    )
    assert role_digest(ASKED) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("name", ["account", "role", "jurisdiction", "district", "salt"])
def test_another_person_role_or_place_is_another_digest(name: str) -> None:
    assert role_digest(replace(ASKED, **{name: "other"})) != role_digest(ASKED)


def test_the_roles_that_vote_are_these() -> None:
    assert {role for role in Role if votes(role)} == VOTING


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_either_asked_of_the_board_or_granted_by_an_administrator_or_neither(role: Role) -> None:
    asked = reason_of(check_can_be_asked, role, on_district=ROLES[role].on_district)
    assert asked == (None if role in VOTING else Reason.OUTSIDE_POLICY)
    granted = reason_of(check_can_be_granted, role)
    assert granted == (Reason.OUTSIDE_POLICY if role in VOTING | {Role.SERVICE, Role.RESIDENT} else None)


@pytest.mark.parametrize("role", sorted(VOTING))
def test_a_role_is_asked_for_where_it_belongs(role: Role) -> None:
    with pytest.raises(Refused) as refusal:
        check_can_be_asked(role, on_district=not ROLES[role].on_district)
    assert refusal.value.reason is Reason.BAD_INPUT


@pytest.mark.parametrize("role", sorted(VOTING))
def test_who_manages_accounts_never_votes_whichever_role_came_first(role: Role) -> None:
    for new, held in ((role, [Role.ADMINISTRATOR]), (Role.ADMINISTRATOR, [Role.ANALYST, role])):
        with pytest.raises(Refused) as refusal:
            check_apart(new, held)
        assert refusal.value.reason is Reason.OUTSIDE_POLICY
    check_apart(role, [Role.ANALYST, Role.BOARD_MEMBER])
    check_apart(Role.ADMINISTRATOR, [Role.ANALYST])
