"""The raw surfaces behind the features, one kind at a time."""

import numpy as np
import pytest
import shapely

from forecasting.core.densities import LEAST_METRES, Densities, decayed_counts
from forecasting.core.grid import Grid, make_grid
from forecasting.core.incidents import Incidents
from forecasting.core.layers import Layer, layer_density, layer_distance, point_layer
from forecasting.core.near_repeat import DecayWeights, near_repeat_intensity
from forecasting.core.recipe import Term
from forecasting.core.term_kinds import TermKind
from forecasting.core.windows import DAY

CUT = 100 * DAY


def grid() -> Grid:
    return make_grid(shapely.box(0, 0, 1000, 1000), 100.0)


def past(number: int = 300) -> Incidents:
    rng = np.random.default_rng(2)
    ends = rng.integers(0, CUT + 20 * DAY, number)
    return Incidents(rng.uniform(0, 1000, number), rng.uniform(0, 1000, number), ends, ends)


def densities(incidents: Incidents, layer: Layer | None = None) -> Densities:
    layers = {} if layer is None else {layer.name: layer}
    return Densities(grid(), incidents, grid().locate(incidents.x, incidents.y), 1.0, layers)


def test_own_counts_are_per_whole_cell() -> None:
    cut = make_grid(shapely.box(0, 0, 150, 100), 100.0)
    place, ends = np.array([125.0]), np.array([0])
    known = Incidents(place, place - 75, ends, ends)
    made = Densities(cut, known, cut.locate(known.x, known.y), 1.0).of(Term("a", None, None, 1.0), DAY)
    assert made.tolist() == [0.0, 2.0]


def test_terms_of_one_half_life_share_their_counts_and_another_moment_has_its_own() -> None:
    made = densities(past())
    here, spread = Term("here", 30.0, None, 1.0), Term("spread", 30.0, 80.0, 1.0)
    first = made.of(here, CUT)
    later = made.of(here, CUT + 10 * DAY)
    known = past()
    before = known.ends < CUT
    cells = grid().locate(known.x[before], known.y[before])
    assert np.array_equal(first, decayed_counts(cells, (CUT - known.ends[before]) / DAY, 30.0, len(grid())))
    assert later.sum() != first.sum()
    assert np.array_equal(made.of(here, CUT), first)
    assert made.of(spread, CUT).sum() == pytest.approx(first.sum(), rel=0.1)


def test_a_near_repeat_has_the_decay_of_its_term() -> None:
    weights = DecayWeights(80.0, 7.0, 320.0, 42.0)
    exact = near_repeat_intensity(past(), grid(), CUT, weights, unit_metres=1.0, points=2)
    term = Term("near", 7.0, 80.0, 1.0, kind=TermKind.NEAR_REPEAT)
    assert np.array_equal(densities(past()).of(term, CUT), exact)


def test_a_self_exciting_term_without_a_fit_is_nothing() -> None:
    assert not densities(past()).of(Term("a", None, None, 1.0, kind=TermKind.ETAS), CUT).any()


def test_a_layers_terms_do_not_hang_on_the_moment() -> None:
    bars = point_layer("bars", np.array([450.0, 820.0]), np.array([450.0, 310.0]), 0)
    made = densities(past(), bars)
    near = Term("near_bars", None, 400.0, 1.0, kind=TermKind.LAYER_DISTANCE, layer="bars")
    many = Term("many_bars", None, 200.0, 1.0, kind=TermKind.LAYER_DENSITY, layer="bars")
    metres = layer_distance(bars, grid(), unit_metres=1.0, reach_metres=400.0)
    for moment in (CUT, CUT - 50 * DAY):
        assert np.array_equal(made.of(near, moment), 1 / (metres + LEAST_METRES))
        assert np.array_equal(
            made.of(many, moment), layer_density(bars, grid(), unit_metres=1.0, bandwidth_metres=200.0)
        )


@pytest.mark.parametrize("kind", [TermKind.COUNTS, TermKind.FLOATING, TermKind.NEAR_REPEAT])
def test_what_was_not_over_before_the_moment_does_not_count(kind: TermKind) -> None:
    known = past()
    later = known.ends >= CUT
    moved = Incidents(np.where(later, 5.0, known.x), known.y, known.begins, known.ends)
    term = Term("a", 20.0, None, 1.0, kind=kind)
    assert later.any()
    assert np.array_equal(densities(known).of(term, CUT), densities(moved).of(term, CUT))
