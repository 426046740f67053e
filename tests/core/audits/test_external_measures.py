"""Measures on a vendor's counts, worked by hand: twenty areas of 1,000, black residents 0, 50, ... 950 of them."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from audits.core.draws import drawn_cities, whole_city
from audits.core.external_measures import Vendor, measures, neutral
from audits.core.external_words import ALIKE, BY_ID, INCLUSIVE, REVERSED
from audits.core.groups import GroupTable
from tests.core.audits.external_examples import IDS, RISING, SIZE

BLACK = 50.0 * np.arange(SIZE)
TABLE = GroupTable(
    tuple(IDS), ("black", "white"), np.column_stack([BLACK, 1000 - BLACK]), np.full(SIZE, 1000.0)
)
SHARE = 9500 / 20000


def found(predictions: np.ndarray, *path: str, incidents: np.ndarray | None = None) -> list[float]:
    vendor = Vendor(TABLE, predictions, incidents)
    return [float(each) for each in measures(vendor)[path](whole_city(TABLE))[0]]


RISE = np.array(RISING, dtype=float)


def test_predictions_that_rise_with_the_share_have_a_rank_correlation_of_one() -> None:
    assert found(RISE, "spearman", ALIKE) == pytest.approx([1, -1])
    assert found(RISE, "spearman", BY_ID) == pytest.approx([1, -1])


def test_ties_are_ranked_alike_or_by_id_with_the_smaller_id_more_targeted() -> None:
    """With all counts equal but the last, nineteen ids stand in falling order below it."""
    counts = np.append(np.ones(SIZE - 1), 5.0)
    alike, by_id = found(counts, "spearman", ALIKE)[0], found(counts, "spearman", BY_ID)[0]
    assert alike == pytest.approx(spearmanr(counts, BLACK).statistic)
    assert by_id == pytest.approx(spearmanr(np.append(np.arange(19, 0, -1), 20), BLACK).statistic)


def test_the_opposite_order_of_ids_shows_how_much_it_matters() -> None:
    counts = np.append(np.ones(SIZE - 1), 5.0)
    assert found(counts, "spearman", REVERSED)[0] == pytest.approx(1)
    assert found(counts, "spearman", BY_ID)[0] < found(counts, "spearman", ALIKE)[0] < 1


def test_no_effect_is_one_for_ratios_and_zero_for_lifts() -> None:
    assert neutral(("top_5_percent", ALIKE, "ratio")) == neutral(("predictions", "index")) == 1
    assert neutral(("lift", ALIKE, "most")) == neutral(("spearman", BY_ID)) == 0
    assert neutral(("top_5_percent", ALIKE, "rate")) is None


def test_lift_compares_one_area_in_twenty_with_the_city() -> None:
    """5 % of 20 is one area: the last has 950 black residents, the first none; the city 9,500 of 20,000."""
    assert found(RISE, "lift", ALIKE, "most") == pytest.approx([0.95 / SHARE - 1, 0.05 / (1 - SHARE) - 1])
    assert found(RISE, "lift", ALIKE, "least") == pytest.approx([-1, 1 / (1 - SHARE) - 1])
    assert found(RISE, "band_share", BY_ID, "most") == pytest.approx([0.95, 0.05])


def test_the_median_band_begins_at_the_middle() -> None:
    """Place floor((20 - 1) / 2) = 9 from the top is area 10 with 500 black residents."""
    assert found(RISE, "band_share", ALIKE, "median") == pytest.approx([0.5, 0.5])


def test_windows_with_both_ends_take_one_more_area() -> None:
    """Most: areas 19 and 18; median: rank 10 from the bottom, area 9; least: areas 0 and 1."""
    assert found(RISE, "band_share", INCLUSIVE, "most")[0] == pytest.approx(0.925)
    assert found(RISE, "band_share", INCLUSIVE, "median")[0] == pytest.approx(0.45)
    assert found(RISE, "band_share", INCLUSIVE, "least")[0] == pytest.approx(0.025)


def test_a_tie_at_the_edge_is_shared_or_decided_by_id() -> None:
    counts = np.zeros(SIZE)
    counts[[4, 18]] = 7
    assert found(counts, "band_share", ALIKE, "most")[0] == pytest.approx((200 + 900) / 2000)
    assert found(counts, "band_share", BY_ID, "most")[0] == pytest.approx(0.2)


def test_the_top_tenth_is_two_areas() -> None:
    """950 and 900 of 9,500 black residents and 150 of 10,500 white; 2,000 of 20,000 overall."""
    rate = found(RISE, "top_10_percent", ALIKE, "rate")
    assert rate == pytest.approx([1850 / 9500, 150 / 10500])
    assert found(RISE, "top_10_percent", ALIKE, "ratio") == pytest.approx([10 * each for each in rate])
    assert found(RISE, "top_10_percent", BY_ID, "difference") == pytest.approx([each - 0.1 for each in rate])
    assert found(RISE, "top_10_percent", ALIKE, "ratio_to", "white") == pytest.approx([rate[0] / rate[1], 1])
    assert found(RISE, "top_5_percent", ALIKE, "rate") == pytest.approx([0.1, 50 / 10500])


def test_a_lift_and_a_ratio_of_the_same_areas_say_the_same() -> None:
    lift, ratio = found(RISE, "lift", ALIKE, "most"), found(RISE, "top_5_percent", ALIKE, "ratio")
    assert [each + 1 for each in lift] == pytest.approx(ratio)


def test_half_the_areas_stand_above_the_median() -> None:
    """Areas 10 to 19 hold 50 x 145 = 7,250 of 9,500 black residents."""
    assert found(RISE, "above_median_share")[0] == pytest.approx(7250 / 9500)
    assert found(RISE, "below_median_share")[0] == pytest.approx(2250 / 9500)


def test_deciles_begin_with_the_least_targeted() -> None:
    shares = [found(RISE, "deciles", ALIKE, str(number))[0] for number in range(1, 11)]
    assert shares == pytest.approx([0.025 + 0.1 * number for number in range(10)])
    between = [found(RISE, "deciles", "between_quantiles", str(number))[0] for number in (1, 10)]
    assert between == pytest.approx([0.025, 0.925])


def test_predictions_are_shared_out_by_residents() -> None:
    """Sum of i x 0.05 i = 123.5 of 190 predictions for 9,500 people."""
    assert found(RISE, "predictions", "share")[0] == pytest.approx(0.65)
    assert found(RISE, "predictions", "per_1000_residents")[0] == pytest.approx(13)
    assert found(RISE, "predictions", "index")[0] == pytest.approx(0.65 / SHARE)


def test_incidents_stand_beside_predictions_where_they_are_given() -> None:
    incidents = RISE * 2
    assert found(RISE, "given_incidents", "predictions_per_incident", incidents=incidents) == pytest.approx(
        [0.5, 0.5]
    )
    covered = found(RISE, "given_incidents", "top_10_percent", "equal_benefit", incidents=incidents)
    assert covered[0] == pytest.approx((19 * 0.95 + 18 * 0.9) / 123.5)
    explained = found(RISE, "given_incidents", "top_10_percent", "conditional_ratio", incidents=incidents)
    assert explained == pytest.approx([1, 1])
    assert not any(path[0] == "given_incidents" for path in measures(Vendor(TABLE, RISE)))


def test_every_measure_works_on_drawn_cities_and_with_drawn_counts() -> None:
    vendor = Vendor(TABLE, np.floor(RISE / 3), RISE, 0.1 * TABLE.counts)
    drawn = drawn_cities(TABLE, np.random.default_rng(1), draws=100, margins=vendor.margins)
    for path, measure in measures(vendor).items():
        assert measure(drawn).shape == (100, 2), path


def test_scaling_counts_or_relabelling_groups_changes_nothing() -> None:
    other = GroupTable(TABLE.areas, ("white", "black"), 10 * TABLE.counts[:, ::-1], 10 * TABLE.residents)
    vendor, turned = Vendor(TABLE, RISE), Vendor(other, RISE)
    for path, measure in measures(vendor).items():
        if "per_1000_residents" not in path and "ratio_to" not in path:
            again = measures(turned)[path](whole_city(other))[0][::-1]
            assert again == pytest.approx(measure(whole_city(TABLE))[0], nan_ok=True), path


@pytest.mark.parametrize(
    ("predictions", "says"),
    [(np.zeros(SIZE), "no prediction"), (np.ones(3), "one for each"), (-RISE, "0 or more")],
)
def test_what_cannot_be_audited_is_refused(predictions: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Vendor(TABLE, predictions)
