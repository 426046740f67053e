"""From files to what is audited, and every refusal that needs more than one of them."""

from dataclasses import replace

import pytest

from audits.core.external_inputs import Options, Reading, Texts, vendor_from
from forecasting.core.limits import CannotForecast
from tests.core.audits.external_examples import (
    IDS,
    RISING,
    SIZE,
    areas_file,
    counts_file,
    groups_file,
    points_file,
)

TEXTS = Texts(areas_file(), groups_file(), points_file(RISING))


def refused(texts: Texts, options: Options | None = None) -> str:
    with pytest.raises(CannotForecast) as refusal:
        vendor_from(texts, options or Options())
    return refusal.value.message


def test_files_become_counts_by_area() -> None:
    vendor, read = vendor_from(replace(TEXTS, incidents=counts_file([2] * SIZE)), Options())
    assert list(vendor.table.areas) == IDS
    assert vendor.table.groups == ("black", "white")
    assert vendor.table.counts[3].tolist() == [150, 850]
    assert vendor.predictions.tolist() == RISING
    assert vendor.incidents is not None
    assert vendor.incidents.tolist() == [2] * SIZE
    assert read["predictions"] == {
        "handed_in": 190, "in_areas": 190, "outside_every_area": 0, "without_coordinates": 0,
    }  # fmt: skip


def test_a_file_may_begin_with_a_byte_order_mark() -> None:
    vendor, _ = vendor_from(replace(TEXTS, predictions="\ufeff" + TEXTS.predictions), Options())
    assert vendor.predictions.sum() == 190


def test_columns_can_be_named_and_then_only_those_groups_are_audited() -> None:
    vendor, read = vendor_from(TEXTS, Options(columns={"everyone_white": "white_alone"}))
    assert vendor.table.groups == ("everyone_white",)
    assert read["columns_of_residents"]["area"] == "GEOID"


def test_margins_of_error_are_read_by_area() -> None:
    lines = TEXTS.groups.splitlines()
    text = "\n".join([lines[0] + ",moe", *(f"{line},{i}" for i, line in enumerate(lines[1:]))])
    vendor, _ = vendor_from(replace(TEXTS, groups=text), Options(margins={"black": "moe"}))
    assert vendor.margins is not None
    assert vendor.margins[:3].tolist() == [[0, 0], [1, 0], [2, 0]]
    assert "which is no group here" in refused(replace(TEXTS, groups=text), Options(margins={"red": "moe"}))


def test_areas_without_residents_and_residents_without_areas_are_refused() -> None:
    fewer = groups_file(IDS[:-1])
    assert "features of the areas' file name areas that are not in the residents by group: “19”" in refused(
        replace(TEXTS, groups=fewer)
    )
    assert "residents by group name areas that are not in the areas' file: “20”" in refused(
        replace(TEXTS, groups=groups_file([*IDS, "20"]))
    )


def test_ids_that_lost_their_zeros_are_recognised() -> None:
    lost = groups_file([each.lstrip("0") or "0" for each in IDS])
    assert "leading zeros" in refused(replace(TEXTS, groups=lost))


def test_groups_larger_than_their_area_are_refused_with_the_line() -> None:
    wrong = TEXTS.groups.replace("03,1000,150", "03,100,150")
    assert "Line 5: black_alone is 150, more than the 100 people" in refused(replace(TEXTS, groups=wrong))


def test_totals_other_than_expected_are_refused() -> None:
    assert "hold 190 predictions, but 200 were expected" in refused(TEXTS, Options(expected_predictions=200))
    assert "hold 20,000 residents, but 21,000" in refused(TEXTS, Options(expected_residents=21000))
    vendor_from(TEXTS, Options(expected_predictions=190, expected_residents=20000))


def test_a_wrong_reference_system_is_refused() -> None:
    said = refused(TEXTS, Options(predictions=Reading(crs="EPSG:2272")))
    assert "190 of 190 predictions could not be placed" in said


def test_a_city_where_nobody_lives_is_refused() -> None:
    nobody = "GEOID,total_population,black\n" + "".join(f"{each},0,0\n" for each in IDS)
    assert "nobody lives in any area" in refused(replace(TEXTS, groups=nobody))


def test_an_empty_file_of_residents_is_refused() -> None:
    assert "Residents by group" in refused(replace(TEXTS, groups=""))
