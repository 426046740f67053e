"""The self-exciting process: planted truth comes back, and what cannot be fitted says why."""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.core import etas
from forecasting.core.demo_kinds import KINDS
from forecasting.core.demo_process import FineGrid, happen, risk_surface
from forecasting.core.etas import EtasFit, EtasReason, fit_etas
from forecasting.core.etas_em import EtasState, fit_by_em
from forecasting.core.etas_problem import EtasProblem, EtasSettings
from forecasting.core.grid import Grid
from forecasting.core.incidents import Incidents
from forecasting.core.windows import DAY
from tests.core.forecasting.point_examples import at_days, self_exciting, square

END = 800 * DAY


def fitted(incidents: Incidents, grid: Grid | None = None, settings: EtasSettings | None = None) -> EtasFit:
    return fit_etas(incidents, grid or square(), END, settings, unit_metres=1.0, named="theft")


@pytest.mark.parametrize(("ratio", "hills"), [(0.3, 0), (0.2, 8)])
def test_the_planted_ratio_wait_and_distance_come_back(ratio: float, hills: int) -> None:
    made = fitted(self_exciting(np.random.default_rng(1), ratio=ratio, background=2500, hills=hills))
    assert made.reason is EtasReason.CONVERGED
    assert made.kernel.ratio == pytest.approx(ratio, rel=0.2)
    assert made.kernel.wait_days == pytest.approx(6, rel=0.3)
    assert made.kernel.near_metres == pytest.approx(120, rel=0.25)


def test_the_demo_citys_planted_ratio_comes_back_under_full_reporting() -> None:
    rng, kind = np.random.default_rng(2), replace(KINDS[0], ring=0.0)
    land = np.full((50, 50), -1)
    land[2:48, 2:48] = 0
    city = FineGrid((0.0, 0.0), land)
    expected = risk_surface(city, kind, rng) * 5.0
    happened = happen(city, kind, expected, days=800, first_weekday=0, first_day_of_year=1, generator=rng)
    made = fitted(
        at_days(np.round(happened.x, 1), np.round(happened.y, 1), happened.day + happened.second / DAY),
        square(5000.0, 200.0),
    )
    assert made.kernel.ratio == pytest.approx(kind.branching, rel=0.2)


def test_nothing_planted_is_nothing_found() -> None:
    made = fitted(self_exciting(np.random.default_rng(3), ratio=0.0, background=2500, hills=8))
    assert made.reason is EtasReason.TOO_FEW
    assert not made.usable
    assert "too few triggered" in made.sentence


def test_a_snap_point_does_not_collapse_the_kernel() -> None:
    planted = self_exciting(np.random.default_rng(4), ratio=0.3, background=2000)
    rng = np.random.default_rng(5)
    snapped = at_days(np.full(150, 2000.0), np.full(150, 2000.0), rng.uniform(0, 800, 150))
    both = Incidents(*(np.concatenate([getattr(planted, name), getattr(snapped, name)]) for name in (
        "x", "y", "begins", "ends")))  # fmt: skip
    made = fitted(both)
    assert made.usable
    assert made.kernel.ratio == pytest.approx(0.3, rel=0.25)
    assert made.kernel.near_metres == pytest.approx(120, rel=0.3)


def test_repeats_at_one_place_are_told_from_near_ones() -> None:
    planted = self_exciting(np.random.default_rng(6), ratio=0.25, background=2500, metres=0.01)
    made = fitted(planted)
    assert made.kernel.near_metres is None
    assert made.kernel.same == pytest.approx(0.25, rel=0.2)
    assert "at the same place" in made.sentence


def test_incidents_recorded_several_times_a_day_are_not_followers() -> None:
    planted = self_exciting(np.random.default_rng(7), ratio=0.0, background=1500)
    twice = Incidents(*(np.repeat(getattr(planted, name), 2) for name in ("x", "y", "begins", "ends")))
    assert fitted(twice).reason is EtasReason.TOO_FEW


def test_one_iteration_is_not_called_converged() -> None:
    planted = self_exciting(np.random.default_rng(8), ratio=0.3, background=1500)
    made = fitted(planted, settings=EtasSettings(iterations=1))
    assert made.reason is EtasReason.NOT_CONVERGED
    assert "after 1 iterations" in made.sentence


def test_a_wait_on_its_bound_is_a_degenerate_kernel() -> None:
    planted = self_exciting(np.random.default_rng(9), ratio=0.3, background=1500, wait=25.0)
    made = fitted(planted, settings=EtasSettings(wait_days=(1.0, 4.0)))
    assert made.reason is EtasReason.DEGENERATE
    assert "on its bound" in made.sentence


def test_the_power_kernel_fits_too() -> None:
    planted = self_exciting(np.random.default_rng(10), ratio=0.3, background=1500)
    made = fitted(planted, settings=EtasSettings(shape="power"))  # type: ignore[arg-type]
    assert made.kernel.ratio == pytest.approx(0.3, rel=0.3)


def test_the_unit_of_the_plane_does_not_matter() -> None:
    planted = self_exciting(np.random.default_rng(11), ratio=0.3, background=800)
    feet = Incidents(planted.x / 0.3048, planted.y / 0.3048, planted.begins, planted.ends)
    one = fitted(planted)
    other = fit_etas(feet, square(4000 / 0.3048, 200 / 0.3048), END, unit_metres=0.3048)
    assert one.kernel.ratio == pytest.approx(other.kernel.ratio, rel=0.01)


def test_a_process_without_end_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = fit_by_em

    def endless(problem: EtasProblem, *, near: bool) -> EtasState:
        state = honest(problem, near=near)
        state.same, state.near = 0.6, 0.5
        return state

    monkeypatch.setattr(etas, "fit_by_em", endless)
    made = fitted(self_exciting(np.random.default_rng(12), ratio=0.3, background=600))
    assert made.reason is EtasReason.RATIO
    assert "1.10 others, without end" in made.sentence
