"""How much each term matters to a forecast as a whole, and how its factor follows its value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.core.explain import describe_term
from forecasting.core.fingerprint import round_significant
from forecasting.core.incidents import FloatArray
from forecasting.core.recipe import Term

POINTS = 12
"""Most points of a curve: the term's observed range in so many equal parts."""

MATTERS = 0.005
"""A term that moves no place by more than half a percent on average is said to change nothing."""


@dataclass(frozen=True)
class Importance:
    """What one term does over the whole city.

    ``strength`` is the mean of ``|log factor|`` over all cells, weighted by their expected incidents: 0 changes
    nothing, log 2 doubles or halves on average. ``curve`` holds pairs of the term's value (a relative log: 0 is the
    city's average) and the factor it brings, by rising value.
    """

    name: str
    strength: float
    curve: tuple[tuple[float, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"term": self.name, "strength": self.strength, "curve": [list(point) for point in self.curve]}


def importance_from_dict(values: Mapping[str, Any]) -> Importance:
    """Read the plain data of ``to_dict`` back."""
    curve = tuple((float(value), float(factor)) for value, factor in values["curve"])
    return Importance(values["term"], float(values["strength"]), curve)


def importances(
    features: FloatArray, factors: Mapping[str, FloatArray], terms: Sequence[Term], expected: FloatArray
) -> tuple[Importance, ...]:
    """Return every term's importance, the strongest first; the same input gives the same answer.

    ``features`` have shape ``(n, terms)``, ``factors`` (by name) and ``expected`` (> 0) shape ``(n,)``. Terms without
    a factor of their own (those of a comparator) are left out. Figures are rounded to 6 significant digits.
    """
    found = [
        Importance(
            term.name,
            strength_of(factors[term.name], expected),
            dependence(features[:, number], factors[term.name]),
        )
        for number, term in enumerate(terms)
        if term.name in factors
    ]
    return tuple(sorted(found, key=lambda each: (-each.strength, each.name)))


def strength_of(factor: FloatArray, expected: FloatArray) -> float:
    """Return the mean of ``|log factor|`` weighted by ``expected`` (shapes ``(n,)``): mean |SHAP| on the log scale."""
    return _rounded(np.average(np.abs(np.log(factor)), weights=expected))


def dependence(values: FloatArray, factor: FloatArray) -> tuple[tuple[float, float], ...]:
    """Return up to ``POINTS`` pairs (value, factor) over the observed range; shapes ``(n,)``.

    The range is cut in equal parts; a point is the mean value of a part's cells with the geometric mean of their
    factors (SHAP dependence, Lundberg et al. 2020). Where the log factor is linear in the value, as in a log-linear
    stage, each point is exact. Parts without a cell have no point; without a range there is one point.
    """
    low, width = float(values.min()), float(np.ptp(values)) / POINTS
    part = np.zeros(len(values), dtype=np.int64)
    if width > 0:
        part = np.minimum(((values - low) / width).astype(np.int64), POINTS - 1)
    held = np.bincount(part, minlength=POINTS)
    seen = held > 0
    at = np.bincount(part, values, POINTS)[seen] / held[seen]
    logs = np.bincount(part, np.log(factor), POINTS)[seen] / held[seen]
    return tuple(zip(map(_rounded, at), map(_rounded, np.exp(logs)), strict=True))


def _rounded(value: float) -> float:
    return float(round_significant(np.array(value)))


def strongest_sentence(terms: Sequence[Term], found: Sequence[Importance]) -> str:
    """Say in plain words which term matters most, of importances in order."""
    named = {term.name: term for term in terms}
    if not found or found[0].strength < MATTERS:
        return "Nothing that was learned moves one place against another: each counts by its area."
    what = describe_term(named[found[0].name])
    return (
        f"{what[0].upper()}{what[1:]}, matter most: they multiply or divide what is expected of a place by "
        f"{np.exp(found[0].strength):.2g} on average."
    )
