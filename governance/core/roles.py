"""Roles and what each may do, in plain words: one enum of permissions, one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """Everything that can be permitted; the value is the codename stored in the database."""

    MANAGE_DATA = "manage_data"
    SEE_FORECASTS = "see_forecasts"
    RUN_FORECASTS = "run_forecasts"
    PROPOSE = "propose"
    SEE_PLANS = "see_plans"
    DECIDE_PLANS = "decide_plans"
    DECIDE_POLICY = "decide_policy"
    EXECUTE = "execute"
    RUN_AUDITS = "run_audits"
    SEE_AUDITS = "see_audits"
    PUBLISH = "publish"
    MANAGE_ROLES = "manage_roles"
    ADVANCE_CLOCK = "advance_clock"
    SEE_RECORD = "see_record"


PERMISSION_LABELS: Mapping[Permission, str] = MappingProxyType(
    {
        Permission.MANAGE_DATA: "bring data in and see what was refused",
        Permission.SEE_FORECASTS: "see forecasts before they are public",
        Permission.RUN_FORECASTS: "seal extracts, issue and score forecasts",
        Permission.PROPOSE: "propose plans, recipes and policies",
        Permission.SEE_PLANS: "see plans that are not public",
        Permission.DECIDE_PLANS: "approve, return or reject deployment plans",
        Permission.DECIDE_POLICY: "vote on policies and recipes",
        Permission.EXECUTE: "turn an approved plan into a briefing",
        Permission.RUN_AUDITS: "run audits and attach their evidence",
        Permission.SEE_AUDITS: "read audits before they are public",
        Permission.PUBLISH: "release numbers to the public portal",
        Permission.MANAGE_ROLES: "grant and revoke roles",
        Permission.ADVANCE_CLOCK: "step the clock of a replay",
        Permission.SEE_RECORD: "read the decision log's entries",
    }
)


class Role(StrEnum):
    """The parts people play; a service account plays one too and can never vote."""

    DATA_STEWARD = "data_steward"
    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    BOARD_MEMBER = "board_member"
    BOARD_CHAIR = "board_chair"
    AUDITOR = "auditor"
    PRIVACY_OFFICER = "privacy_officer"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"
    RESIDENT = "resident"


@dataclass(frozen=True)
class RoleTerms:
    """One row of the table: a name, a sentence, where it is granted and what it permits."""

    title: str
    sentence: str
    on_district: bool
    permissions: frozenset[Permission]


READING = frozenset({Permission.SEE_RECORD, Permission.ADVANCE_CLOCK})
INSIGHT = READING | {Permission.SEE_FORECASTS, Permission.SEE_PLANS, Permission.SEE_AUDITS}

ROLES: Mapping[Role, RoleTerms] = MappingProxyType(
    {
        Role.DATA_STEWARD: RoleTerms(
            "Data steward",
            "brings data in and answers for its quality",
            False,
            READING | {Permission.MANAGE_DATA},
        ),
        Role.ANALYST: RoleTerms(
            "Analyst",
            "runs and compares forecasts, and proposes; decides nothing",
            False,
            INSIGHT | {Permission.RUN_FORECASTS, Permission.PROPOSE},
        ),
        Role.SUPERVISOR: RoleTerms(
            "Supervisor",
            "decides the plans of her own district, with a rationale",
            True,
            INSIGHT | {Permission.DECIDE_PLANS, Permission.PROPOSE},
        ),
        Role.BOARD_MEMBER: RoleTerms(
            "Board member",
            "reads audits and votes on policies and recipes",
            False,
            INSIGHT | {Permission.DECIDE_POLICY},
        ),
        Role.BOARD_CHAIR: RoleTerms(
            "Board chair", "as a board member; chairs the votes", False, INSIGHT | {Permission.DECIDE_POLICY}
        ),
        Role.AUDITOR: RoleTerms(
            "Auditor", "reruns any audit and verifies the log", False, INSIGHT | {Permission.RUN_AUDITS}
        ),
        Role.PRIVACY_OFFICER: RoleTerms(
            "Privacy officer", "answers for what is published", False, INSIGHT | {Permission.PUBLISH}
        ),
        Role.ADMINISTRATOR: RoleTerms(
            "Administrator",
            "manages accounts and approves nothing",
            False,
            READING | {Permission.MANAGE_ROLES},
        ),
        Role.SERVICE: RoleTerms(
            "Service account",
            "does the scheduled work; can never vote",
            False,
            INSIGHT
            | {
                Permission.MANAGE_DATA,
                Permission.RUN_FORECASTS,
                Permission.PROPOSE,
                Permission.EXECUTE,
                Permission.RUN_AUDITS,
                Permission.PUBLISH,
                Permission.MANAGE_ROLES,
            },
        ),
        # Nobody is granted it: the one account by which people without an account file complaints acts in it.
        Role.RESIDENT: RoleTerms(
            "Resident", "has no account; may file a complaint and follow it", False, frozenset()
        ),
    }
)

VOTES: frozenset[Permission] = frozenset({Permission.DECIDE_PLANS, Permission.DECIDE_POLICY})


def roles_with(permission: Permission) -> tuple[Role, ...]:
    """Roles that carry a permission, in the table's order."""
    return tuple(role for role, terms in ROLES.items() if permission in terms.permissions)
