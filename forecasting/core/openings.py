"""Terms that speak only where the past says they may: the Knox test before near repeat, the fit before ETAS.

Both look at the latest incidents known at the origin of the forecast, once, and at nothing after it. The months of
the training windows are among them: a yes or no, or a dozen numbers, learned from thousands of incidents can
flatter those windows by no more than a hair, while a verdict of a year ago would miss what began or ended since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.core.etas import EtasFit, fit_etas
from forecasting.core.etas_intensity import SETTINGS
from forecasting.core.grid import Grid
from forecasting.core.incidents import Incidents
from forecasting.core.knox import KnoxBands, knox_test
from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import Term
from forecasting.core.term_kinds import TermKind
from forecasting.core.windows import DAY, history

KNOX_INCIDENTS = 10_000
"""The test looks at no more than the latest so many incidents."""

PERMUTATIONS = 999

ETAS_DAYS = 730
"""The fit looks at no more than the latest so many days."""


@dataclass(frozen=True)
class Past:
    """What a term is opened with: the incidents inside the grid known before ``cut`` (UTC seconds)."""

    incidents: Incidents
    grid: Grid
    cut: int
    unit_metres: float
    named: str


@dataclass(frozen=True)
class Opening:
    """Whether a term speaks at this origin, and the sentence that says why; a self-exciting one has its ``fit``."""

    speaks: bool
    sentence: str
    fit: EtasFit | None = None


def open_terms(terms: Sequence[Term], past: Past, seed: int) -> dict[str, Opening]:
    """Return, by name, the opening of every term that has to be tested.

    Same past and seed, same openings. A test that cannot be made (too few incidents, too short a history, too many
    pairs) leaves its term shut and says why.
    """
    ways: dict[TermKind, Callable[[Past, int], Opening]] = {
        TermKind.NEAR_REPEAT: _test_near_repeat,
        TermKind.ETAS: _fit_etas,
    }
    found: dict[TermKind, Opening] = {}
    for kind in sorted({term.kind for term in terms} & ways.keys()):
        try:
            found[kind] = ways[kind](past, seed)
        except CannotForecast as problem:
            found[kind] = Opening(False, problem.message)
    return {term.name: found[term.kind] for term in terms if term.kind in found}


def _test_near_repeat(past: Past, seed: int) -> Opening:
    known = past.incidents.where(history(past.incidents, past.cut))
    newest = np.sort(np.argsort(known.ends, kind="stable")[-KNOX_INCIDENTS:])
    latest = Incidents(known.x[newest], known.y[newest], known.begins[newest], known.ends[newest])
    tested = knox_test(
        latest,
        KnoxBands(),
        unit_metres=past.unit_metres,
        generator=np.random.default_rng(seed),
        permutations=PERMUTATIONS,
        named=past.named,
    )
    return Opening(tested.may_use_near_repeat, tested.sentence)


def _fit_etas(past: Past, seed: int) -> Opening:
    del seed  # the fit has no random start
    latest = past.incidents.where(past.incidents.ends >= past.cut - ETAS_DAYS * DAY)
    fit = fit_etas(latest, past.grid, past.cut, SETTINGS, unit_metres=past.unit_metres, named=past.named)
    return Opening(fit.usable, fit.sentence, fit if fit.usable else None)
