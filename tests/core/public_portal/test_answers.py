"""Sentences of the public pages."""

from public_portal.core.answers import compared, decided


def plan(state: str, revision: int = 1) -> dict[str, object]:
    return {"state": state, "revision": revision}


def test_decisions_are_counted_by_what_became_of_them() -> None:
    plans = [
        plan("executed"),
        plan("approved", 2),
        plan("rejected"),
        plan("returned"),
        plan("expired"),
        plan("open"),
    ]
    assert decided(plans) == (
        "Supervisors approved 2 of 6 plans, rejected or returned 2, left 2 undecided and changed 1 before deciding."
    )


def test_what_was_taken_back_is_told_apart_from_what_nobody_decided() -> None:
    said = decided([plan("executed"), plan("withdrawn"), plan("revoked"), plan("open")])
    assert said.endswith("left 1 undecided and changed 0 before deciding. 2 plans were taken back.")


def test_one_plan_is_spoken_of_as_one() -> None:
    assert decided([plan("executed")]).startswith("Supervisors approved 1 of 1 plan,")


def test_no_plan_is_said_plainly() -> None:
    assert decided([]) == "No plan was proposed in what is published so far."


def test_an_area_says_what_was_expected_and_what_was_reported() -> None:
    row = {"expected": 4.3, "low": 1, "high": 9, "observed": 12}
    assert compared(row, "burglaries") == "The system expected 4.3 burglaries here [1–9]; 12 were reported."


def test_a_hidden_count_is_said_to_be_hidden_and_why() -> None:
    row = {"expected": 4.3, "low": 1, "high": 9, "observed": None}
    assert compared(row, "burglaries").endswith("hidden, because it or a neighbour’s is small.")
