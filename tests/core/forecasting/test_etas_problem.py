"""The self-exciting process's data: pairs, ages, refusals."""

import numpy as np
import pytest

from forecasting.core import etas_problem
from forecasting.core.etas_problem import EtasSettings, make_problem, whole_days_before
from forecasting.core.incidents import Incidents
from forecasting.core.limits import CannotForecast
from forecasting.core.windows import DAY
from tests.core.forecasting.point_examples import at_days, self_exciting, square

END = 800 * DAY


def test_ages_count_whole_days_from_the_middle_of_the_interval() -> None:
    day = np.array([0, DAY, 9 * DAY])
    made = whole_days_before(Incidents(np.zeros(3), np.zeros(3), day, day + DAY - 1), 10 * DAY)
    assert made.tolist() == [9, 8, 0]


def test_the_pairs_are_those_of_a_slow_search() -> None:
    incidents = self_exciting(np.random.default_rng(1), ratio=0.2, background=300)
    problem, ages = make_problem(incidents, square(), END, EtasSettings(), 1.0, "theft")
    order = np.argsort(-whole_days_before(incidents, END), kind="stable")
    x, y = incidents.x[order], incidents.y[order]
    gap = np.abs(ages[:, None] - ages[None, :])
    close = (np.hypot(x[:, None] - x, y[:, None] - y) < 750) & (gap <= 90)
    assert len(problem.first) == (close.sum() - len(x)) // 2
    assert problem.table.sum() == (close & (gap > 0)).sum() // 2
    assert (ages[problem.first] >= ages[problem.second]).all()


def test_nothing_from_the_origin_on_enters() -> None:
    incidents = self_exciting(np.random.default_rng(2), ratio=0.2, background=400)
    origin = 500 * DAY
    before = incidents.where(incidents.ends < origin)
    honest, _ = make_problem(before, square(), origin, EtasSettings(), 1.0, "theft")
    tempted, _ = make_problem(incidents, square(), origin, EtasSettings(), 1.0, "theft")
    assert abs(honest.table - tempted.table).sum() == 0


def test_only_the_latest_events_are_fitted_where_there_are_too_many() -> None:
    incidents = self_exciting(np.random.default_rng(3), ratio=0.2, background=900)
    problem, ages = make_problem(incidents, square(), END, EtasSettings(most_events=600), 1.0, "theft")
    assert len(problem.rate) == len(ages) == 600
    assert ages.max() < 700


def test_exposure_leaves_out_what_falls_beyond_edge_and_origin() -> None:
    incidents = at_days(np.full(400, 2000.0), np.full(400, 2000.0), np.linspace(0, 300, 400))
    edge = at_days(np.full(400, 1.0), np.full(400, 2000.0), np.linspace(0, 300, 400))
    inner, outer = (
        make_problem(each, square(), END, EtasSettings(), 1.0, "theft")[0] for each in (incidents, edge)
    )
    late = make_problem(incidents, square(), 301 * DAY, EtasSettings(), 1.0, "theft")[0]
    assert inner.exposure(100.0, 6.0) == pytest.approx(400, rel=1e-3)
    assert outer.exposure(100.0, 6.0) / inner.exposure(100.0, 6.0) == pytest.approx(0.5, abs=0.09)
    assert late.exposure(100.0, 6.0) < inner.exposure(100.0, 6.0) - 5


@pytest.mark.parametrize(
    ("background", "days", "reason"), [(60, 800, "too_few_incidents"), (400, 100, "history_too_short")]
)
def test_too_little_is_refused_before_any_work(background: int, days: int, reason: str) -> None:
    incidents = self_exciting(np.random.default_rng(4), ratio=0.1, background=background, days=days)
    with pytest.raises(CannotForecast, match="leave the self-exciting term out") as refused:
        make_problem(incidents, square(), END, EtasSettings(), 1.0, "theft")
    assert refused.value.reason == reason


def test_more_pairs_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etas_problem, "MAX_PAIRS", 10)
    incidents = self_exciting(np.random.default_rng(5), ratio=0.2, background=300)
    with pytest.raises(CannotForecast, match="Fit fewer events"):
        make_problem(incidents, square(), END, EtasSettings(), 1.0, "theft")
