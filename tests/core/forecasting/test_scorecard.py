"""Scores as stored figures."""

import json

import numpy as np
import pytest

from forecasting.core.intervals import Dispersion
from forecasting.core.scorecard import interval_figures, public_figures, score_figures
from forecasting.core.scoring import poisson_deviance

AREA = np.ones(100)
EXPECTED = np.arange(100, 0, -1) / 100
BASELINE = np.full(100, EXPECTED.mean())
FLAGGED = np.arange(100) < 10


def observed() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    counts = np.zeros(100)
    counts[[0, 4, 60]] = 2, 1, 1
    return counts


def test_a_forecast_stands_beside_its_baseline_in_every_metric() -> None:
    figures = score_figures(EXPECTED, BASELINE, observed(), AREA, FLAGGED, 1)
    assert set(figures["counts"]) == set(figures["random"]) == set(figures["forecast"]) - {"skill"}
    one = figures["forecast"]["hit_rate_1"]
    assert (one["n"], one["N"], one["value"], one["area_share"]) == (2, 4, 0.5, 0.01)
    assert figures["forecast"]["pai_1"]["value"] == pytest.approx(50.0)
    assert figures["forecast"]["hit_rate_flagged"]["n"] == 3
    assert figures["forecast"]["pei_flagged"]["best"] == 4
    assert figures["counts"]["hit_rate_flagged"]["cells"] == 10
    skill = figures["forecast"]["skill"]["value"]
    assert skill is not None
    assert skill > 0


def test_a_window_without_incidents_has_figures_and_no_made_up_numbers() -> None:
    figures = score_figures(EXPECTED, BASELINE, np.zeros(100), AREA, FLAGGED, 1)
    assert figures["forecast"]["hit_rate_1"]["value"] is None
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_districts_are_counted_where_their_interval_held() -> None:
    districts = np.array(["a", "b"])
    held = interval_figures(
        np.array([4.0, 4.0]), np.array([5.0, 40.0]), districts, Dispersion(0.0, 0.0), 0.9, 1
    )
    assert (held["districts_in_interval"]["n"], held["districts_in_interval"]["N"]) == (1, 2)
    pit = held["district_pit"]
    assert (pit["n"], pit["N"], pit["bin_9"]) == (1, 2, 1)
    assert sum(int(pit[f"bin_{number}"] or 0) for number in range(10)) == 2
    assert (pit["mean"], pit["width"]) == (8.0, 14.0)
    assert (held["cell_pit"]["N"], held["cell_pit"]["bin_9"]) == (2, 1)


def test_a_drawn_map_finds_about_its_share_of_the_area_and_the_same_seed_draws_it_again() -> None:
    spread = np.ones(100)
    found = [
        score_figures(EXPECTED, BASELINE, spread, AREA, FLAGGED, seed)["random"]["hit_rate_20"]["n"]
        for seed in (1, 1, 2)
    ]
    assert found == [20, 20, 20]
    draws = [
        score_figures(EXPECTED, BASELINE, observed(), AREA, FLAGGED, seed)["random"]["hit_rate_20"]["value"]
        for seed in range(200)
    ]
    assert np.mean([each or 0.0 for each in draws]) == pytest.approx(0.2, abs=0.05)
    again = [score_figures(EXPECTED, BASELINE, observed(), AREA, FLAGGED, 7)["random"] for _ in range(2)]
    assert again[0] == again[1]
    even = np.full(100, EXPECTED.sum() / 100)
    assert again[0]["deviance"]["value"] == pytest.approx(poisson_deviance(observed(), even), rel=1e-5)


def test_decayed_counts_stand_beside_the_forecast_where_they_are_given() -> None:
    figures = score_figures(EXPECTED, BASELINE, observed(), AREA, FLAGGED, 1, decayed=EXPECTED)
    assert list(figures) == ["forecast", "counts", "decayed", "random"]
    assert figures["decayed"]["hit_rate_5"] == figures["forecast"]["hit_rate_5"]
    assert figures["forecast"]["skill_decayed"]["value"] == 0.0


def test_what_becomes_public_does_not_tell_where_single_counts_fell() -> None:
    figures = score_figures(EXPECTED, BASELINE, observed(), AREA, FLAGGED, 1)
    districts = np.repeat(["a", "b"], 50)
    figures["forecast"].update(
        interval_figures(EXPECTED, observed(), districts, Dispersion(0.0, 0.0), 0.9, 1)
    )
    public = public_figures(figures)
    gone = set(figures["forecast"]) - set(public["forecast"])
    assert gone == {"district_pit", "cell_pit"}
    assert set(public) == set(figures) - {"random"}, (
        "whoever draws the same map would read the counts of its cells"
    )
