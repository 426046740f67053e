"""Published comparators: scores made into counts inside the training span."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import shapely

from forecasting.core.comparators import (
    LEAST_SHARE,
    SCORE,
    Scored,
    cluster_density,
    fit_clusters,
    fit_forest,
    fit_support,
    isotonic_counts,
)
from forecasting.core.estimators import TrainingWindow
from forecasting.core.grid import make_grid
from forecasting.core.incidents import FloatArray
from forecasting.core.recipe import Recipe
from tests.core.forecasting.stage_examples import RECIPE, planted

Fit = Callable[[Sequence[TrainingWindow], Recipe, int], Scored]
FITS: tuple[Fit, ...] = (fit_forest, fit_support, fit_clusters)
FRESH = np.random.default_rng(99).normal(size=(2000, 2))
GRID = make_grid(shapely.box(0, 0, 1000, 100), 100.0)


def steps_of(counts: list[float]) -> tuple[FloatArray, FloatArray, FloatArray]:
    observed, exposure = np.array(counts), np.linspace(0.5, 2.0, len(counts))
    score = np.arange(len(counts), dtype=np.float64)
    return observed, exposure, isotonic_counts(score, observed, exposure).predict(score)


def test_isotonic_counts_sum_to_the_training_total_and_never_fall() -> None:
    observed, exposure, risk = steps_of([0, 3, 1, 0, 4, 9, 2, 8])
    assert (risk * exposure).sum() == pytest.approx(observed.sum())
    assert (np.diff(risk) >= 0).all()
    assert len(set(risk.tolist())) > 2


def test_isotonic_counts_by_hand_pool_neighbours_out_of_order() -> None:
    risk = isotonic_counts(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 2.0]), np.ones(3)).predict(
        [1.0, 2.0, 3.0]
    )
    assert risk.tolist() == [1.0, 3.0, 3.0]


@pytest.mark.parametrize("fit", FITS)
def test_a_comparator_finds_the_planted_places_and_explains_by_its_score_alone(fit: Fit) -> None:
    stage = fit(planted(), RECIPE, 1)
    risk = stage.risk(FRESH)
    high, low = risk[FRESH[:, 0] > 1.3].mean(), risk[FRESH[:, 0] < 0.3].mean()
    assert high / low == pytest.approx(6.0, rel=0.35)
    assert list(stage.factors(FRESH)) == [SCORE]
    assert np.array_equal(stage.base * stage.factors(FRESH)[SCORE], risk)
    assert json.loads(json.dumps(stage.facts())) == stage.facts()


@pytest.mark.parametrize("fit", FITS)
def test_the_same_seed_gives_the_same_risks(fit: Fit) -> None:
    one, other = (fit(planted(windows=3, cells=500), RECIPE, 2**40 + 7).risk(FRESH) for _ in range(2))
    assert np.array_equal(one, other)


def test_a_score_that_never_saw_an_incident_keeps_a_small_share() -> None:
    blocks = planted()
    quiet = [
        TrainingWindow(block.features, block.exposure, np.where(block.features[:, 0] < 0, 0.0, block.counts))
        for block in blocks
    ]
    assert fit_clusters(quiet, RECIPE, 1).risk(FRESH).min() == LEAST_SHARE


def test_support_vectors_without_an_incident_to_learn_from_tell_no_place_from_another() -> None:
    blocks = planted()
    empty = [
        TrainingWindow(block.features, block.exposure, np.zeros(len(block.counts))) for block in blocks[:4]
    ]
    stage: Scored = fit_support([*empty, *blocks[4:]], RECIPE, 1)
    assert len(set(stage.risk(FRESH).tolist())) == 1


def test_clusters_by_hand_share_their_incidents_over_their_area() -> None:
    counts = np.zeros(10)
    counts[[1, 8]] = [2.0, 6.0]  # sqrt(8 / 2) = 2 clusters, around 1.5 and 8.5: five cells each
    density = cluster_density(GRID, counts, 1)
    assert density.tolist() == pytest.approx([0.5] * 5 + [1.5] * 5)
    assert (density * GRID.area).sum() / GRID.total_area == pytest.approx(1.0)


def test_clusters_of_no_incidents_are_the_average_everywhere() -> None:
    assert cluster_density(GRID, np.zeros(10), 1).tolist() == [1.0] * 10
