"""Which method and which layout of cells an entry uses: whatever did best on windows before its origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.core.decay_mixture import (
    PastWindow,
    cell_history,
    first_places,
    learn_weights,
    mixture_score,
    past_window,
)
from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.limits import MIN_INCIDENTS, CannotForecast
from forecasting.core.nij import Score
from forecasting.core.nij_layout import Layout
from forecasting.core.windows import DAY, Window, days_later

MIXTURE = "mixture"
DECAYS = {f"decayed_{days}": float(days) for days in (180, 365, 730, 1460)}
"""Plainly decayed counts by half-life in days: what the mixture has to beat on the past to be used."""

METHODS = (MIXTURE, *DECAYS)
REFIT_DAYS = 28
"""The mixture's weights are learned again when those in use are this old."""

BURN_IN_DAYS, MOST_DAYS, STEP_DAYS = 180, 1456, 28
"""History before the first past window; how far back windows reach; the most days between two origins."""

LEAST_WINDOWS = 6
Progress = Callable[[int, int], None]
"""Told after every layout: how many are done, of how many."""


@dataclass(frozen=True)
class Trials:
    """Past windows on one layout: hits by method, incidents, and the most that as many cells could have caught.

    Arrays have shape ``(windows,)``.
    """

    layout: Layout
    hits: Mapping[str, IntArray]
    total: IntArray
    best: IntArray

    def pooled(self, method: str, score: Score) -> float:
        """Return n / N (for PAI, where area is the same for all) or n / n* over all windows; 0 without any."""
        bottom = int((self.total if score is Score.PAI else self.best).sum())
        return float(self.hits[method].sum()) / bottom if bottom else 0.0


@dataclass(frozen=True)
class Choice:
    """The method and layout chosen, the trials of every layout, and the windows they were judged on."""

    method: str
    layout: Layout
    trials: Sequence[Trials]
    judged: Sequence[Window]

    @property
    def of_layout(self) -> Trials:
        """The trials on the chosen layout."""
        return next(each for each in self.trials if each.layout == self.layout)


def past_windows(origin: int, days: int, earliest: int, delay: int, timezone: str) -> tuple[Window, ...]:
    """Return windows of ``days`` local days that were over and known before ``origin``, the oldest first.

    Origins lie ``days`` apart but at most ``STEP_DAYS``, so long windows overlap. None opens before ``earliest``
    plus ``BURN_IN_DAYS``; ``delay`` is in seconds. Raises CannotForecast (``history_too_short``).
    """
    step, windows = min(days, STEP_DAYS), []
    first = earliest + BURN_IN_DAYS * DAY
    last_start = days_later(origin - delay, -days, timezone)
    for back in range(MOST_DAYS // step + 1):
        start = days_later(last_start, -back * step, timezone)
        if start >= first:
            windows.append(Window(start, days_later(start, days, timezone)))
    if len(windows) < LEAST_WINDOWS:
        needed = BURN_IN_DAYS + days + (LEAST_WINDOWS - 1) * step
        raise CannotForecast(
            "history_too_short",
            f"The history before the origin holds {len(windows)} windows of {days} days to choose on; at least "
            f"{LEAST_WINDOWS} are needed, that is {needed} days of incidents. Ingest earlier files, or choose a "
            "later origin or a shorter horizon.",
        )
    return tuple(reversed(windows))


def try_layout(
    incidents: Incidents,
    layout: Layout,
    windows: Sequence[Window],
    *,
    judged: int,
    flagged: int,
    delay: int,
    seed: int,
    decays: Mapping[str, float | None] = DECAYS,
) -> Trials:
    """Rank the cells of one layout by every method at each window's origin, and count what the first caught.

    The last ``judged`` windows are counted; the earlier ones only teach. At an origin the mixture has learned from
    windows over by then. ``delay`` (seconds) is how much less is known at every origin; ``seed`` decides ties;
    ``decays`` are half-lives in days (None: all counts) by the name of a method.
    """
    history = cell_history(*layout.cells_of(incidents.x, incidents.y), incidents.ends)
    lottery = np.random.default_rng(seed).random(len(history.places))
    hits: dict[str, list[int]] = {method: [] for method in (MIXTURE, *decays)}
    taught: list[PastWindow] = []
    total, best, weights, learned = [], [], np.zeros(0), 0
    for number, window in enumerate(windows):
        cut = window.start - delay
        surfaces = history.surfaces(cut)
        if number >= len(windows) - judged:
            if cut - learned >= REFIT_DAYS * DAY:
                weights, learned = learned_by(taught, cut, surfaces.shape[1]), cut
            observed = history.counts(window.start, window.end)
            total.append(int(observed.sum()))
            best.append(int(observed[first_places(observed, lottery, flagged)].sum()))
            ranked = {name: history.decayed(cut, half_life) for name, half_life in decays.items()}
            ranked[MIXTURE] = mixture_score(surfaces, weights, flagged)
            for method, values in ranked.items():
                hits[method].append(_caught(observed, values, lottery, flagged))
        taught.append(past_window(history, surfaces, window.start, window.end, flagged))
    counted = {method: np.array(values, dtype=np.int64) for method, values in hits.items()}
    return Trials(layout, counted, np.array(total, dtype=np.int64), np.array(best, dtype=np.int64))


def _caught(observed: FloatArray, values: FloatArray, lottery: FloatArray, flagged: int) -> int:
    """Count what the first places caught. One without a value is no guess: that it ever holds any is known later."""
    first = first_places(values, lottery, flagged)
    return int(observed[first[values[first] > 0]].sum())


def learned_by(taught: Sequence[PastWindow], cut: int, surfaces: int) -> FloatArray:
    """Return the mixture's weights as learned from the windows that were over and known at ``cut``."""
    return learn_weights([window for window in taught if window.end <= cut], surfaces)


def choose(
    incidents: Incidents,
    layouts: Sequence[Layout],
    windows: Sequence[Window],
    *,
    score: Score,
    flagged: int,
    delay: int,
    seed: int,
    progress: Progress,
) -> Choice:
    """Choose a method and a layout on past windows; the older third of them only teaches.

    The method is the one with the best pooled score over all layouts, so that no lucky grid decides; the layout is
    then that method's best. Raises CannotForecast (``too_few_incidents``).
    """
    if len(incidents) < MIN_INCIDENTS:
        raise CannotForecast(
            "too_few_incidents",
            f"{len(incidents)} incidents are known inside the boundary before the origin; at least {MIN_INCIDENTS} "
            "are needed. Ingest a longer history, choose a later origin, or a broader category.",
        )
    judged, trials = len(windows) - len(windows) // 3, []
    for number, layout in enumerate(layouts):
        trials.append(
            try_layout(incidents, layout, windows, judged=judged, flagged=flagged, delay=delay, seed=seed)
        )
        progress(number + 1, len(layouts))
    method = max(METHODS, key=lambda name: sum(each.pooled(name, score) for each in trials))
    best = max(trials, key=lambda each: each.pooled(method, score))
    return Choice(method, best.layout, trials, windows[len(windows) - judged :])
