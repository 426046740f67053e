"""What context may be about: places and days, never people or policing."""

from typing import Any

import pytest

from forecasting.core.context_subjects import KINDS, SUBJECTS, check_subject
from forecasting.core.limits import CannotForecast
from governance.core.refusals import Reason, Refused


def checked(**changes: Any) -> None:
    check_subject(**{"name": "bars", "subject": "venues", "kind": "points", **changes})


def test_a_layer_about_a_place_passes() -> None:
    checked()
    checked(name="bus_stops", subject="transport", prohibited=("stops", "race"))
    checked(name="weather", subject="weather", kind="series", variables=("prcp", "tmax"))


@pytest.mark.parametrize(
    "name",
    ["poor_households", "median_income", "race", "black_owned_bars", "mosques", "arrests_2023", "gang_areas",
     "whitepop", "blackresidents", "pctlatinx", "religions", "refugees", "populationdensity", "policeposts"],
)  # fmt: skip
def test_a_name_that_speaks_of_people_or_policing_is_refused_whatever_its_subject(name: str) -> None:
    with pytest.raises(Refused, match="nothing about that enters a forecast") as refusal:
        checked(name=name)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


def test_a_column_that_speaks_of_people_is_refused_too() -> None:
    with pytest.raises(Refused, match="“income” speaks of who lives"):
        checked(name="weather", subject="weather", kind="series", variables=("prcp", "median_income"))


def test_a_word_inside_another_word_is_no_offence() -> None:
    checked(name="storage_sites", subject="buildings")  # "age" is inside "storage"
    checked(name="grace_square", subject="open_space", kind="polygons")  # "race" inside "grace"
    checked(name="monuments", subject="open_space")  # "men"
    checked(name="alternative_fuel", subject="shops")  # "native"
    checked(name="terraces", subject="venues")  # "races"


def test_a_subject_outside_the_list_is_refused_with_the_list() -> None:
    with pytest.raises(Refused, match="closed: venues, shops"):
        checked(subject="demography")


def test_the_policy_prohibits_by_name_subject_or_column() -> None:
    for prohibited in ("bars", "venues"):
        with pytest.raises(Refused, match=f"prohibits {prohibited}"):
            checked(prohibited=(prohibited,))
    with pytest.raises(Refused, match="prohibits tmax"):
        checked(
            name="days", subject="weather", kind="series", variables=("tmax", "prcp"), prohibited=("tmax",)
        )


@pytest.mark.parametrize("name", ["Bars", "bars and clubs", "", "1bar", "b" * 41, "bärs"])
def test_a_name_is_one_word_in_small_letters(name: str) -> None:
    with pytest.raises(CannotForecast, match="word in small letters"):
        checked(name=name)


def test_a_subject_says_of_which_kinds_it_may_be() -> None:
    with pytest.raises(CannotForecast, match="given as points or polygons, not as “lines”"):
        checked(kind="lines")
    assert {kind for subject in SUBJECTS.values() for kind in subject.kinds} == set(KINDS)
