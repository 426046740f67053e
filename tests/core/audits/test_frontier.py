"""What a lower disparity costs in expected incidents."""

import itertools

import numpy as np
import pytest

from audits.core.frontier import PRICES, frontier, price_of

RNG = np.random.default_rng(5)


def made_up(n: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    everybody = RNG.dirichlet(np.ones(n))
    group = RNG.dirichlet(np.ones(n))
    return RNG.gamma(1.0, size=n) + 5 * group, np.ones(n), group, everybody


def test_without_a_price_the_densest_cells_are_flagged_by_hand() -> None:
    expected, area = np.array([4.0, 3.0, 2.0, 1.0]), np.ones(4)
    group, everybody = np.array([0.5, 0.3, 0.1, 0.1]), np.full(4, 0.25)
    first, *_ = frontier(expected, area, group, everybody, 2.0)
    assert (first.price, first.covered, first.cells) == (0.0, 0.7, 2)
    assert first.ratio == pytest.approx(0.8 / 0.5)


def test_a_high_price_flags_where_the_group_does_not_live_by_hand() -> None:
    expected, area = np.array([4.0, 3.0, 2.0, 1.0]), np.ones(4)
    group, everybody = np.array([0.5, 0.3, 0.1, 0.1]), np.full(4, 0.25)
    last = frontier(expected, area, group, everybody, 2.0)[-1]
    assert last.covered == pytest.approx(0.3)
    assert last.ratio == pytest.approx(0.4)


def test_along_the_frontier_coverage_and_difference_only_fall() -> None:
    for _ in range(50):
        choices = frontier(*made_up(), 4.0)
        covered = [each.covered for each in choices]
        apart = [each.rate - each.reference for each in choices]
        assert np.all(np.diff(covered) <= 1e-12)
        assert np.all(np.diff(apart) <= 1e-12)


def test_no_set_of_as_many_cells_covers_more_with_as_little_difference() -> None:
    expected, area, group, everybody = made_up(10)
    every = [list(each) for each in itertools.combinations(range(10), 4)]
    for choice in frontier(expected, area, group, everybody, 4.0):
        apart = choice.rate - choice.reference
        better = [
            flagged
            for flagged in every
            if (group - everybody)[flagged].sum() <= apart + 1e-12
            and expected[flagged].sum() / expected.sum() > choice.covered + 1e-12
        ]
        assert not better, f"at price {choice.price}"


def test_relabelling_the_cells_changes_nothing() -> None:
    expected, area, group, everybody = made_up(30)
    order = RNG.permutation(30)
    again = frontier(expected[order], area[order], group[order], everybody[order], 6.0)
    assert [round(each.covered, 12) for each in again] == [
        round(each.covered, 12) for each in frontier(expected, area, group, everybody, 6.0)
    ]


def test_the_budget_is_kept_with_cells_of_different_size() -> None:
    expected, _, _, everybody = made_up(40)
    area = RNG.uniform(0.5, 2.0, 40)
    for choice in frontier(expected, area, area / area.sum(), everybody, 7.0):
        flagged = choice.rate * area.sum()  # the group lives evenly, so its rate tells the surface
        assert 5.0 < flagged <= 7.0 + 1e-9


def test_the_price_of_a_threshold() -> None:
    expected, area = np.array([4.0, 3.0, 2.0, 1.0]), np.ones(4)
    group, everybody = np.array([0.5, 0.3, 0.1, 0.1]), np.full(4, 0.25)
    choices = frontier(expected, area, group, everybody, 2.0)
    assert price_of(choices, 2.0) == 0.0, "the forecast's own choice is within it"
    within = max(each.covered for each in choices if each.ratio <= 1.25)
    assert price_of(choices, 1.25) == pytest.approx(0.7 - within)
    assert np.isnan(price_of(choices, 0.1)), "no choice is"


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"budget": 0.0}, "an area to flag"), ({"expected": np.zeros(12)}, "something expected"),
     ({"area": np.ones(3)}, "the same cells")],
)  # fmt: skip
def test_what_cannot_be_traded_is_refused(changed: dict[str, object], said: str) -> None:
    expected, area, group, everybody = made_up()
    given = {
        "expected": expected,
        "area": area,
        "group": group,
        "everybody": everybody,
        "budget": 4.0,
    } | changed
    with pytest.raises(ValueError, match=said):
        frontier(**given)  # type: ignore[arg-type]


def test_prices_start_at_none() -> None:
    assert PRICES[0] == 0.0
