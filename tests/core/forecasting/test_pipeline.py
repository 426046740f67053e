"""The one computation."""

import numpy as np
import pytest

from forecasting.core.boosting import Boosted
from forecasting.core.explain import product
from forecasting.core.fingerprint import digest, table_bytes
from forecasting.core.incidents import Incidents
from forecasting.core.limits import CannotForecast
from forecasting.core.pipeline import Forecast, make_forecast, recipe_as_known, split_to_shifts
from forecasting.core.recipe import MODELS, standard_recipe
from forecasting.core.scoring import score_window
from forecasting.core.training import surfaces_for
from tests.core.forecasting.forecast_examples import ORIGIN, small_city, small_history, week

CITY = small_city()


def forecast(incidents: Incidents | None = None, model: str = "blend", seed: int = 1) -> Forecast:
    recipe = standard_recipe(model, ("burglary",))
    given = {"burglary": small_history() if incidents is None else incidents}
    surfaces = surfaces_for(given, CITY, recipe, "burglary")
    return make_forecast(surfaces, CITY, recipe, week(), flag_area=0.05 * CITY.grid.total_area, seed=seed)


def fingerprint(made: Forecast) -> str:
    return digest(
        table_bytes({"expected": made.expected, "rank": made.rank, "low": made.low, **made.factors})
    )


@pytest.mark.parametrize("model", list(MODELS))
def test_expected_is_exactly_the_base_times_its_factors(model: str) -> None:
    made = forecast(model=model)
    assert np.array_equal(product(made.base, made.factors), made.expected)
    assert next(iter(made.factors)) == "area"
    assert (made.expected > 0).all()


@pytest.mark.parametrize("model", list(MODELS))
def test_the_total_is_the_recent_rate_times_the_days_whatever_the_stage(model: str) -> None:
    made = forecast(model=model)
    assert made.total == pytest.approx(made.training.daily_rate * 7, rel=1e-5)
    assert made.baseline.sum() == pytest.approx(made.total, rel=1e-4)


def test_the_hot_cells_come_first_and_are_flagged() -> None:
    made = forecast()
    hot = CITY.grid.locate(np.array([1450.0, 350.0]), np.array([650.0, 1550.0]))
    assert sorted(made.rank[hot].tolist()) == [1, 2]
    assert made.flagged[hot].all()
    assert CITY.grid.area[made.flagged].sum() <= 0.05 * CITY.grid.total_area


def test_a_forecast_by_trees_is_explained_by_its_terms_and_a_comparators_by_its_score() -> None:
    made, recipe = forecast(model="boosted"), standard_recipe("boosted", ("burglary",))
    assert set(made.factors) == {"area", *(term.name for term in recipe.terms)}
    assert made.importance[0].strength > made.importance[-1].strength >= 0
    assert list(forecast(model="svm").factors) == ["area", "score"]


def test_a_forecast_that_its_stage_cannot_explain_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Boosted.factors
    monkeypatch.setattr(
        Boosted, "factors", lambda stage, seen: {**honest(stage, seen), "recent": np.full(len(seen), 1.1)}
    )
    with pytest.raises(CannotForecast) as refusal:
        forecast(model="boosted")
    assert refusal.value.reason == "not_additive"


def test_ranks_are_a_permutation_and_intervals_hold_the_expected_count() -> None:
    made = forecast()
    assert sorted(made.rank.tolist()) == list(range(1, len(CITY.grid) + 1))
    assert (made.low <= made.expected).all()
    assert (made.high >= np.floor(made.expected)).all()


@pytest.mark.parametrize("model", list(MODELS))
def test_the_same_input_and_seed_give_the_same_digest(model: str) -> None:
    assert fingerprint(forecast(model=model)) == fingerprint(forecast(model=model))


def test_the_future_cannot_change_a_forecast_and_the_past_can() -> None:
    incidents = small_history()
    future = incidents.ends >= ORIGIN
    moved = Incidents(np.where(future, 5.0, incidents.x), incidents.y, incidents.begins, incidents.ends)
    nudged = Incidents(
        np.where(future, incidents.x, incidents.x[::-1]), incidents.y, incidents.begins, incidents.ends
    )
    assert fingerprint(forecast(moved)) == fingerprint(forecast(incidents))
    assert fingerprint(forecast(nudged)) != fingerprint(forecast(incidents))


def test_incidents_outside_every_cell_are_counted_and_left_out() -> None:
    incidents = small_history()
    x = incidents.x.copy()
    x[:10] = -500.0
    inside_already = surfaces_for(
        {"burglary": incidents}, CITY, standard_recipe("blend", ("burglary",)), "burglary"
    ).outside
    moved = forecast(Incidents(x, incidents.y, incidents.begins, incidents.ends))
    assert inside_already <= moved.outside <= inside_already + 10


def test_the_forecast_beats_a_uniform_one_on_what_then_happened() -> None:
    made, recipe = forecast(), standard_recipe("blend", ("burglary",))
    observed = surfaces_for({"burglary": small_history()}, CITY, recipe, "burglary").counts(
        week().start, week().end
    )
    area = CITY.grid.area
    uniform = area * (made.total / area.sum())
    ours = score_window(made.expected, observed, area, np.random.default_rng(0))
    theirs = score_window(uniform, observed, area, np.random.default_rng(0))
    assert ours.deviance < theirs.deviance
    assert ours.hits[0.01].n > theirs.hits[0.01].n


def test_shares_of_every_district_sum_to_one_over_the_weeks_shifts() -> None:
    split = split_to_shifts(small_history(), CITY, standard_recipe("blend", ("burglary",)), week())
    assert split.districts.tolist() == ["east", "west"]
    assert split.shares.shape == (2, 22)
    assert split.shares.sum(axis=1) == pytest.approx([1.0, 1.0], rel=1e-5)


def test_shares_do_not_see_the_future() -> None:
    incidents = small_history()
    past_only = incidents.where(incidents.ends < ORIGIN)
    recipe = standard_recipe("blend", ("burglary",))
    one, other = (split_to_shifts(each, CITY, recipe, week()).shares for each in (incidents, past_only))
    assert np.array_equal(one, other)


def test_the_hours_between_as_of_and_the_window_count_as_not_yet_known() -> None:
    recipe = standard_recipe("blend", ("burglary",), reporting_delay_days=1.0)
    assert recipe_as_known(recipe, week(), week().start - 43_200).reporting_delay_days == 1.5
    assert recipe_as_known(recipe, week(), week().start + 99) == recipe
