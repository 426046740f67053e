"""How fast and how good forecasts are: a made-up million, Philadelphia and Portland, each beside a reference.

Run by `make bench`. Speed stands beside one plain numpy pass over the same incidents; scores stand beside
all-history counts. The two cities are skipped by name where the open data is absent.
"""

import os
import resource
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyproj
import shapely
from numpy.typing import NDArray

from forecasting.core.backtest import backtest_figures, run_backtest
from forecasting.core.grid import make_grid
from forecasting.core.incidents import Incidents
from forecasting.core.pipeline import make_forecast, split_to_shifts
from forecasting.core.recipe import standard_recipe
from forecasting.core.training import City, surfaces_for
from forecasting.core.windows import DAY, rolling_windows
from governance.core.policy import DEFAULT_SHIFTS

DATA = Path(os.environ.get("LAMPLIGHT_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
WANTED_SECONDS = 3.0
WANTED_DEVIANCE = {"motor_vehicle_theft": 1350.0, "burglary": 713.0}
Floats = NDArray[np.float64]


def timed(name: str, work: Callable[[], Any]) -> tuple[Any, float]:
    """Do it, print how long it took, return both."""
    began = time.perf_counter()
    made = work()
    seconds = time.perf_counter() - began
    print(f"  {name:58} {seconds:7.2f} s", flush=True)
    return made, seconds


def one_forecast(name: str, city: City, incidents: Incidents, origin: int) -> None:
    """Time a forecast with its fit, its split to shifts, and the reference pass."""
    print(f"{name}: {len(incidents):,} incidents, {len(city.grid):,} cells")
    recipe = standard_recipe("blend", ("theft",))
    window = rolling_windows(origin, 7, 1, city.timezone)[0]

    def forecast() -> Any:
        surfaces = surfaces_for({"theft": incidents}, city, recipe, "theft")
        return make_forecast(surfaces, city, recipe, window, flag_area=1.0, seed=1)

    def reference() -> Any:
        cells = city.grid.locate(incidents.x, incidents.y)
        keep = (cells >= 0) & (incidents.ends < origin)
        weights = np.exp2((incidents.ends[keep] - origin) / (365 * DAY))
        return np.bincount(cells[keep], weights, minlength=len(city.grid))

    _, seconds = timed(f"one forecast with its fit (wanted: {WANTED_SECONDS:g} s)", forecast)
    timed("its split to shifts", lambda: split_to_shifts(incidents, city, recipe, window))
    _, plain = timed("reference: one decayed count of the same incidents", reference)
    print(f"  {'forecast / reference':58} {seconds / plain:7.1f}")


def made_up_million() -> None:
    """Ten years of a million incidents on 40,000 cells."""
    rng = np.random.default_rng(1)
    origin, size = 1_700_000_000, 1_000_000
    ends = np.sort(rng.integers(origin - 3650 * DAY, origin, size))
    x, y = rng.normal(15_000, 5_000, (2, size))
    city = City(make_grid(shapely.box(0, 0, 30_000, 30_000), 150.0), 1.0, "UTC", DEFAULT_SHIFTS)
    one_forecast("Made-up million", city, Incidents(x, y, ends, ends), origin)


def carried(polygon: Any, srid: int) -> Any:
    """Return a polygon of degrees on the plane."""
    way = pyproj.Transformer.from_crs(4326, srid, always_xy=True)
    return shapely.transform(polygon, lambda points: np.column_stack(way.transform(*points.T)))


def city_from(folder: Path, srid: int, cell: float, unit: float, zone: str, code: str) -> City:
    """Return a city on the grid of its police districts."""
    collection = shapely.get_parts(shapely.from_geojson((folder / "police_districts.geojson").read_text()))
    districts = [(f"{code}{number}", carried(each.buffer(0), srid)) for number, each in enumerate(collection)]
    boundary = shapely.union_all([shape for _, shape in districts])
    return City(make_grid(boundary, cell, districts), unit, zone, DEFAULT_SHIFTS)


def philadelphia() -> None:
    """The issue's measure: one category, eight years, 152 m."""
    folder = DATA / "philadelphia"
    city = city_from(folder, 32618, 152.0, 1.0, "America/New_York", "D")
    table = pl.concat(
        pl.read_csv(
            path,
            columns=["dispatch_date_time", "text_general_code", "point_x", "point_y"],
            infer_schema=False,
        )
        for path in sorted(folder.glob("incidents_*.csv.gz"))
    ).filter(pl.col("text_general_code") == "Thefts")
    table = table.with_columns(
        pl.col("dispatch_date_time").str.slice(0, 19).str.to_datetime(strict=False).dt.epoch("s").alias("at"),
        pl.col("point_x", "point_y").cast(pl.Float64, strict=False),
    ).drop_nulls(["at", "point_x", "point_y"])
    way = pyproj.Transformer.from_crs(4326, 32618, always_xy=True)
    x, y = way.transform(table["point_x"].to_numpy(), table["point_y"].to_numpy())
    at = table["at"].to_numpy()
    origin = int(datetime(2023, 12, 1, 6, tzinfo=ZoneInfo("America/New_York")).timestamp())
    one_forecast("Philadelphia, theft, 2016-2023, 152 m", city, Incidents(x, y, at, at), origin)


def portland() -> None:
    """26 windows of 28 days to February 2017 at 500 ft, beside all-history counts and the wanted deviance."""
    zone = ZoneInfo("America/Los_Angeles")
    city = city_from(DATA / "portland", 2913, 500.0, 0.3048, zone.key, "P")
    table = pl.read_csv(
        DATA / "portland" / "calls_2012_to_2017-02-28.csv.gz", infer_schema=False
    ).with_columns(pl.col("occ_date").str.to_datetime().dt.replace_time_zone(zone.key).alias("day"))
    calls = {
        str(category).lower().replace(" ", "_"): calls_of(rows)
        for (category,), rows in table.drop_nulls(["day", "x_coordinate", "y_coordinate"]).group_by(
            "CATEGORY"
        )
    }
    windows = rolling_windows(int(datetime(2015, 3, 4, tzinfo=zone).timestamp()), 28, 26, zone.key)
    for category, wanted in WANTED_DEVIANCE.items():
        recipes = {
            "blend": standard_recipe("blend", (category,), related=tuple(calls)),
            "own": standard_recipe("blend", (category,)),
            "counts": standard_recipe("counts", (category,)),
        }
        print(f"Portland, {category}, 26 x 28 days, 500 ft (wanted deviance: below {wanted:g})")
        work = partial(run_backtest, calls, city, category, recipes, windows, seed=1, progress=silent)
        made, _ = timed("backtest of three models", work)
        for model, figure in backtest_figures(made).items():
            hits = "  ".join(
                f"{hit['n']}/{hit['N']} {hit['value']:.3f}" for hit in figure["hit_rate"].values()
            )
            print(
                f"  {model:8} hits at 1/5/20 %: {hits}  deviance {figure['deviance_per_window']['value']:.1f}"
            )


def calls_of(rows: pl.DataFrame) -> Incidents:
    """Return calls of which the day is known as incidents."""
    x, y = (rows[f"{axis}_coordinate"].cast(pl.Float64).to_numpy() for axis in "xy")
    begins = rows["day"].dt.epoch("s").to_numpy()
    return Incidents(x, y, begins, begins + DAY - 1)


def silent(*_: object) -> None:
    """Tell nobody how far it is."""


def main() -> None:
    """Measure everything there is data for."""
    made_up_million()
    for city in (philadelphia, portland):
        if (DATA / city.__name__).is_dir():
            city()
        else:
            print(f"{city.__name__}: skipped, no open data in {DATA.name}/{city.__name__}")
    print(f"Most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
