"""Terms that speak only where the past says they may, and what they then do to a forecast."""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.core import openings
from forecasting.core.incidents import Incidents
from forecasting.core.openings import Past, open_terms
from forecasting.core.pipeline import Forecast, make_forecast
from forecasting.core.recipe import Recipe, Term
from forecasting.core.scoring import poisson_deviance
from forecasting.core.term_kinds import TermKind
from forecasting.core.training import City, surfaces_for
from forecasting.core.windows import DAY, Window
from tests.core.forecasting.point_examples import self_exciting, square

NEAR = Term("near_repeats", None, None, 0.5, kind=TermKind.NEAR_REPEAT)
ETAS = Term("self_exciting", None, None, 0.02, kind=TermKind.ETAS)
PLAIN = (
    Term("steady", 365.0, None, 0.05),
    Term("history", None, None, 1.0),
    Term("around", 365.0, 200.0, 0.02),
)
CITY = City(square(), 1.0, "UTC", ())
ORIGIN = 700 * DAY


def city_with(ratio: float, seed: int = 3) -> Incidents:
    return self_exciting(
        np.random.default_rng(seed), ratio=ratio, background=3000, days=760, metres=80.0, wait=5.0, hills=4
    )


TRIGGERED, UNRELATED = city_with(0.4), city_with(0.0)


def forecast(incidents: Incidents, *extra: Term, start: int = ORIGIN, seed: int = 1) -> Forecast:
    recipe = Recipe("blend", ("theft",), (*PLAIN, *extra), horizon_days=7, training_days=7)
    surfaces = surfaces_for({"theft": incidents}, CITY, recipe, "theft")
    return make_forecast(surfaces, CITY, recipe, Window(start, start + 7 * DAY), flag_area=0.0, seed=seed)


def deviance(incidents: Incidents, *extra: Term, weeks: int = 3) -> float:
    total = 0.0
    for week in range(weeks):
        made = forecast(incidents, *extra, start=ORIGIN + 7 * DAY * week)
        seen = incidents.where((incidents.ends >= made.window.start) & (incidents.ends < made.window.end))
        counts = np.bincount(CITY.grid.locate(seen.x, seen.y), minlength=len(CITY.grid))
        total += poisson_deviance(counts.astype(np.float64), made.expected)
    return total


def past(incidents: Incidents, cut: int = ORIGIN) -> Past:
    return Past(incidents, CITY.grid, cut, 1.0, "theft")


def test_a_planted_near_repeat_opens_its_term_which_then_lowers_the_deviance() -> None:
    made = forecast(TRIGGERED, NEAR)
    assert made.notes["near_repeats"].startswith("Near repeat may be used for theft: up to 100 m apart")
    assert made.factors["near_repeats"].std() > 0
    assert deviance(TRIGGERED, NEAR) < deviance(TRIGGERED)


def test_without_near_repeat_the_term_stays_shut_and_the_forecast_is_the_one_without_it() -> None:
    shut, without = forecast(UNRELATED, NEAR), forecast(UNRELATED)
    assert shut.notes["near_repeats"].startswith("Near repeat may not be used for theft")
    assert (shut.factors["near_repeats"] == 1).all()
    assert np.array_equal(shut.expected, without.expected)
    assert np.array_equal(shut.rank, without.rank)


def test_a_self_exciting_term_lowers_the_deviance_of_a_self_exciting_city() -> None:
    made = forecast(TRIGGERED, ETAS)
    assert made.notes["self_exciting"].startswith("Converged: an incident of theft leads to")
    assert deviance(TRIGGERED, ETAS) < deviance(TRIGGERED) - 3


def test_a_fit_that_does_not_stand_leaves_the_forecast_as_it_is_and_says_why() -> None:
    shut = forecast(UNRELATED, ETAS)
    assert shut.notes["self_exciting"].startswith("Not used, too few triggered")
    assert np.array_equal(shut.expected, forecast(UNRELATED).expected)


def test_nothing_from_the_origin_on_changes_a_test_a_feature_or_the_forecast() -> None:
    later = TRIGGERED.ends >= ORIGIN
    assert later.any()
    moved = replace(TRIGGERED, x=np.where(later, 1234.5, TRIGGERED.x), y=np.where(later, 99.5, TRIGGERED.y))
    honest, tempted = (forecast(each, NEAR, ETAS) for each in (TRIGGERED, moved))
    assert honest.notes == tempted.notes
    assert np.array_equal(honest.expected, tempted.expected)
    for name in ("near_repeats", "self_exciting"):
        assert np.array_equal(honest.factors[name], tempted.factors[name])


def test_an_incident_slipped_in_before_the_origin_does_change_a_test() -> None:
    where = np.flatnonzero(TRIGGERED.ends < ORIGIN)[-400:]
    x = TRIGGERED.x.copy()
    x[where] = 100.0
    said = [
        open_terms((NEAR, ETAS), past(each), 1)["self_exciting"].sentence
        for each in (TRIGGERED, replace(TRIGGERED, x=x))
    ]
    assert said[0] != said[1]


def test_the_same_seed_gives_the_same_openings() -> None:
    one, again = (open_terms((NEAR, ETAS), past(TRIGGERED), 5) for _ in range(2))
    assert [each.sentence for each in one.values()] == [each.sentence for each in again.values()]
    assert np.array_equal(forecast(TRIGGERED, NEAR, ETAS).expected, forecast(TRIGGERED, NEAR, ETAS).expected)


def test_only_terms_that_have_to_be_tested_are() -> None:
    assert set(open_terms((*PLAIN, NEAR), past(TRIGGERED), 1)) == {"near_repeats"}


def test_too_few_incidents_or_days_leave_a_term_shut_and_say_so() -> None:
    few = TRIGGERED.where(TRIGGERED.ends < 6 * DAY)
    made = open_terms((NEAR, ETAS), past(few, 6 * DAY), 1)
    assert not any(each.speaks for each in made.values())
    assert "it needs 50" in made["near_repeats"].sentence
    assert "takes 100" in made["self_exciting"].sentence


def test_the_knox_test_looks_at_the_latest_incidents_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openings, "KNOX_INCIDENTS", 60)
    known = np.flatnonzero(TRIGGERED.ends < ORIGIN)
    early = np.sort(known[np.argsort(TRIGGERED.ends[known], kind="stable")][:-60])
    x = TRIGGERED.x.copy()
    x[early] = 100.0
    said = [
        open_terms((NEAR,), past(each), 1)["near_repeats"].sentence
        for each in (TRIGGERED, replace(TRIGGERED, x=x))
    ]
    assert said[0] == said[1]
