"""Rolling backtests."""

import json

import numpy as np
import pytest

from forecasting.core.backtest import Backtest, backtest_figures, run_backtest
from forecasting.core.incidents import Incidents
from forecasting.core.recipe import standard_recipe
from forecasting.core.windows import DAY, rolling_windows
from tests.core.forecasting.forecast_examples import ORIGIN, small_city, small_history

RECIPES = {name: standard_recipe(name, ("burglary",)) for name in ("blend", "counts")}


def backtest(incidents: Incidents, seen: list[tuple[str, int, int]] | None = None) -> Backtest:
    told = seen if seen is not None else []
    windows = rolling_windows(ORIGIN - 28 * DAY, 7, 4, "UTC")
    return run_backtest(
        {"burglary": incidents},
        small_city(),
        "burglary",
        RECIPES,
        windows,
        seed=1,
        progress=lambda *each: told.append(each),
    )


def test_every_model_is_scored_on_every_window_and_progress_is_told() -> None:
    seen: list[tuple[str, int, int]] = []
    made = backtest(small_history(), seen)
    assert seen == [(name, done, 4) for name in ("blend", "counts") for done in (1, 2, 3, 4)]
    assert made.pooled["blend"].hits[0.05].total == made.pooled["counts"].hits[0.05].total > 50
    assert set(made.against) == {"blend"}


def test_pooled_hits_are_the_sum_of_the_windows_hits() -> None:
    made = backtest(small_history())
    windows = made.scores["blend"]
    assert made.pooled["blend"].hits[0.01].n == sum(score.hits[0.01].n for score in windows)


def test_what_happens_after_the_last_window_changes_nothing() -> None:
    incidents = small_history()
    late = incidents.ends >= ORIGIN
    moved = Incidents(np.where(late, 5.0, incidents.x), incidents.y, incidents.begins, incidents.ends)
    assert backtest_figures(backtest(moved)) == backtest_figures(backtest(incidents))


def test_figures_carry_n_interval_and_the_comparison_with_the_baseline() -> None:
    figures = backtest_figures(backtest(small_history()))
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    at_five = figures["blend"]["hit_rate"]["5"]
    assert at_five["low"] <= at_five["value"] <= at_five["high"]
    assert at_five["value"] == pytest.approx(at_five["n"] / at_five["N"], rel=1e-5)
    assert "against_counts" in figures["blend"]
    assert "against_counts" not in figures["counts"]


def test_intervals_are_judged_by_district_over_all_windows() -> None:
    held = backtest_figures(backtest(small_history()))["blend"]["districts_in_interval"]
    assert held["N"] == 2 * 4
    assert held["n"] >= 6
