"""Plans and runs as maps."""

import numpy as np
import pytest
from numpy.typing import NDArray

from forecasting.models import Plan
from forecasting.pictures import plan_picture, run_picture
from forecasting.selectors.runs import run_cells
from tests.cast import City
from tests.factories.forecasts import add_plan, add_run

Floats = NDArray[np.float64]


def south_west(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return np.hypot(x - 0.3, y - 0.2) < 0.15


def two_places(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return np.hypot(x - 0.3, y - 0.2) < 0.05


@pytest.fixture
def plan(city: City) -> Plan:
    return add_plan(city, add_run(city, flagged=south_west), places=two_places)


def test_a_plan_shows_its_own_district_outlined_and_its_places_numbered(plan: Plan) -> None:
    picture = plan_picture(plan)
    assert picture.map.count('class="mine"') == 1
    assert picture.map.count('class="disc"') == len(plan.body["places"])
    assert "Hidden Lane 1" in picture.map


def test_a_plan_shades_no_cell_of_another_district(city: City) -> None:
    run = add_run(city, flagged=lambda x, y: y > 0.7)  # all of it in North
    plan = add_plan(city, run, places=two_places)
    assert 'class="r4"' not in plan_picture(plan).map


def test_a_run_and_its_baseline_are_drawn_on_the_same_scale(city: City) -> None:
    run = add_run(city, flagged=south_west, counted=lambda x, y: x > 0.8)
    cells = run_cells(run)
    ours, theirs = run_picture(run, cells), run_picture(run, cells, column="baseline")
    assert ours.limits == theirs.limits
    assert ours.map != theirs.map


def test_a_map_says_what_it_shows_and_where_the_figures_stand(plan: Plan) -> None:
    assert "Central: expected incidents" in plan_picture(plan).map
    assert "The table on this page holds the same figures" in plan_picture(plan).map
