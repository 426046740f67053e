"""Roles and permissions."""

import pytest

from governance.core.roles import ROLES, VOTES, Permission, Role, roles_with


@pytest.mark.parametrize(
    "role", [Role.SERVICE, Role.ADMINISTRATOR, Role.ANALYST, Role.AUDITOR, Role.DATA_STEWARD]
)
def test_who_proposes_runs_or_manages_never_votes(role: Role) -> None:
    assert not ROLES[role].permissions & VOTES


def test_only_supervisors_decide_plans_and_only_in_their_district() -> None:
    assert roles_with(Permission.DECIDE_PLANS) == (Role.SUPERVISOR,)
    assert ROLES[Role.SUPERVISOR].on_district


def test_nobody_who_votes_also_executes() -> None:
    assert not [
        role
        for role, terms in ROLES.items()
        if terms.permissions & VOTES and Permission.EXECUTE in terms.permissions
    ]


def test_every_role_is_described() -> None:
    assert set(ROLES) == set(Role)
    assert all(terms.title and terms.sentence for terms in ROLES.values())
