"""Does the table of roles say what the log says? The first facts and the roles, which decide who may decide.

The application may edit these tables, so whoever takes it over could make herself a board member. What the log
knows: a jurisdiction's genesis entry (digests of its first policy and recipes, how many people got a first role),
and the digest of who got which and where), and each role granted or revoked since. A genesis entry from before that
digest was written has none; of its first roles only the number and the minute are compared.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GENESIS, GRANTED, REVOKED = "jurisdiction.genesis", "role.granted", "role.revoked"
RECOVERED = "log.recovered"  # the entries it speaks of came back; the rows of those deeds did not
ACTIONS = (GENESIS, GRANTED, REVOKED, RECOVERED)
Leaf = Mapping[str, Any]
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Grant:
    """One row of the table of roles: its number, where, whose (SHA-256 of the pseudonym, in hex), which role.

    `granted_at` is the UTC minute as an entry writes it, such as '2026-11-22T16:40Z'; `district` is its code or "".
    `asked` is the digest of what the board would have had to agree to for this very row, "" where it was not asked.
    """

    number: int
    jurisdiction: str
    account: str
    role: str
    granted_at: str
    revoked: bool
    district: str = ""
    asked: str = ""

    @property
    def key(self) -> Key:
        """What an entry about it says: in which jurisdiction, whose, which role, and what the board agreed to."""
        return self.jurisdiction, self.account, self.role, self.asked

    @property
    def words(self) -> str:
        """How a reader finds it; a person is named by the row's number alone."""
        return f"role grant {self.number} ({self.role} in {self.jurisdiction})"


@dataclass(frozen=True)
class Place:
    """One row of the table of jurisdictions: its slug and the digests its genesis fixed."""

    slug: str
    policy: str
    recipes: tuple[str, ...]


def account_digest(pseudonym: str) -> str:
    """How an entry names the account that a role was granted to or taken from."""
    return hashlib.sha256(pseudonym.encode()).hexdigest()


def roles_digest(first: Iterable[tuple[str, str, str]]) -> str:
    """SHA-256, in hex, of a jurisdiction's first roles, each (account's digest, role, district's code or "").

    One line for each, sorted, so that the order of the rows does not matter.
    """
    lines = sorted(f"{account} {role} {district}\n" for account, role, district in first)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def genesis_and_role_faults(
    leaves: Iterable[Leaf], places: Iterable[Place], grants: Sequence[Grant]
) -> list[str]:
    """What the tables say otherwise than the log's genesis and role entries: one sentence each."""
    told = _with_rows(list(leaves))
    genesis = {leaf.get("jurisdiction", ""): leaf for leaf in told if leaf["action"] == GENESIS}
    return [
        *_place_faults(genesis, list(places)),
        *_revocation_faults(told, grants),
        *_grant_faults(told, genesis, grants),
    ]


def _with_rows(leaves: list[Leaf]) -> list[Leaf]:
    """The entries whose deeds the tables still know: those taken back after a loss are left out."""
    lost = [leaf["detail"] for leaf in leaves if leaf["action"] == RECOVERED]
    return [
        leaf
        for leaf in leaves
        if not any(each["from_size"] <= leaf["index"] < each["to_size"] for each in lost)
    ]


def _place_faults(genesis: Mapping[str, Leaf], places: Sequence[Place]) -> list[str]:
    found = [
        f"The jurisdiction {slug} is in the log and no longer in its table."
        for slug in sorted(genesis.keys() - {place.slug for place in places})
    ]
    for place in places:
        leaf = genesis.get(place.slug)
        if leaf is None:
            found.append(f"The jurisdiction {place.slug} is in its table without a genesis entry in the log.")
            continue
        recipes = hashlib.sha256("".join(place.recipes).encode()).hexdigest()
        for what, said, stored in (
            ("policy", leaf["subject"], place.policy),
            ("recipes", leaf["detail"]["recipes_digest"], recipes),
        ):
            if said != stored:
                found.append(
                    f"The first {what} of {place.slug} are not those of its genesis entry, number {leaf['index']}."
                )
    return found


def _revocation_faults(leaves: Sequence[Leaf], grants: Sequence[Grant]) -> list[str]:
    told, kept = _count(leaves, REVOKED), Counter(grant.key for grant in grants if grant.revoked)
    found = []
    for grant in grants:
        if grant.revoked and kept[grant.key] > told[grant.key]:
            found.append(
                f"{_capital(grant.words)} is revoked in its table, and the log has no entry of that."
            )
        elif not grant.revoked and kept[grant.key] < told[grant.key]:
            found.append(f"{_capital(grant.words)} is in force, although the log says that it was revoked.")
    return found


def _grant_faults(leaves: Sequence[Leaf], genesis: Mapping[str, Leaf], grants: Sequence[Grant]) -> list[str]:
    told, kept = _count(leaves, GRANTED), Counter(grant.key for grant in grants)
    found = [
        f"The log says that the role {key[2]} was granted in {key[0]}, and its row is gone from the table."
        for key, count in sorted(told.items())
        if kept[key] < count
    ]
    for jurisdiction, leaf in sorted(genesis.items()):
        here = [grant for grant in grants if grant.jurisdiction == jurisdiction]
        found += _first_role_faults(leaf, _untold(here, told))
    return found


def _first_role_faults(leaf: Leaf, first: Sequence[Grant]) -> list[str]:
    """Of the grants that no entry tells of: they must be those of the genesis entry, by number and minute."""
    late = [grant for grant in first if grant.granted_at > leaf["time"]]
    if late:
        return [f"{_capital(grant.words)} has no entry in the log." for grant in late]
    wanted = leaf["detail"]["people"] + 1  # and the service account that set the jurisdiction up
    if len(first) == wanted:
        return _whose_faults(leaf, first)
    which = ", ".join(grant.words for grant in first)
    return [
        f"The genesis entry of {leaf['jurisdiction']}, number {leaf['index']}, tells of {wanted} first roles, and "
        f"the table holds {len(first)}: {which or 'none'}."
    ]


def _whose_faults(leaf: Leaf, first: Sequence[Grant]) -> list[str]:
    said = leaf["detail"].get("roles_digest")
    if said is None or said == roles_digest((each.account, each.role, each.district) for each in first):
        return []
    return [
        f"The first roles of {leaf['jurisdiction']} are not those of its genesis entry, number {leaf['index']}: "
        "somebody else holds one, or another role, or it is another district's."
    ]


def _untold(grants: Sequence[Grant], told: Counter[Key]) -> list[Grant]:
    """The grants left over when each entry has taken the newest of its own."""
    left = Counter(told)
    untold = []
    for grant in sorted(grants, key=lambda each: (each.granted_at, each.number), reverse=True):
        if left[grant.key] > 0:
            left[grant.key] -= 1
        else:
            untold.append(grant)
    return untold[::-1]


def _count(leaves: Iterable[Leaf], action: str) -> Counter[Key]:
    return Counter(
        (
            leaf.get("jurisdiction", ""),
            leaf["subject"],
            leaf["detail"]["role"],
            leaf["detail"].get("asked", ""),
        )
        for leaf in leaves
        if leaf["action"] == action
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
