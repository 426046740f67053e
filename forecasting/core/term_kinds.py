"""What a term of the blend may be: the closed vocabulary, and what each kind needs and may not have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forecasting.core.limits import CannotForecast


class TermKind(StrEnum):
    """How a term turns what is known before a moment into a surface."""

    COUNTS = "counts"
    """Decayed counts of the cell, or spread with a Gaussian."""
    FLOATING = "floating"
    """Decayed counts in boxes of the cell's size, averaged over grids laid in other ways."""
    NEAR_REPEAT = "near_repeat"
    """Recent incidents close by, where the Knox test finds near repeat."""
    ETAS = "etas"
    """What a self-exciting process expects, where its fit stands."""
    LAYER_DISTANCE = "layer_distance"
    """How near the closest feature of a context layer is."""
    LAYER_DENSITY = "layer_density"
    """How many features of a context layer are about."""


@dataclass(frozen=True)
class _Needs:
    """Whether a kind must (True), may (None) or may not (False) have a half-life, a length, a category, a layer."""

    half_life: bool | None
    bandwidth: bool | None
    category: bool | None
    layer: bool


_NEEDS = {
    TermKind.COUNTS: _Needs(None, None, None, False),
    TermKind.FLOATING: _Needs(None, False, None, False),
    TermKind.NEAR_REPEAT: _Needs(None, None, False, False),
    TermKind.ETAS: _Needs(False, False, False, False),
    TermKind.LAYER_DISTANCE: _Needs(False, True, False, True),
    TermKind.LAYER_DENSITY: _Needs(False, True, False, True),
}

TESTED = frozenset({TermKind.NEAR_REPEAT, TermKind.ETAS})
"""Kinds that speak only where what was known before the origin says they may."""


def read_kind(word: str, term: str) -> TermKind:
    """Return the kind that ``word`` names. Raises CannotForecast (``bad_recipe``) on any other word."""
    try:
        return TermKind(word)
    except ValueError:
        raise CannotForecast(
            "bad_recipe", f"Term {term!r} is of no known kind: {word!r}. Choose one of {', '.join(TermKind)}."
        ) from None


def check_needs(
    kind: TermKind, term: str, *, half_life: bool, bandwidth: bool, category: bool, layer: bool
) -> None:
    """Refuse a term that has what its kind does not know, or lacks what its kind needs (``bad_recipe``)."""
    needs = _NEEDS[kind]
    rules = {
        "a half-life": (needs.half_life, half_life),
        "a bandwidth": (needs.bandwidth, bandwidth),
        "a category": (needs.category, category),
        "a layer": (needs.layer, layer),
    }
    wrong = [
        f"{'needs' if wanted else 'knows no'} {what.removeprefix('' if wanted else 'a ')}"
        for what, (wanted, has) in rules.items()
        if wanted is not None and wanted != has
    ]
    if wrong:
        raise CannotForecast("bad_recipe", f"Term {term!r} of kind {kind!s} {' and '.join(wrong)}.")
