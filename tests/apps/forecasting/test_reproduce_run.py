"""A sealed run computed again: the same to the byte, or what differs is named."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from forecasting.models import ForecastRun, Incident
from forecasting.services.issue_forecast import issue_forecast
from forecasting.services.reproduce_run import reproduce_run
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry
from tests.cast import City
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history, add_recipe


@pytest.fixture
def run(city: City) -> ForecastRun:
    add_history(city)
    return issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=add_recipe(city),
        extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
        category=CATEGORY,
        window_start=WINDOW[0],
        window_end=WINDOW[1],
        by=city.scheduler,
    )


def test_an_auditor_computes_it_again_to_the_byte_and_the_record_says_so(
    city: City, run: ForecastRun
) -> None:
    before = LedgerEntry.objects.count()
    compared = {each.part: each for each in reproduce_run(run=run, by=city.dev)}
    assert compared.keys() == {
        "extract",
        "geography",
        "cells, with their factors",
        "shares of shifts",
        "manifest",
    }
    assert compared["manifest"].again == run.digest
    assert all(each.same for each in compared.values())
    entry = LedgerEntry.objects.latest("index")
    assert LedgerEntry.objects.count() == before + 1
    assert (entry.action, entry.subject) == ("forecast.reproduced", run.digest)
    assert b'"outcome":"same"' in bytes(entry.leaf)


def test_a_row_that_was_slipped_in_later_shows_in_the_extract_alone(city: City, run: ForecastRun) -> None:
    known = Incident.objects.filter(jurisdiction=city.jurisdiction, category=CATEGORY, superseded_at=None)
    row = known.filter(known_at__lte=run.as_of).first()
    assert row
    row.pk, row.external_id_hash, row.x = None, b"\1" * 16, row.x + 10
    row.save(force_insert=True)
    compared = {each.part: each.same for each in reproduce_run(run=run, by=city.dev)}
    assert compared.pop("extract") is False
    assert all(compared.values()), "the forecast rests on the extract that was sealed"
    with pytest.raises(CommandError, match="Not the same any more: extract"):
        call_command("reproduce_run", str(run.pk), stdout=StringIO())


def test_who_may_not_run_audits_may_not(city: City, run: ForecastRun) -> None:
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        reproduce_run(run=run, by=city.eve)
    assert refusal.value.reason is Reason.NOT_PERMITTED
    assert LedgerEntry.objects.count() == before


def test_the_command_prints_every_part_and_knows_a_run_by_number_or_digest(
    city: City, run: ForecastRun
) -> None:
    plain, data = StringIO(), StringIO()
    call_command("reproduce_run", str(run.pk), "--by", city.dev.email, stdout=plain)
    call_command("reproduce_run", run.digest, "--by", city.dev.email, "--json", stdout=data)
    assert plain.getvalue().count("same ") == 5
    assert [row["same"] for row in json.loads(data.getvalue())] == [True] * 5
    with pytest.raises(CommandError, match="There is no forecast 999"):
        call_command("reproduce_run", "999", stdout=StringIO())
