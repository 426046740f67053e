"""A stationary made-up city for the tests of drift: weeks, areas, coordinates and delays that do not change."""

from dataclasses import dataclass

import numpy as np

from forecasting.core.incidents import IntArray

WEEKS = 52
RECENT = 4
AREAS = ("Harbour", "Mill", "Dock", "Hill", "Park", "Quay")


@dataclass
class City:
    """Incidents of a year: day from 0, area, x and y in tenths, whole days until reported."""

    day: IntArray
    area: IntArray
    x: IntArray
    y: IntArray
    delay: IntArray

    @property
    def week(self) -> IntArray:
        return self.day // 7

    def by_area(self) -> np.ndarray:
        flat = np.bincount(self.week * len(AREAS) + self.area, minlength=WEEKS * len(AREAS))
        return flat.reshape(WEEKS, len(AREAS)).astype(np.float64)


def stationary(seed: int, per_week: float = 120.0) -> City:
    """Busy and quiet weeks, weeks in which one area has more, places that repeat, one address that always does."""
    rng = np.random.default_rng(seed)
    level = per_week * rng.gamma(20, 1 / 20, WEEKS)
    tilt = rng.gamma(60, 1 / 60, (WEEKS, len(AREAS))) * np.array([3.0, 2, 2, 1, 1, 1])
    counts = rng.poisson(level[:, None] * tilt / tilt.sum(axis=1, keepdims=True))
    week, area = (np.repeat(each.ravel(), counts.ravel()) for each in np.indices(counts.shape))
    size = len(week)
    weight = rng.pareto(1.5, 3000) + 0.2
    place = rng.choice(3000, size, p=weight / weight.sum())
    earlier = np.maximum(np.arange(size) - rng.integers(1, 200, size), 0)
    place = np.where(rng.random(size) < 0.15, place[earlier], place)  # near repeats at the same address
    x, y = rng.integers(0, 200_000, (2, 3000))
    delay = rng.geometric(0.35, size) - 1
    return City(week * 7 + rng.integers(0, 7, size), area, x[place], y[place], delay)


def with_snap_burst(city: City, seed: int, share: float = 0.06) -> City:
    """A geocoder puts a share of the incidents of the last four weeks on one default point."""
    chosen = (city.week >= WEEKS - RECENT) & (np.random.default_rng(seed).random(len(city.day)) < share)
    return City(
        city.day, city.area, np.where(chosen, 123_456, city.x), np.where(chosen, 65_432, city.y), city.delay
    )


def with_delay(city: City, seed: int, days: float, first_week: int) -> City:
    """Reports come later by a Poisson number of days from a week on."""
    late = np.random.default_rng(seed).poisson(days, len(city.day))
    return City(city.day, city.area, city.x, city.y, city.delay + np.where(city.week >= first_week, late, 0))
