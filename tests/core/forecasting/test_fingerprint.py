"""Rounding and digests."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from forecasting.core.fingerprint import digest, round_significant, table_bytes


def test_six_significant_digits_are_kept_at_any_size() -> None:
    values = np.array([123456.789, 0.000123456789, -9.99999999, 0.0, 1e-300])
    assert round_significant(values).tolist() == [123457.0, 0.000123457, -10.0, 0.0, 1e-300]


def test_values_that_are_no_numbers_stay() -> None:
    assert np.isnan(round_significant(np.array([np.nan]))).all()
    assert np.isinf(round_significant(np.array([np.inf]))).all()


@given(st.floats(1e-12, 1e12))
def test_rounding_twice_changes_nothing_and_moves_a_value_little(value: float) -> None:
    once = round_significant(np.array([value]))
    assert np.array_equal(once, round_significant(once))
    assert abs(once[0] / value - 1) <= 5.1e-6


@given(st.floats(1e-6, 1e6))
def test_noise_in_the_last_bits_leaves_almost_every_digest_alone(value: float) -> None:
    rounded = round_significant(np.array([value]))
    noisy = round_significant(np.array([rounded[0] * (1 + 6e-16)]))
    assert digest(table_bytes({"v": rounded})) == digest(table_bytes({"v": noisy}))


def test_one_changed_value_changes_the_digest() -> None:
    one, other = np.array([1.0, 2.0]), np.array([1.0, 2.00001])
    assert digest(table_bytes({"v": one})) != digest(table_bytes({"v": other}))
