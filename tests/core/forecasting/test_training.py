"""What is learned before an origin."""

import numpy as np
import pytest

from forecasting.core.incidents import FloatArray, Incidents
from forecasting.core.layers import point_layer
from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import Recipe, Term, standard_recipe
from forecasting.core.stages import LogLinear
from forecasting.core.term_kinds import TermKind
from forecasting.core.training import Training, knowledge_cut, surfaces_for, train
from forecasting.core.windows import DAY
from tests.core.forecasting.forecast_examples import ORIGIN, small_city, small_history

RECIPE = standard_recipe("blend", ("burglary",))


def trained(incidents: Incidents, origin: int = ORIGIN, delay: float = 0.0) -> Training:
    city = small_city()
    recipe = standard_recipe("blend", ("burglary",), reporting_delay_days=delay)
    return train(surfaces_for({"burglary": incidents}, city, recipe, "burglary"), city, recipe, origin)


def slopes_of(training: Training) -> FloatArray:
    assert isinstance(training.stage, LogLinear)
    return training.stage.coefficients.slopes


def test_coefficients_dispersion_and_level_come_from_the_past() -> None:
    training = trained(small_history())
    assert training.windows == 13
    assert training.daily_rate == pytest.approx(4.0, rel=0.2)
    assert (slopes_of(training) >= 0).all()
    assert slopes_of(training).sum() > 0.3


def test_nothing_after_the_origin_can_reach_what_is_learned() -> None:
    incidents = small_history()
    future = incidents.ends >= ORIGIN
    moved = Incidents(np.where(future, 5.0, incidents.x), incidents.y, incidents.begins, incidents.ends)
    honest, tempted = trained(incidents), trained(moved)
    assert np.array_equal(slopes_of(honest), slopes_of(tempted))
    assert honest.daily_rate == tempted.daily_rate


def test_what_is_younger_than_the_reporting_delay_is_not_yet_known() -> None:
    incidents = small_history()
    young = incidents.ends >= ORIGIN - 3 * DAY
    moved = Incidents(np.where(young, 5.0, incidents.x), incidents.y, incidents.begins, incidents.ends)
    honest, tempted = trained(incidents, delay=3.0), trained(moved, delay=3.0)
    assert (
        knowledge_cut(ORIGIN, standard_recipe("blend", ("a",), reporting_delay_days=3.0)) == ORIGIN - 3 * DAY
    )
    assert np.array_equal(slopes_of(honest), slopes_of(tempted))
    assert honest.daily_rate == tempted.daily_rate


def test_a_model_without_fitting_keeps_its_coefficients_at_one() -> None:
    city, recipe = small_city(), standard_recipe("counts", ("burglary",))
    training = train(
        surfaces_for({"burglary": small_history()}, city, recipe, "burglary"), city, recipe, ORIGIN
    )
    assert slopes_of(training).tolist() == [1.0]


def test_too_few_incidents_are_refused_with_the_number_and_the_remedy() -> None:
    with pytest.raises(
        CannotForecast, match=r"incidents of burglary .* at least 100 are needed. Ingest"
    ) as refusal:
        trained(small_history(per_day=0.05))
    assert refusal.value.reason == "too_few_incidents"


def test_a_history_too_short_is_refused_with_the_days_it_takes() -> None:
    with pytest.raises(CannotForecast, match="that is 264 days") as refusal:
        trained(small_history(days=230))
    assert refusal.value.reason == "history_too_short"


def test_a_category_gone_quiet_before_its_training_windows_is_refused() -> None:
    incidents = small_history()
    with pytest.raises(CannotForecast, match="fall in the training windows"):
        trained(incidents.where(incidents.ends < ORIGIN - 370 * DAY))


def test_a_category_without_a_recent_incident_has_no_level() -> None:
    incidents = small_history()
    with pytest.raises(CannotForecast, match="last 224 days"):
        trained(incidents.where(incidents.ends < ORIGIN - 230 * DAY))


def test_a_missing_layer_is_refused_by_name_and_one_of_another_place_too() -> None:
    near = Term("near_bars", None, 400.0, 0.02, kind=TermKind.LAYER_DISTANCE, layer="bars")
    recipe, city = Recipe("blend", ("burglary",), (near,)), small_city()
    known = {"burglary": small_history()}
    with pytest.raises(CannotForecast, match="context layer bars, which is not there"):
        surfaces_for(known, city, recipe, "burglary")
    far = {"bars": point_layer("bars", np.array([-122.6]) * 1e6, np.array([45.5]), 0)}
    with pytest.raises(CannotForecast, match="km from the city"):
        surfaces_for(known, city, recipe, "burglary", far)
    bars = {"bars": point_layer("bars", np.array([1000.0]), np.array([500.0]), 0)}
    assert surfaces_for(known, city, recipe, "burglary", bars).features(ORIGIN).shape == (len(city.grid), 1)


def test_a_layer_where_incidents_happen_is_learned() -> None:
    near = Term("near_bars", None, 400.0, 0.02, kind=TermKind.LAYER_DISTANCE, layer="bars")
    recipe, city = Recipe("blend", ("burglary",), (near,)), small_city()
    slopes = []
    for x, y in ((1450.0, 650.0), (100.0, 1950.0)):
        bars = {"bars": point_layer("bars", np.array([x]), np.array([y]), 0)}
        surfaces = surfaces_for({"burglary": small_history()}, city, recipe, "burglary", bars)
        slopes.append(float(slopes_of(train(surfaces, city, recipe, ORIGIN))[0]))
    assert slopes[0] > 0.3
    assert slopes[1] < 0.05
