"""Does the table of roles say what the log says? The first facts and the roles, which decide who may decide.

The application may edit these tables, so whoever takes it over could make herself a board member. What the log
knows: a jurisdiction's genesis entry (digests of its first policy and recipes, how many people got a first role),
and the digest of who got which and where), and each role granted or revoked since. A genesis entry from before that
digest was written has none; of its first roles only the number and the minute are compared. A role that votes was
agreed to by the board: its entry holds the digest of what exactly, and the row must give the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .consequences import GENESIS, GRANTED, REVOKED, Leaf, is_lost, lost_ranges, sort_out
from .stored_entry import Fault


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
    def key(self) -> tuple[str, str, str]:
        """What an entry about it says: where, whose, which role."""
        return self.jurisdiction, self.account, self.role

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


def place_of(slug: str, genesis: object) -> Place:
    """The place of a row, whatever its column of first facts holds; what is no list of digests is none of any entry."""
    facts = genesis if isinstance(genesis, Mapping) else {}
    policy, recipes = (facts.get(kind, []) for kind in ("policy", "recipe"))
    return Place(slug, "".join(_digests(policy)), _digests(recipes))


def _digests(stored: object) -> tuple[str, ...]:
    return tuple(map(str, stored)) if isinstance(stored, list) else (repr(stored),)


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
) -> list[Fault]:
    """What the tables say otherwise than the log's genesis and role entries, and the entries that say nothing.

    Of entries taken back after a loss, the roles they granted left no row; those they revoked were revoked again.
    """
    told, odd = sort_out(leaves)
    lost = lost_ranges(told)
    with_rows = [leaf for leaf in told if not is_lost(leaf, lost)]
    genesis = {leaf["jurisdiction"]: leaf for leaf in with_rows if leaf["action"] == GENESIS}
    sentences = [
        *_place_faults(genesis, list(places)),
        *_revocation_faults(told, lost, grants),
        *_grant_faults(with_rows, genesis, grants),
        *_agreed_faults(with_rows, grants),
    ]
    return [*odd, *(Fault(None, sentence) for sentence in sentences)]


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


def _revocation_faults(told: Sequence[Leaf], lost: Sequence[range], grants: Sequence[Grant]) -> list[str]:
    """Replay who held which role, and name the rows of whatever stands otherwise now."""
    wanted, kept = _in_force(told, lost, grants), Counter(grant.key for grant in grants if not grant.revoked)
    found = []
    for grant in grants:
        if grant.revoked and kept[grant.key] < wanted[grant.key]:
            found.append(
                f"{_capital(grant.words)} is revoked in its table, and the log has no entry of that."
            )
        elif not grant.revoked and kept[grant.key] > wanted[grant.key]:
            found.append(f"{_capital(grant.words)} is in force, although the log says that it was revoked.")
    return found


def _in_force(
    told: Sequence[Leaf], lost: Sequence[range], grants: Sequence[Grant]
) -> Counter[tuple[str, str, str]]:
    """How many grants of each kind are in force by the log; of the first roles, which it does not name, by the rows.

    A revocation that came back after a loss took away every grant there was.
    """
    with_rows = [leaf for leaf in told if not is_lost(leaf, lost)]
    first = Counter(grant.key for grant in grants) - _count(with_rows, GRANTED)
    founded = {leaf["jurisdiction"] for leaf in with_rows if leaf["action"] == GENESIS}
    held = Counter({key: count for key, count in first.items() if key[0] not in founded})
    for leaf in told:
        if leaf["action"] == REVOKED:
            held[_key(leaf)] = 0 if is_lost(leaf, lost) else max(held[_key(leaf)] - 1, 0)
        elif not is_lost(leaf, lost):
            held.update(_gained(leaf, first))
    return held


def _gained(leaf: Leaf, first: Counter[tuple[str, str, str]]) -> Counter[tuple[str, str, str]]:
    """The grants that an entry with rows brings: one, or the first ones of a jurisdiction."""
    if leaf["action"] == GRANTED:
        return Counter([_key(leaf)])
    if leaf["action"] == GENESIS:
        return Counter({key: count for key, count in first.items() if key[0] == leaf["jurisdiction"]})
    return Counter()


def _grant_faults(leaves: Sequence[Leaf], genesis: Mapping[str, Leaf], grants: Sequence[Grant]) -> list[str]:
    told, kept = _count(leaves, GRANTED), Counter(grant.key for grant in grants)
    found = [
        f"The log says that the role {role} was granted in {jurisdiction}, and its row is gone from the table."
        for (jurisdiction, _, role), count in sorted(told.items())
        if kept[jurisdiction, _, role] < count
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


def _agreed_faults(leaves: Sequence[Leaf], grants: Sequence[Grant]) -> list[str]:
    """Of the roles that the board agreed to: each must be the row that its entry tells of, and no other row is one."""
    said = {
        str(leaf["detail"]["asked"]): leaf["index"]
        for leaf in leaves
        if leaf["action"] == GRANTED and "asked" in leaf["detail"]
    }
    kept = {grant.asked for grant in grants}
    return [
        *(
            f"{_capital(grant.words)} is not what the board agreed to: another account, role or district."
            for grant in grants
            if grant.asked and grant.asked not in said
        ),
        *(
            f"No row is the role that entry {index} says the board agreed to."
            for asked, index in said.items()
            if asked not in kept
        ),
    ]


def _untold(grants: Sequence[Grant], told: Counter[tuple[str, str, str]]) -> list[Grant]:
    """The grants left over when each entry has taken the newest of its own."""
    left = Counter(told)
    untold = []
    for grant in sorted(grants, key=lambda each: (each.granted_at, each.number), reverse=True):
        if left[grant.key] > 0:
            left[grant.key] -= 1
        else:
            untold.append(grant)
    return untold[::-1]


def _count(leaves: Iterable[Leaf], action: str) -> Counter[tuple[str, str, str]]:
    return Counter(_key(leaf) for leaf in leaves if leaf["action"] == action)


def _key(leaf: Leaf) -> tuple[str, str, str]:
    return leaf["jurisdiction"], leaf["subject"], leaf["detail"]["role"]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
