"""The near-repeat surface against the paper's examples and a slow textbook version."""

import numpy as np
import pytest

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents
from forecasting.core.limits import CannotForecast
from forecasting.core.near_repeat import (
    DecayWeights,
    NearRepeatWeights,
    OriginalWeights,
    decay_weights,
    near_repeat_intensity,
)
from forecasting.core.windows import DAY
from tests.core.forecasting.point_examples import at_days, square

ORIGIN = 100 * DAY


def slowly(incidents: Incidents, grid: Grid, weights: NearRepeatWeights, unit: float) -> FloatArray:
    made = np.zeros(len(grid))
    for cell in range(len(grid)):
        x = grid.origin_x + (grid.columns[cell] + 0.5) * grid.cell
        y = grid.origin_y + (grid.rows[cell] + 0.5) * grid.cell
        for each in range(len(incidents)):
            age = (ORIGIN - incidents.ends[each]) / DAY
            metres = np.hypot(x - incidents.x[each], y - incidents.y[each]) * unit
            if 0 < age < weights.memory_days and metres <= weights.reach_metres:
                near = weights.of_distance(np.array(metres), grid.cell * unit)
                made[cell] += float(near) * float(weights.of_age(np.array(age)))
    return made


def test_the_weights_of_2004_by_hand() -> None:
    grid = square(500.0, 50.0)
    centre_of_own, in_neighbour = (125.0, 125.0), (75.0, 125.0)
    cell = grid.locate(np.array([125.0]), np.array([125.0]))[0]
    places = [centre_of_own, centre_of_own, in_neighbour, in_neighbour]
    days = [97.0, 91.0, 97.0, 80.0]  # 0, 1, 0 and 2 complete weeks before the origin
    made = [
        near_repeat_intensity(at_days([x], [y], [day]), grid, ORIGIN, unit_metres=1.0)[cell]
        for (x, y), day in zip(places, days, strict=True)
    ]
    # a neighbour's centre is 50 m off: two complete half cells
    assert made == pytest.approx([1.0, 1 / 2, 1 / 3, 1 / 3 * 1 / 3])


@pytest.mark.parametrize("weights", [OriginalWeights(), DecayWeights()])
@pytest.mark.parametrize("unit", [1.0, 0.3048])
def test_it_equals_the_slow_textbook_version(weights: NearRepeatWeights, unit: float) -> None:
    rng = np.random.default_rng(1)
    grid = square(2000.0, 130.0)
    incidents = at_days(rng.uniform(-300, 2300, 60), rng.uniform(-300, 2300, 60), rng.uniform(0, 110, 60))
    made = near_repeat_intensity(incidents, grid, ORIGIN, weights, unit_metres=unit)
    assert made == pytest.approx(slowly(incidents, grid, weights, unit), abs=1e-12)


def test_nothing_from_the_origin_on_counts() -> None:
    grid = square(500.0, 50.0)
    assert not near_repeat_intensity(at_days([125], [125], [100]), grid, ORIGIN, unit_metres=1.0).any()


def test_more_points_in_a_cell_make_it_fairer_to_its_corners() -> None:
    grid = square(600.0, 300.0)
    corner, middle = at_days([295], [295], [99]), at_days([150], [150], [99])
    weights = DecayWeights(scale_metres=50.0)

    def factor(points: int) -> float:
        of = [
            near_repeat_intensity(each, grid, ORIGIN, weights, unit_metres=1.0, points=points)[0]
            for each in (middle, corner)
        ]
        return float(of[0] / of[1])

    assert factor(8) < factor(1) / 3


def test_a_surface_without_reach_is_refused() -> None:
    with pytest.raises(CannotForecast, match="reach, memory and points"):
        near_repeat_intensity(
            at_days([1], [1], [1]),
            square(500.0, 50.0),
            ORIGIN,
            OriginalWeights(reach_metres=0.0),
            unit_metres=1.0,
        )


def test_a_decay_is_cut_at_four_scales_and_six_half_lives() -> None:
    assert decay_weights(None, None) == DecayWeights()
    assert decay_weights(100.0, 7.0) == DecayWeights(100.0, 7.0, 400.0, 42.0)
