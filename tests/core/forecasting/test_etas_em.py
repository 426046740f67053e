"""Expectation-maximisation: it rises, and its likelihood is the textbook one."""

from typing import Any

import numpy as np
import pytest

from forecasting.core.etas_background import densities
from forecasting.core.etas_em import EtasState, background_alone, fit_by_em
from forecasting.core.etas_problem import EtasProblem, EtasSettings, make_problem
from forecasting.core.windows import DAY
from tests.core.forecasting.point_examples import self_exciting, square

END = 800 * DAY


@pytest.fixture(scope="module")
def problem() -> Any:
    incidents = self_exciting(np.random.default_rng(1), ratio=0.3, background=500, hills=5)
    return make_problem(incidents, square(), END, EtasSettings(), 1.0, "theft")[0]


def slow_log_likelihood(problem: EtasProblem, state: EtasState) -> float:
    """Sum of log rates over incidents, pair by pair, less the expected number."""
    background = densities(problem.sums, problem.area_m2, problem.first, problem.second, problem.same_day)
    rates = (background * problem.rate[:, None]) @ state.background
    waits = problem.waits(state.wait_days)
    same, near = problem.distance(40.0), problem.distance(state.near_metres)
    for parent, child, cell in zip(problem.first, problem.second, problem.cell, strict=True):
        wait, ring = divmod(cell, problem.settings.reach_metres)
        rates[child] += waits[wait] * (state.same * same[ring] + state.near * near[ring]) if wait else 0.0
        assert parent != child
    expected = (
        state.background.sum()
        + state.same * problem.exposure(40.0, state.wait_days)
        + state.near * problem.exposure(state.near_metres, state.wait_days)
    )
    return float(np.log(rates).sum() - expected)


def test_the_likelihood_rises_in_every_iteration_of_every_round(problem: EtasProblem) -> None:
    trace = fit_by_em(problem, near=True).trace
    assert len(trace) == 3
    assert all((np.diff(each) > -1e-7).all() for each in trace)


def test_the_traced_likelihood_is_the_textbook_one(
    problem: EtasProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecasting.core.etas_em._ROUNDS", 1)
    state = fit_by_em(problem, near=True)
    # the last iteration moved the scales once more, which can only raise it
    slow = slow_log_likelihood(problem, state)
    assert state.trace[0][-1] <= slow + 1e-6
    assert slow - state.trace[0][-1] < 0.05


def test_without_the_near_part_only_the_same_place_triggers(problem: EtasProblem) -> None:
    state = fit_by_em(problem, near=False)
    assert state.near == 0
    assert state.same > 0


def test_triggering_never_explains_less_than_the_background_alone(problem: EtasProblem) -> None:
    state = fit_by_em(problem, near=True)
    assert state.trace[0][-1] > background_alone(problem, state) + 5
