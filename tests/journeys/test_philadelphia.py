"""A real city, by the commands of the README: eight years of Philadelphia's open data."""

import io

import pytest
from django.core.management import call_command

from forecasting.models import Batch, ForecastRun, Plan
from governance.models import Evidence
from tests.conftest import shared_folder

ROWS = 1_225_413  # as published, see the data's own description
REFUSED = {"missing_point": 13_414, "out_of_boundary": 3_538}


@pytest.mark.slow
@pytest.mark.shared_data
def test_philadelphia_runs_through(fresh_database: str) -> None:
    data = shared_folder() / "data" / "philadelphia"
    said = io.StringIO()

    def lamplight(*words: str) -> None:
        call_command(*words, stdout=said)

    lamplight(
        "add_jurisdiction", "philadelphia", "--profile", "philadelphia", "--replay-to", "2023-12-01",
        "--districts", str(data / "police_districts.geojson"), "--person", "ada@example.org:supervisor:22",
    )  # fmt: skip
    lamplight("ingest", "philadelphia", *sorted(map(str, data.glob("incidents_*.csv.gz"))))
    lamplight("import_areas", "philadelphia", str(data / "census_tracts.geojson"))
    lamplight("import_residents", "philadelphia", str(data / "tract_demographics.csv"))
    lamplight("run_cycle", "philadelphia")

    batches = Batch.objects.all()
    assert sum(batch.rows for batch in batches) == ROWS
    assert sum(batch.accepted + batch.refused for batch in batches) == ROWS
    counted: dict[str, int] = {}
    for batch in batches:
        for reason, count in batch.refusals.items():
            counted[reason] = counted.get(reason, 0) + count
    assert counted == REFUSED
    assert not ForecastRun.objects.filter(
        category__in=["narcotics", "weapons", "prostitution", "dui"]
    ).exists()
    assert ForecastRun.objects.count() == 13
    assert Plan.objects.count() == 21
    assert Evidence.objects.filter(kind="plan_disparity").count() == 21
    lamplight("verify_ledger")
    assert "The record stands" in said.getvalue()
