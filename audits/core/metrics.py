"""The catalogue: every metric of an audit, what it needs, what it rests on and how to read it.

Rows follow the audit's table of seventeen: 1 targeting rate, 2 disparity, 3 composition lift, 4 above-median
share, 5 exposure, 6 three benchmarks, 7 calibration, 8 error parity, 9 equal benefit, 10 conditional parity, 11
over- and under-prediction, 12 feedback (a simulation: `feedback`), 13 enforcement outcome, 14 monotone association,
15 efficiency with baselines; 16 is the uncertainty of all of them (`draws`, `margins`) and 17 their small numbers
(`evidence`). Formula, meaning of 0 and 1, errors and source stand at each function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from audits.core import (
    association,
    bands,
    benefit,
    calibration,
    dosage,
    efficiency,
    enforcement,
    error_parity,
    targeting,
)
from audits.core.strata import TENTHS

Reading = Literal["burden", "service", "accuracy", "association"]


@dataclass(frozen=True)
class Metric:
    """One metric. `function(draws, *needs)` returns (d, k); `needs` are names of `Audited`, in its order.

    `rests_on`: denominators that must be large enough (`evidence.Floors`). `neutral`: the value that means
    "alike" or "no association"; None where groups are only compared with one another. `reads_as`: a high burden
    is bad, a low service is bad, accuracy is a matter of distance from `neutral`, and an association is neither.
    """

    row: int
    name: str
    title: str
    function: Callable[..., Any]
    needs: tuple[str, ...]
    rests_on: tuple[str, ...]
    reads_as: Reading
    neutral: float | None = None


_PEOPLE = ("residents", "areas")
_PATROL = (*_PEOPLE, "minutes")
_FLAGGED = (*_PEOPLE, "flagged_areas")
_CRIME = (*_PEOPLE, "incidents")
_BOTH = (*_CRIME, "flagged_areas")


def _per_tenth() -> tuple[Metric, ...]:
    calibrated = tuple(
        Metric(
            7,
            f"calibration_tenth_{number}",
            f"Forecast over recorded incidents, tenth {number} of forecast risk",
            partial(calibration.calibration_in_tenth, number=number),
            ("forecast", "recorded"),
            _CRIME,
            "accuracy",
            1.0,
        )
        for number in range(1, TENTHS + 1)
    )
    conditional = tuple(
        Metric(
            10,
            f"targeting_rate_tenth_{number}",
            f"Residents living in flagged areas, tenth {number} of recorded incidents",
            partial(targeting.targeting_in_tenth, number=number),
            ("flagged", "recorded"),
            _PEOPLE,
            "burden",
        )
        for number in range(1, TENTHS + 1)
    )
    return calibrated + conditional


def _lifts() -> tuple[Metric, ...]:
    return tuple(
        Metric(
            3,
            f"lift_{band}",
            f"Lift of the group's share in the {band} targeted 5 % of areas",
            partial(bands.lift_in_band, band=band),
            ("targeted",),
            _PEOPLE,
            "burden" if band == "most" else "association",
            0.0,
        )
        for band in bands.BANDS
    )


def _metric(
    row: int,
    function: Callable[..., Any],
    title: str,
    needs: str,
    rests_on: tuple[str, ...],
    reads_as: Reading,
    neutral: float | None = None,
    name: str = "",
) -> Metric:
    called = name or function.__name__.removesuffix("_drawn")
    return Metric(row, called, title, function, tuple(needs.split()), rests_on, reads_as, neutral)


_SINGLE = (
    _metric(1, targeting.targeting_rate_drawn, "Residents living in flagged areas",
            "flagged", _PEOPLE, "burden"),
    _metric(2, targeting.disparity_ratio_drawn, "Rate over that of residents overall",
            "flagged", _FLAGGED, "burden", 1.0),
    _metric(2, targeting.disparity_difference, "Rate less that of residents overall",
            "flagged", _PEOPLE, "burden", 0.0),
    _metric(2, targeting.ratio_to_highest, "Rate over the highest group's",
            "flagged", _FLAGGED, "burden", 1.0),
    _metric(4, bands.above_median_share, "Residents in areas above the median count",
            "targeted", _PEOPLE, "burden", 0.5),
    _metric(5, dosage.exposure_share, "Share of patrol minutes", "minutes", _PATROL, "burden"),
    _metric(5, dosage.exposure_index, "Share of minutes over share of residents",
            "minutes", _PATROL, "burden", 1.0),
    _metric(6, dosage.minutes_per_resident, "Minutes per resident", "minutes", _PATROL, "burden"),
    _metric(6, dosage.minutes_per_incident, "Minutes per recorded incident",
            "minutes recorded", (*_PATROL, "incidents"), "burden"),
    _metric(6, dosage.minutes_per_call, "Minutes per resident's call",
            "minutes calls", (*_PATROL, "calls"), "service"),
    _metric(7, calibration.calibration_ratio, "Forecast over recorded incidents",
            "forecast recorded", _CRIME, "accuracy", 1.0),
    _metric(8, error_parity.true_positive_rate, "Flagged, of what had an incident",
            "flagged recorded", (*_PEOPLE, "positives"), "service"),
    _metric(8, error_parity.false_positive_rate, "Flagged, of what had none",
            "flagged recorded", (*_PEOPLE, "negatives"), "burden"),
    _metric(8, error_parity.precision, "Incident, of what was flagged",
            "flagged recorded", _FLAGGED, "accuracy"),
    _metric(8, error_parity.mean_absolute_error, "Mean absolute error",
            "forecast recorded", _PEOPLE, "accuracy"),
    _metric(8, error_parity.poisson_deviance, "Poisson deviance", "forecast recorded", _PEOPLE, "accuracy"),
    _metric(9, benefit.equal_benefit, "Share of recorded crime inside flagged areas",
            "flagged recorded", _CRIME, "service"),
    _metric(9, benefit.burden_per_benefit, "Burden per benefit", "flagged recorded", _BOTH, "burden", 1.0),
    _metric(10, targeting.conditional_ratio, "Rate over what areas with as many incidents explain",
            "flagged recorded", _FLAGGED, "burden", 1.0),
    _metric(11, benefit.over_prediction_index, "Over- and under-prediction index",
            "flagged surface recorded reporting", _BOTH, "service", 1.0),
    _metric(13, enforcement.enforcement_ratio, "Arrests per incident, flagged over not",
            "flagged arrests recorded", (*_BOTH, "arrests"), "burden", 1.0),
    _metric(14, association.spearman, "Rank correlation with the group's share",
            "targeted", _PEOPLE, "association", 0.0),
    _metric(14, association.spearman_given, "Rank correlation, given recorded incidents",
            "targeted recorded", _PEOPLE, "association", 0.0, name="spearman_given_recorded"),
    _metric(14, association.spearman_given, "Rank correlation, given residents' calls",
            "targeted calls_by_window", _PEOPLE, "association", 0.0, name="spearman_given_calls"),
    _metric(15, efficiency.prediction_accuracy_index, "Prediction accuracy index (chance: 1)",
            "flagged surface recorded", _BOTH, "accuracy", 1.0),
    _metric(15, efficiency.efficiency_over_map, "Accuracy index over that of last year's counts",
            "flagged counted surface recorded", _BOTH, "accuracy", 1.0, name="efficiency_over_counting"),
    _metric(15, efficiency.efficiency_over_map, "Accuracy index over that of hindsight",
            "flagged best surface recorded", _BOTH, "accuracy", 1.0, name="prediction_efficiency_index"),
)  # fmt: skip

METRICS: tuple[Metric, ...] = tuple(sorted(_SINGLE + _per_tenth() + _lifts(), key=lambda each: each.row))
"""Every metric, by row."""
