"""Reading a census file."""

import pytest

from audits.core.resident_rows import ResidentRow, ResidentRowsError, differences, guess_columns, read_rows

PHILADELPHIA = (
    "GEOID,tract_name,total_population,black_alone,pct_black,white_alone,asian_alone,hispanic_latino,below_poverty\n"
    "42101000101,Tract 1.01,1947,31,1.6,1665,101,248,14\n"
    "42101980001,Tract 9800.01,0,0,,0,0,0,0\n"
)


def test_a_census_file_is_read_by_its_usual_column_names() -> None:
    first, second = read_rows(PHILADELPHIA)
    groups = {"black": 31, "white": 1665, "asian": 101, "hispanic": 248, "below_poverty": 14}
    assert first == ResidentRow("42101000101", 1947, groups)
    assert second.residents == 0


def test_columns_of_another_file_can_be_named() -> None:
    rows = read_rows(
        "id,people,renters\na,10,4\n", {"area": "id", "all_residents": "people", "renters": "renters"}
    )
    assert rows == (ResidentRow("a", 10, {"renters": 4}),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("GEOID,black\na,1\n", "No column is known to hold all residents. Name it: --columns all_residents="),
        ("people,black\n1,1\n", "No column is known to hold the area's code"),
        ("GEOID,population\na,1\n", "No column of a group was found"),
        ("GEOID,population,black\n", "no row"),
        ("GEOID,population,black\na,10,-1\n", "Line 2: black is “-1”; it must be a whole number"),
        ("GEOID,population,black\na,10,4.5\n", "Line 2: black is “4.5”"),
        ("GEOID,population,black\na,10,\n", "Line 2: black is “”"),
        ("GEOID,population,black\na,10,1\nb,10,11\n", "Line 3: black is 11, more than the 10 people"),
        ("GEOID,population,black\n,10,1\n", "Line 2: the column GEOID is empty"),
        ("GEOID,population,black\na,10,1\na,10,1\n", "more than one row for areas: a"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_remedy(text: str, message: str) -> None:
    with pytest.raises(ResidentRowsError, match=message.replace("(", r"\(")):
        read_rows(text)


def test_a_named_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ResidentRowsError, match="no column persons; it has: GEOID, population, black"):
        read_rows(
            "GEOID,population,black\na,1,1\n", {"area": "GEOID", "all_residents": "persons", "black": "black"}
        )


def test_a_usual_name_is_recognised_in_any_case() -> None:
    found = guess_columns(["Area", "Residents", "BLACK"])
    assert found == {"area": "Area", "all_residents": "Residents", "black": "BLACK"}


def test_areas_that_do_not_match_are_named() -> None:
    rows = read_rows("GEOID,population,black\na,10,1\nx,10,1\n")
    assert differences(rows, frozenset({"a", "b"})) == (
        "The file names areas that were not imported: x. It has no row for imported areas: b."
    )
    assert differences(rows, frozenset({"a", "x"})) == ""


def test_a_long_list_of_wrong_areas_is_cut() -> None:
    text = "GEOID,population,black\n" + "".join(f"a{i:02},1,1\n" for i in range(13))
    assert differences(read_rows(text), frozenset()).endswith("a08, a09 and 3 more.")
