"""A real census file beside the repository."""

import csv
import io

import pytest
from django.contrib.gis.geos import Polygon

from audits.core.resident_rows import read_rows
from audits.selectors import residents_in_force
from audits.services.import_residents import import_residents
from governance.services.import_areas import NamedShape, import_areas
from tests.cast import City
from tests.conftest import shared_folder


@pytest.mark.shared_data
def test_the_citys_tracts_and_their_residents_match(city: City) -> None:
    data = (shared_folder() / "data" / "philadelphia" / "tract_demographics.csv").read_bytes()
    box = Polygon.from_bbox((-75.2, 40.0, -75.1, 40.1))
    codes = [row["GEOID"] for row in csv.DictReader(io.StringIO(data.decode()))]
    import_areas(
        jurisdiction=city.jurisdiction,
        kind="area",
        shapes=[NamedShape(code, code, box) for code in codes],
        digest="a" * 64,
        by=city.scheduler,
    )
    table = import_residents(
        jurisdiction=city.jurisdiction, filename="tract_demographics.csv", data=data, by=city.scheduler
    )
    assert table.groups == ["black", "white", "asian", "hispanic", "below_poverty"]
    assert (table.areas, len(read_rows(data.decode()))) == (408, 408)
    found = residents_in_force(city.jurisdiction)
    assert found is not None
    assert found.table.everybody == table.residents > 1_500_000
