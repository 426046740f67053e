"""How late reports come in a city, and how long a window waits for its score."""

from datetime import timedelta

import pytest
from django.db.models import F

from forecasting.models import ForecastRun, Incident
from forecasting.selectors.delays import measured_delay, score_wait
from forecasting.selectors.profiles import reporting_delay
from forecasting.selectors.scores import runs_to_score
from forecasting.services.score_forecast import score_forecast
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry
from governance.services.advance_clock import advance_clock
from tests.cast import City
from tests.factories.forecasts import add_run
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history


@pytest.fixture
def run(city: City) -> ForecastRun:
    add_history(city)
    return add_run(city, flagged=lambda x, y: x > y, window_start=WINDOW[0])


def report_late(days: int) -> None:
    """Let every second incident be reported, and known, so many days later."""
    every_second = Incident.objects.annotate(odd=F("id") % 2).filter(odd=1)
    later = timedelta(days=days)
    Incident.objects.filter(pk__in=every_second.values("pk")).update(
        reported_at=F("reported_at") + later, known_at=F("known_at") + later
    )


def test_reports_that_come_at_once_add_nothing_to_the_profiles_delay(city: City, run: ForecastRun) -> None:
    wait = score_wait(run)
    assert wait.measured is not None
    assert wait.measured.pairs > 900
    assert wait.span == reporting_delay(city.jurisdiction)


def test_late_reports_are_measured_and_the_score_waits_for_them(city: City, run: ForecastRun) -> None:
    report_late(5)
    wait = score_wait(run)
    assert wait.measured is not None
    assert wait.measured.complete[4] == pytest.approx(0.5, abs=0.05)
    assert wait.span == timedelta(days=4) + reporting_delay(city.jurisdiction)
    assert runs_to_score(city.jurisdiction, run.window_end + timedelta(days=4)) == []
    assert runs_to_score(city.jurisdiction, run.window_end + wait.span) == [run]
    advance_clock(jurisdiction=city.jurisdiction, to=run.window_end + timedelta(days=4), by=city.scheduler)
    extract = add_extract(city, run.window_end + timedelta(days=4))
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused, match="as measured on") as refusal:
        score_forecast(run=run, extract=extract, by=city.scheduler)
    assert refusal.value.reason is Reason.TOO_EARLY
    assert LedgerEntry.objects.count() == before


def test_only_what_was_known_when_the_window_ended_is_measured(city: City, run: ForecastRun) -> None:
    before = measured_delay(city.jurisdiction, CATEGORY, run.window_end)
    later = Incident.objects.filter(occurred_from__gte=WINDOW[0])[0]
    for number in range(200):
        later.pk, later.reported_at = None, WINDOW[1] + timedelta(days=20)
        later.known_at, later.external_id_hash = WINDOW[1] + timedelta(days=20), number.to_bytes(16, "big")
        later.save()
    after = measured_delay(city.jurisdiction, CATEGORY, run.window_end)
    assert before is not None
    assert after is not None
    assert after.complete.tolist() == before.complete.tolist()


def test_a_city_whose_export_does_not_tell_waits_as_its_profile_says(city: City, run: ForecastRun) -> None:
    city.jurisdiction.profile = "philadelphia"
    city.jurisdiction.save()
    run.jurisdiction.refresh_from_db()
    wait = score_wait(run)
    assert (wait.measured, wait.span) == (None, timedelta(hours=24))
    assert wait.said == "by the city's profile"


def test_too_few_incidents_are_measured_by_nothing(city: City) -> None:
    add_history(city, days=20)
    assert measured_delay(city.jurisdiction, CATEGORY, WINDOW[1]) is None
