"""The demo city's names."""

from forecasting.core.demo_names import AREA_NAMES, DISTRICT_NAMES, STREET_NAMES, names_for, numbered_street


def test_no_name_is_given_twice() -> None:
    for names in (AREA_NAMES, DISTRICT_NAMES, STREET_NAMES):
        assert len(set(names)) == len(names)


def test_more_places_than_names_are_numbered() -> None:
    assert names_for(5, ("Alder", "Beech")) == ["Alder", "Beech", "Alder 2", "Beech 2", "Alder 3"]


def test_streets_are_numbered_as_people_say_it() -> None:
    said = [numbered_street(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112)]
    assert said == [f"{n} St" for n in ("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th")]
