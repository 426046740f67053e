"""Anomalies of counted series: quiet ones stay quiet, planted rises are found, and each is told in a sentence."""

from datetime import date

import numpy as np
import pytest

from forecasting.core import surveillance
from forecasting.core.anomalies import CountedSeries, anomaly_sentence, find_anomalies, z_sentence
from forecasting.core.limits import CannotForecast

FIRST = date(2024, 1, 1)


def series(counts: np.ndarray, where: str = "Harbour", what: str = "frauds") -> CountedSeries:
    return CountedSeries(what, where, FIRST, np.asarray(counts, dtype=np.int64))


@pytest.fixture
def fewer_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for a share of 1 in 20."""
    monkeypatch.setattr(surveillance, "QUIET_HISTORIES", 999)


@pytest.mark.usefixtures("fewer_histories")
def test_quiet_areas_raise_no_anomaly_at_the_rate_promised() -> None:
    found = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        areas = [series(rng.poisson(3, 60), f"Area {number}") for number in range(20)]
        found += bool(find_anomalies(areas, rng, level=0.05))
    assert found <= 2


def test_a_planted_rise_is_found_in_its_area_and_no_other() -> None:
    rng = np.random.default_rng(16)
    counts = rng.poisson(3, (30, 60))
    counts[17, -1] = 18
    found = find_anomalies([series(row, f"Area {number}") for number, row in enumerate(counts)], rng)
    assert [each.series.where for each in found] == ["Area 17"]
    assert found[0].score > found[0].limit
    assert found[0].p_value <= found[0].adjusted <= 0.05


def test_a_rise_over_three_days_is_found_though_it_hides_in_its_own_baseline() -> None:
    rng = np.random.default_rng(7)
    counts = rng.poisson(20, 60)
    counts[-3:] = (36, 38, 36)
    (found,) = find_anomalies([series(counts)], rng)
    assert found.test in ("C2", "C3", "Z")


def test_frauds_are_a_series_like_any_other_and_the_sentence_says_so() -> None:
    rng = np.random.default_rng(8)
    counts = rng.poisson(4, 60)
    counts[-1] = 25
    (found,) = find_anomalies([series(counts, "the whole city")], rng)
    assert found.sentence.startswith("In the whole city, 25 frauds were counted")
    assert "29 February 2024" in found.sentence
    assert "expected to be chance" in found.sentence
    assert "does not say why" in found.sentence


def test_three_days_are_told_as_three_days() -> None:
    told = anomaly_sentence(series(np.array([2] * 57 + [9, 9, 9])), "C3", 0.01, 5)
    assert "27 frauds were counted in the three days up to 29 February 2024" in told


def test_the_sentence_of_a_poisson_z() -> None:
    told = z_sentence(
        what="burglaries",
        where="Harbour",
        now=30,
        past=16.5,
        periods=4,
        since=FIRST,
        adjusted=0.02,
        looked=12,
    )
    assert told.startswith(
        "In Harbour, 30 burglaries were counted since 1 January 2024, more than the usual 16.5"
    )


def test_short_or_uneven_series_are_refused() -> None:
    rng = np.random.default_rng(9)
    with pytest.raises(CannotForecast, match="at least 28 days"):
        find_anomalies([series(np.zeros(27))], rng)
    with pytest.raises(CannotForecast, match="same number of days"):
        find_anomalies([series(np.zeros(30)), series(np.zeros(31))], rng)
