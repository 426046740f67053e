"""What is asked when somebody is to get a role that votes: the bytes that the board agrees to, and what it cannot."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass

from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, VOTES, Permission, Role

KIND = "role_grant"
OPEN_DAYS = 14
"""How long the board has, by the jurisdiction's clock."""


@dataclass(frozen=True)
class RoleAsked:
    """Who is to get which role where. The account is its pseudonym, the district its code or "" for all of them.

    `salt` (hexadecimal) makes each request its own: the same role can be asked for again after a rejection.
    """

    account: str
    role: str
    jurisdiction: str
    district: str
    salt: str


def role_digest(asked: RoleAsked) -> str:
    """SHA-256, in hex, of what is asked, as JSON with sorted names: what each vote binds to."""
    data = json.dumps({"kind": KIND, **asdict(asked)}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(data.encode()).hexdigest()


def votes(role: Role) -> bool:
    """Whether a role carries a vote, so that only the board can give it."""
    return bool(ROLES[role].permissions & VOTES)


def check_can_be_asked(role: Role, *, on_district: bool) -> None:
    """Refuse a request for a role that does not vote, or one for the wrong kind of place."""
    title = ROLES[role].title
    if not votes(role):
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"{title} carries no vote, so the board is not asked: an administrator grants it.",
        )
    if ROLES[role].on_district != on_district:
        where = (
            "one district: name it" if ROLES[role].on_district else "the whole jurisdiction: name no district"
        )
        raise Refused(Reason.BAD_INPUT, f"{title} is a role of {where}.")


def check_can_be_granted(role: Role) -> None:
    """Refuse an administrator who grants a role that votes, or that of a service."""
    if votes(role) or role in (Role.SERVICE, Role.RESIDENT):
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"{ROLES[role].title} is not an administrator's to give: a role that votes needs the board's decision.",
        )


def check_apart(role: Role, held: Collection[Role]) -> None:
    """Refuse a person who would both manage accounts and vote (NIST SP 800-53 AC-5, separation of duties)."""
    together = [*held, role]
    manages = [each for each in together if Permission.MANAGE_ROLES in ROLES[each].permissions]
    if manages and any(votes(each) for each in together):
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"{ROLES[manages[0]].title} approves nothing, so this account cannot hold that role and one that votes. "
            "Revoke one of the two first, or choose another person.",
        )
