"""The mixture of decayed counts: what it is made of, and that it learns how fast counts decay."""

import numpy as np
import pytest

from forecasting.core.decay_mixture import (
    CONTENDERS,
    HALF_LIVES,
    NEAR_BANDWIDTH,
    NEAR_HALF_LIFE,
    SURFACES,
    PastWindow,
    cell_history,
    first_places,
    learn_weights,
    mixture_score,
    past_window,
    shares_in_contention,
)
from forecasting.core.incidents import IntArray
from forecasting.core.windows import DAY

NOW = 2000 * DAY


def days_ago(*ages: float) -> IntArray:
    return np.array([NOW - round(age * DAY) for age in ages], dtype=np.int64)


def test_surfaces_are_decayed_counts_by_hand() -> None:
    """Two incidents in one cell, 15 and 45 days ago, one in another, 30 days ago."""
    history = cell_history(np.array([3, 3, 9]), np.array([7, 7, 7]), days_ago(15, 45, 30))
    surfaces = history.surfaces(NOW)
    assert surfaces.shape == (2, len(SURFACES)) == (2, len(HALF_LIVES) + 1)
    assert surfaces[:, 0] == pytest.approx([0.5 + 0.125, 0.25])
    assert surfaces[:, 1] == pytest.approx([0.5 ** (1 / 3) + 0.5, 0.5 ** (2 / 3)])


def test_a_surface_knows_nothing_from_its_cut_on() -> None:
    columns, rows = np.array([0, 1, 2]), np.array([0, 0, 0])
    before = cell_history(columns, rows, days_ago(10, 20, 30)).surfaces(NOW)
    after = cell_history(np.append(columns, 1), np.append(rows, 0), days_ago(10, 20, 30, 0)).surfaces(NOW)
    assert np.array_equal(before, after)


def test_a_cell_where_nothing_happened_yet_has_nothing_even_beside_a_busy_one() -> None:
    history = cell_history(np.array([0, 1]), np.array([0, 0]), days_ago(10, -1))
    assert history.surfaces(NOW)[1].tolist() == [0.0] * len(SURFACES)


def test_the_surface_that_reaches_beyond_the_cell_is_the_smoothed_picture() -> None:
    rng = np.random.default_rng(2)
    columns, rows = rng.integers(0, 12, (2, 80))
    history = cell_history(columns, rows, days_ago(*rng.uniform(1, 900, 80)))
    picture = history.near(NOW, NEAR_HALF_LIFE, NEAR_BANDWIDTH)
    assert history.surfaces(NOW)[:, -1] == pytest.approx(picture.ravel()[history.places])


def test_the_first_places_are_the_highest_and_a_lottery_parts_equal_ones() -> None:
    values, lottery = np.array([1.0, 5.0, 1.0, 3.0, 1.0]), np.array([0.9, 0.1, 0.2, 0.3, 0.5])
    assert sorted(first_places(values, lottery, 3).tolist()) == [1, 2, 3]
    assert sorted(first_places(values, lottery, 4).tolist()) == [1, 2, 3, 4]
    assert first_places(values, lottery, 9).tolist() == [0, 1, 2, 3, 4]


def test_shares_count_only_the_cells_in_contention() -> None:
    counts = np.array([[4.0, 0.0], [1.0, 1.0], [0.5, 0.0]] + [[0.1, 0.0]] * (2 * CONTENDERS))
    shares = shares_in_contention(counts, 1)
    assert (shares > 0).any(axis=1).sum() == CONTENDERS
    assert shares.sum(axis=0) == pytest.approx([1.0, 1.0])
    assert shares[0, 0] == pytest.approx(4.0 / (5.5 + 0.1 * (CONTENDERS - 3)))


def test_two_surfaces_and_two_incidents_give_the_weights_worked_out_by_hand() -> None:
    """Likelihood (0.8 w + 0.2 (1 - w)) x (0.3 w + 0.7 (1 - w)) = (0.2 + 0.6 w)(0.7 - 0.4 w): highest at w = 17/24."""
    from_hand = 17 / 24
    window = PastWindow(NOW, np.array([[0.8, 0.2], [0.3, 0.7]]))
    assert learn_weights([window], 2)[0] == pytest.approx(from_hand, abs=1e-6)


def test_without_past_incidents_every_surface_counts_the_same() -> None:
    assert learn_weights([], 4).tolist() == [0.25] * 4


@pytest.mark.parametrize("habit", ["lasting", "flaring"])
def test_the_mixture_learns_whether_places_last_or_flare_up(habit: str) -> None:
    """Steady places keep their rate for years; flaring ones move on after a month."""
    rng = np.random.default_rng(3)
    day = np.sort(rng.uniform(0, 1900, 6000))
    month = (day // 30).astype(np.int64) if habit == "flaring" else np.zeros(6000, dtype=np.int64)
    place = month * 20 + rng.integers(0, 20, 6000)
    noise = rng.random(6000) < 0.3
    place[noise] = rng.integers(2000, 9000, noise.sum())
    history = cell_history(place % 100, place // 100, (day * DAY).astype(np.int64))
    windows = [
        past_window(history, history.surfaces(start * DAY), start * DAY, (start + 7) * DAY, 20)
        for start in range(400, 1890, 7)
    ]
    weights = learn_weights(windows, len(SURFACES))
    assert weights.sum() == pytest.approx(1.0)
    assert weights[:2].sum() == pytest.approx(1.0 if habit == "flaring" else 0.0, abs=0.3)
    ranked = mixture_score(history.surfaces(1875 * DAY), weights, 20)
    observed = history.counts(1875 * DAY, 1889 * DAY)
    assert observed[np.argsort(-ranked)[:20]].sum() > 0.2 * observed.sum()


def test_cells_are_read_back_where_they_lie_and_nothing_beyond() -> None:
    history = cell_history(np.array([5, 7]), np.array([2, 3]), days_ago(1, 1))
    picture = history.picture(np.array([1.0, 2.0]))
    assert history.read(picture, np.array([5, 7, 6, 4, 99]), np.array([2, 3, 2, 2, 2])).tolist() == [
        1,
        2,
        0,
        0,
        0,
    ]
