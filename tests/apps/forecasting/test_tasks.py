"""The scheduled work: what is due is done once, and doing it again changes nothing."""

import logging
from datetime import timedelta

import pytest

from forecasting.models import ForecastRun, Incident, Plan, Scorecard
from forecasting.tasks import issue_due, issue_one, propose_due_in, score_due, score_one
from governance.models import District, LedgerEntry, RoleGrant
from governance.services.advance_clock import advance_clock
from governance.services.revoke_role import revoke_role
from tests.cast import City
from tests.factories.history import CATEGORY, WINDOW, add_history, add_recipe


def test_what_is_due_is_issued_once(city: City) -> None:
    add_history(city)
    add_recipe(city)
    assert issue_due() == 1
    run = ForecastRun.objects.get()
    assert (run.category, run.window_start, run.window_end) == (CATEGORY, *WINDOW)
    before = LedgerEntry.objects.count()
    assert issue_due() == 0
    assert LedgerEntry.objects.count() == before


def test_while_a_week_runs_the_next_one_is_not_due(city: City) -> None:
    add_history(city)
    add_recipe(city)
    issue_due()
    advance_clock(jurisdiction=city.jurisdiction, to=WINDOW[0] + timedelta(hours=10), by=city.scheduler)
    assert issue_due() == 0


def test_a_city_in_which_no_window_runs_gets_its_forecast_at_once(city: City) -> None:
    add_history(city, until=WINDOW[1] + timedelta(days=7))
    add_recipe(city)
    advance_clock(jurisdiction=city.jurisdiction, to=WINDOW[0] + timedelta(hours=10), by=city.scheduler)
    assert issue_due() == 1
    assert ForecastRun.objects.get().window_start > WINDOW[0] + timedelta(hours=10)
    assert issue_due() == 0


def test_without_a_recipe_or_data_nothing_is_sealed(city: City) -> None:
    before = LedgerEntry.objects.count()
    assert issue_due() == 0
    assert score_due() == 0
    assert LedgerEntry.objects.count() == before


def test_what_is_over_is_scored_once(city: City) -> None:
    add_history(city)
    add_recipe(city)
    issue_due()
    assert score_due() == 0
    advance_clock(jurisdiction=city.jurisdiction, to=WINDOW[1] + timedelta(days=3), by=city.scheduler)
    assert score_due() == 1
    assert Scorecard.objects.get().figures["forecast"]["hit_rate_5"]["N"] > 10
    before = LedgerEntry.objects.count()
    assert score_due() == 0
    assert LedgerEntry.objects.count() == before


def test_a_late_report_makes_a_new_score_once_and_the_old_one_stays(city: City) -> None:
    add_history(city)
    add_recipe(city)
    issue_due()
    ready = WINDOW[1] + timedelta(days=3)
    advance_clock(jurisdiction=city.jurisdiction, to=ready, by=city.scheduler)
    score_due()
    late = Incident.objects.filter(occurred_from__gte=WINDOW[0], occurred_from__lt=WINDOW[1])[0]
    late.pk, late.known_at = None, ready + timedelta(hours=5)
    late.save()
    assert score_due() == 0  # nobody can know of it yet
    advance_clock(jurisdiction=city.jurisdiction, to=ready + timedelta(days=1), by=city.scheduler)
    assert score_due() == 0  # not every day anew
    advance_clock(jurisdiction=city.jurisdiction, to=ready + timedelta(days=7), by=city.scheduler)
    assert score_due() == 1
    first, second = Scorecard.objects.order_by("id")
    assert second.observed == first.observed + 1
    before = LedgerEntry.objects.count()
    assert score_due() == 0
    assert LedgerEntry.objects.count() == before


def test_a_correction_that_moves_nothing_between_cells_is_not_scored_again(city: City) -> None:
    add_history(city)
    add_recipe(city)
    issue_due()
    ready = WINDOW[1] + timedelta(days=3)
    advance_clock(jurisdiction=city.jurisdiction, to=ready, by=city.scheduler)
    score_due()
    row = Incident.objects.filter(occurred_from__gte=WINDOW[0], occurred_from__lt=WINDOW[1])[0]
    Incident.objects.filter(pk=row.pk).update(superseded_at=ready + timedelta(hours=5))
    row.pk, row.known_at = None, ready + timedelta(hours=5)
    row.save()
    advance_clock(jurisdiction=city.jurisdiction, to=ready + timedelta(days=8), by=city.scheduler)
    assert score_due() == 0


def test_one_category_that_is_refused_does_not_hold_up_the_others(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    add_history(city)
    add_history(city, category="robbery", days=200)
    add_recipe(city)
    with caplog.at_level(logging.WARNING, logger="lamplight.forecasting"):
        assert issue_due() == 2
    assert list(ForecastRun.objects.values_list("category", flat=True)) == [CATEGORY]
    assert "reason=too_little_data" in caplog.text


def test_the_order_of_tonights_plans_says_nothing_about_their_districts(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_history(city)
    add_recipe(city)
    issue_due()
    advance_clock(jurisdiction=city.jurisdiction, to=WINDOW[0] + timedelta(hours=10), by=city.scheduler)
    asked: list[str] = []

    def noted(_: object, shift: object, category: str, district: District, *, scripted: bool) -> bool:
        asked.append(district.code)
        return True

    monkeypatch.setattr("forecasting.tasks.plans._propose_one", noted)
    for _ in range(30):
        assert propose_due_in(city.jurisdiction.slug) == 2
    assert {tuple(asked[at : at + 2]) for at in range(0, 60, 2)} == {
        ("central", "north"),
        ("north", "central"),
    }


def test_a_district_without_a_supervisor_is_told_and_the_others_get_their_plans(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    add_history(city)
    add_recipe(city)
    issue_due()
    advance_clock(jurisdiction=city.jurisdiction, to=WINDOW[0] + timedelta(hours=10), by=city.scheduler)
    revoke_role(role_grant_id=RoleGrant.objects.get(user=city.bea).pk, by=city.scheduler)
    with caplog.at_level(logging.WARNING, logger="lamplight.forecasting"):
        assert propose_due_in(city.jurisdiction.slug) == 1
    assert "reason=quorum_unreachable" in caplog.text
    assert "needs 1 person, and 0 may vote" in caplog.text
    assert Plan.objects.get().district == city.central


def test_a_row_that_is_gone_is_no_error(city: City) -> None:
    assert not issue_one(city.jurisdiction.slug, CATEGORY, 999, 0, 1)
    assert not score_one(999, 999)
