"""How fast the point-process models are, and what they find: made-up events, the demo city, two real cities.

Run by `make bench`. Speed stands beside a reference workload timed next to it (sorting five million numbers) and
the load of the machine; the best of several runs counts. The demo city is simulated with full reporting, so its
planted triggering ratio must come back. Real cities are skipped by name where the open data is absent.
"""

import os
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyproj
import shapely
from scipy.special import xlogy

from forecasting.core.demo_city import Size, fine_grid
from forecasting.core.demo_geography import draw_geography
from forecasting.core.demo_kinds import KINDS
from forecasting.core.demo_process import happen, risk_surface
from forecasting.core.etas import EtasFit, EtasReason, fit_etas
from forecasting.core.etas_forecast import expect_etas
from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import FloatArray, Incidents
from forecasting.core.knox import KnoxBands, knox_test
from forecasting.core.near_repeat import near_repeat_intensity
from forecasting.core.windows import DAY, Window, falls_in, rolling_windows
from tests.benchmarks.bench_forecast import DATA, city_from
from tests.core.forecasting.point_examples import self_exciting

KNOX_SECONDS, ETAS_SECONDS, LARGE_ETAS_SECONDS = 2.0, 5.0, 60.0
TOLERATED = 0.2
WANTED_DEVIANCE = {"burglary": 713.0, "motor vehicle theft": 1350.0}
SIDE, CELL, DAYS = 19_000.0, 150.0, 2920
PHILADELPHIA = (
    "Thefts", "Theft from Vehicle", "Vandalism/Criminal Mischief", "Motor Vehicle Theft", "Burglary Residential",
    "Burglary Non-Residential", "Robbery No Firearm", "Robbery Firearm", "Aggravated Assault No Firearm",
    "Aggravated Assault Firearm",
)  # fmt: skip


def seconds_of(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Do it once; return what it made, wall seconds and processor seconds."""
    began, used = time.perf_counter(), time.process_time()
    made = work()
    return made, time.perf_counter() - began, time.process_time() - used


def reference() -> Any:
    """Sort five million numbers."""
    return np.sort(np.random.default_rng(1).random(5_000_000))


def measured(name: str, work: Callable[[], Any], wanted: float, runs: int = 3) -> Any:
    """Print the best of several runs beside the reference timed between them."""
    best, used, plain = np.inf, np.inf, np.inf
    for _ in range(runs):
        plain = min(plain, seconds_of(reference)[1])
        made, wall, processor = seconds_of(work)
        best, used = min(best, wall), min(used, processor)
    print(
        f"  {name:52} {best:6.2f} s (processor {used:.2f} s; wanted {wanted:g} s; reference {plain:.2f} s, "
        f"{best / plain:.1f} times it; load {os.getloadavg()[0]:.1f})",
        flush=True,
    )
    return made


def made_up(number: int) -> Incidents:
    """Self-exciting events around 60 hills on 361 square kilometres over eight years, the latest ``number``."""
    made = self_exciting(
        np.random.default_rng(1), ratio=0.2, background=number, side=SIDE, days=DAYS, hills=60
    )
    return made.where(np.argsort(np.argsort(-made.ends, kind="stable"), kind="stable") < number)


def speed() -> None:
    """Knox, the self-exciting fit and its expectation, the near-repeat surface."""
    grid, end = make_grid(shapely.box(0, 0, SIDE, SIDE), CELL), DAYS * DAY
    small, large = made_up(10_000), made_up(100_000)
    print(f"Made-up events: {len(small):,} and {len(large):,}, {len(grid):,} cells")

    def knox() -> Any:
        return knox_test(small, KnoxBands(), unit_metres=1.0, generator=np.random.default_rng(1))

    tested = measured("Knox, 10,000 x 999", knox, KNOX_SECONDS)
    print(f"  {'':4}{tested.observed.sum():,} close pairs; {tested.sentence}")
    fit = measured(
        "self-exciting fit, 10,000", lambda: fit_etas(small, grid, end, unit_metres=1.0), ETAS_SECONDS
    )
    print(f"  {'':4}planted 0.2; {fit.sentence}")
    fit = measured(
        "self-exciting fit, 100,000",
        lambda: fit_etas(large, grid, end, unit_metres=1.0),
        LARGE_ETAS_SECONDS,
        1,
    )
    print(f"  {'':4}planted 0.2, {fit.pairs:,} pairs; {fit.sentence}")
    week = Window(end, end + 7 * DAY)
    measured("its expectation of a week", lambda: expect_etas(fit, large, grid, week, unit_metres=1.0), 5.0)
    measured(
        "near-repeat surface, 100,000", lambda: near_repeat_intensity(large, grid, end, unit_metres=1.0), 1.0
    )


def demo(seed: int) -> bool:
    """Fit every kind of the demo city as it happened, recorded or not; return whether all came back."""
    size, rng = Size(start=date(2021, 1, 1)), np.random.default_rng(seed)
    geography = draw_geography(size.areas, rng)
    fine, grid = fine_grid(geography), make_grid(geography.land, CELL)
    print(
        f"Demo city, full reporting, seed {seed}: planted and fitted triggering ratio (wanted: within 20 %)"
    )
    good = True
    for kind in KINDS:
        background = size.incidents * kind.share * (1 - kind.branching) / size.days
        happened = happen(
            fine,
            kind,
            risk_surface(fine, kind, rng) * background,
            days=size.days,
            first_weekday=size.start.weekday(),
            first_day_of_year=1,
            generator=rng,
        )
        seconds = happened.day * DAY + happened.second
        incidents = Incidents(np.round(happened.x, 1), np.round(happened.y, 1), seconds, seconds)
        fit = fit_etas(incidents, grid, size.days * DAY, unit_metres=1.0, named=kind.category)
        off = fit.kernel.ratio / kind.branching - 1 if kind.branching else 0.0
        came_back = abs(off) <= TOLERATED and fit.usable == bool(kind.branching)
        good = good and came_back
        print(
            f"  {kind.category:22} {len(incidents):6,}  planted {kind.branching:.2f} ({kind.reach:.0f} m, "
            f"{kind.wait:.0f} d)  fitted {fit.kernel.ratio:.3f} ({off:+.0%})  {fit.kernel.near_metres or 0:.0f} m "
            f"{fit.kernel.wait_days:.1f} d  {'' if came_back else 'OUTSIDE '}{fit.reason}",
            flush=True,
        )
    return good


def portland() -> Iterator[tuple[str, Grid, float, Incidents, int]]:
    """Portland's two complete categories to the end of February 2017."""
    zone = ZoneInfo("America/Los_Angeles")
    city = city_from(DATA / "portland", 2913, 500.0, 0.3048, zone.key, "P")
    table = pl.read_csv(DATA / "portland" / "calls_2012_to_2017-02-28.csv.gz", infer_schema=False)
    table = table.with_columns(
        pl.col("occ_date").str.to_datetime().dt.replace_time_zone(zone.key).alias("day")
    )
    for category in ("BURGLARY", "MOTOR VEHICLE THEFT"):
        rows = table.filter(pl.col("CATEGORY") == category).drop_nulls(
            ["day", "x_coordinate", "y_coordinate"]
        )
        x, y = (np.round(rows[f"{axis}_coordinate"].cast(pl.Float64).to_numpy(), 1) for axis in "xy")
        begins = rows["day"].dt.epoch("s").to_numpy()
        known = Incidents(x, y, begins, begins + DAY - 1)
        yield category.lower(), city.grid, 0.3048, known, int(datetime(2017, 3, 1, tzinfo=zone).timestamp())


def philadelphia() -> Iterator[tuple[str, Grid, float, Incidents, int]]:
    """Philadelphia's reported categories, 2016 to 2023."""
    folder, zone = DATA / "philadelphia", ZoneInfo("America/New_York")
    city = city_from(folder, 32618, 152.0, 1.0, zone.key, "D")
    columns = ["dispatch_date_time", "text_general_code", "point_x", "point_y"]
    table = pl.concat(
        pl.read_csv(path, columns=columns, infer_schema=False)
        for path in sorted(folder.glob("incidents_*.csv.gz"))
    )
    table = table.with_columns(
        pl.col("dispatch_date_time").str.slice(0, 19).str.to_datetime(strict=False).dt.epoch("s").alias("at"),
        pl.col("point_x", "point_y").cast(pl.Float64, strict=False),
    ).drop_nulls(["at", "point_x", "point_y"])
    way = pyproj.Transformer.from_crs(4326, 32618, always_xy=True)
    for category in PHILADELPHIA:
        rows = table.filter(pl.col("text_general_code") == category)
        x, y = way.transform(rows["point_x"].to_numpy(), rows["point_y"].to_numpy())
        at = rows["at"].to_numpy()
        known = Incidents(np.round(x, 1), np.round(y, 1), at, at)
        yield category.lower(), city.grid, 1.0, known, int(datetime(2024, 1, 1, tzinfo=zone).timestamp())


def row(fit: EtasFit, wall: float) -> str:
    """One line of the table of fits."""
    kernel = fit.kernel
    near = "-" if kernel.near_metres is None else f"{kernel.near_metres:.0f} m"
    return (
        f"{fit.incidents:7,} {kernel.ratio:6.3f} {kernel.same:6.3f} {kernel.near:6.3f} {near:>6} "
        f"{kernel.wait_days:5.1f} d {fit.gain:7.0f} {wall:6.1f} s  {fit.reason}"
    )


def real(city: Callable[[], Iterator[tuple[str, Grid, float, Incidents, int]]]) -> None:
    """Print the fits and the Knox verdicts of one city."""
    print(f"{city.__name__}: self-exciting fits (latest 100,000) and the Knox test (latest 10,000)")
    print(f"  {'':30} {'n':>7} {'ratio':>6} {'same':>6} {'near':>6} {'scale':>6} {'wait':>7} {'gain':>7}")
    for name, grid, unit, incidents, origin in city():
        fit, wall, _ = seconds_of(lambda: fit_etas(incidents, grid, origin, unit_metres=unit, named=name))  # noqa: B023
        print(f"  {name:30} {row(fit, wall)}", flush=True)
        latest = incidents.where(incidents.ends >= np.sort(incidents.ends)[-min(10_000, len(incidents))])
        tested, wall, _ = seconds_of(
            lambda: knox_test(
                latest,  # noqa: B023
                KnoxBands(),
                unit_metres=unit,  # noqa: B023
                generator=np.random.default_rng(1),
                named=name,  # noqa: B023
            )
        )
        print(f"  {'':4}Knox, {len(latest):,} x 999 in {wall:.1f} s. {tested.sentence}", flush=True)


def deviance(counts: FloatArray, expected: FloatArray) -> float:
    """Poisson deviance, the expected floored at 1e-6 of the city's total (0 is perfect)."""
    mu = np.maximum(expected, 1e-6 * expected.sum())
    return float(2 * (xlogy(counts, counts / mu) - (counts - mu)).sum())


def portland_alone() -> None:
    """The self-exciting process alone on Portland's 26 windows of 28 days, fitted anew once a year."""
    print("portland, 26 x 28 days from 4 Mar 2015, 500 ft: the self-exciting process alone")
    print("  (bounds and bandwidths were chosen on the demo city and on fits of both cities' whole history,")
    print("  these windows included; not on these scores)")
    zone = "America/Los_Angeles"
    first = int(datetime(2015, 3, 4, tzinfo=ZoneInfo(zone)).timestamp())
    for name, grid, unit, incidents, _ in portland():
        cells, scores, before = grid.locate(incidents.x, incidents.y), [], []
        for number, window in enumerate(rolling_windows(first, 28, 26, zone)):
            if number % 13 == 0:
                fit = fit_etas(incidents, grid, window.start, unit_metres=unit, named=name)
                print(f"  {'':4}{fit.sentence}")
            made = expect_etas(
                replace(fit, reason=EtasReason.CONVERGED), incidents, grid, window, unit_metres=unit
            )
            inside = falls_in(incidents, window) & (cells >= 0)
            counts = np.bincount(cells[inside], minlength=len(grid)).astype(np.float64)
            alone = (
                made.background / fit.background.sum()
            )  # where triggering may not be used, all is background
            scores.append(deviance(counts, made.total if fit.usable else alone))
            history = (incidents.ends < window.start) & (cells >= 0)
            past = np.bincount(cells[history], minlength=len(grid)).astype(np.float64)
            before.append(deviance(counts, past * made.total.sum() / past.sum()))
        print(
            f"  {name:22} deviance per window {np.mean(scores):.1f} (all-history counts {np.mean(before):.1f}; "
            f"the issue's figure for the whole engine: {WANTED_DEVIANCE[name]:g})"
        )


def main() -> None:
    """Measure everything there is data for."""
    speed()
    came_back = [demo(seed) for seed in (1, 2, 3)]
    print(f"  planted ratios within 20 %: {'all' if all(came_back) else 'NOT ALL'}")
    print("  (bandwidths and kernel were chosen on seeds 1 and 2, not on 3)")
    for city in (portland, philadelphia):
        if (DATA / city.__name__).is_dir():
            real(city)
            if city is portland:
                portland_alone()
        else:
            print(f"{city.__name__}: skipped, no open data in {DATA.name}/{city.__name__}")
    print(f"Most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
