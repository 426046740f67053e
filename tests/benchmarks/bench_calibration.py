"""How sure is sure: coverage of Philadelphia's districts by the distributions that forecasts seal, and how sharp.

    python -m tests.benchmarks.bench_calibration [--category theft ...] [--windows 26] [--districts]

Every reported category with 1,000 incidents a year, 28 days at a time over 2022-23, on 152 m. Covered: the
randomised PIT of the district's count lies between 0.05 and 0.95. Intervals: blocks of windows resampled. Beside it
stands the distribution that knows no dispersion (Poisson), in the same windows. Wanted: 88-92 % over all, 85-95 % in
each category.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from forecasting.core.calibration import (
    Calibration,
    Placement,
    coverage_by_district,
    place_districts,
    pool_placements,
)
from forecasting.core.intervals import Dispersion
from forecasting.core.pipeline import make_forecast
from forecasting.core.recipe import standard_recipe
from forecasting.core.training import surfaces_for
from tests.benchmarks.bench_peers import SEED, Trial, philadelphia

POOLED, EACH = (0.88, 0.92), (0.85, 0.95)


@dataclass(frozen=True)
class Placed:
    """One category's windows: placed in the sealed distributions, and in Poisson's."""

    sealed: list[Placement]
    poisson: list[Placement]


def placed(trial: Trial, category: str) -> Placed:
    """Forecast every window from what was known at its start, and place the districts' counts."""
    recipe = standard_recipe("blend", (category,), related=tuple(trial.incidents))
    surfaces = surfaces_for(trial.incidents, trial.city, recipe, category)
    found = Placed([], [])
    for number, window in enumerate(trial.windows):
        made = make_forecast(surfaces, trial.city, recipe, window, flag_area=0.0, seed=SEED)
        observed, districts = surfaces.counts(window.start, window.end), trial.city.grid.district
        for rows, dispersion in (
            (found.sealed, made.training.dispersion),
            (found.poisson, Dispersion(0.0, 0.0)),
        ):
            rng = np.random.default_rng([SEED, number])
            rows.append(
                place_districts(made.expected, observed, districts, dispersion, recipe.interval_level, rng)
            )
    return found


def pooled(placements: Sequence[Placement]) -> Calibration:
    """Pool one category's windows."""
    return pool_placements(placements, np.random.default_rng(SEED))


def line(name: str, found: Placed) -> str:
    """Return one line of the table."""
    ours, poisson = pooled(found.sealed), pooled(found.poisson)
    reach = f"({ours.coverage.low:.3f} to {ours.coverage.high:.3f})"
    return (
        f"  {name:22}{ours.n:6,} of {ours.total:6,}  {ours.coverage.value:.3f} {reach}  {ours.chance.value:.3f}"
        f"   {ours.sharpness.value:.3f}   {' '.join(f'{each:4}' for each in ours.counts)}"
        f"   Poisson {poisson.coverage.value:.3f}, {poisson.sharpness.value:.3f}"
    )


def across(rows: Sequence[Placed]) -> Placed:
    """Join all categories window by window, so that resampled windows keep categories together."""

    def joined(parts: Sequence[Sequence[Placement]]) -> list[Placement]:
        return [
            Placement(
                *(
                    np.concatenate([getattr(each, name) for each in window])
                    for name in Placement.__annotations__
                )
            )
            for window in zip(*parts, strict=True)
        ]

    return Placed(joined([row.sealed for row in rows]), joined([row.poisson for row in rows]))


def missed(by_category: dict[str, Placed], everything: Placed) -> list[str]:
    """Return what lies outside what was wanted."""
    found = {name: pooled(each.sealed).coverage.value for name, each in by_category.items()}
    short = [f"{name} {value:.3f}" for name, value in found.items() if not EACH[0] <= value <= EACH[1]]
    whole = pooled(everything.sealed).coverage.value
    return short if POOLED[0] <= whole <= POOLED[1] else [*short, f"all {whole:.3f}"]


def main() -> None:
    """Read what was asked for, and run it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--category", action="append")
    parser.add_argument("--windows", type=int, default=26)
    parser.add_argument("--districts", action="store_true", help="also show each district")
    asked = parser.parse_args()
    began, trial = time.perf_counter(), philadelphia(asked.windows)
    categories = asked.category or trial.categories
    print(f"Philadelphia, {asked.windows} x 28 days, {len(trial.city.grid):,} cells, seed {SEED}")
    print(f"  {'':22}{'covered':>16}  randomised PIT in 90 %  over V   width/mean   histogram of u")
    rows = {}
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        for category, found in zip(
            categories, pool.map(placed, [trial] * len(categories), categories), strict=True
        ):
            rows[category] = found
            print(line(category, found), flush=True)
    everything = across(list(rows.values()))
    print(line("all", everything))
    if asked.districts:
        for name, (n, total) in coverage_by_district(everything.sealed).items():
            print(f"  {name:22}{n:6,} of {total:6,}  {n / total:.3f}")
    print(f"{time.perf_counter() - began:.0f} s")
    if short := missed(rows, everything):
        sys.exit("bench_calibration: outside what was wanted: " + ", ".join(short))


if __name__ == "__main__":
    main()
