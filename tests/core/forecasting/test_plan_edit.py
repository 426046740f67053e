"""What an edit does to a plan."""

from dataclasses import replace

import pytest

from forecasting.core.plan_body import Place
from forecasting.core.plan_edit import PlaceEdit, PlanError, adds, changed_body, differences, edit_places
from governance.core.policy import Terms
from governance.core.refusals import Reason, Refused
from tests.core.forecasting.plan_examples import BODY, place

CAP = 60
TERMS = Terms(plan_categories=("robbery",), allowed_categories=("robbery",), max_places=2)


def edit(number: int, **changes: object) -> PlaceEdit:
    return replace(PlaceEdit(number, 7, keep=True, option="outreach", visits=3, minutes=12), **changes)  # type: ignore[arg-type]


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


def test_what_is_covered_falls_with_the_places_that_are_dropped() -> None:
    after = changed_body(BODY, [edit(1), edit(2, keep=False)], terms=TERMS)
    assert after.covered == pytest.approx((0.2, 0.15, 0.25))


@pytest.mark.parametrize(
    ("edits", "added", "reason"),
    [
        ([edit(1, option="arrest"), edit(2)], [], Reason.BAD_INPUT),
        ([edit(1), edit(2)], [place(3)], Reason.OUTSIDE_POLICY),
    ],
)
def test_an_edit_beyond_the_policy_is_refused(
    edits: list[PlaceEdit], added: list[Place], reason: Reason
) -> None:
    with pytest.raises(Refused, match="Nothing was changed") as refusal:
        changed_body(BODY, edits, added, terms=TERMS)
    assert refusal.value.reason is reason


def test_an_edit_may_not_leave_less_covered_than_the_policy_asks_for() -> None:
    least = replace(TERMS, coverage_minimum=0.3)
    with pytest.raises(Refused, match=r"would cover 20% .* asks for 30%") as refusal:
        changed_body(BODY, [edit(1), edit(2, keep=False)], terms=least)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY
    same = changed_body(BODY, [edit(1, minutes=10), edit(2)], terms=replace(TERMS, coverage_minimum=0.9))
    assert same.covered[0] == pytest.approx(BODY.covered[0])


def test_more_hours_than_the_policy_gives_are_refused() -> None:
    with pytest.raises(Refused, match=r"1\.2 hours; the policy gives 1"):
        changed_body(replace(BODY, hours_available=1.0), [edit(1), edit(2)], terms=TERMS)


def test_a_plan_that_was_larger_than_todays_policy_may_still_be_shortened() -> None:
    larger = replace(BODY, places=(*BODY.places, place(3), place(4)))
    kept = [edit(1), edit(2), edit(3), edit(4, keep=False)]
    assert len(changed_body(larger, kept, terms=TERMS).places) == 3
