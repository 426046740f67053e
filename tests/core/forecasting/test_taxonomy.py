"""One taxonomy for every city."""

import pytest

from forecasting.core.taxonomy import (
    DISCOVERED_KINDS,
    REPORTED_KINDS,
    TAXONOMY,
    check_known,
    check_may_forecast,
)
from governance.core.refusals import Refused


def test_a_kind_is_either_reported_or_discovered() -> None:
    assert set(REPORTED_KINDS).isdisjoint(DISCOVERED_KINDS)
    assert len(set(TAXONOMY)) == len(TAXONOMY) == 20


def test_a_kind_fits_its_column_and_reads_as_words() -> None:
    assert all(
        kind.replace("_", "").isalpha() and kind == kind.lower() and len(kind) <= 40 for kind in TAXONOMY
    )


def test_a_kind_that_no_city_has_is_refused_and_the_others_are_named() -> None:
    check_known("robbery")
    with pytest.raises(Refused, match=r"“jaywalking”.*robbery"):
        check_known("jaywalking")


@pytest.mark.parametrize("kind", DISCOVERED_KINDS)
def test_what_police_activity_finds_is_not_forecast_unless_the_policy_says_so(kind: str) -> None:
    with pytest.raises(Refused, match="follow patrols"):
        check_may_forecast(kind, REPORTED_KINDS)
    check_may_forecast(kind, (kind,))
