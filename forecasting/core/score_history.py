"""Scores over time: the figures of many scorecards of one category, pooled with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.core.calibration import BINS
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.pooling import block_samples, ratio_of_sums
from forecasting.core.scorecard import BASELINE, DECAYED, FORECAST, METHODS, PIT
from forecasting.core.scoring import COVERAGES, UNDEFINED, Estimate, wilson_interval

LEAST_WINDOWS = 8
"""With fewer windows there is too little to resample, and the interval quoted is Wilson's."""

SHARES = tuple(f"{share * 100:g}" for share in COVERAGES)
"""The shares of the area, in percent, as scorecards name them."""

SKILLS = {BASELINE: "skill", DECAYED: "skill_decayed"}
"""Whom the forecast's deviance is compared with, and what scorecards call it."""

Card = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""The figures of one scorecard: method -> metric -> figure."""


@dataclass(frozen=True)
class PooledRate:
    """``n`` of ``total`` over ``windows``.

    Wilson's interval takes incidents as independent; ``bootstrap`` resamples blocks of windows, and is undefined below
    ``LEAST_WINDOWS`` of them.
    """

    n: int
    total: int
    windows: int
    wilson: Estimate
    bootstrap: Estimate

    @property
    def quoted(self) -> Estimate:
        """The interval to quote: the bootstrap's where there is one."""
        return self.bootstrap if np.isfinite(self.bootstrap.value) else self.wilson


@dataclass(frozen=True)
class History:
    """One category's windows pooled.

    ``hits``: method -> share of area in percent -> rate. ``skill``: whom it is compared with -> ``1 - D / D_other``
    over all windows, undefined below ``LEAST_WINDOWS``. ``coverage``: districts covered by the randomised PIT, None
    where no card counted them; ``level`` is what it should be (of the newest card, NaN without). ``sharpness``:
    interval widths over means; ``pit`` (shape ``(BINS,)``): the histogram.
    """

    windows: int
    hits: dict[str, dict[str, PooledRate]]
    skill: dict[str, Estimate]
    coverage: PooledRate | None
    level: float
    sharpness: float | None
    pit: IntArray


def pool_cards(cards: Sequence[Card], seed: int) -> History:
    """Pool the newest card of each window of one category, in order of time; at least one card.

    A method, or a figure, that older cards do not hold is pooled over the windows that do.
    """
    hits = {
        method: {share: _rate(cards, method, f"hit_rate_{share}", seed) for share in SHARES}
        for method in METHODS
        if any(method in card for card in cards)
    }
    placed = [card for card in cards if PIT in card[FORECAST]]
    return History(
        windows=len(cards),
        hits=hits,
        skill={other: _skill(cards, other, seed) for other in SKILLS if other in hits},
        coverage=_rate(placed, FORECAST, PIT, seed) if placed else None,
        level=float(placed[-1][FORECAST][PIT]["level"]) if placed else float("nan"),
        sharpness=_sharpness(placed),
        pit=np.array(
            [sum(int(card[FORECAST][PIT][f"bin_{number}"]) for card in placed) for number in range(BINS)]
        ),
    )


def _column(cards: Sequence[Card], method: str, metric: str, key: str) -> FloatArray:
    return np.array([card[method][metric][key] or 0.0 for card in cards], dtype=np.float64)


def _samples(windows: int, seed: int) -> IntArray:
    return block_samples(windows, np.random.default_rng(seed))


def _rate(cards: Sequence[Card], method: str, metric: str, seed: int) -> PooledRate:
    held = [card for card in cards if method in card]
    n, total = _column(held, method, metric, "n"), _column(held, method, metric, "N")
    enough = len(held) >= LEAST_WINDOWS
    return PooledRate(
        n=int(n.sum()),
        total=int(total.sum()),
        windows=len(held),
        wilson=wilson_interval(int(n.sum()), int(total.sum())),
        bootstrap=ratio_of_sums(n, total, _samples(len(held), seed)) if enough else UNDEFINED,
    )


def _skill(cards: Sequence[Card], other: str, seed: int) -> Estimate:
    held = [card for card in cards if other in card]
    if len(held) < LEAST_WINDOWS:
        return UNDEFINED
    ours, theirs = (_column(held, method, "deviance", "value") for method in (FORECAST, other))
    ratio = ratio_of_sums(ours, theirs, _samples(len(held), seed))
    return Estimate(1 - ratio.value, 1 - ratio.high, 1 - ratio.low)


def _sharpness(cards: Sequence[Card]) -> float | None:
    mean = float(_column(cards, FORECAST, PIT, "mean").sum()) if cards else 0.0
    return float(_column(cards, FORECAST, PIT, "width").sum()) / mean if mean > 0 else None


def history_figures(history: History) -> dict[str, Any]:
    """Return a history as plain data, fit for JSON; what is not defined is None."""
    return {
        "windows": history.windows,
        "hit_rate": {
            method: {share: _plain_rate(rate) for share, rate in by_share.items()}
            for method, by_share in history.hits.items()
        },
        "deviance_skill": {other: _plain(estimate) for other, estimate in history.skill.items()},
        "district_coverage": None if history.coverage is None else _plain_rate(history.coverage),
        "level": None if history.coverage is None else history.level,
        "sharpness": None if history.sharpness is None else float(f"{history.sharpness:.6g}"),
        "pit": history.pit.tolist(),
    }


def _plain_rate(rate: PooledRate) -> dict[str, Any]:
    found = {"n": rate.n, "N": rate.total, "windows": rate.windows}
    return {
        **found,
        **_plain(rate.quoted),
        "wilson": _plain(rate.wilson),
        "bootstrap": _plain(rate.bootstrap),
    }


def _plain(estimate: Estimate) -> dict[str, float | None]:
    values = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: float(f"{value:.6g}") if np.isfinite(value) else None for name, value in values.items()}
