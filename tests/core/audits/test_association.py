"""Rank correlations of predictions and shares."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from audits.core import association
from audits.core.bands import ranked_alike, ranked_by_id
from audits.core.draws import Draws, drawn_cities, whole_city
from audits.core.groups import GroupTable

SHARES = np.array([0.1, 0.4, 0.4, 0.8, 0.9])
TABLE = GroupTable(tuple("abcde"), ("x",), 100 * SHARES[:, None], np.full(5, 100.0))


def correlation(predictions: list[float]) -> float:
    return float(association.spearman(whole_city(TABLE), np.array(predictions)[:, None])[0, 0])


def test_more_of_the_group_and_always_more_predictions_is_one() -> None:
    assert correlation([0, 3, 3, 7, 8]) == pytest.approx(1)
    assert correlation([8, 3, 3, 1, 0]) == pytest.approx(-1)


def test_equal_figures_get_their_mean_rank() -> None:
    """Ranks 1 2 3 4 5 against 1 2.5 2.5 4 5: sum of products 9.5 over sqrt(10 x 9.5)."""
    assert correlation([0, 2, 3, 7, 8]) == pytest.approx(9.5 / 95**0.5)


def test_equal_predictions_can_stand_by_id_with_the_smaller_id_more_targeted() -> None:
    """All equal: a stands highest, so ranks are 5 4 3 2 1 against 1 2.5 2.5 4 5."""
    order = ranked_by_id(np.zeros(5), TABLE.areas)
    found = association.rank_correlation(whole_city(TABLE), order)[0, 0]
    assert found == pytest.approx(-9.5 / 95**0.5)


def test_a_constant_side_has_no_correlation() -> None:
    assert np.isnan(correlation([4, 4, 4, 4, 4]))


def test_areas_without_residents_have_no_share_and_are_left_out() -> None:
    more = GroupTable(
        (*TABLE.areas, "f"), ("x",), np.vstack([TABLE.counts, [[0]]]), np.append(TABLE.residents, 0)
    )
    found = association.spearman(whole_city(more), np.array([0.0, 2, 3, 7, 8, 99])[:, None])
    assert found[0, 0] == pytest.approx(9.5 / 95**0.5)


def test_draws_agree_with_scipy_on_the_areas_they_took() -> None:
    rng = np.random.default_rng(4)
    residents = rng.integers(50, 100, 15).astype(float)
    table = GroupTable(
        tuple(map(str, range(15))), ("x", "y"), np.floor(residents[:, None] * rng.random((15, 2))), residents
    )
    predictions = rng.poisson(2, 15).astype(float)
    drawn = drawn_cities(table, rng, draws=100)
    found = association.rank_correlation(drawn, ranked_alike(predictions))
    for draw in range(5):
        rows = np.repeat(np.arange(15), drawn.taken[draw].astype(int))
        for group in range(2):
            expected = spearmanr(predictions[rows], (table.counts[:, group] / residents)[rows]).statistic
            assert found[draw, group] == pytest.approx(expected)


def test_drawn_counts_are_ranked_anew_in_each_draw() -> None:
    counts = np.stack([TABLE.counts, TABLE.counts[::-1]])
    city = Draws(np.ones((2, 5)), counts, TABLE.residents)
    found = association.spearman(city, np.array([0.0, 3, 3, 7, 8])[:, None])[:, 0]
    assert found == pytest.approx([1, -8.75 / 9.5])


def test_what_a_third_figure_explains_is_taken_out() -> None:
    """r_xy = 0.9, r_xz = 0.8, r_yz = 0.9 of three orders of five areas."""
    table = GroupTable(tuple("abcde"), ("x",), np.array([[10.0], [20], [30], [40], [50]]), np.full(5, 100.0))
    x, z = np.array([2.0, 1, 3, 4, 5]), np.array([1.0, 2, 3, 5, 4])
    r_xy, r_yz, r_xz = 0.9, 0.9, 0.8
    found = association.spearman_given(whole_city(table), x[:, None], z[:, None])[0, 0]
    assert found == pytest.approx((r_xy - r_xz * r_yz) / ((1 - r_xz**2) * (1 - r_yz**2)) ** 0.5)


def test_a_third_figure_that_decides_everything_leaves_nothing_to_say() -> None:
    x = np.array([0.0, 3, 3, 7, 8])[:, None]
    assert np.isnan(association.spearman_given(whole_city(TABLE), x, x)[0, 0])
