"""The search for numbers that could be worked out."""

import pytest

from public_portal.core.suppression import UNLIMITED, Arc, Kind, can_be_worked_out, hide, protect


def cell(value: int) -> Arc:
    return Arc("start", "end", value, Kind.CELL, 0, UNLIMITED, hidden=False)


def total(value: int) -> Arc:
    return Arc("end", "start", value, Kind.TOTAL, 0, UNLIMITED, hidden=False)


def column(*values: int) -> list[Arc]:
    """One column with its total, counts of 1 to 4 hidden."""
    arcs = [*map(cell, values), total(sum(values))]
    return [hide(arc, 5) if 0 < arc.value < 5 else arc for arc in arcs]


def hidden(arcs: list[Arc]) -> list[int]:
    return [arc.value for arc in arcs if arc.hidden]


def test_one_hidden_cell_is_the_total_minus_the_rest() -> None:
    assert can_be_worked_out(column(3, 20, 9), 0)


def test_the_smallest_other_cell_is_hidden_to_protect_it() -> None:
    protected = protect(column(3, 20, 9), 5)
    assert hidden(protected) == [3, 9]
    assert not can_be_worked_out(protected, 0)


def test_two_small_cells_protect_each_other() -> None:
    assert hidden(protect(column(3, 2, 20), 5)) == [3, 2]


def test_two_ones_do_not_protect_each_other_because_their_sum_says_it_all() -> None:
    assert can_be_worked_out(column(1, 1, 20), 0)
    assert hidden(protect(column(1, 1, 20), 5)) == [1, 1, 20]


def test_two_fours_do_not_protect_each_other_either() -> None:
    assert hidden(protect(column(4, 4, 20), 5)) == [4, 4, 20]


def test_a_cell_of_exactly_k_cannot_protect_a_one() -> None:
    """1 + 5 = 6: with one small and one other hidden, only 1 and 5 are possible; 9 leaves a choice."""
    assert hidden(protect(column(1, 5, 9), 5)) == [1, 9]


def test_a_zero_is_never_hidden_and_never_protects() -> None:
    protected = protect(column(3, 0, 0, 8), 5)
    assert hidden(protected) == [3, 8]


def test_where_no_cell_can_help_the_total_is_withheld() -> None:
    assert hidden(protect(column(1, 0, 5), 5)) == [1, 6]


def test_a_table_without_small_numbers_stays_whole() -> None:
    assert hidden(protect(column(0, 5, 9), 5)) == []


def test_hiding_below_three_is_refused_because_one_value_remains() -> None:
    with pytest.raises(ValueError, match="the only hidden value would be 1"):
        protect(column(1), 2)
