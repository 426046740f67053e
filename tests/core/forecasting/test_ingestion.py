"""Each row is taken as the profile says, or refused with a reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import shapely

from forecasting.core.ingestion import RefusalReason, known_at, sort_rows, when_and_what
from forecasting.core.placement import ground_of
from forecasting.core.profiles import read_profile
from forecasting.core.record_identity import no_prefixes
from tests.core.forecasting.profile_examples import small

LATEST = datetime(2024, 7, 1, tzinfo=UTC)
DISTRICTS = [shapely.box(-75.2, 40.0, -75.1, 40.1)]
GOOD = {
    "id": "1",
    "date": "2024-06-14",
    "time": "22:30:00",
    "lon": "-75.15",
    "lat": "40.05",
    "kind": "Burglary",
}


def sort(*rows: Any, earlier: Any = None, profile: Any = None, **changes: Any) -> Any:
    profile = profile or read_profile(small(**changes))
    boundary = shapely.box(-75.2, 40.0, -75.0, 40.1)
    ground = ground_of(boundary, DISTRICTS, crs=profile.place.crs, work_crs=profile.place.work_crs)
    schema = dict.fromkeys(profile.columns_read, pl.String)
    raw = pl.DataFrame([{c: row.get(c) for c in schema} for row in rows], schema=schema)
    return sort_rows(
        raw.select(pl.int_range(1, pl.len() + 1).alias("row"), *schema),
        profile=profile,
        ground=ground,
        key=b"k",
        earlier=no_prefixes() if earlier is None else earlier,
        latest=LATEST,
    )


def test_a_good_row_is_taken_in_utc_with_its_district() -> None:
    (row,) = sort(GOOD).accepted.rows(named=True)
    assert row["occurred_from"] == datetime(2024, 6, 15, 2, 30, tzinfo=UTC)
    assert row["occurred_to"] == row["reported_at"] == row["occurred_from"]
    assert (row["category"], row["found_by"], row["district"], row["row"]) == ("burglary", "reported", 0, 1)
    assert len(row["external_id_hash"]) == 16


def test_a_point_in_no_district_is_taken_without_one() -> None:
    assert sort(GOOD | {"lon": "-75.05"}).accepted["district"].to_list() == [None]


def test_what_police_found_is_marked() -> None:
    sorted_ = sort(GOOD | {"kind": "Drugs"}, GOOD | {"id": "2", "kind": "Gambling"}, GOOD | {"id": "3"})
    assert sorted_.accepted["found_by"].to_list() == ["police", "police", "reported"]


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        (RefusalReason.MISSING_ID, {"id": "  "}),
        (RefusalReason.UNPARSABLE_DATE, {"date": "14/06/2024"}),
        (RefusalReason.UNPARSABLE_DATE, {"time": None}),
        (RefusalReason.DATE_IN_FUTURE, {"date": "2024-07-02"}),
        (RefusalReason.UNKNOWN_CATEGORY, {"kind": "Sorcery"}),
        (RefusalReason.UNKNOWN_CATEGORY, {"kind": None}),
        (RefusalReason.MISSING_POINT, {"lon": None}),
        (RefusalReason.MISSING_POINT, {"lat": "north"}),
        (RefusalReason.MISSING_POINT, {"lon": "0", "lat": "0.0"}),
        (RefusalReason.MISSING_POINT, {"lon": "inf"}),
        (RefusalReason.OUT_OF_BOUNDARY, {"lon": "-74.0"}),
        (RefusalReason.OUT_OF_BOUNDARY, {"lon": "-7500", "lat": "40000"}),
    ],
)
def test_a_row_is_refused_with_its_reason(reason: Any, change: Any) -> None:
    sorted_ = sort(GOOD | change, GOOD | {"id": "2"})
    assert sorted_.refused["reason"].to_list() == [reason]
    assert sorted_.accepted["row"].to_list() == [2]


def test_a_refusal_keeps_the_row_number_and_the_allowlisted_fields_only() -> None:
    sorted_ = sort(GOOD, GOOD | {"id": "2", "kind": "Sorcery", "victim": "J. Doe"})
    assert sorted_.refused.rows(named=True) == [
        {"row": 2, "reason": "unknown_category", "date": "2024-06-14", "kind": "Sorcery"}
    ]


def test_an_id_repeated_within_the_file_is_refused_also_in_a_later_stretch() -> None:
    first = sort(GOOD, GOOD)
    assert first.refused["row"].to_list() == [2]
    later = sort(GOOD, GOOD | {"id": "2"}, earlier=first.earlier)
    assert later.refused["reason"].to_list() == ["repeated_id"]
    assert later.accepted["row"].to_list() == [2]


def test_equal_rows_without_an_id_are_different_incidents() -> None:
    first = sort(GOOD, GOOD, identity__columns=[])
    later = sort(GOOD, earlier=first.earlier, identity__columns=[])
    hashes = pl.concat([first.accepted, later.accepted])["external_id_hash"]
    assert hashes.n_unique() == 3


def test_the_same_file_without_ids_gives_the_same_identities_in_any_stretches() -> None:
    rows = [GOOD, GOOD | {"kind": "Noise"}, GOOD]
    whole = sort(*rows, identity__columns=[]).accepted["external_id_hash"].to_list()
    head = sort(*rows[:2], identity__columns=[])
    tail = sort(rows[2], earlier=head.earlier, identity__columns=[])
    assert whole == [*head.accepted["external_id_hash"], *tail.accepted["external_id_hash"]]


def test_a_category_may_need_two_columns() -> None:
    changes = {
        "categories__columns": ["kind", "sub"],
        "categories__map": {"Burglary | HOME": "residential_burglary", "Burglary | *": "burglary"},
        "categories__police_discovered": [],
    }
    sorted_ = sort(GOOD | {"sub": "HOME"}, GOOD | {"id": "2"}, GOOD | {"id": "3", "sub": "SHED"}, **changes)
    assert sorted_.accepted["category"].to_list() == ["residential_burglary", "burglary", "burglary"]


def test_without_a_time_of_day_an_incident_spans_its_local_day() -> None:
    changes = {"time__whole_days": True, "time__occurred_from": {"columns": ["date"], "format": "%Y-%m-%d"}}
    (row,) = sort(GOOD, **changes).accepted.rows(named=True)
    assert row["occurred_from"] == datetime(2024, 6, 14, 4, tzinfo=UTC)
    assert row["occurred_to"] == datetime(2024, 6, 15, 3, 59, 59, tzinfo=UTC)


def test_a_midnight_that_means_unknown_spans_the_day_for_those_kinds_only() -> None:
    midnight = GOOD | {"time": "00:00:00"}
    rows = sort(midnight | {"kind": "Homicide"}, midnight | {"id": "2"}).accepted.rows(named=True)
    spans = [row["occurred_to"] - row["occurred_from"] for row in rows]
    assert spans == [timedelta(hours=23, minutes=59, seconds=59), timedelta(0)]


SPAN = {
    "time__occurred_to": {"columns": ["until"], "format": "%Y-%m-%dT%H:%M"},
    "time__reported": {"columns": ["told"], "format": "%Y-%m-%dT%H:%M"},
}


def test_a_span_and_a_report_are_read_and_may_be_absent() -> None:
    told = {"until": "2024-06-15T06:00", "told": "2024-06-15T07:00"}
    rows = sort(GOOD | told, GOOD | {"id": "2"}, **SPAN).accepted.rows(named=True)
    assert rows[0]["occurred_to"] == datetime(2024, 6, 15, 10, tzinfo=UTC)
    assert rows[0]["reported_at"] == datetime(2024, 6, 15, 11, tzinfo=UTC)
    assert rows[1]["reported_at"] == rows[1]["occurred_from"]


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    assert sort(GOOD | {"until": "2024-06-13T06:00"}, **SPAN).refused["reason"].to_list() == [
        "ends_before_start"
    ]


def test_a_given_moment_that_cannot_be_read_is_refused() -> None:
    assert sort(GOOD | {"told": "yesterday"}, **SPAN).refused["reason"].to_list() == ["unparsable_date"]


def test_a_report_before_the_incident_counts_as_made_when_it_happened() -> None:
    (row,) = sort(GOOD | {"told": "2024-06-01T00:00"}, **SPAN).accepted.rows(named=True)
    assert row["reported_at"] == row["occurred_from"]


def test_the_hour_that_daylight_saving_skips_is_read_one_hour_later() -> None:
    (row,) = sort(GOOD | {"date": "2024-03-10", "time": "02:30:00"}).accepted.rows(named=True)
    assert row["occurred_from"] == datetime(2024, 3, 10, 7, 30, tzinfo=UTC)


def test_the_repeated_hour_is_read_as_the_earlier_one() -> None:
    (row,) = sort(GOOD | {"date": "2023-11-05", "time": "01:30:00"}).accepted.rows(named=True)
    assert row["occurred_from"] == datetime(2023, 11, 5, 5, 30, tzinfo=UTC)


def test_a_stretch_may_hold_nothing_good() -> None:
    sorted_ = sort(GOOD | {"kind": "Sorcery"})
    assert len(sorted_.accepted) == 0


def known(reported: Any, *, replay: Any) -> Any:
    loaded = datetime(2024, 6, 20, tzinfo=UTC)
    frame = pl.DataFrame({"reported_at": [reported]})
    rule = known_at(loaded_at=loaded, typical_delay_hours=24, replay=replay)
    return frame.select(rule).to_series()[0]


def test_a_backfilled_row_is_known_after_the_typical_delay() -> None:
    told = datetime(2020, 1, 1, tzinfo=UTC)
    assert known(told, replay=False) == known(told, replay=True) == told + timedelta(hours=24)


def test_a_live_row_is_known_when_it_is_loaded_but_never_in_a_replay() -> None:
    told = datetime(2024, 6, 18, tzinfo=UTC)
    assert known(told, replay=False) == datetime(2024, 6, 20, tzinfo=UTC)
    assert known(told, replay=True) == told + timedelta(hours=24)


@pytest.mark.parametrize("name", ["start", "category", "source", "reason_", "found_by", "occurred_from"])
def test_a_column_of_the_file_may_bear_any_name(name: Any) -> None:
    changes = {"categories__columns": [name], "privacy__kept_in_refusals": [name]}
    sorted_ = sort(GOOD | {name: "Burglary"}, GOOD | {"id": "2", name: "Sorcery"}, **changes)
    assert sorted_.accepted["category"].to_list() == ["burglary"]
    assert sorted_.refused[name].to_list() == ["Sorcery"]


def test_refused_rows_still_tell_when_and_what_where_the_profile_keeps_it() -> None:
    profile = read_profile(small(privacy__kept_in_refusals=["date", "time", "kind"]))
    nowhere = GOOD | {"lon": "", "lat": ""}
    refused = sort(nowhere, nowhere | {"id": "2", "date": "soon"}, profile=profile).refused
    told = when_and_what(refused, profile)
    assert told is not None
    assert told.rows() == [
        ("missing_point", "burglary", datetime(2024, 6, 15, 2, 30, tzinfo=UTC)),
        ("unparsable_date", "burglary", None),
    ]


def test_a_profile_that_keeps_no_whole_date_cannot_tell() -> None:
    profile = read_profile(small())
    assert when_and_what(sort(GOOD | {"lon": ""}, profile=profile).refused, profile) is None
