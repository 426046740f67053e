"""How long a city's night takes: every category, from features and fit to what is sealed, with the explained places.

Run by `make bench`. Philadelphia with eight years of incidents, one process, as a worker does it; memory is the
process's own peak. Then the price of history: the same made-up city with one year and with ten. Speed stands beside
a reference workload timed next to it. Philadelphia is skipped by name where the open data is absent.
"""

import resource
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from forecasting.core.explain import reasons
from forecasting.core.grid import make_grid
from forecasting.core.incidents import Incidents
from forecasting.core.pipeline import Forecast
from forecasting.core.recipe import Recipe, standard_recipe
from forecasting.core.sealing import Order, seal
from forecasting.core.training import City
from forecasting.core.windows import DAY, Window, rolling_windows
from governance.core.policy import DEFAULT_SHIFTS
from tests.benchmarks.bench_forecast import DATA
from tests.benchmarks.bench_peers import philadelphia

NIGHT_SECONDS, NIGHT_GB, REFIT_SECONDS, TEN_YEARS = 60.0, 2.0, 20.0, 12.0
FLAGGED = 0.05
MIB = 1024


def reference() -> float:
    """Sort five million numbers; return the seconds."""
    numbers = np.random.default_rng(1).random(5_000_000)
    began = time.perf_counter()
    np.sort(numbers)
    return time.perf_counter() - began


def forecast_of(
    incidents: Mapping[str, Incidents], city: City, recipe: Recipe, category: str, window: Window
) -> Forecast:
    """Do for one category what a night does: all that is sealed, and the reasons of the flagged places."""
    order = Order(category, recipe, window, window.start, FLAGGED * city.grid.total_area, 1)
    made = seal(order, incidents, city, {}, {"category": category}).forecast
    for cell in np.flatnonzero(made.flagged):
        reasons(recipe.terms, {name: float(values[cell]) for name, values in made.factors.items()})
    return made


def night() -> list[str]:
    """Forecast every category of Philadelphia for the week after its last full year; return what was missed."""
    trial = philadelphia(1)
    opening = datetime(2024, 1, 1, 6, tzinfo=ZoneInfo(trial.city.timezone))
    window = rolling_windows(int(opening.timestamp()), 7, 1, trial.city.timezone)[0]
    known = {name: each.where(each.ends < window.start) for name, each in trial.incidents.items()}
    recipe = standard_recipe("blend", trial.categories)
    rows = sum(map(len, known.values()))
    print(f"Philadelphia: {rows:,} incidents of {len(known)} categories, {len(trial.city.grid):,} cells")
    began, each = time.perf_counter(), {}
    for category in trial.categories:
        started = time.perf_counter()
        made = forecast_of(known, trial.city, recipe, category, window)
        each[category] = time.perf_counter() - started
        print(f"  {category:28}{each[category]:6.1f} s   {made.total:8.1f} expected", flush=True)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB / MIB
    print(
        f"  the night: {seconds:.1f} s (wanted: {NIGHT_SECONDS:g}), slowest category {max(each.values()):.1f} s",
        end=" ",
    )
    print(
        f"(wanted: {REFIT_SECONDS:g}), peak {peak:.2f} GB with the reading of the files (wanted: {NIGHT_GB:g})"
    )
    return [
        name
        for name, missed in (
            ("the night", seconds > NIGHT_SECONDS),
            ("one category", max(each.values()) > REFIT_SECONDS),
            ("memory", peak > NIGHT_GB),
        )
        if missed
    ]


def made_up(years: int) -> tuple[Mapping[str, Incidents], City, Window]:
    """Return a city of 40,000 cells with 50,000 incidents a year of two categories."""
    rng = np.random.default_rng(1)
    origin, size = 1_700_000_000, 50_000 * years
    city = City(make_grid(shapely.box(0, 0, 30_000, 30_000), 150.0), 1.0, "UTC", DEFAULT_SHIFTS)

    def some() -> Incidents:
        ends = np.sort(rng.integers(origin - years * 365 * DAY, origin, size))
        x, y = rng.normal(15_000, 5_000, (2, size))
        return Incidents(x, y, ends, ends)

    return {"theft": some(), "burglary": some()}, city, rolling_windows(origin, 7, 1, "UTC")[0]


def history_price() -> list[str]:
    """Compare the cost of two years of history with that of twenty; return what was missed."""
    recipe = standard_recipe("blend", ("theft", "burglary"))

    def cost(years: int) -> float:
        incidents, city, window = made_up(years)
        return min(
            seconds_of(lambda: forecast_of(incidents, city, recipe, "theft", window)) for _ in range(3)
        )

    few, many = cost(2), cost(20)
    print(
        f"Made-up city: 2 years {few:.2f} s, 20 years {many:.2f} s: x{many / few:.1f} (wanted: at most x{TEN_YEARS:g})"
    )
    return ["the price of history"] if many > TEN_YEARS * few else []


def seconds_of(work: Callable[[], Any]) -> float:
    """Do it once; return the seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure, print, and say what was missed."""
    print(f"reference (sorting five million numbers): {reference():.2f} s")
    missed = history_price()
    if (DATA / "philadelphia").exists():
        missed += night()
    else:
        print("skipped: Philadelphia's open data is not here")
    print(f"reference again: {reference():.2f} s")
    if missed:
        sys.exit(f"bench_nightly: missed {', '.join(missed)}")


if __name__ == "__main__":
    main()
