"""What goes into a risk terrain: one operationalisation of a layer at most, and none that chance explains."""

import numpy as np
import pytest
from shapely.geometry import box

from forecasting.core.factor_choice import FactorChoice, space_blocks
from forecasting.core.grid import make_grid
from forecasting.core.incidents import FloatArray
from forecasting.core.operationalisations import How, Operationalisation

TRIED = (
    Operationalisation("bars", How.WITHIN, 150.0),
    Operationalisation("bars", How.WITHIN, 300.0),
    Operationalisation("stops", How.WITHIN, 150.0),
)
BLOCKS = np.repeat(np.arange(20), 100)


def figures() -> FloatArray:
    """2,000 cells: near bars, a wider ring around them, near stops."""
    rng = np.random.default_rng(3)
    near, ring, stops = (rng.random(2000) < share for share in (0.2, 0.2, 0.3))
    return np.column_stack([near, near | ring, stops]).astype(np.float64)


def choice(risk: FloatArray, seed: int = 1) -> FactorChoice:
    counts = np.random.default_rng(seed).poisson(risk).astype(np.float64)
    return FactorChoice(figures(), np.ones(2000), counts, BLOCKS, TRIED)


def test_the_operationalisation_that_counts_is_chosen_and_no_other_of_its_layer() -> None:
    made = choice(np.where(figures()[:, 0] > 0, 2.0, 1.0))
    assert made.certain(made.steps(made.useful(np.random.default_rng(1)))) == [0]
    wider = choice(np.where(figures()[:, 1] > 0, 2.0, 1.0))
    assert wider.steps([0, 1, 2]) == [1]


def test_where_nothing_counts_nothing_is_chosen() -> None:
    made = choice(np.ones(2000))
    assert made.steps([0, 1, 2]) == []
    assert made.criterion([0]) > made.criterion([])


def test_only_what_survived_the_penalty_is_a_candidate() -> None:
    assert choice(np.where(figures()[:, 0] > 0, 2.0, 1.0)).steps([2]) == []


def test_crowding_in_blocks_makes_errors_wider_and_factors_dearer() -> None:
    crowded = np.repeat(np.random.default_rng(9).gamma(1.0, 1.0, 20), 100)
    table = figures()
    table[:, 2] = BLOCKS % 3 == 0  # a layer that fills whole blocks, as a busy quarter does
    counts = np.random.default_rng(1).poisson(crowded).astype(np.float64)
    together = FactorChoice(table, np.ones(2000), counts, BLOCKS, TRIED)
    alone = FactorChoice(table, np.ones(2000), counts, np.arange(2000), TRIED)
    assert together.fitted([2])[1][0] > 2 * alone.fitted([2])[1][0]
    gains = [each.criterion([]) - each.criterion([2]) for each in (together, alone)]
    assert gains[0] < gains[1]


def test_a_factor_whose_interval_holds_one_is_dropped() -> None:
    made = choice(np.where(figures()[:, 0] > 0, 2.0, 1.0))
    fit, errors = made.fitted([0, 2])
    assert abs(fit.slopes[1]) < made.reach * errors[1]
    assert made.certain([0, 2]) == [0]
    assert made.reach == pytest.approx(2.093, abs=1e-3)  # Student's with 19 degrees of freedom


def test_blocks_of_space_are_squares() -> None:
    grid = make_grid(box(0, 0, 2000, 1500), 100.0)
    blocks = space_blocks(grid, 500.0)
    assert len(np.unique(blocks)) == 4 * 3
    assert len(np.unique(blocks[(grid.columns < 5) & (grid.rows < 5)])) == 1


def test_a_small_city_has_smaller_blocks() -> None:
    grid = make_grid(box(0, 0, 1800, 900), 100.0)
    assert len(np.unique(space_blocks(grid, 2500.0))) == 6 * 3


def test_a_layer_registered_twice_under_two_names_counts_once() -> None:
    near = figures()[:, 0]
    counts = np.random.default_rng(1).poisson(np.where(near > 0, 2.0, 1.0)).astype(np.float64)
    twice = (TRIED[0], Operationalisation("taverns", How.WITHIN, 150.0))
    made = FactorChoice(np.column_stack([near, near]), np.ones(2000), counts, BLOCKS, twice)
    assert made.certain(made.steps(made.useful(np.random.default_rng(1)))) == [0]
