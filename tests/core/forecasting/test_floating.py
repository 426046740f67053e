"""Counts that do not hang on where the grid begins."""

import numpy as np
import pytest
import shapely

from forecasting.core.densities import Densities
from forecasting.core.floating import LAID, FloatingBoxes
from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import FloatArray, Incidents
from forecasting.core.recipe import Term
from forecasting.core.term_kinds import TermKind
from forecasting.core.windows import DAY


def grid(shift: float = 0.0) -> Grid:
    return make_grid(shapely.box(0, 0, 1000, 1000), 100.0, origin=(shift, shift))


def density(cells: Grid, x: list[float], y: list[float], weights: list[float] | None = None) -> FloatArray:
    boxes = FloatingBoxes(cells, np.array(x), np.array(y))
    return boxes.density(np.arange(len(x)), None if weights is None else np.array(weights))


def test_eight_grids_are_listed_and_none_is_laid_twice() -> None:
    assert len(LAID) >= 8
    assert len(set(LAID)) == len(LAID)


def test_an_even_city_is_even_up_to_its_edge() -> None:
    x, y = (part.ravel() for part in np.meshgrid(np.arange(5.0, 1000.0, 10.0), np.arange(5.0, 1000.0, 10.0)))
    made = FloatingBoxes(grid(), x, y).density(np.arange(len(x)), None)
    assert made == pytest.approx(np.full(100, 100.0), rel=0.15)
    assert made.mean() == pytest.approx(100.0, rel=0.02)


def test_all_the_weight_is_kept_and_what_is_not_chosen_does_not_count() -> None:
    made = density(grid(), [450.0], [450.0], [3.0])
    assert made.sum() == pytest.approx(3.0, rel=0.1)
    assert made.argmax() == grid().locate(np.array([450.0]), np.array([450.0]))[0]
    boxes = FloatingBoxes(grid(), np.array([450.0, 50.0]), np.array([450.0, 50.0]))
    assert boxes.density(np.array([0]), np.array([3.0])) == pytest.approx(made)


def test_a_place_on_the_line_between_two_cells_belongs_to_both() -> None:
    made = density(grid(), [500.0], [450.0])
    left, right = grid().locate(np.array([450.0, 550.0]), np.array([450.0, 450.0]))
    assert min(made[left], made[right]) > 0.2
    assert max(made[left], made[right]) < 0.6


def test_moved_grids_read_nearly_the_same_intensities_and_quite_different_own_counts() -> None:
    """Read at the same places, as fine as a step of 25 m; the grid of cells is moved by half a cell."""
    rng = np.random.default_rng(5)
    tops, hill = rng.uniform(100, 900, (2, 12)), rng.integers(0, 12, 1500)
    x, y = np.clip(tops[:, hill] + rng.normal(0, 60, (2, 1500)), 0, 999)
    ends = rng.integers(0, 80 * DAY, 1500)
    known = Incidents(x, y, ends, ends)
    steps = np.arange(112.5, 900.0, 25.0)
    at_x, at_y = (part.ravel() for part in np.meshgrid(steps, steps))
    terms = {
        "own": Term("own", 60.0, None, 1.0),
        "spread": Term("spread", 60.0, 115.0, 1.0),
        "floating": Term("floating", 60.0, None, 1.0, kind=TermKind.FLOATING),
        "near": Term("near", None, None, 1.0, kind=TermKind.NEAR_REPEAT),
    }
    moved: dict[str, float] = {}
    for name, term in terms.items():
        read = []
        for shift in (0.0, 50.0):
            cells = grid(shift)
            located = cells.locate(x, y)
            made = Densities(cells, known, located, 1.0).of(term, 80 * DAY)
            read.append(made[cells.locate(at_x, at_y)])
        moved[name] = float(np.abs(read[0] - read[1]).mean() / read[0].mean())
    print(moved)
    assert moved["floating"] < 0.8 * moved["own"]
    assert moved["spread"] < 0.6 * moved["own"]
    assert moved["near"] < 0.6 * moved["own"]


def test_averaging_an_intensity_over_the_eight_grids_changes_little() -> None:
    """An intensity is read at points: cells laid in eight ways, averaged, give what one laying gives."""
    rng = np.random.default_rng(6)
    tops, hill = rng.uniform(200, 800, (2, 8)), rng.integers(0, 8, 900)
    places = np.clip(tops[:, hill] + rng.normal(0, 80, (2, 900)), 1, 999)
    ends = rng.integers(0, 80 * DAY, 900)
    middle = np.array([[500.0], [500.0]])
    at = np.array(
        [part.ravel() for part in np.meshgrid(np.arange(250.0, 760.0, 20.0), [455.0, 525.0, 610.0])]
    )
    changed = {}
    for term in (Term("own", 60.0, None, 1.0), Term("near", None, None, 1.0, kind=TermKind.NEAR_REPEAT)):
        read = []
        for east, north, degrees in LAID:
            turn = np.deg2rad(degrees)
            way = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            cells = make_grid(shapely.box(-300, -300, 1300, 1300), 100.0, origin=(100 * east, 100 * north))
            x, y = way @ (places - middle) + middle
            made = Densities(cells, Incidents(x, y, ends, ends), cells.locate(x, y), 1.0).of(term, 80 * DAY)
            read.append(made[cells.locate(*(way @ (at - middle) + middle))])
        averaged, direct = np.mean(read, axis=0), read[0]
        changed[term.name] = float(np.abs(averaged - direct).mean() / direct.mean())
    print(changed)
    assert changed["near"] < 0.2
    assert changed["near"] < 0.5 * changed["own"]
