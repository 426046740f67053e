"""Words for templates: the jurisdiction's own time."""

from datetime import UTC, datetime

from governance.templatetags.spoken import date_in, moment_in, thousands
from tests.cast import City


def test_a_moment_is_said_in_the_jurisdictions_own_time(city: City) -> None:
    late = datetime(2024, 6, 15, 2, 30, tzinfo=UTC)
    assert moment_in(late, city.jurisdiction) == "Friday 14 June, 22:30"
    assert date_in(late, city.jurisdiction) == "14 June 2024"


def test_counts_have_commas() -> None:
    assert thousands(1225413) == "1,225,413"
