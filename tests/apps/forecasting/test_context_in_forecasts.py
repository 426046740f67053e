"""Context in a sealed forecast: the version known by then, named in the manifest; none after it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from forecasting.core.recipe import Term, recipe_digest, standard_recipe
from forecasting.core.term_kinds import TermKind
from forecasting.models import ForecastRun, Recipe
from forecasting.selectors.runs import run_cells, run_manifest
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.issue_forecast import issue_forecast
from governance import clock
from governance.core.refusals import Refused
from tests.cast import City
from tests.factories.context import BARS, add_layer, write_points
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history

NEAR_BARS = Term("near_bars", None, 200.0, 0.05, kind=TermKind.LAYER_DENSITY, layer="bars")


def adopt(city: City, *terms: Term) -> Recipe:
    """Adopt decayed counts with more terms, agreed to when the city was set up."""
    plain = standard_recipe("decayed", (CATEGORY,), cell_metres=150.0, reporting_delay_days=1.0)
    recipe = replace(plain, terms=(*plain.terms, *terms), fitted=True)
    city.jurisdiction.genesis = {"recipe": [recipe_digest(recipe)]}
    city.jurisdiction.save()
    return adopt_recipe(jurisdiction=city.jurisdiction, name="With context", recipe=recipe, by=city.scheduler)


def issue(city: City, recipe: Recipe) -> ForecastRun:
    add_history(city)
    return issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=recipe,
        extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
        category=CATEGORY,
        window_start=WINDOW[0],
        window_end=WINDOW[1],
        by=city.scheduler,
    )


def test_a_forecast_looks_at_the_version_known_by_then_and_names_its_digest(
    city: City, tmp_path: Path
) -> None:
    now = clock.now(city.jurisdiction)
    known = add_layer(city, write_points(tmp_path / "a.geojson"), as_of=now - timedelta(days=30))
    add_layer(city, write_points(tmp_path / "c.geojson"), layer_name="parks", subject="open_space")
    add_layer(city, write_points(tmp_path / "b.geojson", BARS[1:]), as_of=now - timedelta(hours=3))
    run = issue(city, adopt(city, NEAR_BARS))
    assert run_manifest(run)["layers"] == {"bars": known.digest}
    assert (run_cells(run)["factor_near_bars"].to_numpy() > 1).any()


def test_a_recipe_without_layers_names_none(city: City, tmp_path: Path) -> None:
    add_layer(city, write_points(tmp_path / "a.geojson"))
    assert run_manifest(issue(city, adopt(city)))["layers"] == {}


def test_a_layer_that_was_not_there_by_then_is_refused(city: City, tmp_path: Path) -> None:
    add_layer(city, write_points(tmp_path / "a.geojson"), as_of=clock.now(city.jurisdiction))
    with pytest.raises(Refused, match="looks at the context layer bars, which is not there"):
        issue(city, adopt(city, NEAR_BARS))
