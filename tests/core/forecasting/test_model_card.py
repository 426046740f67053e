"""The model card says what was measured, and nothing that was not."""

import json
from typing import Any

import pytest

from forecasting.core.model_card import CardSource, calibration, model_card, scores_by_category
from forecasting.core.recipe import standard_recipe

RECIPE = standard_recipe("decayed", ("robbery",))


def source(**more: Any) -> CardSource:
    return CardSource("Decayed counts", "Rivermark", RECIPE, "a" * 64, "active", {"rows": 12}, **more)


def score(category: str, n: int, counted: int, held: int) -> dict[str, Any]:
    return {
        "category": category,
        "window_start": "2024-06-14",
        "window_end": "2024-06-21",
        "standing": "retrospective",
        "digest": "b" * 64,
        "figures": {
            "forecast": {
                "hit_rate_5": {"value": n / 20, "n": n, "N": 20},
                "districts_in_interval": {"n": held, "N": 10},
                "skill": {"value": 0.1, "low": 0.0, "high": 0.2},
            },
            "counts": {"hit_rate_5": {"value": counted / 20, "n": counted, "N": 20}},
        },
    }


def test_a_card_without_measurements_holds_none_and_is_plain_data() -> None:
    card = model_card(source())
    assert (card["evaluation"], card["scores"], card["audits"]) == ([], [], [])
    assert card["calibration"] == {"nominal": 0.9, "scored": None, "evaluated": None}
    assert card["method"]["factors"]["Decayed"].startswith("past incidents in this cell")
    assert any("about one" in each for each in card["not_for"])
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_scores_are_pooled_by_category_with_their_n_and_interval() -> None:
    rows = [score("robbery", 10, 5, 9), score("robbery", 6, 5, 8), score("arson", 1, 1, 10)]
    arson, robbery = scores_by_category(rows)
    assert (arson["category"], len(robbery["windows"])) == ("arson", 2)
    pooled = robbery["pooled"]["hit_rate_5"]
    assert (pooled["n"], pooled["N"], pooled["value"]) == (16, 40, 0.4)
    assert pooled["low"] == pytest.approx(0.264, abs=0.002)  # Wilson, 16 of 40
    assert robbery["pooled"]["hit_rate_5_counting"]["n"] == 10


def test_calibration_counts_the_districts_in_which_the_interval_held() -> None:
    trial = {"figures": {"models": {"draft": {"districts_in_interval": {"n": 100, "N": 104}}}}}
    empty: dict[str, Any] = {"figures": {"models": {}}}
    said = calibration([score("robbery", 1, 1, 9), score("robbery", 1, 1, 8)], [trial, empty], 0.9)
    assert (said["scored"]["n"], said["scored"]["N"]) == (17, 20)
    assert said["evaluated"]["value"] == pytest.approx(100 / 104, rel=1e-5)


def test_an_evaluation_stands_on_the_card_with_its_verdict_and_report() -> None:
    trial = {
        "category": "robbery",
        "verdict": "pass",
        "sentence": "Robberies: so.",
        "figures": {"windows": 13, "models": {}, "paired": {"counts": {}}},
        "report": "c" * 64,
    }
    [said] = model_card(source(trials=[trial]))["evaluation"]
    assert (said["verdict"], said["windows"], said["report"]) == ("pass", 13, "c" * 64)
