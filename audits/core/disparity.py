"""THE DISPARITY METRIC: how much more often a group lives in flagged places than residents overall.

With N_ig residents of group g in area i, N_i all residents of area i, and s_i the share of area i that is
flagged:

    targeting rate        S_g = sum_i N_ig s_i / sum_i N_ig
    reference rate        S   = sum_i N_i  s_i / sum_i N_i        (all residents, each counted once)
    disparity ratio       R_g = S_g / S          range [0, inf)
    disparity difference  D_g = S_g - S          range [-1, 1]

R_g = 1 and D_g = 0: the group lives in flagged places exactly as often as residents overall. R_g = 0: nobody
in the group does. R_g = 1.25: a quarter more often. Being flagged is a burden, so only a high ratio breaches.
NaN: nobody in the group, or nobody at all lives in a flagged place; nothing can be said.

The reference is everybody rather than "everybody else", because groups overlap. Limits: the metric compares
neighbourhoods ("residents live in ..."), never persons, and takes residents as spread evenly over an area.

Sources: demographic parity as selection-rate ratio and difference, Agarwal et al., "A Reductions Approach to
Fair Classification", ICML 2018, as computed by Fairlearn's MetricFrame; residents as weights after Sankin et
al., The Markup (2021); a ratio as a trigger for explanation after 29 CFR 1607.4(D), which is an employment
rule and no legal test here.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, mean_prediction
from numpy.typing import NDArray

from audits.core.groups import EVERYBODY, GroupRows, GroupTable, group_rows, group_rows_with_everybody
from audits.core.rates import ratio_or_nan, targeting_rate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Disparity:
    """How one group compares with residents overall; see the module for formulas and meaning of 0 and 1.

    `residents`: people in the group. `areas`: areas where any of them live. `rate`, `reference_rate`:
    targeting rates, 0 to 1. `ratio`, `difference`: NaN where nothing can be said.
    """

    group: str
    residents: float
    areas: int
    rate: float
    reference_rate: float
    ratio: float
    difference: float


@dataclass(frozen=True)
class Spread:
    """How far the audited groups lie apart from one another (not from residents overall).

    `ratio`: lowest targeting rate divided by highest, 1 = all alike, 0 = one group is never flagged, NaN =
    none is. `difference`: highest minus lowest, 0 = all alike.
    """

    ratio: float
    difference: float


def disparities(table: GroupTable, exposure: Floats) -> tuple[Disparity, ...]:
    """Compare each group with residents overall through Fairlearn's MetricFrame.

    `exposure`: shape (n,), share of each area that is flagged. One row per area and group, weighted by
    residents, with all residents as one more group that serves as the reference. Groups come back in the
    table's order; a group without residents has NaN throughout. Raises ValueError on a wrong shape.
    """
    rates = _rates_by_group(group_rows_with_everybody(table), _checked(table, exposure))
    reference = rates.get(EVERYBODY, np.nan)
    return tuple(
        _disparity(table, column, rates.get(group, np.nan), reference)
        for column, group in enumerate(table.groups)
    )


def spread(table: GroupTable, exposure: Floats) -> Spread:
    """Fairlearn's ratio and difference between the groups themselves."""
    frame = _frame(group_rows(table), _checked(table, exposure))
    if frame is None:
        return Spread(np.nan, np.nan)
    flagged = _number(frame.by_group.max()) > 0
    ratio = _number(frame.ratio(method="between_groups")) if flagged else np.nan
    return Spread(ratio, _number(frame.difference(method="between_groups")))


def disparity_ratio(counts: Floats, residents: Floats, exposure: Floats) -> Floats:
    """Compute R_g = (sum_i N_ig s_i / N_g) / (sum_i N_i s_i / N) directly, for every group at once.

    `counts`: shape (n, k). `residents`: shape (n,). `exposure`: shape (n,). Returns shape (k,). Equal to
    `disparities` up to rounding: the formula without a library, which the bootstrap takes as matrix products.
    """
    reference = targeting_rate(residents[:, None], exposure)
    return ratio_or_nan(targeting_rate(counts, exposure), reference)


def _disparity(table: GroupTable, column: int, rate: float, reference: float) -> Disparity:
    return Disparity(
        group=table.groups[column],
        residents=float(table.totals[column]),
        areas=int(np.count_nonzero(table.counts[:, column])),
        rate=rate,
        reference_rate=reference,
        ratio=rate / reference if reference > 0 else np.nan,
        difference=rate - reference,
    )


def _checked(table: GroupTable, exposure: Floats) -> Floats:
    if exposure.shape != (len(table.areas),):
        raise ValueError(f"{exposure.size} exposures for {len(table.areas)} areas")
    return exposure


def _rates_by_group(rows: GroupRows, exposure: Floats) -> dict[str, float]:
    frame = _frame(rows, exposure)
    if frame is None:
        return {}
    return {str(group): _number(rate) for group, rate in frame.by_group.items()}


def _frame(rows: GroupRows, exposure: Floats) -> MetricFrame | None:
    """One row per area and group, weighted by residents; None where nobody lives anywhere."""
    lived_in = rows.weight > 0
    if not lived_in.any():
        return None
    predicted = exposure[rows.area[lived_in]]
    return MetricFrame(
        metrics=mean_prediction,
        y_true=np.zeros(predicted.size),  # mean_prediction ignores it; MetricFrame asks for it
        y_pred=predicted,
        sensitive_features=pd.Series(rows.group[lived_in], name="group"),
        sample_params={"sample_weight": rows.weight[lived_in]},
    )


def _number(value: object) -> float:
    """Fairlearn returns numpy or pandas scalars, depending on its input; read either as a plain number."""
    return float(np.asarray(value, dtype=np.float64))
