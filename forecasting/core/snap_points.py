"""Snap points: one exact coordinate that suddenly takes a share of the incidents, as a geocoder's default does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from forecasting.core.drift import FALSE_ALARMS, DriftCheck
from forecasting.core.drift_inputs import check_weeks
from forecasting.core.false_discovery import benjamini_yekutieli
from forecasting.core.finding_words import NOT_A_VERDICT, figure, probability
from forecasting.core.incidents import BoolArray, FloatArray, IntArray
from forecasting.core.wording import percent

LEAST_SNAP_COUNT = 10
LEAST_SNAP_SHARE = 0.02
"""A snap point holds at least this many recent incidents, and at least this share of them."""

MOST_SCATTER = 20.0
"""The scatter of repeats at one coordinate is not taken to be larger: the burst itself must not excuse itself."""


def snap_point_check(x: IntArray, y: IntArray, week: IntArray, recent: int) -> DriftCheck:
    """Ask whether one exact coordinate has suddenly taken a share of the incidents.

    ``x``, ``y`` (shape ``(n,)``) are the extract's integers (tenths of a CRS unit), ``week`` counts weeks from 0, the
    oldest. A coordinate's recent count is compared with its past rate (half an incident added) by a negative
    binomial whose scatter is that of repeats at coordinates in the past, so that ordinary repeats are allowed for;
    p-values are adjusted over all coordinates (Benjamini-Yekutieli). And its share must have grown more than any
    coordinate's did in any earlier stretch of as many weeks. The statistic is the largest share among the coordinates
    that pass, or where none does, among all.

    Raises CannotForecast (``history_too_short``, ``too_few_incidents``).
    """
    weeks = int(week.max()) + 1 if len(week) else 0
    check_weeks(np.bincount(week, minlength=weeks).astype(np.float64)[:, None], recent)
    points, owner = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)
    owner = owner.ravel()
    block = (weeks - 1 - week) // recent  # 0 is the recent weeks
    blocks = weeks // recent
    table = np.zeros((len(points), blocks))
    np.add.at(table, (owner[block < blocks], block[block < blocks]), 1)
    now, past = table[:, 0], table[:, 1:]
    exposure = now.sum() / past.sum()
    usual = (past.sum(axis=1) + 0.5) * exposure
    adjusted = benjamini_yekutieli(np.where(now > 0, _tail(now, usual, _repeat_scatter(past)), np.nan))
    share = now / now.sum()
    snaps = (np.nan_to_num(adjusted, nan=1.0) <= FALSE_ALARMS) & (now >= LEAST_SNAP_COUNT)
    snaps &= (share >= LEAST_SNAP_SHARE) & _grew_most(table)
    most = int(np.where(snaps, share, share - 1).argmax())
    found = _Snap(
        points[most], float(now[most]), float(usual[most]), float(share[most]), float(adjusted[most])
    )
    return _verdict(found, recent, breached=bool(snaps[most]))


@dataclass(frozen=True)
class _Snap:
    point: IntArray
    count: float
    usual: float
    share: float
    adjusted: float


def _grew_most(table: FloatArray) -> BoolArray:
    """Which coordinates' shares now exceed their shares at other times by more than any share ever did before."""
    held, others = table / table.sum(axis=0), table.sum(axis=1, keepdims=True) - table
    gain = held - others / (table.sum() - table.sum(axis=0))
    return np.asarray(gain[:, 0] > gain[:, 1:].max(), dtype=np.bool_)


def _repeat_scatter(past: FloatArray) -> float:
    """How much more than by chance the counts of one coordinate vary from block to block, at least 1."""
    mean = past.mean(axis=1, keepdims=True)
    city = past.sum(axis=0) / past.sum() * past.shape[1]
    freedom = past.shape[1] / (past.shape[1] - 1)
    found = float(((past - mean * city) ** 2).sum() / past.sum()) * freedom
    return float(np.clip(found, 1.0, MOST_SCATTER))


def _tail(count: FloatArray, mean: FloatArray, scatter: float) -> FloatArray:
    """Chance of at least ``count`` where the mean is ``mean`` and the variance ``scatter`` times that."""
    if scatter < 1 + 1e-6:
        return np.asarray(stats.poisson.sf(count - 1, mean), dtype=np.float64)
    return np.asarray(stats.nbinom.sf(count - 1, mean / (scatter - 1), 1 / scatter), dtype=np.float64)


def _verdict(found: _Snap, recent: int, *, breached: bool) -> DriftCheck:
    where = f"{found.point[0] / 10:,.1f} E {found.point[1] / 10:,.1f} N"
    held = f"{percent(found.share)} %"
    told = (
        f"{held} of the incidents of the last {recent} weeks ({figure(found.count)}) lie at exactly one coordinate, "
        f"{where}, where {figure(round(found.usual, 1))} would be usual"
        if breached
        else f"No coordinate suddenly holds many incidents; the most at one are {held} ({figure(found.count)})"
    )
    return DriftCheck(
        "snap_points", found.share, LEAST_SNAP_SHARE, found.adjusted, breached,
        f"{told} (p {probability(found.adjusted)}, adjusted for all coordinates). {NOT_A_VERDICT}",
        f"Ask the source whether {where} is a default point of its geocoder; if so, mark these incidents as not "
        "placed, and forecast again without them." if breached else "",
    )  # fmt: skip
