"""Adjusted p-values, by hand, against SciPy, and by what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecasting.core.false_discovery import benjamini_hochberg, benjamini_yekutieli, found
from forecasting.core.limits import CannotForecast

BY_HAND = np.array([0.01, 0.04, 0.03, 0.005])
PROBABILITIES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_hochberg_by_hand() -> None:
    assert benjamini_hochberg(BY_HAND) == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_yekutieli_is_the_harmonic_sum_larger() -> None:
    assert benjamini_yekutieli(BY_HAND) == pytest.approx(np.array([0.02, 0.04, 0.04, 0.02]) * 25 / 12)


@given(PROBABILITIES)
def test_both_agree_with_scipy(values: list[float]) -> None:
    p = np.array(values)
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p, method="bh"))
    assert benjamini_yekutieli(p) == pytest.approx(stats.false_discovery_control(p, method="by"))


@given(PROBABILITIES)
def test_adjusting_never_lowers_a_value_and_keeps_the_order(values: list[float]) -> None:
    p = np.sort(np.array(values))
    adjusted = benjamini_hochberg(p)
    assert (adjusted >= p - 1e-12).all()
    assert (np.diff(adjusted) >= 0).all()


def test_the_shape_is_kept_and_a_test_not_made_is_not_counted() -> None:
    table = np.array([[0.01, np.nan], [0.04, 0.03]])
    adjusted = benjamini_hochberg(table)
    assert adjusted[0, 0] == pytest.approx(0.03)
    assert np.isnan(adjusted[0, 1])
    assert found(adjusted, 0.035).tolist() == [[True, False], [False, False]]


def test_nothing_tested_gives_nothing() -> None:
    assert benjamini_hochberg(np.array([])).shape == (0,)


def test_a_probability_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(CannotForecast, match=r"between 0 and 1; got 1\.2") as refused:
        benjamini_hochberg(np.array([0.1, 1.2]))
    assert refused.value.reason == "bad_input"


def test_the_share_of_false_findings_is_kept() -> None:
    rng = np.random.default_rng(1)
    z = rng.standard_normal((400, 200))
    z[:, :20] += 3.5
    flags = found(np.array([benjamini_hochberg(2 * stats.norm.sf(np.abs(row))) for row in z]), 0.1)
    false_share = flags[:, 20:].sum(axis=1) / np.maximum(flags.sum(axis=1), 1)
    assert 0.07 < false_share.mean() < 0.11
    assert flags[:, :20].mean() > 0.8
