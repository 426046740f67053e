"""Tonight's plan for Central, proposed from a real run over real history."""

from datetime import UTC, datetime, timedelta

import pytest

from forecasting.models import Plan
from forecasting.services.issue_forecast import issue_forecast
from forecasting.services.propose_plan import propose_plan
from governance import clock
from tests.cast import City
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history, add_recipe

NIGHT = datetime(2024, 6, 15, 2, tzinfo=UTC)  # Friday 22:00 in New York


def propose_tonight(city: City) -> Plan:
    """Ask for tonight's plan as the schedule does."""
    return propose_plan(
        jurisdiction=city.jurisdiction,
        district=city.central,
        category=CATEGORY,
        shift="night",
        starts_at=NIGHT,
        ends_at=NIGHT + timedelta(hours=8),
        by=city.scheduler,
    )


@pytest.fixture
def plan(city: City) -> Plan:
    """Return the plan; nobody has read it yet."""
    add_history(city)
    issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=add_recipe(city),
        extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
        category=CATEGORY,
        window_start=WINDOW[0],
        window_end=WINDOW[1],
        by=city.scheduler,
    )
    return propose_tonight(city)
