"""States of a request."""

from itertools import pairwise

import pytest

from governance.core.refusals import Reason, Refused
from governance.core.states import OWNERS, TRANSITIONS, UNFINISHED, Deed, Owner, State, drawn, next_state


@pytest.mark.parametrize(("source", "deed"), list(TRANSITIONS))
def test_the_table_leads_where_it_says(source: State, deed: Deed) -> None:
    assert next_state(source, deed) is TRANSITIONS[source, deed]


@pytest.mark.parametrize(
    ("source", "deed"), [(s, d) for s in State for d in Deed if (s, d) not in TRANSITIONS]
)
def test_whatever_the_table_does_not_allow_is_refused(source: State, deed: Deed) -> None:
    with pytest.raises(Refused) as refusal:
        next_state(source, deed)
    assert refusal.value.reason is Reason.NOT_OPEN


def test_only_an_approved_request_reaches_executed() -> None:
    assert {source for (source, _), target in TRANSITIONS.items() if target is State.EXECUTED} == {
        State.APPROVED
    }


def test_nothing_executed_can_be_taken_back() -> None:
    assert not [deed for source, deed in TRANSITIONS if source is State.EXECUTED]


def test_whatever_can_expire_is_unfinished() -> None:
    assert {source for source, deed in TRANSITIONS if deed is Deed.EXPIRE} == set(UNFINISHED)


def test_the_diagram_shows_every_state_and_where_every_deed_leads() -> None:
    blocks = drawn().split(")\n")
    assert drawn().count("(") == len(State)
    for (source, deed), target in TRANSITIONS.items():
        (below,) = [
            after for before, after in pairwise(blocks) if before.splitlines()[-1].startswith(source.value)
        ]
        assert f"─ {deed.value} → {target.value}" in below
    for state, owner in OWNERS.items():
        assert f"{state.value} ({'final' if owner is Owner.NOBODY else f'the {owner.value} acts'})" in drawn()
