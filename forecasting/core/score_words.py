"""What a score says in one sentence, beside its trivial baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from forecasting.core.score_history import History
from forecasting.core.scorecard import BASELINE, DECAYED, FORECAST, RANDOM
from forecasting.core.scoring import Estimate, wilson_interval
from forecasting.core.wording import counted, percent

BESIDE = {
    BASELINE: "counting past reports alone found",
    DECAYED: "counts that fade with age",
    RANDOM: "a map drawn by lot",
}

Figures = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Pooled:
    """Hits of several windows together: `n` of `total` in a share of the area, and the baseline's `n`."""

    windows: int
    n: int
    total: int
    baseline_n: int
    area_share: float

    @property
    def ours(self) -> Estimate:
        """The forecast's hit rate with its 95 % interval (Wilson)."""
        return wilson_interval(self.n, self.total)

    @property
    def theirs(self) -> Estimate:
        """The baseline's hit rate with its 95 % interval (Wilson)."""
        return wilson_interval(self.baseline_n, self.total)


def pool_hits(scores: Iterable[Figures], metric: str = "hit_rate_5") -> Pooled:
    """Add up the hits of several windows; a window without incidents adds nothing."""
    rows = [(each[FORECAST][metric], each[BASELINE][metric]) for each in scores]
    shares = [float(ours.get("area_share") or 0.0) for ours, _ in rows]
    return Pooled(
        windows=len(rows),
        n=sum(int(ours["n"]) for ours, _ in rows),
        total=sum(int(ours["N"]) for ours, _ in rows),
        baseline_n=sum(int(theirs["n"]) for _, theirs in rows),
        area_share=sum(shares) / len(shares) if shares else 0.0,
    )


def hits_sentence(pooled: Pooled, incidents: str) -> str:
    """Say what share was found in how little of the city, with n, interval and baseline."""
    if not pooled.total:
        return f"No {incidents} were recorded in the windows scored so far."
    ours = pooled.ours
    windows = counted(pooled.windows, "window", "windows")
    return (
        f"Over {windows} it found {percent(ours.value)} % of {incidents} in {percent(pooled.area_share)} % of the city "
        f"[{percent(ours.low)}–{percent(ours.high)}; {pooled.n:,} of {pooled.total:,}]; "
        f"counting past reports alone found {percent(pooled.theirs.value)} %."
    )


def history_sentence(history: History, incidents: str) -> str:
    """Say what share was found in 5 % of the city over all windows, with n and interval, and by trivial forecasts."""
    ours = history.hits[FORECAST]["5"]
    if not ours.total:
        return f"No {incidents} were recorded in the windows scored so far."
    beside = [
        f"{said} {percent(rate.n / rate.total)} %"
        for method, said in BESIDE.items()
        if method in history.hits and (rate := history.hits[method]["5"]).total
    ]
    quoted, windows = ours.quoted, counted(history.windows, "window", "windows")
    return (
        f"Over {windows} they found {percent(ours.n / ours.total)} % of {incidents} in 5 % of the city "
        f"[{percent(quoted.low)}–{percent(quoted.high)}; {ours.n:,} of {ours.total:,}]; "
        f"{', '.join(beside)}."
    )


def coverage_sentence(history: History) -> str:
    """Say how often districts' counts fell where they should; "" while no card counted them."""
    covered = history.coverage
    if covered is None or not covered.total:
        return ""
    quoted, right = covered.quoted, percent(history.level)
    return (
        f"Of {covered.total:,} counts of districts {percent(covered.n / covered.total)} % "
        f"[{percent(quoted.low)}–{percent(quoted.high)}] fell in the middle {right} % of what was forecast for them; "
        f"{right} % is right."
    )
