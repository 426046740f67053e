"""How good our forecasts are beside other systems': the same windows, the same city totals, the same scores.

    python -m tests.benchmarks.bench_peers portland
    python -m tests.benchmarks.bench_peers philadelphia [--category theft ...] [--windows 26]

Portland runs in `make bench`; Philadelphia takes most of an hour and is asked for by name. Peers and their exact
parameters: `tests/benchmarks/peers.py`. Deviance is Poisson's per window, summed over cells; differences carry a
paired block bootstrap over windows; a hit rate is called not worse when the lower end of the difference with the
best peer, at Holm's level over all comparisons of the run, lies above -0.5 points.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyproj

from forecasting.core.incidents import FloatArray, Incidents, IntArray
from forecasting.core.pipeline import make_forecast
from forecasting.core.pooling import block_samples
from forecasting.core.recipe import standard_recipe
from forecasting.core.scoring import COVERAGES, WindowScore, score_window
from forecasting.core.training import City, surfaces_for
from forecasting.core.windows import Window, rolling_windows, training_windows
from forecasting.selectors.profiles import profile_named
from tests.benchmarks.bench_forecast import DATA, calls_of, city_from
from tests.benchmarks.peers import PEERS, Past, anchored

OURS = "ours"
DAYS, LEAST_A_YEAR, MARGIN, SEED, DRAWS = 28, 1000, 0.005, 1, 4000
BURN_IN_DAYS = 180


@dataclass(frozen=True)
class Trial:
    """One city with its incidents by category, and the windows to forecast."""

    name: str
    city: City
    incidents: Mapping[str, Incidents]
    windows: tuple[Window, ...]
    categories: tuple[str, ...]
    wanted: Mapping[str, float]


def portland(windows: int) -> Trial:
    """26 x 28 days from 4 March 2015 on 500-ft cells."""
    zone = ZoneInfo("America/Los_Angeles")
    table = pl.read_csv(
        DATA / "portland" / "calls_2012_to_2017-02-28.csv.gz", infer_schema=False
    ).with_columns(pl.col("occ_date").str.to_datetime().dt.replace_time_zone(zone.key).alias("day"))
    calls = {
        str(category).lower().replace(" ", "_"): calls_of(rows)
        for (category,), rows in table.drop_nulls(["day", "x_coordinate", "y_coordinate"]).group_by(
            "CATEGORY"
        )
    }
    return Trial(
        "Portland",
        city_from(DATA / "portland", 2913, 500.0, 0.3048, zone.key, "P"),
        calls,
        rolling_windows(int(datetime(2015, 3, 4, tzinfo=zone).timestamp()), DAYS, windows, zone.key),
        ("burglary", "motor_vehicle_theft"),
        {"burglary": 713.0, "motor_vehicle_theft": 1350.0},
    )


def philadelphia(windows: int) -> Trial:
    """26 x 28 days over 2022 and 2023 on 152 m, every reported category with 1,000 incidents a year."""
    zone, profile = ZoneInfo("America/New_York"), profile_named("philadelphia")
    table = pl.concat(
        pl.read_csv(
            path,
            columns=["dispatch_date_time", "text_general_code", "point_x", "point_y"],
            infer_schema=False,
        )
        for path in sorted((DATA / "philadelphia").glob("incidents_*.csv.gz"))
    ).with_columns(
        pl.col("dispatch_date_time").str.slice(0, 19).str.to_datetime(strict=False).dt.epoch("s").alias("at"),
        pl.col("point_x", "point_y").cast(pl.Float64, strict=False),
        pl.col("text_general_code").replace_strict(profile.categories.by_source, default=None).alias("kind"),
    )
    table = table.drop_nulls(["at", "point_x", "point_y", "kind"]).sort("at")
    found = {profile.categories.by_source[source] for source in profile.categories.police_discovered}
    way = pyproj.Transformer.from_crs(4326, 32618, always_xy=True)
    incidents = {}
    for (kind,), rows in table.group_by("kind", maintain_order=True):
        if kind not in {*found, "other"} and len(rows) >= LEAST_A_YEAR * 8:
            x, y = way.transform(rows["point_x"].to_numpy(), rows["point_y"].to_numpy())
            at = rows["at"].to_numpy()
            incidents[str(kind)] = Incidents(x, y, at, at)
    return Trial(
        "Philadelphia",
        city_from(DATA / "philadelphia", 32618, 152.0, 1.0, zone.key, "D"),
        incidents,
        rolling_windows(int(datetime(2022, 1, 1, 6, tzinfo=zone).timestamp()), DAYS, windows, zone.key),
        tuple(sorted(incidents)),
        {},
    )


def forecasts(trial: Trial, category: str) -> Iterator[tuple[FloatArray, dict[str, FloatArray]]]:
    """Yield, window by window, what was observed and what each forecast expected."""
    recipe = standard_recipe("blend", (category,), related=tuple(trial.incidents))
    surfaces = surfaces_for(trial.incidents, trial.city, recipe, category)
    past, earliest = Past(surfaces), int(surfaces.incidents.ends.min()) + BURN_IN_DAYS * 86_400
    for window in trial.windows:
        made = make_forecast(surfaces, trial.city, recipe, window, flag_area=0.0, seed=SEED)
        before = training_windows(window.start, DAYS, 13, earliest, trial.city.timezone)
        expected = {OURS: anchored(made.expected, made.total)}
        for name, peer in PEERS.items():
            expected[name] = anchored(peer(past, before, window.start), made.total)
        yield surfaces.counts(window.start, window.end), expected


def scored(trial: Trial, category: str) -> dict[str, list[WindowScore]]:
    """Return every forecast's score in every window."""
    rows: dict[str, list[WindowScore]] = {name: [] for name in (OURS, *PEERS)}
    for observed, expected in forecasts(trial, category):
        for name, values in expected.items():
            rows[name].append(
                score_window(values, observed, trial.city.grid.area, np.random.default_rng(SEED))
            )
    return rows


def deviances(rows: Sequence[WindowScore]) -> FloatArray:
    """Return each window's deviance."""
    return np.array([row.deviance for row in rows])


def hits(rows: Sequence[WindowScore], share: float) -> FloatArray:
    """Return each window's hits at a coverage."""
    return np.array([row.hits[share].n for row in rows], dtype=np.float64)


@dataclass(frozen=True)
class Compared:
    """A difference of pooled hit rates, ours less the best peer's, with its bootstrap draws."""

    category: str
    share: float
    peer: str
    value: float
    draws: FloatArray

    @property
    def p(self) -> float:
        """One-sided p of being worse by the margin or more."""
        return float((np.sum(self.draws <= -MARGIN) + 1) / (len(self.draws) + 1))


def show(trial: Trial, category: str, rows: dict[str, list[WindowScore]]) -> list[Compared]:
    """Print one category's table and return the comparisons of its hit rates."""
    samples = block_samples(len(trial.windows), np.random.default_rng(SEED), DRAWS)
    observed = np.array([row.observed for row in rows[OURS]], dtype=np.float64)
    ours = deviances(rows[OURS])
    wanted = f" (wanted deviance: below {trial.wanted[category]:g})" if category in trial.wanted else ""
    print(f"{trial.name}, {category}, {len(ours)} x {DAYS} days, N = {observed.sum():,.0f}{wanted}")
    print(
        f"  {'':22}{'deviance':>10}   ours less theirs (95 %)     hits at {'/'.join(f'{s:.0%}' for s in COVERAGES)}"
    )
    for name, scores in rows.items():
        theirs = deviances(scores)
        low, high = np.quantile((ours - theirs)[samples].mean(axis=1), (0.025, 0.975))
        difference = "" if name == OURS else f"{(ours - theirs).mean():8.1f} ({low:.1f} to {high:.1f})"
        rates = "  ".join(f"{hits(scores, share).sum() / observed.sum():.4f}" for share in COVERAGES)
        print(f"  {name:22}{theirs.mean():10.1f}   {difference:28}{rates}", flush=True)
    return [best_peer(category, share, rows, observed, samples) for share in COVERAGES]


def best_peer(
    category: str, share: float, rows: dict[str, list[WindowScore]], observed: FloatArray, samples: IntArray
) -> Compared:
    """Compare our hit rate with the best peer's, known only afterwards: the hardest comparison there is."""
    peer = max(PEERS, key=lambda name: hits(rows[name], share).sum())
    gained = hits(rows[OURS], share) - hits(rows[peer], share)
    draws = gained[samples].sum(axis=1) / observed[samples].sum(axis=1)
    return Compared(category, share, peer, float(gained.sum() / observed.sum()), draws)


def judge(compared: Sequence[Compared]) -> None:
    """Print which hit rates are not worse than the best peer's by the margin, with Holm's correction."""
    print(f"hit rates beside the best peer's, margin {MARGIN * 100:g} points, Holm's correction:")
    holds = True
    for rank, each in enumerate(sorted(compared, key=lambda one: one.p)):
        holds = holds and each.p <= 0.05 / (len(compared) - rank)
        low, high = np.quantile(each.draws, (0.025, 0.975))
        verdict = "not worse" if holds else "not shown"
        print(
            f"  {each.category:22} {each.share:4.0%}  {each.value * 100:+.2f} points ({low * 100:+.2f} to "
            f"{high * 100:+.2f}) beside {each.peer}: {verdict} (p = {each.p:.4f})"
        )


def missed(trial: Trial, category: str, rows: dict[str, list[WindowScore]]) -> list[str]:
    """Return what was wanted and not reached: a deviance below every peer's and the wanted one."""
    ours = float(deviances(rows[OURS]).mean())
    better = [name for name in PEERS if deviances(rows[name]).mean() <= ours]
    above = ours >= trial.wanted.get(category, np.inf)
    return [f"{category}: {', '.join(better) or 'the wanted deviance'} not beaten"] if better or above else []


def run(trial: Trial, categories: Sequence[str]) -> None:
    """Forecast, score and compare; two categories at a time."""
    began, compared, short = time.perf_counter(), [], []
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        for category, rows in zip(
            categories, pool.map(scored, [trial] * len(categories), categories), strict=True
        ):
            compared += show(trial, category, rows)
            short += missed(trial, category, rows)
    judge(compared)
    print(f"{time.perf_counter() - began:.0f} s")
    if short:
        sys.exit("bench_peers: " + "; ".join(short))


def main() -> None:
    """Read what was asked for, and run it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("city", nargs="?", choices=("portland", "philadelphia"), default="portland")
    parser.add_argument("--category", action="append")
    parser.add_argument("--windows", type=int, default=26)
    asked = parser.parse_args()
    trial = (portland if asked.city == "portland" else philadelphia)(asked.windows)
    run(trial, asked.category or trial.categories)


if __name__ == "__main__":
    main()
