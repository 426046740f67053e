"""The engine's own refusals."""

import pytest

from forecasting.core.limits import CannotForecast, as_refusal
from governance.core.refusals import Reason, Refused


def test_a_refusal_of_the_engine_carries_a_reason_and_a_sentence() -> None:
    refusal = CannotForecast("too_few_incidents", "12 incidents are known; at least 100 are needed.")
    assert refusal.reason == "too_few_incidents"
    assert str(refusal) == refusal.message == "12 incidents are known; at least 100 are needed."


def test_the_engines_refusal_becomes_the_refusal_people_see() -> None:
    with pytest.raises(Refused, match="12 incidents") as refusal, as_refusal():
        raise CannotForecast("too_few_incidents", "12 incidents are known.")
    assert refusal.value.reason is Reason.TOO_LITTLE_DATA


def test_a_reason_without_a_word_of_its_own_is_bad_input() -> None:
    with pytest.raises(Refused) as refusal, as_refusal():
        raise CannotForecast("bad_window", "A window must end after it starts.")
    assert refusal.value.reason is Reason.BAD_INPUT
