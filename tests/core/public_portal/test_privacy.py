"""The publication rule, and attempts to get round it."""

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from public_portal.core.privacy import (
    CountTable,
    PublishedCounts,
    is_public,
    public_from,
    suppress,
    to_a_tenth,
)

END = datetime(2023, 12, 8, 6, tzinfo=UTC)


def table(*rows: tuple[int, ...]) -> CountTable:
    names = tuple(f"area {i}" for i in range(len(rows)))
    return CountTable(names, tuple(f"kind {j}" for j in range(len(rows[0]))), rows)


def recoverable(source: CountTable, published: PublishedCounts, below: int) -> list[tuple[int, int]]:
    """Play the attacker by trying every table that agrees with what is shown; return small cells he learns.

    He knows the rule, which hidden cells are small, and that zeros are shown.
    """
    holes = [(i, j) for i, row in enumerate(published.cells) for j, cell in enumerate(row) if cell is None]
    ceiling = max(map(max, source.counts)) + below
    ranges = [range(1, below) if source.counts[i][j] < below else range(below, ceiling + 1) for i, j in holes]
    seen: dict[tuple[int, int], set[int]] = {hole: set() for hole in holes}
    for guess in itertools.product(*ranges):
        if _agrees(source, published, dict(zip(holes, guess, strict=True))):
            for hole, value in zip(holes, guess, strict=True):
                seen[hole].add(value)
    return [hole for hole in holes if source.counts[hole[0]][hole[1]] < below and len(seen[hole]) < 2]


def _agrees(source: CountTable, published: PublishedCounts, guess: dict[tuple[int, int], int]) -> bool:
    filled = [
        [guess.get((i, j), value) for j, value in enumerate(row)] for i, row in enumerate(source.counts)
    ]
    sums = [sum(row) for row in filled] + [sum(column) for column in zip(*filled, strict=True)]
    shown = [*published.row_totals, *published.column_totals]
    return all(
        known is None or known == value
        for known, value in zip([*shown, published.total], [*sums, sum(map(sum, filled))], strict=True)
    )


def test_small_counts_are_hidden_zeros_and_large_ones_shown() -> None:
    published = suppress(table((0,), (3,), (2,), (17,)), 5)
    assert published.cells == ((0,), (None,), (None,), (17,))
    assert published.total == 22
    assert published.hidden == 2


def test_a_lone_small_count_takes_a_second_one_with_it() -> None:
    """Hand-worked: 22 - 17 - 0 = 5 would show the hidden 3 as 22 - 19."""
    published = suppress(table((0,), (3,), (6,), (17,)), 5)
    assert published.cells == ((0,), (None,), (None,), (17,))


def test_totals_guard_each_other_in_two_directions() -> None:
    """One small cell in a 2 x 2 table can be hidden only with all four."""
    published = suppress(table((2, 9), (8, 30)), 5)
    assert published.cells == ((None, None), (None, None))
    assert published.row_totals == (11, 38)
    assert published.column_totals == (10, 39)


def test_the_attacker_of_these_tests_does_recover_a_bare_suppression() -> None:
    """Break the guard: hide the small cells alone, and the attacker must find them."""
    source = table((2, 9), (8, 30))
    bare = PublishedCounts(
        source.rows,
        source.columns,
        ((None, 9), (8, 30)),
        row_totals=(11, 38),
        column_totals=(10, 39),
        total=49,
    )
    assert recoverable(source, bare, 5) == [(0, 0)]


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_small_count_of_a_column_can_be_recovered(seed: int) -> None:
    chance = np.random.default_rng(seed)
    source = table(
        *((int(chance.choice([0, 0, 1, 1, 2, 3, 4, 5, 6, 9])),) for _ in range(int(chance.integers(2, 6))))
    )
    assert recoverable(source, suppress(source, 5), 5) == []


@pytest.mark.parametrize("seed", range(60))
def test_no_hidden_small_count_of_a_two_way_table_can_be_recovered(seed: int) -> None:
    chance = np.random.default_rng(seed)
    shape = [(2, 2), (2, 3), (3, 2)][chance.integers(3)]
    source = table(
        *(
            tuple(int(chance.choice([0, 0, 1, 2, 3, 5, 6, 8])) for _ in range(shape[1]))
            for _ in range(shape[0])
        )
    )
    assert recoverable(source, suppress(source, 4), 4) == []


def test_small_totals_are_hidden_as_well() -> None:
    published = suppress(table((1, 1), (0, 40)), 5)
    assert published.row_totals[0] is None
    assert published.column_totals[0] is None


def test_the_same_table_is_always_published_alike() -> None:
    source = table((1, 7), (6, 2), (9, 9))
    assert suppress(source, 5) == suppress(source, 5)


def test_a_city_of_four_hundred_areas_is_treated_at_once() -> None:
    chance = np.random.default_rng(1)
    source = table(*((int(chance.choice([0, 1, 2, 3, 5, 9])),) for _ in range(400)))
    published = suppress(source, 5)
    assert published.total == sum(row[0] for row in source.counts)
    assert all((cell is None) or cell == 0 or cell >= 5 for row in published.cells for cell in row)


def test_a_policy_that_hides_nothing_shows_everything() -> None:
    assert suppress(table((1,), (2,)), 0).cells == ((1,), (2,))


def test_hiding_below_two_hides_twos_as_well_because_a_hidden_one_would_be_known() -> None:
    assert suppress(table((1,), (2,), (9,)), 2) == suppress(table((1,), (2,), (9,)), 3)


@pytest.mark.parametrize(
    ("rows", "columns", "counts", "message"),
    [
        (("a",), ("x",), ((1, 2),), "1 rows of 1"),
        (("a", "a"), ("x",), ((1,), (2,)), "named twice"),
        (("a",), ("x",), ((-1,),), "negative"),
    ],
)
def test_a_malformed_table_is_refused(
    rows: tuple[str, ...], columns: tuple[str, ...], counts: tuple[tuple[int, ...], ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        CountTable(rows, columns, counts)


def test_forecasts_are_shown_to_a_tenth() -> None:
    assert [to_a_tenth(value) for value in (0.04, 0.06, 12.34)] == [0.0, 0.1, 12.3]


def test_nothing_is_public_before_the_window_ended_and_the_delay_passed() -> None:
    delay = timedelta(hours=6)
    assert public_from(END, delay) == END + delay
    assert not is_public(END, delay, END)
    assert not is_public(END, delay, END + delay - timedelta(seconds=1))
    assert is_public(END, delay, END + delay)


def test_a_negative_delay_is_refused() -> None:
    with pytest.raises(ValueError, match="live window"):
        public_from(END, timedelta(hours=-1))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        public_from(datetime(2023, 12, 8), timedelta(0))  # noqa: DTZ001 -- the wrong thing on purpose
