"""What the self-exciting process expects, by hand and against its own simulation."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from forecasting.core.etas import EtasFit, EtasReason, Kernel, fit_etas
from forecasting.core.etas_forecast import GENERATIONS, background_surface, expect_etas
from forecasting.core.etas_kernels import wait_weights
from forecasting.core.etas_problem import EtasSettings, whole_days_before
from forecasting.core.incidents import Incidents
from forecasting.core.limits import CannotForecast
from forecasting.core.windows import DAY, Window
from tests.core.forecasting.point_examples import at_days, self_exciting, square

START = 400 * DAY


def window(days: float) -> Window:
    return Window(START, START + int(days * DAY))


def given(same: float, near: float, even: float, wait: float = 5.0) -> EtasFit:
    """A fit made by hand: an even background of a share of all incidents, and a kernel."""
    settings = EtasSettings()
    shares = np.array([even, *[0.0] * (len(settings.bandwidths_metres) + 1)])
    kernel = Kernel(same, near, 150.0 if near else None, wait)
    return EtasFit(settings, kernel, shares, 1000, 0, 400, 100.0, 50.0, ((0.0,),), EtasReason.CONVERGED, "")


def test_two_days_after_one_incident_by_hand() -> None:
    made = expect_etas(
        given(0.4, 0.0, 0.6), at_days([2000], [2000], [399.5]), square(), window(2), unit_metres=1.0
    )
    waits = 0.4 * wait_weights(5.0, 90)
    rate = 0.6  # one incident in a past of one day, of which 0.6 background
    assert made.background.sum() == pytest.approx(2 * rate)
    assert made.followers.sum() == pytest.approx(waits[1] + waits[2], rel=1e-6)
    # on the second day, followers of the first day's followers and background (some of those leave the city)
    assert made.own.sum() == pytest.approx(waits[1] ** 2 + waits[1] * rate, rel=0.03)
    assert made.total == pytest.approx(made.background + made.followers + made.own)


def test_a_part_of_a_day_counts_that_part() -> None:
    incident = at_days([2000], [2000], [399.5])
    halves = [
        expect_etas(given(0.4, 0.0, 0.6), incident, square(), window(days), unit_metres=1.0).followers.sum()
        for days in (1, 1.5, 2)
    ]
    assert halves[1] == pytest.approx((halves[0] + halves[2]) / 2)


def test_the_older_an_incident_the_fewer_followers_are_left() -> None:
    fit = given(0.0, 0.4, 0.6)
    made = [
        expect_etas(fit, at_days([2000], [2000], [day]), square(), window(7), unit_metres=1.0).followers.sum()
        for day in (399.5, 394.5, 300.5)
    ]
    assert made[1] / made[0] == pytest.approx(np.exp(-5 / 5), rel=0.01)
    assert made[2] == 0


def test_followers_beyond_the_edge_are_not_expected() -> None:
    fit = given(0.0, 0.4, 0.6)
    inner, edge = (
        expect_etas(fit, at_days([x], [2000], [399.5]), square(), window(7), unit_metres=1.0).followers.sum()
        for x in (2000, 10)
    )
    assert edge / inner == pytest.approx(0.53, abs=0.04)


def test_own_followers_can_be_left_out() -> None:
    made = expect_etas(
        given(0.2, 0.2, 0.6),
        at_days([2000], [2000], [399.5]),
        square(),
        window(7),
        unit_metres=1.0,
        own=False,
    )
    assert not made.own.any()
    assert made.followers.any()


def test_the_generations_add_up_to_the_processs_own_total() -> None:
    rng = np.random.default_rng(1)
    steady = at_days(rng.uniform(0, 4e4, 9000), rng.uniform(0, 4e4, 9000), rng.uniform(0, 400, 9000))
    made = expect_etas(given(0.0, 0.3, 0.7, 3.0), steady, square(4e4, 1000.0), window(28), unit_metres=1.0)
    # a steady process goes on as it was: 22.5 a day
    assert made.total.sum() / 28 == pytest.approx(22.5, rel=0.08)
    assert 0.3**GENERATIONS < 0.01


def test_the_expectation_is_the_mean_of_simulated_futures() -> None:
    fit, rng = given(0.0, 0.5, 0.5, 4.0), np.random.default_rng(2)
    parents = at_days(np.full(30, 1500.0), np.full(30, 1500.0), np.full(30, 399.5))
    made = expect_etas(
        replace(fit, background=fit.background * 1e-9), parents, square(), window(6), unit_metres=1.0
    )
    waits = wait_weights(4.0, 90)
    seen = np.zeros(len(square()))
    for _ in range(150):
        x, y, day = np.full(30, 1500.0), np.full(30, 1500.0), np.full(30, -1)
        while len(x):
            parent = np.repeat(np.arange(len(x)), rng.poisson(0.5, len(x)))
            day = day[parent] + rng.choice(91, len(parent), p=waits)
            x, y = (axis[parent] + rng.normal(0, 150, len(parent)) for axis in (x, y))
            x, y, day = x[day < 6], y[day < 6], day[day < 6]
            cells = square().locate(x, y)
            seen += np.bincount(cells[cells >= 0], minlength=len(seen))
    assert made.total.sum() == pytest.approx(seen.sum() / 150, rel=0.05)
    assert np.corrcoef(made.total, seen)[0, 1] > 0.98


def test_the_background_surface_is_a_distribution_that_follows_the_incidents() -> None:
    incidents = self_exciting(np.random.default_rng(3), ratio=0.2, background=1200, days=400, hills=3)
    fit = fit_etas(incidents, square(), START, unit_metres=1.0)
    surface = background_surface(fit, incidents, whole_days_before(incidents, START), square(), 1.0)
    counts = np.bincount(square().locate(incidents.x, incidents.y), minlength=len(surface))
    assert surface.sum() == pytest.approx(1)
    assert (surface > 0).all()
    assert np.corrcoef(surface, counts)[0, 1] > 0.8


def test_nothing_from_the_origin_on_is_used() -> None:
    incidents = self_exciting(np.random.default_rng(4), ratio=0.2, background=1500, days=500)
    known = incidents.where(incidents.ends < START)
    made: list[Any] = [
        expect_etas(given(0.1, 0.2, 0.7), each, square(), window(7), unit_metres=1.0).total
        for each in (known, incidents)
    ]
    assert np.array_equal(*made)


def test_a_fit_that_is_not_usable_is_refused() -> None:
    bad = replace(given(0.1, 0.2, 0.7), reason=EtasReason.DEGENERATE, sentence="Not used, on its bound.")
    with pytest.raises(CannotForecast, match="Leave the self-exciting term out"):
        expect_etas(bad, at_days([1], [1], [1]), square(), window(7), unit_metres=1.0)


def test_an_origin_without_a_past_is_refused() -> None:
    nobody = Incidents(np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    with pytest.raises(CannotForecast, match="No incident"):
        expect_etas(given(0.1, 0.2, 0.7), nobody, square(), window(7), unit_metres=1.0)
