"""The small city with areas and residents."""

import pytest

from audits.models import ResidentTable
from audits.services.import_residents import import_residents
from tests.cast import City
from tests.factories.forecasts import add_areas, residents_csv


@pytest.fixture
def residents(city: City) -> ResidentTable:
    """Return the residents in force: black and poor in the west, white in the east."""
    codes = add_areas(city)
    return import_residents(
        jurisdiction=city.jurisdiction, filename="census.csv", data=residents_csv(codes), by=city.scheduler
    )
