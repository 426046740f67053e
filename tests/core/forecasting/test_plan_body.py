"""What a plan says, and what an edit does to it."""

from dataclasses import replace

import pytest

from forecasting.core.plan_body import (
    Place,
    PlaceEdit,
    PlanBody,
    PlanError,
    Reason,
    adds,
    differences,
    edit_places,
    plan_digest,
    read_plan,
)

CAP = 60


def place(number: int) -> Place:
    return Place(
        number, number, 7, f"Street {number}", 0.4, 0.2, 0.6, 0.3, 2.0, 0.1, {"recent": 2.0},
        (Reason(2.0, "past incidents in this cell"),), "outreach", 3, 12,
    )  # fmt: skip


BODY = PlanBody(
    salt="00" * 32, jurisdiction="rivermark", district="central", category="robbery", shift="night",
    starts_at="2024-06-15T02:00:00Z", ends_at="2024-06-15T10:00:00Z", run="a" * 64, recipe="b" * 64, policy_version=1,
    hours_available=8.0, district_expected=2.0, covered=(0.4, 0.3, 0.5), baseline_covered=0.3, cell=150.0,
    origin=(0.0, 0.0), places=(place(1), place(2)),
)  # fmt: skip


def edit(number: int, **changes: object) -> PlaceEdit:
    return replace(PlaceEdit(number, 7, keep=True, option="outreach", visits=3, minutes=12), **changes)  # type: ignore[arg-type]


def test_a_plan_reads_back_as_it_was_written() -> None:
    assert read_plan(BODY.to_dict()) == BODY


def test_the_digest_changes_with_anything_that_is_approved() -> None:
    assert plan_digest(BODY) != plan_digest(replace(BODY, places=BODY.places[:1]))
    assert plan_digest(BODY) != plan_digest(replace(BODY, salt="11" * 32))


def test_hours_count_only_options_with_presence() -> None:
    assert BODY.hours == pytest.approx(1.2)
    after = edit_places(BODY, [edit(1), edit(2, option="referral")], [], CAP)
    assert after.hours == pytest.approx(0.6)


def test_dropping_a_place_adds_nothing() -> None:
    after = edit_places(BODY, [edit(1), edit(2, keep=False)], [], CAP)
    assert [each.number for each in after.places] == [1]
    assert not adds(BODY, after)
    assert differences(BODY, after) == ("place 2 dropped",)


@pytest.mark.parametrize("changes", [{"minutes": 10}, {"visits": 2}, {"option": "referral"}])
def test_shortening_or_softening_adds_nothing(changes: dict[str, object]) -> None:
    assert not adds(BODY, edit_places(BODY, [edit(1, **changes), edit(2)], [], CAP))


@pytest.mark.parametrize("changes", [{"minutes": 13}, {"visits": 4}, {"option": "presence"}])
def test_lengthening_or_hardening_adds(changes: dict[str, object]) -> None:
    assert adds(BODY, edit_places(BODY, [edit(1, **changes), edit(2)], [], CAP))


def test_fewer_but_longer_visits_add() -> None:
    assert adds(BODY, edit_places(BODY, [edit(1, visits=1, minutes=36), edit(2)], [], CAP))


def test_a_new_place_adds() -> None:
    after = edit_places(BODY, [edit(1), edit(2)], [place(3)], CAP)
    assert adds(BODY, after)
    assert differences(BODY, after) == ("1 place added",)


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([edit(1, keep=False), edit(2, keep=False)], "at least one place"),
        ([edit(1, minutes=30), edit(2)], "cap is 60"),
        ([edit(1, option="arrest"), edit(2)], "not an option"),
        ([edit(1, minutes=0), edit(2)], "minutes 1 to 60"),
        ([edit(9)], "not in this plan"),
    ],
)
def test_an_edit_that_cannot_be_made_says_why(edits: list[PlaceEdit], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        edit_places(BODY, edits, [], CAP)
