"""What can be done at a place."""

from forecasting.core.prevention import OPTIONS, default_option


def test_no_option_is_enforcement_and_the_softest_needs_nobody_there() -> None:
    assert set(OPTIONS) == {"referral", "outreach", "presence"}
    assert min(OPTIONS.values(), key=lambda option: option.softness).presence is False


def test_burglary_begins_with_outreach_and_robbery_with_presence() -> None:
    assert default_option("residential_burglary").name == "outreach"
    assert default_option("robbery").name == "presence"
