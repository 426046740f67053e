"""What a score says in one sentence."""

from typing import Any

import numpy as np

from forecasting.core.score_history import History, PooledRate
from forecasting.core.score_words import coverage_sentence, history_sentence, hits_sentence, pool_hits
from forecasting.core.scoring import UNDEFINED, wilson_interval


def window(n: int, total: int, baseline: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the figures of one window, as a scorecard stores them."""
    return {
        "forecast": {"hit_rate_5": {"n": n, "N": total, "area_share": 0.05}},
        "counts": {"hit_rate_5": {"n": baseline, "N": total, "area_share": 0.05}},
    }


def test_hits_of_windows_add_up() -> None:
    pooled = pool_hits([window(10, 50, 8), window(20, 100, 22)])
    assert (pooled.windows, pooled.n, pooled.total, pooled.baseline_n) == (2, 30, 150, 30)
    assert pooled.ours.value == 0.2


def test_the_sentence_names_share_area_interval_n_and_baseline() -> None:
    said = hits_sentence(pool_hits([window(17, 100, 16)]), "residential burglaries")
    assert said == (
        "Over one window it found 17 % of residential burglaries in 5 % of the city [11–26; 17 of 100]; "
        "counting past reports alone found 16 %."
    )


def test_without_incidents_the_sentence_claims_nothing() -> None:
    said = hits_sentence(pool_hits([window(0, 0, 0)]), "robberies")
    assert said == "No robberies were recorded in the windows scored so far."


def test_no_windows_are_no_hits() -> None:
    assert pool_hits([]).total == 0


def rate(n: int, total: int) -> PooledRate:
    """Return a rate over three windows."""
    return PooledRate(n, total, 3, wilson_interval(n, total), UNDEFINED)


def over_time(n: int = 30, total: int = 100, covered: PooledRate | None = None) -> History:
    """Return three windows in which counts found a fifth, fading counts a quarter, and a drawn map one twentieth."""
    hits = {"forecast": n, "counts": total // 5, "decayed": total // 4, "random": total // 20}
    return History(
        windows=3,
        hits={method: {"5": rate(found, total)} for method, found in hits.items()},
        skill={},
        coverage=covered,
        level=0.9,
        sharpness=0.8,
        pit=np.zeros(10, dtype=np.int64),
    )


def test_windows_together_are_told_beside_every_trivial_forecast() -> None:
    assert history_sentence(over_time(), "robberies") == (
        "Over three windows they found 30 % of robberies in 5 % of the city [22–40; 30 of 100]; counting past reports "
        "alone found 20 %, counts that fade with age 25 %, a map drawn by lot 5 %."
    )
    assert history_sentence(over_time(0, 0), "robberies").startswith("No robberies were recorded")


def test_coverage_is_told_beside_what_is_right_and_not_at_all_while_nothing_was_counted() -> None:
    assert coverage_sentence(over_time(covered=rate(180, 200))) == (
        "Of 200 counts of districts 90 % [85–93] fell in the middle 90 % of what was forecast for them; 90 % is right."
    )
    assert coverage_sentence(over_time()) == ""
