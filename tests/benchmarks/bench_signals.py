"""How fast what is emerging and what has drifted is found, beside a reference workload; and what it says of real data.

Run by `make bench`. Figures are the best of several runs, in processor seconds of one core as well as by the clock, for
other work may share the machine. The open peer of the scan (open_cp, its own defaults) needs 25 s for 2,000 incidents
with no shuffle at all. Real data is skipped by name where it is absent.
"""

import os
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyproj
from numpy.typing import NDArray

from forecasting.core.anomalies import CountedSeries, find_anomalies
from forecasting.core.assumptions import Ground, PatrolChange, Scenario
from forecasting.core.delay import estimate_delay
from forecasting.core.drift_inputs import share_checks
from forecasting.core.emerging import EmergingSettings, find_emerging, neighbours_within
from forecasting.core.scan import ScanSettings, cluster_sentence, scan
from forecasting.core.scenario import simulate
from forecasting.core.snap_points import snap_point_check

DATA = Path(os.environ.get("LAMPLIGHT_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
PEER_SCAN = 25.0
RUNS = 3
WEEKS = 26
RECENT = 4
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def best_of(name: str, work: Callable[[], Any], runs: int = RUNS) -> Any:
    """Do it several times, print the best, return the last result."""
    clock, processor = [], []
    for _ in range(runs):
        began, spent = time.perf_counter(), time.process_time()
        made = work()
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - spent)
    print(f"  {name:72} {min(clock):7.2f} s by the clock {min(processor):7.2f} s of one core", flush=True)
    return made


def reference() -> Any:
    """Ten million logarithms: what every figure below stands beside."""
    return np.log(np.arange(1.0, 1e7)).sum()


def made_up() -> None:
    """Sizes of a city of 1.5 million: nothing here is data."""
    print(f"Made up (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
    best_of("reference: ten million logarithms", reference)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 18_000, (2, 2000))
    place, day = rng.integers(0, 2000, 2000), rng.integers(0, 365, 2000)
    for radius in (1000.0, 3000.0):
        settings = ScanSettings(radius, 28)
        work = partial(scan, place, day, x, y, settings, np.random.default_rng(2), days=365)
        made = best_of(f"scan: 2,000 incidents, 365 days, {radius:,.0f} m x 28 days, 999 shuffles", work)
        print(f"    {made.cylinders:,} cylinders; the open peer, without a shuffle: {PEER_SCAN:g} s")
    settings = ScanSettings(3000.0, 28, stop_after=25)
    work = partial(scan, place, day, x, y, settings, np.random.default_rng(2), days=365)
    best_of("scan: the same, stopped after 25 shuffles as strong as the best", work)
    side = np.arange(134.0)
    east, north = (part.ravel() * 152 for part in np.meshgrid(side, side))
    near = neighbours_within(east, north, 400.0)
    cube = rng.poisson(0.3, (52, len(east))).astype(np.float64)
    best_of("emerging: 17,956 cells x 52 weeks", partial(find_emerging, cube, near, EmergingSettings()))
    series = [
        CountedSeries("x", str(n), date(2024, 1, 1), row) for n, row in enumerate(rng.poisson(3, (300, 90)))
    ]
    best_of("anomalies: 300 series x 90 days", partial(find_anomalies, series, np.random.default_rng(3)), 1)
    occurred = rng.integers(0, 365, 100_000)
    reported = occurred + rng.geometric(0.3, 100_000)
    best_of("delay: 100,000 pairs", partial(estimate_delay, occurred, reported, 364, category="theft"))
    touching = rng.random((60, 60)) < 0.08
    ground = Ground(
        [str(n) for n in range(60)], rng.uniform(2, 40, 60), np.full(60, 0.6), touching | touching.T, 0.1
    )
    best_of(
        "scenario: 60 areas, 1,000 seeds",
        partial(simulate, ground, [Scenario("x", (PatrolChange(("3",), 2),))], range(1000)),
    )


def real_thefts() -> tuple[Floats, Floats, Ints, NDArray[np.str_]]:
    """Philadelphia's thefts of 2022-23: x, y in metres, day from 1 Jan 2022, district."""
    table = pl.concat(
        pl.read_csv(
            path,
            columns=["dispatch_date", "dc_dist", "text_general_code", "point_x", "point_y"],
            infer_schema=False,
        )
        for path in sorted((DATA / "philadelphia").glob("incidents_202[23].csv.gz"))
    ).filter(pl.col("text_general_code") == "Thefts")
    table = (
        table.with_columns(
            (pl.col("dispatch_date").str.to_date() - date(2022, 1, 1)).dt.total_days().alias("day"),
            pl.col("point_x", "point_y").cast(pl.Float64, strict=False),
        )
        .drop_nulls(["day", "point_x", "point_y"])
        .filter(pl.col("day") >= 0)
    )
    way = pyproj.Transformer.from_crs(4326, 32618, always_xy=True)
    x, y = way.transform(table["point_x"].to_numpy(), table["point_y"].to_numpy())
    return x, y, table["day"].to_numpy(), table["dc_dist"].to_numpy().astype(np.str_)


def real_drift(x: Floats, y: Floats, day: Ints, district: NDArray[np.str_]) -> None:
    """How often real weeks breach, as they are and with a snap point of 3 % put in; every fourth week of two years."""
    names, owner = np.unique(district, return_inverse=True)
    breached = {"shares": 0, "shares_psi": 0, "snap_points": 0, "snap_points with 3 % put in": 0}
    ends = list(range(WEEKS, int(day.max()) // 7 + 1, RECENT))
    for end in ends:
        kept = (day // 7 >= end - WEEKS) & (day // 7 < end)
        week = day[kept] // 7 - (end - WEEKS)
        table = np.zeros((WEEKS, len(names)))
        np.add.at(table, (week, owner[kept]), 1)
        checks = [*share_checks(table, list(names), RECENT, np.random.default_rng(end))]
        east, north = (np.round(each[kept] * 10).astype(np.int64) for each in (x, y))
        checks.append(snap_point_check(east, north, week, RECENT))
        for check in checks:
            breached[check.name] += check.breached
            if check.breached and check.name == "snap_points":
                print(f"    week {end}: {check.sentence}")
        burst = (week >= WEEKS - RECENT) & (np.random.default_rng(end).random(len(week)) < 0.03)
        put = snap_point_check(np.where(burst, 1, east), np.where(burst, 1, north), week, RECENT)
        breached["snap_points with 3 % put in"] += put.breached
    print(
        f"  breaches in {len(ends)} origins of {WEEKS} weeks: "
        + ", ".join(f"{k} {v}" for k, v in breached.items())
    )


def real_scan(x: Floats, y: Floats, day: Ints) -> None:
    """Thefts of the last 180 days on cells of 300 m: what the scan says."""
    recent = day > day.max() - 180
    square = np.floor(np.column_stack([x, y])[recent] / 300).astype(np.int64)
    cells, place = np.unique(square, axis=0, return_inverse=True)
    east, north = cells[:, 0] * 300.0 + 150, cells[:, 1] * 300.0 + 150
    first, settings = int(day.max()) - 179, ScanSettings(1500.0, 28)
    days = day[recent] - first
    work = partial(scan, place.ravel(), days, east, north, settings, np.random.default_rng(1), days=180)
    made = best_of(
        f"scan: {len(days):,} thefts, {len(cells):,} cells, 1,500 m x 28 days, 999 shuffles", work, 1
    )
    zero = date(2022, 1, 1) + timedelta(days=first)
    for cluster in made.clusters[:2]:
        told = cluster_sentence(cluster, category="theft", where="this place", day_zero=zero, simulations=999)
        print(f"    {told}")


def main() -> None:
    """Run it all."""
    made_up()
    if not (DATA / "philadelphia").exists():
        print("Philadelphia: skipped, its data is not beside the repository")
        return
    print("Philadelphia, thefts, 2022-23")
    x, y, day, district = real_thefts()
    real_scan(x, y, day)
    real_drift(x, y, day, district)


if __name__ == "__main__":
    main()
