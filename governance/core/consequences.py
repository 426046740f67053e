"""The entries whose consequences stand in tables: what they must say, and which of them lost their rows.

A verification compares the tables with them; a recovery carries out again those that take something away. Anything can
stand in a log: an entry that does not say what such an entry must is named, never acted upon, and stops nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .canonical import EntryError, parse_leaf
from .stored_entry import Fault

GENESIS, GRANTED, REVOKED = "jurisdiction.genesis", "role.granted", "role.revoked"
ERASED = "text.erased"
RECOVERED = "log.recovered"  # the entries it speaks of came back; the rows of those deeds did not
CLOSED, ENDED = "account.deactivated", "delegation.revoked"
"""Entries that take something away whose rows no verification compares; a recovery takes it away again."""
ACTIONS = (GENESIS, GRANTED, REVOKED, ERASED, RECOVERED)
Leaf = Mapping[str, Any]  # with its number under 'index'

_WORDS = {  # keys of the entry itself that must be there, as words
    GENESIS: ("jurisdiction", "subject", "time"),
    GRANTED: ("jurisdiction", "subject"),
    REVOKED: ("jurisdiction", "subject"),
}
_DETAIL: Mapping[str, Mapping[str, type]] = {
    GENESIS: {"people": int, "recipes_digest": str},
    GRANTED: {"role": str},
    REVOKED: {"role": str},
    ERASED: {"entry": int},
    RECOVERED: {"from_size": int, "to_size": int},
}


def read_leaves(entries: Iterable[tuple[int, bytes]]) -> tuple[list[Leaf], list[Fault]]:
    """The entries of these numbers and bytes, and a fault for each that is not one."""
    leaves: list[Leaf] = []
    faults = []
    for number, data in entries:
        try:
            leaves.append({**parse_leaf(data), "index": number})
        except EntryError as problem:
            faults.append(Fault(number, f"Entry {number} is not an entry. {problem}"))
    return leaves, faults


def sort_out(leaves: Iterable[Leaf]) -> tuple[list[Leaf], list[Fault]]:
    """Those of the entries with consequences that say what they must, in order; and a fault for each other."""
    good: list[Leaf] = []
    faults = []
    for leaf in leaves:
        if leaf["action"] not in ACTIONS:
            continue
        if missing := _missing(leaf):
            faults.append(
                Fault(
                    leaf["index"],
                    f"Entry {leaf['index']} does not say what an entry '{leaf['action']}' must: its {missing} is "
                    "missing or makes no sense.",
                )
            )
        else:
            good.append(leaf)
    return sorted(good, key=lambda leaf: int(leaf["index"])), faults


def erased_texts(leaves: Iterable[Leaf]) -> dict[int, int]:
    """The numbers of the entries whose texts were erased, each with the number of the entry that says so."""
    told, _ = sort_out(leaves)
    return {leaf["detail"]["entry"]: leaf["index"] for leaf in told if leaf["action"] == ERASED}


def lost_ranges(leaves: Iterable[Leaf]) -> list[range]:
    """The numbers of the entries that were taken back after a loss, whose deeds left no rows.

    A recovery that was itself lost and taken back counts no more: the database it spoke of is not the one that was
    restored afterwards.
    """
    lost: list[range] = []
    recovered = [leaf for leaf in leaves if leaf["action"] == RECOVERED]
    for leaf in sorted(recovered, key=lambda leaf: int(leaf["index"]), reverse=True):
        if not is_lost(leaf, lost):
            lost.append(range(leaf["detail"]["from_size"], leaf["detail"]["to_size"]))
    return lost


def is_lost(leaf: Leaf, lost: Iterable[range]) -> bool:
    """Whether an entry is among those that were taken back."""
    return any(leaf["index"] in each for each in lost)


def _missing(leaf: Leaf) -> str | None:
    """What is wrong with an entry's words, or None."""
    for word in _WORDS.get(leaf["action"], ()):
        if not isinstance(leaf.get(word), str):
            return f"'{word}'"
    detail = leaf.get("detail")
    if not isinstance(detail, Mapping):
        return "'detail'"
    for name, kind in _DETAIL[leaf["action"]].items():
        if type(detail.get(name)) is not kind:
            return f"'detail.{name}'"
    return _senseless(leaf["action"], leaf["index"], detail)


def _senseless(action: str, index: int, detail: Mapping[str, Any]) -> str | None:
    """Which number of an entry cannot be meant, or None: an entry speaks only of what stood before it."""
    if action == GENESIS and detail["people"] < 0:
        return "'detail.people'"
    if action == ERASED and not 0 <= detail["entry"] < index:
        return "'detail.entry'"
    if action == RECOVERED and not 0 <= detail["from_size"] < detail["to_size"] <= index:
        return "range of sizes"
    return None
