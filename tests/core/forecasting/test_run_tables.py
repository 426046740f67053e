"""A forecast as tables."""

import io

import numpy as np
import polars as pl
import pytest

from forecasting.core.fingerprint import digest, table_bytes
from forecasting.core.pipeline import make_forecast, split_to_shifts
from forecasting.core.recipe import standard_recipe
from forecasting.core.run_tables import Columns, cell_columns, share_columns, with_stability
from forecasting.core.training import surfaces_for
from tests.core.forecasting.forecast_examples import small_city, small_history, week


def tables() -> tuple[float, Columns, Columns]:
    city, recipe, incidents = small_city(), standard_recipe("blend", ("burglary",)), small_history()
    made = make_forecast(
        surfaces_for({"burglary": incidents}, city, recipe, "burglary"),
        city,
        recipe,
        week(),
        flag_area=1e5,
        seed=1,
    )
    split = split_to_shifts(incidents, city, recipe, week())
    return made.base, cell_columns(made, city.grid), share_columns(split)


def test_columns_stand_in_the_agreed_order_and_multiply_to_what_is_expected() -> None:
    base, cells, _ = tables()
    assert list(cells)[:10] == [
        "column", "row", "area", "district", "expected", "low", "high", "baseline", "rank", "flagged",
    ]  # fmt: skip
    factors = [values for name, values in cells.items() if name.startswith("factor_")]
    assert base * np.prod(factors, axis=0) == pytest.approx(cells["expected"], rel=1e-9)


def test_the_table_read_back_from_its_bytes_is_the_table() -> None:
    _, cells, shares = tables()
    for columns in (cells, shares):
        read = pl.read_parquet(io.BytesIO(table_bytes(columns)))
        assert read.columns == list(columns)
        assert all(np.array_equal(read[name].to_numpy(), values) for name, values in columns.items())
    assert pl.DataFrame(cells).schema["rank"] == pl.Int32
    assert pl.DataFrame(cells).schema["district"] == pl.String


def test_stability_stands_behind_the_flag_and_changes_nothing_else() -> None:
    _, cells, _ = tables()
    steady = np.linspace(0, 1, len(cells["rank"]))
    found = with_stability(cells, steady)
    names = list(found)
    assert names[9:11] == ["flagged", "stability"]
    assert np.array_equal(found["stability"], steady)
    assert {name: values for name, values in found.items() if name != "stability"}.keys() == cells.keys()


def test_made_twice_the_bytes_have_one_digest() -> None:
    assert digest(table_bytes(tables()[1])) == digest(table_bytes(tables()[1]))


def test_shares_have_a_row_for_every_district_and_slot() -> None:
    shares = pl.DataFrame(tables()[2])
    assert shares.height == 2 * 22
    assert shares.group_by("district").agg(pl.col("share").sum())["share"].to_numpy() == pytest.approx(
        1.0, rel=1e-5
    )
