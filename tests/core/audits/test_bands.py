"""Bands of areas by predictions, worked by hand."""

import numpy as np
import pytest

from audits.core import bands
from audits.core.draws import Draws, whole_city
from audits.core.groups import GroupTable


def ones(n: int) -> np.ndarray:
    return np.ones((1, n))


def inside(order: bands.Order, places: tuple[np.ndarray, np.ndarray], n: int) -> list[float]:
    return [float(each) for each in bands.members(ones(n), order, places)[0]]


def town(n: int, group: list[int]) -> GroupTable:
    """Areas of 100 people, 50 of whom are in the group in the areas listed."""
    counts = np.zeros((n, 1))
    counts[group] = 50
    return GroupTable(tuple(f"{i:02}" for i in range(n)), ("x",), counts, np.full(n, 100.0))


def test_areas_stand_from_most_to_fewest_predictions() -> None:
    order = bands.ranked_alike(np.array([1.0, 5.0, 3.0]))
    assert order.places.tolist() == [1, 2, 0]
    assert order.starts.tolist() == [0, 1, 2]


def test_equal_counts_are_one_tie_or_stand_by_id() -> None:
    counts = np.array([2.0, 7.0, 2.0, 2.0])
    assert bands.ranked_alike(counts).starts.tolist() == [0, 1]
    assert bands.ranked_by_id(counts, ("d", "c", "b", "a")).places.tolist() == [1, 3, 2, 0]


@pytest.mark.parametrize(
    ("n", "band", "places"),
    [
        (40, "most", (0, 2)),
        (40, "median", (19, 21)),
        (40, "least", (38, 40)),
        (41, "median", (19, 21)),
        (6, "most", (0, 1)),
    ],
)
def test_an_exact_band_is_five_per_cent_of_areas_and_at_least_one(
    n: int, band: str, places: tuple[int, int]
) -> None:
    start, stop = bands.exact_band(ones(n), band)
    assert (start[0, 0], stop[0, 0]) == places


def test_half_an_area_rounds_to_the_even_number() -> None:
    """5 % of 50 is 2.5 areas, which is 2; of 70 it is 3.5, which is 4."""
    assert [float(bands.exact_band(ones(n), "most")[1][0, 0]) for n in (50, 70)] == [2, 4]


@pytest.mark.parametrize(("band", "places"), [("most", (0, 3)), ("median", (19, 22)), ("least", (37, 40))])
def test_an_inclusive_band_counts_both_ends_of_its_window(band: str, places: tuple[int, int]) -> None:
    """Ranks from the bottom, 40 areas, w = 2: 38 to 40, 19 to 21, 1 to 3."""
    start, stop = bands.inclusive_band(ones(40), band, np.arange(40.0))
    assert (start[0, 0], stop[0, 0]) == places


def test_where_more_share_the_lowest_count_the_inclusive_band_begins_among_them() -> None:
    """Ten areas at the lowest count hold ranks 1 to 10; the window is ranks 8 to 10, places 30 to 33."""
    predictions = np.where(np.arange(40) < 30, 5.0, 1.0)
    start, stop = bands.inclusive_band(ones(40), "least", predictions)
    assert (start[0, 0], stop[0, 0]) == (30, 33)


def test_ties_at_the_edge_belong_in_part_or_by_id() -> None:
    """40 areas, 2 places: one area leads, three tie for the second place."""
    counts = np.zeros(40)
    counts[5], counts[[7, 8, 9]] = 9, 4
    places = bands.exact_band(ones(40), "most")
    alike = inside(bands.ranked_alike(counts), places, 40)
    assert [alike[i] for i in (5, 7, 8, 9, 10)] == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0])
    by_id = inside(bands.ranked_by_id(counts, tuple(f"{i:02}" for i in range(40))), places, 40)
    assert [by_id[i] for i in (5, 7, 8, 9)] == [1, 1, 0, 0]


def test_lift_sets_the_bands_composition_beside_the_citys() -> None:
    """20 areas; the group is half of the most targeted and 50 of each of four more: 250 of 2,000."""
    city = whole_city(town(20, [0, 1, 2, 3, 4]))
    counts = np.arange(20.0, 0, -1)[:, None]
    assert bands.lift_in_band(city, counts, band="most")[0, 0] == pytest.approx(0.5 / 0.125 - 1)
    assert bands.lift_in_band(city, counts, band="least")[0, 0] == -1


def test_the_rate_of_a_band_is_the_groups_share_living_there() -> None:
    city = whole_city(town(20, [0, 1, 2, 3, 4]))
    belongs = bands.members(
        ones(20), bands.ranked_alike(np.arange(20.0, 0, -1)), bands.exact_band(ones(20), "most")
    )
    assert bands.band_rate(city, belongs)[0, 0] == pytest.approx(0.2)
    assert bands.overall_band_rate(city, belongs)[0, 0] == pytest.approx(0.05)
    assert bands.band_share(city, belongs)[0, 0] == pytest.approx(0.5)


def test_above_the_median_means_more_than_the_median_area() -> None:
    """Counts 0 1 1 1 4 have median 1: only the last area is above it, with 50 of the group's 100."""
    city = whole_city(town(5, [0, 4]))
    assert bands.above_median_share(city, np.array([[0.0], [1], [1], [1], [4]]))[0, 0] == 0.5


def test_the_median_of_an_even_number_of_areas_is_the_mean_of_two() -> None:
    assert bands.drawn_quantile(ones(4), np.array([1.0, 9.0, 2.0, 4.0]), 0.5)[0, 0] == 3


def test_an_area_taken_twice_stands_twice() -> None:
    taken = np.array([[2.0, 0.0, 1.0]])
    assert bands.drawn_quantile(taken, np.array([1.0, 5.0, 9.0]), 0.5)[0, 0] == 1
    order = bands.ranked_alike(np.array([1.0, 5.0, 9.0]))
    assert bands.members(taken, order, (np.array([[0.0]]), np.array([[2.0]])))[0].tolist() == [0.5, 0, 1]


def test_a_band_where_nobody_lives_has_no_composition() -> None:
    empty = Draws(ones(2), np.array([[0.0], [5.0]]), np.array([0.0, 10.0]))
    assert np.isnan(bands.lift_in_band(empty, np.array([[9.0], [1.0]]), band="most")[0, 0])


def test_quantiles_lie_between_order_statistics() -> None:
    values = np.random.default_rng(1).poisson(3, 37).astype(float)
    for part in (0.1, 0.3, 0.5, 0.7, 0.9, 1.0):
        assert bands.drawn_quantile(ones(37), values, part)[0, 0] == pytest.approx(np.quantile(values, part))


def test_deciles_begin_with_the_least_targeted_and_share_the_area_on_an_edge() -> None:
    """15 areas: 1.5 in a tenth, so the second from the end counts by half in each of the last two."""
    order = bands.ranked_alike(np.arange(15.0, 0, -1))
    assert inside(order, bands.decile(ones(15), 1), 15)[-3:] == [0, 0.5, 1]
    assert inside(order, bands.decile(ones(15), 2), 15)[-4:] == [0, 1, 0.5, 0]
    assert inside(order, bands.decile(ones(15), 10), 15)[:3] == [1, 0.5, 0]


def test_areas_exactly_at_a_decile_of_the_counts_belong_to_no_tenth() -> None:
    """Counts 0 to 10 have deciles 0, 1, ... 10, so only strictly between is empty, and above the ninth is 10."""
    counts = np.arange(11.0)
    assert bands.between_quantiles(ones(11), counts, 5).sum() == 0
    assert bands.between_quantiles(ones(11), counts, 10)[0].tolist() == [0] * 10 + [1]
    assert bands.between_quantiles(ones(11), counts, 1)[0].tolist() == [1] + [0] * 10


def test_above_below_and_at_the_median_are_all_residents() -> None:
    city = whole_city(town(5, [0, 1, 4]))
    counts = np.array([[0.0], [1], [1], [1], [4]])
    assert bands.below_median_share(city, counts)[0, 0] == pytest.approx(1 / 3)
    assert bands.above_median_share(city, counts)[0, 0] == pytest.approx(1 / 3)
