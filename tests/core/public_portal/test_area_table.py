"""The published table of areas."""

import pytest

from public_portal.core.area_table import AreaFigures, area_table, shares_of


def area(code: str, observed: int, expected: float = 4.26) -> AreaFigures:
    return AreaFigures(code, f"Area {code}", expected, 1, 9, 3.96, observed)


def test_each_area_shows_forecast_baseline_and_outcome_side_by_side() -> None:
    table = area_table([area("b", 7), area("a", 12)], 5)
    assert [row["area"] for row in table["rows"]] == ["a", "b"]
    assert table["rows"][0] == {
        "area": "a",
        "name": "Area a",
        "expected": 4.3,
        "low": 1,
        "high": 9,
        "baseline": 4.0,
        "observed": 12,
    }
    assert (table["observed"], table["hidden"]) == (19, 0)


def test_small_outcomes_are_hidden_with_what_would_give_them_away() -> None:
    """Hand-worked: 3 alone is 32 - 29; hiding 9 too leaves 12 for both."""
    table = area_table([area("a", 3), area("b", 9), area("c", 20), area("d", 0)], 5)
    assert [row["observed"] for row in table["rows"]] == [None, None, 20, 0]
    assert (table["observed"], table["hidden"]) == (32, 2)


def test_an_area_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="named twice"):
        area_table([area("a", 3), area("a", 9)], 5)


@pytest.mark.parametrize(
    ("covered", "elsewhere", "shown"),
    [
        (7, 12, {"covered": 7, "observed": 19}),
        (0, 12, {"covered": 0, "observed": 12}),
        (3, 12, {"covered": None, "observed": 15}),
        (1, 2, {"covered": None, "observed": None}),
        (0, 0, {"covered": 0, "observed": 0}),
    ],
)
def test_what_plans_covered_is_hidden_where_it_is_small(
    covered: int, elsewhere: int, shown: dict[str, int | None]
) -> None:
    assert shares_of(covered, elsewhere, 5) == shown
