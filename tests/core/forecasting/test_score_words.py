"""What a score says in one sentence."""

from typing import Any

from forecasting.core.score_words import hits_sentence, pool_hits


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
