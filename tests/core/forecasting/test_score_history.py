"""Scores over time."""

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from forecasting.core.intervals import Dispersion
from forecasting.core.score_history import LEAST_WINDOWS, history_figures, pool_cards
from forecasting.core.scorecard import interval_figures, score_figures

CELLS = 200
EXPECTED = np.geomspace(4.0, 0.02, CELLS)
EVEN = np.full(CELLS, EXPECTED.mean())
DISTRICTS = np.repeat(["a", "b", "c", "d"], CELLS // 4)


def card(seed: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the card of a window that came as the forecast said."""
    observed = np.random.default_rng(seed).poisson(EXPECTED).astype(float)
    figures = score_figures(
        EXPECTED,
        EVEN,
        observed,
        np.ones(CELLS),
        np.arange(CELLS) < 10,
        seed,
        decayed=np.sqrt(EXPECTED * EVEN),
    )
    figures["forecast"].update(
        interval_figures(EXPECTED, observed, DISTRICTS, Dispersion(0.0, 0.0), 0.9, seed)
    )
    return figures


def test_hits_are_added_up_over_windows_with_both_intervals() -> None:
    cards = [card(seed) for seed in range(26)]
    history = pool_cards(cards, seed=1)
    rate = history.hits["forecast"]["5"]
    assert rate.n == sum(each["forecast"]["hit_rate_5"]["n"] for each in cards)
    assert rate.total == sum(each["forecast"]["hit_rate_5"]["N"] for each in cards)
    assert rate.wilson.low < rate.n / rate.total < rate.wilson.high
    assert rate.quoted == rate.bootstrap
    assert rate.bootstrap.low < rate.n / rate.total < rate.bootstrap.high
    order = [history.hits[method]["5"].n for method in ("forecast", "random")]
    assert order[0] > 2 * order[1]


def test_skill_is_one_less_the_ratio_of_summed_deviances() -> None:
    cards = [card(seed) for seed in range(10)]
    sums = {
        name: sum(each[name]["deviance"]["value"] for each in cards)
        for name in ("forecast", "counts", "decayed")
    }
    skill = pool_cards(cards, seed=1).skill
    assert skill["counts"].value == pytest.approx(1 - sums["forecast"] / sums["counts"])
    assert 0 < skill["decayed"].value < skill["counts"].value
    assert skill["counts"].low < skill["counts"].value < skill["counts"].high


def test_right_distributions_cover_about_nine_in_ten_and_the_histogram_counts_all_districts() -> None:
    history = pool_cards([card(seed) for seed in range(100)], seed=1)
    assert history.coverage is not None
    assert history.coverage.wilson.low < 0.9 < history.coverage.wilson.high
    assert history.pit.sum() == 400
    assert history.pit.min() > 20
    law = stats.poisson(EXPECTED.reshape(4, -1).sum(axis=1))
    width = law.ppf(0.95) - law.ppf(0.05)
    assert history.sharpness == pytest.approx(width.sum() / EXPECTED.sum(), rel=1e-5)


def test_few_windows_quote_wilsons_interval_and_no_skill() -> None:
    history = pool_cards([card(seed) for seed in range(LEAST_WINDOWS - 1)], seed=1)
    rate = history.hits["forecast"]["1"]
    assert rate.quoted == rate.wilson
    assert history_figures(history)["deviance_skill"]["counts"]["value"] is None


def test_older_cards_without_the_newer_figures_are_pooled_with_what_they_hold() -> None:
    old, new = card(1), card(2)
    old = {name: dict(figures) for name, figures in old.items() if name in ("forecast", "counts")}
    del old["forecast"]["district_pit"]
    history = pool_cards([old, new], seed=1)
    assert (history.hits["forecast"]["5"].windows, history.hits["decayed"]["5"].windows) == (2, 1)
    assert history.coverage is not None
    assert history.coverage.total == 4
    nothing = pool_cards([old], seed=1)
    assert (nothing.coverage, nothing.sharpness, nothing.pit.sum()) == (None, None, 0)


def test_as_plain_data_it_is_json_without_made_up_numbers() -> None:
    figures = history_figures(pool_cards([card(seed) for seed in range(9)], seed=1))
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert set(figures["hit_rate"]) == {"forecast", "counts", "decayed", "random"}
    assert figures["hit_rate"]["counts"]["20"]["windows"] == 9
