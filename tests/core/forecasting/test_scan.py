"""The space-time permutation scan: against a slow textbook version, on planted clusters, and on none."""

from datetime import date
from math import hypot, log

import numpy as np
import pytest

from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.scan import (
    ScanResult,
    ScanSettings,
    cluster_sentence,
    gumbel_p_value,
    monte_carlo_p_value,
    scan,
)

DAYS = 60


def city(
    seed: int, incidents: int = 300, places: int = 40
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Places and days that have nothing to do with each other; some places and days are busier."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 10, (2, places))
    busy = rng.gamma(1.0, 1.0, places)
    place = rng.choice(places, incidents, p=busy / busy.sum())
    return place, rng.integers(0, DAYS, incidents), x, y


def planted(seed: int, extra: int = 14) -> tuple[IntArray, IntArray, FloatArray, FloatArray, set[int]]:
    """The same, and extra incidents at the three places nearest to place 0 in the last five days."""
    place, day, x, y = city(seed)
    near = np.argsort(np.hypot(x - x[0], y - y[0]))[:3]
    rng = np.random.default_rng(seed + 1000)
    more = rng.choice(near, extra)
    return (
        np.append(place, more), np.append(day, rng.integers(DAYS - 5, DAYS, extra)), x, y, set(map(int, near))
    )  # fmt: skip


def run(
    place: IntArray, day: IntArray, x: FloatArray, y: FloatArray, seed: int = 1, **changes: object
) -> ScanResult:
    settings = ScanSettings(**{"max_radius": 3.0, "max_days": 14, "simulations": 99, **changes})  # type: ignore[arg-type]
    return scan(place, day, x, y, settings, np.random.default_rng(seed), days=DAYS)


def textbook(
    place: IntArray,
    day: IntArray,
    x: FloatArray,
    y: FloatArray,
    radius: float,
    longest: int,
    *,
    alive: bool = True,
) -> float:
    """The best log likelihood ratio, by loops over centres, circles and runs of days."""
    best, total = 0.0, len(place)
    for centre in np.unique(place):
        gaps = np.array([hypot(x[p] - x[centre], y[p] - y[centre]) for p in place])
        for reach in np.unique(gaps[gaps <= radius]):
            inside = gaps <= reach
            zone = int(inside.sum())
            if reach > 0 and zone > total / 2:
                continue
            for end in [DAYS] if alive else range(1, DAYS + 1):
                for length in range(1, min(longest, end) + 1):
                    during = (day >= end - length) & (day < end)
                    seen, expected = int((inside & during).sum()), zone * int(during.sum()) / total
                    if seen >= 2 and seen > expected:
                        rest = (
                            (total - seen) * log((total - seen) / (total - expected)) if seen < total else 0.0
                        )
                        best = max(best, seen * log(seen / expected) + rest)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_best_cylinder_is_the_textbook_one(seed: int) -> None:
    place, day, x, y, _ = planted(seed)
    found = run(place, day, x, y, simulations=19)
    assert found.clusters[0].ratio == pytest.approx(textbook(place, day, x, y, 3.0, 14))


def test_every_shuffle_gives_the_textbook_ratio_the_quick_way_too() -> None:
    place, day, x, y = city(5, incidents=120, places=15)
    null = run(place, day, x, y, seed=3, simulations=30).null_ratios
    rng = np.random.default_rng(3)
    slow = [textbook(place, rng.permutation(day), x, y, 3.0, 14) for _ in range(30)]
    assert null == pytest.approx(slow)


def test_clusters_that_ended_are_found_when_asked_for() -> None:
    place, day, x, y = city(6, incidents=100, places=12)
    where = int(np.bincount(place, minlength=12).argmin())
    place, day = np.append(place, [where] * 10), np.append(day, [20, 20, 21, 21, 21, 22, 22, 22, 23, 23])
    found = run(place, day, x, y, simulations=39, ends="any_day", max_days=7)
    assert found.clusters[0].ratio == pytest.approx(textbook(place, day, x, y, 3.0, 7, alive=False))
    assert where in found.clusters[0].places
    assert 19 <= found.clusters[0].first_day <= found.clusters[0].last_day <= 24
    assert found.clusters[0].p_value <= 0.05


def test_a_planted_cluster_is_recovered_with_its_places_days_and_count() -> None:
    hits = 0
    for seed in range(10):
        place, day, x, y, near = planted(seed)
        best = run(place, day, x, y).clusters[0]
        inside = np.isin(place, best.places) & (day >= best.first_day) & (day <= best.last_day)
        assert best.observed == inside.sum()
        assert best.expected == pytest.approx(
            np.isin(place, best.places).sum() * (day >= best.first_day).sum() / len(day)
        )
        hits += best.p_value <= 0.05 and len(near & set(best.places)) >= 2 and best.last_day == DAYS - 1
    assert hits >= 9


def test_chance_alone_is_called_a_cluster_as_often_as_promised() -> None:
    p_values = []
    for seed in range(120):
        clusters = run(*city(seed, incidents=150, places=25), seed=seed, simulations=39).clusters
        p_values.append(clusters[0].p_value if clusters else 1.0)
    assert np.mean(np.array(p_values) <= 0.1) == pytest.approx(0.1, abs=0.06)


def test_a_place_that_is_always_busy_or_a_day_busy_everywhere_is_no_cluster() -> None:
    place, day, x, y = city(3)
    place = np.append(place, np.repeat(7, 120))
    day = np.append(day, np.arange(120) % DAYS)
    rng = np.random.default_rng(9)
    place, day = np.append(place, rng.choice(place, 80)), np.append(day, np.full(80, DAYS - 1))
    clusters = run(place, day, x, y).clusters
    assert not clusters or clusters[0].p_value > 0.1


def test_two_clusters_share_no_place() -> None:
    place, day, x, y, near = planted(2)
    far = int(np.argmax(np.hypot(x - x[0], y - y[0])))
    place, day = np.append(place, [far] * 8), np.append(day, [DAYS - 1] * 4 + [DAYS - 2] * 4)
    first, second = run(place, day, x, y).clusters[:2]
    assert not set(first.places) & set(second.places)
    assert {far in first.places, far in second.places} == {True, False}
    assert max(first.p_value, second.p_value) <= 0.05
    assert near & (set(first.places) | set(second.places))


def test_moving_the_city_or_the_order_of_its_incidents_changes_no_ratio() -> None:
    place, day, x, y, _ = planted(4)
    mixed = np.random.default_rng(0).permutation(len(place))
    one, other = run(place, day, x, y), run(place[mixed], day[mixed], x + 1e5, y - 3e4)
    assert [each.ratio for each in one.clusters[:1]] == pytest.approx(
        [each.ratio for each in other.clusters[:1]]
    )
    assert one.clusters[0].places == other.clusters[0].places


def test_the_same_seed_gives_the_same_result() -> None:
    place, day, x, y, _ = planted(1)
    assert run(place, day, x, y).clusters == run(place, day, x, y).clusters


def test_stopping_early_spares_shuffles_only_where_nothing_is_found() -> None:
    nothing = run(*city(11), simulations=199, stop_after=10)
    place, day, x, y, _ = planted(0)
    something = run(place, day, x, y, simulations=199, stop_after=10)
    whole = run(place, day, x, y, simulations=199)
    assert len(nothing.null_ratios) < 150
    assert (something.null_ratios == whole.null_ratios).all()
    assert something.clusters == whole.clusters


def test_stopping_early_keeps_what_the_p_value_promises() -> None:
    p_values = []
    for seed in range(120):
        found = run(*city(seed, incidents=150, places=25), seed=seed, simulations=99, stop_after=10).clusters
        p_values.append(found[0].p_value if found else 1.0)
    assert np.mean(np.array(p_values) <= 0.1) == pytest.approx(0.1, abs=0.06)


def test_p_value_by_rank_and_recurrence() -> None:
    null = np.arange(1.0, 20.0)
    assert monte_carlo_p_value(100.0, null) == 1 / 20
    assert monte_carlo_p_value(19.0, null) == 2 / 20
    place, day, x, y, _ = planted(0)
    best = run(place, day, x, y, looks_every_days=7.0).clusters[0]
    assert best.recurrence_days == pytest.approx(7 / best.p_value)


def test_the_gumbel_tail_by_hand_and_beside_the_rank() -> None:
    null = np.array([4.0, 5.0, 6.0])  # mean 5, deviation 1
    scale = 6**0.5 / np.pi
    by_hand = 1 - np.exp(-np.exp(-(8 - (5 - 0.5772156649 * scale)) / scale))
    assert gumbel_p_value(8.0, null) == pytest.approx(by_hand)
    draws = np.random.default_rng(2).gumbel(6.0, 0.9, 9_999)
    at = float(np.quantile(draws, 0.98))
    assert gumbel_p_value(at, draws[:999]) == pytest.approx(0.02, rel=0.25)
    assert np.isnan(gumbel_p_value(8.0, np.array([1.0])))


def test_the_fitted_tail_reaches_beyond_the_rank() -> None:
    place, day, x, y, _ = planted(0, extra=30)
    best = run(place, day, x, y).clusters[0]
    assert best.p_value == 0.01
    assert best.gumbel_p_value < 1e-4
    assert best.gumbel_recurrence_days > best.recurrence_days


def test_the_sentence_says_what_where_when_how_sure_and_what_it_does_not_mean() -> None:
    place, day, x, y, _ = planted(0)
    best = run(place, day, x, y).clusters[0]
    told = cluster_sentence(
        best, category="burglary", where="Harbour", day_zero=date(2024, 3, 1), simulations=99
    )
    assert told.startswith(f"In Harbour, {best.observed} burglaries were recorded from ")
    assert "to 29 April 2024" in told
    assert "once in" in told
    assert "does not say why" in told


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"max_radius": 0.0}, "bad_input"),
        ({"max_days": 31}, "history_too_short"),
        ({"simulations": 0}, "bad_input"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(CannotForecast) as refused:
        run(*city(0), seed=1, **changes)  # type: ignore[arg-type]
    assert refused.value.reason == reason


def test_too_few_incidents_and_wrong_numbers_are_refused() -> None:
    place, day, x, y = city(0)
    for bad, reason in (
        ((place[:19], day[:19], x, y), "too_few_incidents"),
        ((place, day[:-1], x, y), "bad_input"),
        ((place + 100, day, x, y), "bad_input"),
        ((place, day + 1, x, y), "bad_input"),
    ):
        with pytest.raises(CannotForecast) as refused:
            run(*bad)
        assert refused.value.reason == reason


def test_a_scan_that_would_not_fit_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecasting.core.scan.MAX_CYLINDERS", 100)
    with pytest.raises(CannotForecast, match="larger cells") as refused:
        run(*city(0))
    assert refused.value.reason == "grid_too_large"
