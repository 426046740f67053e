"""One whole audit as plain values."""

import numpy as np
import pytest

from audits.core.comparison import compare_groups, rounded, table_of
from audits.core.groups import GroupTable
from audits.core.verdict import Standard, Verdict, Wording

STANDARD = Standard(ratio_max=1.25, minimum_residents=100)


def table() -> GroupTable:
    """Twenty areas of 1,000 residents; the first five are mostly black; one park without residents."""
    black = np.array([[900.0]] * 5 + [[100.0]] * 15 + [[0.0]])
    residents = np.array([1000.0] * 20 + [0.0])
    return GroupTable(tuple(map(str, range(21))), ("black",), black, residents)


def test_planted_bias_fails_with_the_metric_the_interval_and_the_sentence() -> None:
    """Flags 0.2 in the black areas, 0.02 elsewhere: S = 0.065, black (900 + 30) / 6000 = 0.155."""
    flags = np.array([0.2] * 5 + [0.02] * 15 + [1.0])
    found = compare_groups(table(), flags, STANDARD, Wording(), seed=1)
    (row,) = table_of(found)
    assert row["rate"] == pytest.approx(0.155)
    assert row["reference_rate"] == pytest.approx(0.065)
    assert row["ratio"] == pytest.approx(0.155 / 0.065, rel=1e-5)
    assert found.judgement.verdict is Verdict.FAIL
    assert row["residents"] == 6000


def test_even_flags_pass() -> None:
    found = compare_groups(table(), np.full(21, 0.05), STANDARD, Wording(), seed=1)
    assert found.judgement.verdict is Verdict.PASS


def test_an_area_without_residents_changes_nothing() -> None:
    flags = np.array([0.2] * 5 + [0.02] * 16)
    other = flags.copy()
    other[20] = 1.0
    assert compare_groups(table(), flags, STANDARD, Wording(), seed=1) == compare_groups(
        table(), other, STANDARD, Wording(), seed=1
    )


def test_the_same_seed_gives_the_same_report() -> None:
    flags = np.linspace(0.2, 0.01, 21)
    first = table_of(compare_groups(table(), flags, STANDARD, Wording(), seed=7))
    assert table_of(compare_groups(table(), flags, STANDARD, Wording(), seed=7)) == first
    assert table_of(compare_groups(table(), flags, STANDARD, Wording(), seed=8)) != first


def test_a_place_without_any_resident_is_insufficient_and_reports_no_number() -> None:
    empty = GroupTable(("a",), ("black",), np.zeros((1, 1)), np.zeros(1))
    found = compare_groups(empty, np.ones(1), STANDARD, Wording(), seed=1)
    assert found.judgement.verdict is Verdict.INSUFFICIENT
    assert table_of(found)[0]["ratio"] is None


def test_exposures_must_match_the_areas() -> None:
    with pytest.raises(ValueError, match="1 exposures for 21 areas"):
        compare_groups(table(), np.ones(1), STANDARD, Wording(), seed=1)


def test_numbers_are_rounded_to_six_digits_and_missing_ones_are_none() -> None:
    assert rounded(0.123456789) == 0.123457
    assert rounded(float("nan")) is None
