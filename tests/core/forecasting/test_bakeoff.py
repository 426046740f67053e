"""Rivals, windows and the verdict of a bake-off."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from forecasting.core.backtest import run_backtest
from forecasting.core.bakeoff import (
    DRAFT,
    IN_FORCE,
    BakeoffVerdict,
    bakeoff_figures,
    bakeoff_windows,
    contenders,
    interval_words,
    judge_bakeoff,
    overall,
    overall_sentence,
)
from forecasting.core.grid import make_grid
from forecasting.core.incidents import Incidents
from forecasting.core.recipe import standard_recipe
from forecasting.core.training import City
from forecasting.core.windows import DAY
from governance.core.policy import Shift

RECIPE = standard_recipe("decayed", ("robbery",), cell_metres=100.0, training_windows=4, training_days=7)


def figures(
    skill: tuple[float | None, ...], now: tuple[float, float, float] | None = None, windows: int = 13
) -> Any:
    def said(numbers: tuple[float | None, ...]) -> dict[str, Any]:
        return {
            "deviance_skill": dict(zip(("value", "low", "high"), numbers, strict=True)),
            "hit_rate_gain": {},
        }

    paired = {"counts": said(skill)} | ({IN_FORCE: said(now)} if now else {})
    return {"windows": windows, "models": {}, "paired": paired}


@pytest.mark.parametrize(
    ("found", "verdict", "said"),
    [
        (figures((0.1, 0.05, 0.15)), "pass", "better than counting, skill against all-history counts +0.100"),
        (figures((0.1, -0.05, 0.15)), "caution", "not a win inside the interval"),
        (figures((0.0, 0.0, 0.0)), "caution", "not a win inside the interval"),
        (figures((-0.1, -0.2, -0.01)), "fail", "worse than counting"),
        (figures((0.1, 0.05, 0.15), now=(-0.1, -0.2, -0.01)), "caution", "worse than the recipe in force"),
        (figures((0.1, 0.05, 0.15), now=(-0.1, -0.2, 0.01)), "pass", "better than counting"),
        (figures((0.1, 0.05, 0.15), windows=7), "insufficient", "7 windows, fewer than the 8"),
        (figures((None, None, None)), "insufficient", "windows"),
    ],
)
def test_the_verdict_follows_the_paired_interval(found: Any, verdict: str, said: str) -> None:
    judged, sentence = judge_bakeoff(found, "robberies")
    assert judged == verdict
    assert said in sentence
    assert sentence.startswith("Robberies: ")


def test_the_gravest_category_speaks_for_all() -> None:
    assert overall(["pass", "pass"]) == "pass"
    assert overall(["pass", "caution"]) == "caution"
    assert overall(["caution", "insufficient"]) == "insufficient"
    assert overall(["insufficient", "fail", "pass"]) == "fail"
    assert overall([]) == "insufficient"
    for verdict in BakeoffVerdict:
        assert overall_sentence(verdict, ["Robberies: so."]).endswith(" Robberies: so.")


def test_all_contenders_forecast_the_same_cells_and_know_equally_little() -> None:
    now = standard_recipe("blend", ("robbery",), cell_metres=500.0)
    made = contenders(replace(RECIPE, reporting_delay_days=0.5), now, delay_days=1.5)
    assert list(made) == [DRAFT, "counts", "decayed", "kde", IN_FORCE]
    assert {each.cell_metres for each in made.values()} == {100.0}
    assert {each.reporting_delay_days for each in made.values()} == {1.5}
    assert made[IN_FORCE].terms == now.terms
    assert IN_FORCE not in contenders(RECIPE, None, delay_days=0.0)


def test_the_last_window_ends_at_what_is_known_and_none_after_it() -> None:
    known = 1_710_300_000  # three days after New York's clocks went forward
    windows = bakeoff_windows(known, 7, 13, "America/New_York")
    assert len(windows) == 13
    assert windows[-1].end == known
    assert all(a.end == b.start for a, b in pairwise(windows))


def test_the_figures_of_a_real_bake_off_pair_the_draft_with_each_rival() -> None:
    rng, end = np.random.default_rng(3), 700 * DAY
    size = 1500
    x, y = rng.uniform(0, 1000, size), rng.uniform(0, 1000, size)
    x[:600], y[:600] = rng.uniform(0, 100, 600), rng.uniform(0, 100, 600)
    at = np.sort(rng.integers(0, end, size))
    rows = Incidents(x, y, at.astype(np.int64), at.astype(np.int64))
    grid = make_grid(shapely.box(0, 0, 1000, 1000), 100.0, [("a", shapely.box(0, 0, 1000, 1000))])
    city = City(grid, 1.0, "UTC", (Shift("day", 0, 24),))
    made = run_backtest(
        {"robbery": rows},
        city,
        "robbery",
        contenders(RECIPE, None, delay_days=0.0),
        bakeoff_windows(end, 7, 8, "UTC"),
        seed=1,
        progress=lambda *_: None,
    )
    found = bakeoff_figures(made, 1)
    assert found["windows"] == 8
    assert set(found["paired"]) == {"counts", "decayed", "kde"}
    same = found["paired"]["decayed"]["deviance_skill"]
    assert (same["value"], same["low"], same["high"]) == (0.0, 0.0, 0.0)
    ours, kde = (found["models"][name]["deviance_per_window"]["value"] for name in (DRAFT, "kde"))
    assert found["paired"]["kde"]["deviance_skill"]["value"] == pytest.approx(1 - ours / kde, rel=1e-4)
    assert judge_bakeoff(found, "robberies")[0] in set(BakeoffVerdict)


def test_an_interval_that_does_not_exist_is_said_to_be_undefined() -> None:
    assert interval_words({"value": None}) == "undefined"
    assert interval_words({"value": 0.1, "low": -0.2, "high": 0.3}) == "+0.100 [-0.200 to +0.300]"
