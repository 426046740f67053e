"""The NIJ challenge's scores on Portland before the challenge: 104 weeks on 24 listed grids, ours and decayed counts.

    python -m tests.benchmarks.bench_nij [--grids 24] [--weeks 104]

The weeks are those from 4 March 2015 to 28 February 2017; cells of 250 x 250 ft, 112 of them flagged (0.25 square
miles, each counted whole), A = 147.70 square miles. The grids are the 4 turns (0, 22.5, 45 and 67.5 degrees about the
origin of EPSG:2913) with the 6 moves (0, 1/3, 2/3 of a cell to the right; 0, 1/2 up) of `nij_layout`. Ours is the
mixture of decayed counts that `manage.py forecast --nij` uses, its weights learned on each grid from the weeks before
an origin and learned again every 4 weeks. Beside it stand counts decayed by exp(-age/730 days) and
exp(-age/365 days) (best published for vehicle theft and burglary), by half-lives of 180 to 1,460 days, and all counts.
The interval of a difference is a paired block bootstrap over weeks of hits averaged over grids.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import shapely

from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.nij import LEAST_FLAGGED, MILE
from forecasting.core.nij_choice import MIXTURE, Trials, try_layout
from forecasting.core.nij_layout import Layout, listed_layouts
from forecasting.core.pooling import block_samples, ratio_of_sums
from forecasting.core.scoring import wilson_interval
from forecasting.core.windows import Window, rolling_windows
from tests.benchmarks.bench_forecast import DATA, calls_of, carried

CELL, TEACHING, AREA, SEED, DRAWS = 250.0, 104, 147.70, 1, 4000
FLAGGED = int(np.ceil(LEAST_FLAGGED / CELL**2))
LN2 = float(np.log(2.0))
PEERS: dict[str, float | None] = {
    "exp(-age/730 d)": 730 * LN2,
    "exp(-age/365 d)": 365 * LN2,
    "half-life 180 d": 180.0,
    "half-life 365 d": 365.0,
    "half-life 730 d": 730.0,
    "half-life 1460 d": 1460.0,
    "all counts": None,
}
BESIDE = ("exp(-age/730 d)", "half-life 730 d", "exp(-age/365 d)")
JUDGED = BESIDE[:2]
"""Both ways to read "decayed over 730 days"; the third is the best published for burglary, picked afterwards."""

MARGIN = -0.05
"""The lower end of the paired interval, as a share of the peer's, that is still called not below."""


def portland() -> dict[str, Incidents]:
    """Return the calls of the two judged categories that lie inside the city."""
    zone = ZoneInfo("America/Los_Angeles")
    folder = DATA / "portland"
    districts = shapely.get_parts(shapely.from_geojson((folder / "police_districts.geojson").read_text()))
    boundary = shapely.union_all([carried(each.buffer(0), 2913) for each in districts])
    print(f"A = {boundary.area / MILE**2:.2f} square miles of polygons; {AREA:.2f} is used")
    table = pl.read_csv(folder / "calls_2012_to_2017-02-28.csv.gz", infer_schema=False).with_columns(
        pl.col("occ_date").str.to_datetime().dt.replace_time_zone(zone.key).alias("day")
    )
    found = {}
    for name in ("BURGLARY", "MOTOR VEHICLE THEFT"):
        rows = table.filter(pl.col("CATEGORY") == name).drop_nulls(["day", "x_coordinate", "y_coordinate"])
        calls = calls_of(rows)
        found[name.lower()] = calls.where(shapely.contains_xy(boundary, calls.x, calls.y))
    return found


def weeks(judged: int) -> tuple[Window, ...]:
    """Return the weeks that teach and then those that are judged."""
    zone = ZoneInfo("America/Los_Angeles")
    first = int(datetime(2013, 3, 6, tzinfo=zone).timestamp())
    return rolling_windows(first, 7, TEACHING + judged, zone.key)


def tried(incidents: Incidents, judged: int, layout: Layout) -> Trials:
    """Count the hits of every method on one grid."""
    return try_layout(
        incidents, layout, weeks(judged), judged=judged, flagged=FLAGGED, delay=0, seed=SEED, decays=PEERS
    )


def pai(hits: float, total: float) -> float:
    """Return PAI = (n / N) / (a / A)."""
    return hits / total * AREA / (FLAGGED * CELL**2 / MILE**2)


def show(category: str, trials: list[Trials]) -> bool:
    """Print one category's table; return whether ours is not below the judged peers."""
    total = trials[0].total.astype(np.float64)
    samples = block_samples(len(total), np.random.default_rng(SEED), DRAWS)
    hits = {
        name: np.stack([each.hits[name] for each in trials]).astype(np.float64) for name in (MIXTURE, *PEERS)
    }
    print(
        f"Portland, {category}: {len(total)} weeks, {len(trials)} grids, {FLAGGED} cells, N = {total.sum():.0f}"
    )
    for name, rows in hits.items():
        by_grid = np.array([pai(row.sum(), total.sum()) for row in rows])
        mean = rows.mean(axis=0)
        wilson = wilson_interval(round(mean.sum()), int(total.sum()))
        line = f"  {'ours' if name == MIXTURE else name:18} n = {mean.sum():6.1f}  PAI {by_grid.mean():5.1f}"
        line += f" (Wilson {pai(wilson.low, 1):.1f} to {pai(wilson.high, 1):.1f})"
        print(f"{line}  grids {by_grid.min():.1f} to {by_grid.max():.1f}, sd {by_grid.std(ddof=1):.1f}")
    return compare(hits, samples)


def compare(hits: Mapping[str, FloatArray], samples: IntArray) -> bool:
    """Print ours less each peer, as a share of the peer's hits, with the paired interval."""
    holds, ours = True, hits[MIXTURE]
    for name in BESIDE:
        mean, theirs = ours.mean(axis=0), hits[name].mean(axis=0)
        gain = ratio_of_sums(mean - theirs, theirs, samples)
        better = int((ours.sum(axis=1) >= hits[name].sum(axis=1)).sum())
        print(
            f"  ours less {name}: {gain.value:+.1%} ({gain.low:+.1%} to {gain.high:+.1%}); not below on "
            f"{better} of {len(ours)} grids"
        )
        holds = holds and (name not in JUDGED or gain.low > MARGIN)
    return holds


def main() -> None:
    """Run every grid of both categories, two at a time."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--grids", type=int, default=24)
    parser.add_argument("--weeks", type=int, default=104)
    asked = parser.parse_args()
    if not (DATA / "portland").is_dir():
        sys.exit(print("bench_nij: skipped, no open data in portland"))
    began, short = time.perf_counter(), []
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        for category, incidents in portland().items():
            work = partial(tried, incidents, asked.weeks)
            if not show(category, list(pool.map(work, listed_layouts(CELL)[: asked.grids]))):
                short.append(category)
    print(f"{time.perf_counter() - began:.0f} s")
    if short:
        sys.exit(f"bench_nij: not shown to be level with counts decayed over 730 days: {', '.join(short)}")


if __name__ == "__main__":
    main()
