"""What a new policy changes, in plain words: the difference that people vote on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.core.policy import Terms, write_terms
from governance.core.policy_terms import TERMS, in_words, listed


@dataclass(frozen=True)
class Difference:
    """One term that is not the same: its name, its label, and both values in words."""

    term: str
    label: str
    before: str
    after: str
    extra: str = ""

    @property
    def sentence(self) -> str:
        """All of it in one line, as in "Places in a plan: at most 12 → at most 8"."""
        if self.extra:
            return f"{self.label}: {self.extra}"
        return f"{self.label}: {self.before} → {self.after}"


def policy_differences(old: Terms, new: Terms) -> tuple[Difference, ...]:
    """Return every term in which two policies differ, in the order of the table; none when they say the same.

    Of a list it is said what is added and what is dropped; a list in another order alone is a difference too.
    """
    before, after = write_terms(old), write_terms(new)
    return tuple(_difference(name, before, after) for name in TERMS if before[name] != after[name])


def _difference(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    old, new = _changed(before[name], after[name])
    extra = _of_lists(old, new) if TERMS[name].shape == "words" else ""
    return Difference(name, TERMS[name].label, in_words(name, old), in_words(name, new), extra)


def _changed(old: Any, new: Any) -> tuple[Any, Any]:
    """Return both values; of what goes by kind of request, only the kinds whose value is another one."""
    if not isinstance(old, Mapping):
        return old, new
    kinds = [kind for kind in {**old, **new} if old.get(kind) != new.get(kind)]
    return {kind: old[kind] for kind in kinds if kind in old}, {
        kind: new[kind] for kind in kinds if kind in new
    }


def _of_lists(old: list[str], new: list[str]) -> str:
    said = []
    if more := [each for each in new if each not in old]:
        said.append(f"adds {listed(more)}")
    if less := [each for each in old if each not in new]:
        said.append(f"drops {listed(less)}")
    return "; ".join(said)
