"""Final stages under their one contract."""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.core.recipe import COMPARATORS, MODELS, STAGES, standard_recipe
from forecasting.core.stages import FITS, LogLinear, fit_stage, look
from forecasting.core.training import surfaces_for
from tests.core.forecasting.forecast_examples import ORIGIN, small_city, small_history
from tests.core.forecasting.stage_examples import RECIPE, planted

CITY = small_city()
FRESH = np.random.default_rng(99).normal(size=(50, 2))


def test_every_stage_of_the_vocabulary_can_be_fitted_and_no_other() -> None:
    assert set(FITS) == {*STAGES, *COMPARATORS}


@pytest.mark.parametrize("stage", [*STAGES, *COMPARATORS])
def test_base_times_factors_is_the_risk(stage: str) -> None:
    made = fit_stage(planted(windows=3, cells=500), replace(RECIPE, stage=stage), 3)
    product = made.base * np.prod(list(made.factors(FRESH).values()), axis=0)
    assert product == pytest.approx(made.risk(FRESH), rel=1e-9)
    assert made.facts()["stage"] == stage


def test_the_log_linear_stage_names_its_slopes() -> None:
    made = fit_stage(planted(), replace(RECIPE, stage="loglinear"), 3)
    assert isinstance(made, LogLinear)
    slopes = made.facts()["slopes"]
    assert slopes["recent"] > 0.3 > slopes["near"]
    assert list(slopes.values()) == pytest.approx(made.coefficients.slopes.tolist(), rel=1e-5)


def test_a_stage_looks_at_one_column_per_term_and_k_means_at_its_clusters() -> None:
    for model, columns in (("boosted", len(MODELS["boosted"][1])), ("kmeans", 1)):
        recipe = standard_recipe(model, ("burglary",))
        surfaces = surfaces_for({"burglary": small_history()}, CITY, recipe, "burglary")
        seen = look(surfaces, recipe, ORIGIN, 1)
        assert seen.shape == (len(CITY.grid), columns)
    hot = CITY.grid.locate(np.array([1450.0]), np.array([650.0]))[0]
    assert seen[hot, 0] > 2.0
    assert (seen[:, 0] * CITY.grid.area).sum() / CITY.grid.total_area == pytest.approx(1.0)


def test_k_means_sees_nothing_after_the_cut() -> None:
    recipe, incidents = standard_recipe("kmeans", ("burglary",)), small_history()
    known = incidents.where(incidents.ends < ORIGIN)
    one, other = (
        look(surfaces_for({"burglary": each}, CITY, recipe, "burglary"), recipe, ORIGIN, 1)
        for each in (incidents, known)
    )
    assert np.array_equal(one, other)
