"""Why a cell is forecast as it is: factors whose product is the forecast, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from forecasting.core.incidents import FloatArray
from forecasting.core.limits import CannotForecast
from forecasting.core.near_repeat import decay_weights
from forecasting.core.recipe import Term
from forecasting.core.term_kinds import TermKind

ADDITIVITY = 1e-6
"""Largest relative error between a forecast and the product of its factors."""

AREA = "area"
DAYS_PER_YEAR = 365

_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def explain(
    features: FloatArray, slopes: FloatArray, terms: Sequence[Term], fraction: FloatArray
) -> dict[str, FloatArray]:
    """Return one factor per term and cell, and the factor ``area``, each of shape ``(n,)``.

    ``features`` (shape ``(n, terms)``) are relative logs: a cell with the city's average of a term has
    factor 1 there, twice the density gives more than 1. ``area`` is the share of the cell inside the
    boundary. These are the exact Shapley values of a log-linear model against the average cell, as
    factors (Lundberg & Lee 2017, linear case).
    """
    factors = {AREA: fraction}
    for number, term in enumerate(terms):
        factors[term.name] = np.exp(features[:, number] * slopes[number])
    return factors


def product(base: float, factors: Mapping[str, FloatArray]) -> FloatArray:
    """Return ``base`` times all factors in the order given, shape ``(n,)``."""
    answer: FloatArray | None = None
    for values in factors.values():
        answer = values * base if answer is None else answer * values
    if answer is None:
        raise ValueError("There are no factors to multiply.")
    return answer


def check_additivity(expected: FloatArray, base: float, factors: Mapping[str, FloatArray]) -> None:
    """Refuse a forecast that its factors do not explain.

    Raises CannotForecast (``not_additive``) when the product of ``base`` and the factors strays from
    ``expected`` (shape ``(n,)``, > 0) by more than ``ADDITIVITY`` relative anywhere.
    """
    error = float(np.max(np.abs(product(base, factors) / expected - 1)))
    if not error <= ADDITIVITY:
        raise CannotForecast(
            "not_additive",
            f"The factors of this forecast miss it by {error:.2g} (at most {ADDITIVITY:g} is allowed), so "
            "it cannot be explained and is not issued. Report this as a defect of the recipe.",
        )


def _length_of_time(days: float) -> str:
    if days % DAYS_PER_YEAR == 0:
        years = int(days // DAYS_PER_YEAR)
        return f"{_NUMBERS.get(years, str(years))} year{'s' if years > 1 else ''}"
    return f"{days:g} days"


def describe_term(term: Term) -> str:
    """Say in plain words what a term looks at."""
    return _WORDS[term.kind](term)


def _aged(term: Term, what: str) -> str:
    if term.half_life_days is None:
        return f"all past {what}, old and new alike"
    return f"past {what}, with a half-life of {_length_of_time(term.half_life_days)}"


def _incidents(term: Term) -> str:
    return f"incidents of {term.category.replace('_', ' ')}" if term.category else "incidents"


def _counts(term: Term) -> str:
    where = "in this cell" if term.bandwidth_metres is None else f"within about {term.bandwidth_metres:g} m"
    return _aged(term, f"{_incidents(term)} {where}")


def _floating(term: Term) -> str:
    return _aged(
        term, f"{_incidents(term)} in boxes as large as a cell around this place, however the grid is laid"
    )


def _near_repeat(term: Term) -> str:
    decay = decay_weights(term.bandwidth_metres, term.half_life_days)
    return (
        f"recent incidents close by, as near repeats: each counts less by the metre (scale {decay.scale_metres:g} m) "
        f"and by the day (half-life {_length_of_time(decay.half_life_days)})"
    )


def _etas(_: Term) -> str:
    return (
        "incidents that lead to incidents: how often they start around this place, and what the last weeks' ones make "
        "likely next"
    )


def _layer_distance(term: Term) -> str:
    return f"how near this place is to {_layer(term)} (beyond {term.bandwidth_metres:g} m it makes no difference)"


def _layer_density(term: Term) -> str:
    return f"how much of {_layer(term)} lies within about {term.bandwidth_metres:g} m"


def _layer(term: Term) -> str:
    return f"the context layer “{term.layer.replace('_', ' ')}”"


_WORDS: Mapping[TermKind, Callable[[Term], str]] = {
    TermKind.COUNTS: _counts,
    TermKind.FLOATING: _floating,
    TermKind.NEAR_REPEAT: _near_repeat,
    TermKind.ETAS: _etas,
    TermKind.LAYER_DISTANCE: _layer_distance,
    TermKind.LAYER_DENSITY: _layer_density,
}


def describe_factor(term: Term | None, factor: float) -> str:
    """Say what one factor does, as in "x1.9: past incidents in this cell, ..., against the city's average".

    ``term`` None stands for the factor ``area``.
    """
    if term is None:
        return f"x{factor:.2f}: the part of the cell that lies inside the city"
    return f"x{factor:.2g}: {describe_term(term)}, against the city's average"


def reasons(terms: Sequence[Term], factors: Mapping[str, float]) -> tuple[str, ...]:
    """Return one cell's sentences, the strongest factor first, without factors that change nothing."""
    ordered = sorted(terms, key=lambda term: -abs(np.log(factors[term.name])))
    said = [
        describe_factor(term, factors[term.name]) for term in ordered if f"{factors[term.name]:.2g}" != "1"
    ]
    whole = factors.get(AREA, 1.0) > 0.995
    return tuple(said if whole else [*said, describe_factor(None, factors[AREA])])
