"""The engine's own refusals."""

from forecasting.core.limits import CannotForecast


def test_a_refusal_of_the_engine_carries_a_reason_and_a_sentence() -> None:
    refusal = CannotForecast("too_few_incidents", "12 incidents are known; at least 100 are needed.")
    assert refusal.reason == "too_few_incidents"
    assert str(refusal) == refusal.message == "12 incidents are known; at least 100 are needed."
