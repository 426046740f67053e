"""Residents by area and group."""

import numpy as np
import pytest

from audits.core.groups import (
    EVERYBODY,
    GroupTable,
    choose,
    group_rows,
    group_rows_with_everybody,
    phrase,
    within,
)


def table() -> GroupTable:
    """Two areas of 100 and 50 residents; groups overlap (90 black and 40 poor of 100 in area a)."""
    return GroupTable(
        areas=("a", "b"),
        groups=("black", "below_poverty"),
        counts=np.array([[90.0, 40.0], [10.0, 30.0]]),
        residents=np.array([100.0, 50.0]),
    )


def test_groups_may_overlap_so_that_their_sum_exceeds_the_residents() -> None:
    assert table().counts[0].sum() > table().residents[0]
    assert table().totals.tolist() == [100, 70]
    assert table().everybody == 150


def test_rows_come_group_by_group_with_residents_as_weights() -> None:
    rows = group_rows(table())
    assert rows.area.tolist() == [0, 1, 0, 1]
    assert rows.group.tolist() == ["black", "black", "below_poverty", "below_poverty"]
    assert rows.weight.tolist() == [90, 10, 40, 30]


def test_the_reference_group_counts_every_resident_once() -> None:
    rows = group_rows_with_everybody(table())
    assert rows.weight[rows.group == EVERYBODY].tolist() == [100, 50]


def test_choosing_keeps_the_order_asked_for() -> None:
    chosen = choose(table(), ["below_poverty", "black"])
    assert chosen.groups == ("below_poverty", "black")
    assert chosen.counts.tolist() == [[40, 90], [30, 10]]


def test_a_chosen_group_that_nobody_counted_stays_in_the_table_with_zeros() -> None:
    chosen = choose(table(), ["asian", "black"])
    assert chosen.counts.tolist() == [[0, 90], [0, 10]]


def test_a_clipped_table_keeps_residents_in_proportion_and_drops_areas_outside() -> None:
    inside = within(table(), np.array([0.5, 0.0]))
    assert inside.areas == ("a",)
    assert inside.residents.tolist() == [50]
    assert inside.counts.tolist() == [[45, 20]]


def test_clipping_needs_one_share_per_area() -> None:
    with pytest.raises(ValueError, match="1 shares for 2 areas"):
        within(table(), np.array([1.0]))


@pytest.mark.parametrize(
    ("counts", "residents", "message"),
    [
        ([[90.0, 40.0]], [100.0, 50.0], "2 areas and 2 groups"),
        ([[90.0, 40.0], [10.0, -1.0]], [100.0, 50.0], "not negative"),
        ([[90.0, 40.0], [10.0, np.nan]], [100.0, 50.0], "finite"),
        ([[90.0, 40.0], [10.0, 51.0]], [100.0, 50.0], "below_poverty counts more people than live in area b"),
    ],
)
def test_a_table_that_cannot_be_true_is_refused(
    counts: list[list[float]], residents: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        GroupTable(("a", "b"), ("black", "below_poverty"), np.array(counts), np.array(residents))


def test_an_area_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="named twice"):
        GroupTable(("a", "a"), ("black",), np.ones((2, 1)), np.ones(2))


def test_the_reference_cannot_be_passed_off_as_a_group() -> None:
    with pytest.raises(ValueError, match="reference, not a group"):
        GroupTable(("a",), (EVERYBODY,), np.ones((1, 1)), np.ones(1))


def test_every_group_has_words_to_begin_a_sentence_with() -> None:
    assert phrase("below_poverty") == "Residents below poverty"
    assert phrase("renters_over_65") == "Residents in the group “renters over 65”"
