"""The six kinds of incident in the demo city, each with the constants of its process."""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HOURS = 24
POORER_SIDE = (cos(1.25 * pi), sin(1.25 * pi))  # unit vector to the south-west, where poverty is planted


@dataclass(frozen=True)
class Kind:
    """One kind of incident and how it comes about.

    ``share`` of the recorded incidents; ``branching``: expected direct followers of one incident, 0 to <1;
    ``reach``: standard deviation in metres, ``wait``: mean days from an incident to a follower;
    ``ring``: log-risk at the ring around the centre above the edge; ``tilt``: log-risk at the poorer edge
    above the middle; ``smooth``, ``micro``: standard deviations of the log-risk between neighbourhoods and
    between single cells; ``season``: amplitude, ``peak_day``: day of the year of most incidents;
    ``weekday``, ``weekend``: (hour of the peak, width in hours, weight) of the times of day;
    ``weekend_factor``: a Saturday's incidents against a Monday's; ``delay``: mean hours to the report;
    ``discovered``: found only where patrols go.
    """

    category: str
    label: str
    share: float
    branching: float
    reach: float
    wait: float
    ring: float
    tilt: float
    smooth: float
    micro: float
    season: float
    peak_day: int
    weekday: tuple[tuple[float, float, float], ...]
    weekend: tuple[tuple[float, float, float], ...]
    weekend_factor: float
    delay: float
    discovered: bool = False


_NIGHT = ((23.5, 3.0, 0.7), (3.0, 2.0, 0.3))
KINDS = (
    Kind(
        "residential_burglary", "Burglary, residential", 0.18, 0.25, 130.0, 9.0, 0.5, 0.0, 0.12, 1.0, 0.18,
        215, ((13.0, 3.0, 0.6), (20.0, 3.0, 0.4)), ((21.0, 3.5, 0.7), (3.0, 2.5, 0.3)), 0.9, 9.0,
    ),
    Kind(
        "theft_from_vehicle", "Theft from vehicle", 0.28, 0.15, 110.0, 6.0, 0.9, -0.2, 0.5, 0.9, 0.10, 300,
        ((22.0, 4.0, 0.7), (9.0, 3.0, 0.3)), _NIGHT, 1.1, 10.0,
    ),
    Kind(
        "motor_vehicle_theft", "Motor vehicle theft", 0.12, 0.10, 160.0, 8.0, 0.4, 0.5, 0.4, 0.7, 0.06, 280,
        ((21.0, 4.0, 0.8), (6.0, 3.0, 0.2)), _NIGHT, 1.0, 5.0,
    ),
    Kind(
        "robbery", "Robbery", 0.06, 0.12, 150.0, 5.0, 0.9, 0.7, 0.5, 1.0, 0.08, 225,
        ((21.5, 3.5, 0.8), (15.5, 2.0, 0.2)), ((0.5, 3.0, 0.8), (20.0, 3.0, 0.2)), 1.2, 1.0,
    ),
    Kind(
        "vandalism", "Vandalism", 0.24, 0.15, 140.0, 7.0, 0.5, 0.25, 0.4, 0.8, 0.15, 160,
        ((20.0, 4.0, 0.7), (8.0, 3.0, 0.3)), _NIGHT, 1.25, 14.0,
    ),
    Kind(
        "narcotics", "Narcotics", 0.12, 0.0, 0.0, 0.0, 0.4, 0.0, 0.4, 0.9, 0.04, 120,
        ((16.0, 4.0, 0.8), (22.0, 2.5, 0.2)), ((22.0, 3.5, 1.0),), 0.8, 0.2, discovered=True,
    ),
)  # fmt: skip


def _day_shape(peaks: tuple[tuple[float, float, float], ...]) -> Floats:
    """24 hourly weights that sum to 1: bumps around the clock upon an even floor."""
    hour = np.arange(HOURS) + 0.5
    weight = np.full(HOURS, 0.25 / HOURS)
    for peak, width, share in peaks:
        gap = np.abs((hour - peak + 12) % HOURS - 12)
        bump = np.exp(-0.5 * (gap / width) ** 2)
        weight += 0.75 * share * bump / bump.sum()
    return np.asarray(weight / weight.sum())


def hours_of_week(kind: Kind) -> Floats:
    """Share of each of the 168 hours of an ordinary week, Monday 00:00 first; sums to 1."""
    week = [_day_shape(kind.weekday)] * 4
    late = 0.5 * (_day_shape(kind.weekday) + _day_shape(kind.weekend))  # Friday turns into the weekend
    week += [
        late,
        _day_shape(kind.weekend) * kind.weekend_factor,
        _day_shape(kind.weekend) * kind.weekend_factor,
    ]
    weights = np.concatenate(week)
    return np.asarray(weights / weights.sum())


def season_of(kind: Kind, day_of_year: NDArray[np.int64]) -> Floats:
    """How many times the year's mean each day gets; between 1 - season and 1 + season."""
    return np.asarray(1 + kind.season * np.cos(2 * pi * (day_of_year - kind.peak_day) / 365.25))
