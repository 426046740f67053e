"""Lending a role."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.core.delegation import LONGEST, Account, check_delegation, joined, may_take
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role

NOW = datetime(2024, 6, 14, 20, 40, tzinfo=UTC)
BEN = Account(1, is_active=True, is_service=False, roles=frozenset({Role.SUPERVISOR}))
BEA = replace(BEN, person=2)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("giver", "taker", "role", "until", "reason"),
    [
        (BEN, BEA, Role.SUPERVISOR, NOW + DAY, None),
        (BEN, replace(BEA, roles=frozenset({Role.ANALYST})), Role.SUPERVISOR, NOW + LONGEST, None),
        (BEN, BEA, Role.BOARD_MEMBER, NOW + DAY, Reason.NOT_PERMITTED),
        (replace(BEN, roles=frozenset()), BEA, Role.SUPERVISOR, NOW + DAY, Reason.NOT_PERMITTED),
        (replace(BEN, is_service=True), BEA, Role.SUPERVISOR, NOW + DAY, Reason.NOT_PERMITTED),
        (replace(BEN, is_active=False), BEA, Role.SUPERVISOR, NOW + DAY, Reason.NOT_PERMITTED),
        (
            replace(BEN, roles=frozenset({Role.ADMINISTRATOR})),
            BEA,
            Role.ADMINISTRATOR,
            NOW + DAY,
            Reason.NOT_PERMITTED,
        ),
        (BEN, BEN, Role.SUPERVISOR, NOW + DAY, Reason.OUTSIDE_POLICY),
        (BEN, replace(BEA, roles=frozenset()), Role.SUPERVISOR, NOW + DAY, Reason.OUTSIDE_POLICY),
        (BEN, replace(BEA, is_service=True), Role.SUPERVISOR, NOW + DAY, Reason.OUTSIDE_POLICY),
        (BEN, replace(BEA, is_active=False), Role.SUPERVISOR, NOW + DAY, Reason.OUTSIDE_POLICY),
        (
            BEN,
            replace(BEA, roles=frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})),
            Role.SUPERVISOR,
            NOW + DAY,
            Reason.OUTSIDE_POLICY,
        ),
        (BEN, BEA, Role.SUPERVISOR, NOW, Reason.OUTSIDE_POLICY),
        (BEN, BEA, Role.SUPERVISOR, NOW + LONGEST + DAY, Reason.OUTSIDE_POLICY),
    ],
)
def test_who_lends_what_to_whom(
    giver: Account, taker: Account, role: Role, until: datetime, reason: Reason | None
) -> None:
    try:
        check_delegation(giver, taker, role, until=until, now=NOW)
        answer = None
    except Refused as refusal:
        answer = refusal.reason
    assert answer is reason


def test_an_administrator_may_take_what_does_not_vote() -> None:
    taker = replace(BEA, roles=frozenset({Role.ADMINISTRATOR}))
    assert may_take(taker, {Permission.SEE_PLANS})
    assert not may_take(taker, {Permission.SEE_PLANS, Permission.DECIDE_PLANS})


def test_people_are_joined_through_others_too() -> None:
    pairs = [(1, 2), (3, 2), (3, 4), (5, 6)]
    assert joined(1, pairs) == {2, 3, 4}
    assert joined(4, pairs) == {1, 2, 3}
    assert joined(5, pairs) == {6}
    assert joined(7, pairs) == frozenset()
