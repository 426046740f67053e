"""States of a request."""

import pytest

from governance.core.refusals import Reason, Refused
from governance.core.states import TRANSITIONS, Deed, State, next_state


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
