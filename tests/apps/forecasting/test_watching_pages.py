"""The pages and the API of what is emerging, what has drifted and how good the data are."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from forecasting.models import Batch, DriftRun, Fallback, FindingRun, ForecastRun, Incident
from forecasting.services.issue_forecast import issue_forecast
from forecasting.tasks import check_drift_due, look_at_one, look_for_findings_due
from governance import clock
from governance.artifacts import store_artifact
from governance.core.roles import Role
from governance.models import LedgerEntry
from governance.services.advance_clock import advance_clock
from governance.services.grant_role import grant_role
from tests.asking import ask, queries_of, reason_of
from tests.cast import City, build_city
from tests.factories.history import CATEGORY, WINDOW, add_burst, add_extract, add_history, add_recipe

PAGES = ("emerging", "drift", "data-quality")
ENDPOINTS = ("api-findings", "api-drift", "api-data-quality")


@pytest.fixture
def watched(city: City) -> City:
    """Return a city with a burst at one exact point, looked at and checked by the schedule."""
    add_history(city)
    add_burst(city, 60, spread=0.0)
    add_history(city, category="robbery", per_day=1.0)
    assert look_for_findings_due() == check_drift_due() == 2
    return city


def page(client: Client, city: City, name: str) -> str:
    answer = ask(client, city.ana, reverse(name))
    assert answer.status_code == 200
    said: str = answer.content.decode()
    return said


# --- the schedule -----------------------------------------------------------------------------------------------


def test_the_schedule_looks_and_checks_once_a_day(watched: City) -> None:
    before = LedgerEntry.objects.count()
    assert look_for_findings_due() == check_drift_due() == 0
    assert LedgerEntry.objects.count() == before
    here = watched.jurisdiction
    advance_clock(jurisdiction=here, to=clock.now(here) + timedelta(days=1), by=watched.scheduler)
    assert look_for_findings_due() == check_drift_due() == 2
    assert FindingRun.objects.count() == DriftRun.objects.count() == 4


def test_a_file_that_came_in_is_checked_at_once(watched: City) -> None:
    add_burst(watched, 5, until=clock.now(watched.jurisdiction) - timedelta(days=20))
    assert check_drift_due() == 2


def test_a_row_that_is_gone_is_no_error(watched: City) -> None:
    assert not look_at_one(watched.jurisdiction.slug, CATEGORY, 999_999)


# --- the pages --------------------------------------------------------------------------------------------------


def test_a_finding_stands_in_a_sentence_with_its_chance_on_a_map(client: Client, watched: City) -> None:
    said = page(client, watched, "emerging")
    assert "By chance alone, so strong a cluster would appear somewhere" in said
    assert "p below 0.001" in said or "p 0.00" in said
    assert "<svg" in said
    assert "Near repeat:" in said
    assert "It is a question to ask, not a reason to send anybody anywhere" in said


def test_a_breach_stands_with_statistic_threshold_sentence_and_remedy(client: Client, watched: City) -> None:
    said = page(client, watched, "drift")
    assert "<b>Breached</b>" in said
    assert "lie at exactly one coordinate" in said
    assert "What to do:" in said
    assert "not judged yet" in said
    assert "leaves it to people" in said


def test_how_good_the_data_are_is_told_with_n_of_total(client: Client, watched: City) -> None:
    said = page(client, watched, "data-quality")
    rows = Incident.objects.filter(category="robbery").count()
    assert rows > 300
    assert "All of them have a time of day." in said
    assert "One coordinate holds" in said
    assert "came in on" in said
    assert "No category has a run of days without any" in said


def test_a_gap_is_told_on_the_page(client: Client, city: City) -> None:
    add_history(city, per_day=6.0)
    now = clock.now(city.jurisdiction)
    Incident.objects.filter(
        occurred_from__gte=now - timedelta(days=70), occurred_from__lt=now - timedelta(days=62)
    ).delete()
    said = page(client, city, "data-quality")
    assert "There are gaps in residential burglaries" in said
    assert "No residential burglaries are recorded from" in said


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_city_has_its_designed_page(client: Client, city: City, name: str) -> None:
    assert 'class="empty"' in page(client, city, name)


def test_who_may_not_see_forecasts_sees_none_of_it(client: Client, watched: City) -> None:
    for name in PAGES:
        assert ask(client, watched.eve, reverse(name)).status_code == 403
        assert ask(client, None, reverse(name)).status_code == 302
    for name in ENDPOINTS:
        assert reason_of(ask(client, watched.eve, reverse(name))) == (403, "not_permitted")
        assert reason_of(ask(client, None, reverse(name))) == (403, "not_authenticated")


def test_a_data_steward_reads_about_data_and_nothing_else(client: Client, watched: City) -> None:
    grant_role(
        jurisdiction=watched.jurisdiction, user=watched.eve, role=Role.DATA_STEWARD, by=watched.scheduler
    )
    assert ask(client, watched.eve, reverse("data-quality")).status_code == 200
    assert ask(client, watched.eve, reverse("api-data-quality")).status_code == 200
    for name in ("emerging", "drift", "api-findings", "api-drift"):
        assert ask(client, watched.eve, reverse(name)).status_code == 403


def test_lists_cost_as_many_queries_however_much_they_show(client: Client, watched: City) -> None:
    names = (*PAGES, *ENDPOINTS)
    before = [queries_of(client, watched.ana, reverse(name)) for name in names]
    add_history(watched, category="vandalism", per_day=1.0)
    assert look_for_findings_due() == 1
    assert check_drift_due() == 3
    assert [queries_of(client, watched.ana, reverse(name)) for name in names] == before


# --- the API ----------------------------------------------------------------------------------------------------


def rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_findings_checks_and_figures_come_as_data(client: Client, watched: City) -> None:
    found = rows(ask(client, watched.ana, reverse("api-findings"), category=CATEGORY))
    assert [each["category"] for each in found] == [CATEGORY]
    assert found[0]["sealed"]["families"][0]["findings"][0]["observed"] >= 40
    drifted = rows(ask(client, watched.dev, reverse("api-drift"), category=CATEGORY))[0]
    assert "snap_points" in drifted["breached"]
    assert {each["name"] for each in drifted["sealed"]["checks"]} >= {"shares", "snap_points"}
    assert drifted["fallback_since"] is None
    data = {each["category"]: each for each in rows(ask(client, watched.ben, reverse("api-data-quality")))}
    placed = {each["name"]: each for each in data["robbery"]["figures"]}["Placed on the map"]
    assert placed["n"] == placed["total"] == data["robbery"]["rows"]


# --- a fallback -------------------------------------------------------------------------------------------------


@pytest.fixture
def fallen(city: City) -> tuple[City, Fallback, ForecastRun]:
    """Return a city whose policy demanded forecasts by counts, and one such forecast."""
    here = build_city(slug="demanding", policy={"fallback_on_drift": True})
    add_history(here)
    recipe = add_recipe(here)
    now = clock.now(here.jurisdiction)
    asked = DriftRun.objects.create(
        jurisdiction=here.jurisdiction, category=CATEGORY, as_of=now, breached=["skill"], fallback_due=True,
        digest=_checks(here), seed=1, policy_version=1, ledger_index=0,
    )  # fmt: skip
    check_drift_due()
    fallback = Fallback.objects.get(drift_run=asked)
    run = issue_forecast(
        jurisdiction=here.jurisdiction, recipe=recipe, extract=add_extract(here, now), category=CATEGORY,
        window_start=WINDOW[0], window_end=WINDOW[1], by=here.scheduler,
    )  # fmt: skip
    return here, fallback, run


def _checks(city: City) -> str:
    return store_artifact(b'{"checks": [], "unjudged": [], "fallback": {"due": true, "sentence": "Counts."}}',
                          "application/json", name="checks").digest  # fmt: skip


def test_a_forecast_by_counts_says_so_and_explains_itself_by_counts(
    client: Client, fallen: tuple[City, Fallback, ForecastRun]
) -> None:
    here, fallback, run = fallen
    said = ask(client, here.ana, reverse("run", args=[run.pk])).content.decode()
    assert "this forecast was made by counting past reports alone" in said
    session = client.session
    session["jurisdiction"] = "demanding"
    session.save()
    drift = client.get(reverse("drift")).content.decode()
    assert "Forecasts go by counting past reports alone since" in drift
    assert f"entry {fallback.ledger_index}" in drift
    since = rows(ask(client, here.ana, reverse("api-drift"), jurisdiction="demanding"))[0]["fallback_since"]
    assert since is not None


def test_batches_are_told_apart_from_the_newest(client: Client, watched: City) -> None:
    newest = Batch.objects.order_by("-id")[0]
    assert f"“{newest.filename}”" in page(client, watched, "data-quality")
