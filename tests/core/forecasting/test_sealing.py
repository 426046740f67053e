"""The bytes of a run, from what it rests on."""

import json
from typing import Any

import pytest

from forecasting.core.fingerprint import digest
from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import standard_recipe
from forecasting.core.sealing import Order, order_in, seal
from tests.core.forecasting.forecast_examples import ORIGIN, small_city, small_history, week

ORDER = Order("burglary", standard_recipe("decayed", ("burglary",)), week(), ORIGIN - 3600, 2e5, 7)
SOURCES = {"category": "burglary", "as_of": "2023-12-01T06:00:00+00:00", "extract": "ab" * 32}


def sealed(order: Order = ORDER) -> Any:
    return seal(order, {"burglary": small_history()}, small_city(), {}, SOURCES)


def test_the_manifest_names_both_tables_and_where_they_come_from() -> None:
    made = sealed()
    assert made.manifest["cells"] == digest(made.cells_data)
    assert made.manifest["shares"] == digest(made.shares_data)
    assert made.manifest["extract"] == SOURCES["extract"]
    assert json.loads(made.manifest_data)["total"] == made.forecast.total


def test_what_is_computed_again_from_the_manifest_alone_is_the_same_to_the_byte() -> None:
    made = sealed()
    again = sealed(order_in(json.loads(made.manifest_data)))
    assert order_in(json.loads(made.manifest_data)) == ORDER
    assert (again.manifest_data, again.cells_data, again.shares_data) == (
        made.manifest_data,
        made.cells_data,
        made.shares_data,
    )


def test_one_incident_less_is_another_run() -> None:
    fewer = small_history()
    fewer = fewer.where(fewer.ends != fewer.ends[0])
    assert seal(ORDER, {"burglary": fewer}, small_city(), {}, SOURCES).manifest_data != sealed().manifest_data


def test_a_manifest_whose_recipe_cannot_be_read_is_refused() -> None:
    manifest = json.loads(sealed().manifest_data)
    manifest["recipe"]["magic"] = 1
    with pytest.raises(CannotForecast, match="not a recipe"):
        order_in(manifest)
