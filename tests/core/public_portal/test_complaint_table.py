"""Complaints under the publication rule."""

from dataclasses import replace
from itertools import product

import pytest

from governance.core.complaint_figures import ComplaintFigures, count_complaints
from governance.core.complaints import ComplaintKind, ComplaintOutcome
from public_portal.core.complaint_table import complaint_table
from tests.core.governance.test_complaint_figures import NOW

NONE = count_complaints([], NOW)


def with_outcomes(*counts: int) -> ComplaintFigures:
    """Return figures with so many answers of each outcome."""
    return replace(
        NONE,
        filed=sum(counts),
        answered=sum(counts),
        by_outcome=dict(zip(ComplaintOutcome, counts, strict=True)),
        by_kind=dict.fromkeys(ComplaintKind, 0) | {ComplaintKind.DATA: sum(counts)},
    )


def shown(*counts: int, below: int = 5) -> list[int | None]:
    """Return the outcomes as published."""
    return [row["count"] for row in complaint_table(with_outcomes(*counts), below)["outcomes"]]


def test_no_complaint_at_all_is_said_as_zeros() -> None:
    assert shown(0, 0, 0, 0) == [0, 0, 0, 0]


def test_fewer_than_the_rule_allows_hides_every_count() -> None:
    assert shown(3, 0, 0, 1) == [None] * 4


def test_large_counts_are_shown_and_a_rule_of_zero_hides_nothing() -> None:
    assert shown(7, 0, 9, 6) == [7, 0, 9, 6]
    assert shown(1, 0, 2, 0, below=0) == [1, 0, 2, 0]


@pytest.mark.parametrize("counts", [each for each in product((0, 1, 4, 5, 9), repeat=4) if sum(each) >= 5])
def test_no_small_count_follows_from_the_sum_that_everybody_knows(counts: tuple[int, ...]) -> None:
    said = shown(*counts)
    hidden = [count for count, seen in zip(counts, said, strict=True) if seen is None]
    assert all(seen is None or seen == count for count, seen in zip(counts, said, strict=True))
    assert not [count for count, seen in zip(counts, said, strict=True) if 0 < count < 5 and seen is not None]
    assert len(hidden) != 1


def test_what_the_record_tells_anyway_stands_as_it_is() -> None:
    table = complaint_table(replace(NONE, filed=2, waiting=1, answered=1, overdue=1, median_days=3.5), 5)
    assert (table["filed"], table["waiting"], table["answered"], table["overdue"]) == (2, 1, 1, 1)
    assert table["median_days"] == 3.5
