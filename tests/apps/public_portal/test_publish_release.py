"""Releasing a closed window on the real database."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.core.canonical import parse_leaf
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry, Vote
from public_portal.models import PublishedTable, Release
from public_portal.services.publish_release import publish_release
from public_portal.sources import area_figures, closed_windows
from public_portal.tasks import publish_due
from tests.apps.public_portal.conftest import WHY, Week, add_week, close_week


def publish(week: Week) -> Release:
    return publish_release(
        jurisdiction=week.city.jurisdiction, window_start=week.start, by=week.city.scheduler
    )


def body(release: Release, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = PublishedTable.objects.get(release=release, kind=kind).body
    return found


def test_a_closed_week_becomes_tables_with_one_entry(closed_week: Week) -> None:
    before = LedgerEntry.objects.count()
    release = publish(closed_week)
    assert LedgerEntry.objects.count() == before + 1
    kinds = list(PublishedTable.objects.filter(release=release).values_list("kind", flat=True))
    assert sorted(kinds) == ["areas", "audits", "complaints", "decisions", "scores", "summary"]


def test_published_again_it_is_the_same_release_and_no_entry(closed_week: Week) -> None:
    release = publish(closed_week)
    before = LedgerEntry.objects.count()
    assert publish(closed_week) == release
    assert LedgerEntry.objects.count() == before


def test_nothing_of_a_live_week_can_be_released(week: Week) -> None:
    with pytest.raises(Refused) as refusal:
        publish(week)
    assert refusal.value.reason is Reason.TOO_EARLY
    assert publish_due() == 0
    assert not PublishedTable.objects.exists()


def test_nothing_is_released_between_the_windows_end_and_the_delay(week: Week) -> None:
    close_week(week, hours_after=5.9)
    with pytest.raises(Refused) as refusal:
        publish(week)
    assert refusal.value.reason is Reason.TOO_EARLY


def test_nothing_is_released_before_every_forecast_of_the_window_is_scored(week: Week) -> None:
    moment = week.run.window_end + timedelta(days=3)
    assert closed_windows(week.city.jurisdiction, moment, timedelta(hours=6)) == []


def test_small_counts_are_hidden_in_the_stored_table_and_cannot_be_worked_out(closed_week: Week) -> None:
    """Read only what the database holds for everybody, and try to fill the holes from the total."""
    release = publish(closed_week)
    areas = body(release, "areas")
    rows: list[dict[str, object]] = areas["rows"]
    truth = {
        each.area: each.observed for each in area_figures(closed_week.run, closed_week.run.scorecards.get())
    }
    small = {code for code, count in truth.items() if 0 < count < 5}
    hidden = [str(row["area"]) for row in rows if row["observed"] is None]
    assert small
    assert small <= set(hidden)
    shown = sum(int(str(row["observed"])) for row in rows if row["observed"] is not None)
    left = int(str(areas["observed"])) - shown
    assert left == sum(truth[code] for code in hidden)
    assert left > len(hidden)
    assert left < 4 * len(hidden) or len(set(hidden) - small) > 0


def test_no_released_table_holds_a_count_under_five_of_an_area(closed_week: Week) -> None:
    rows: list[dict[str, object]] = body(publish(closed_week), "areas")["rows"]
    counts = [row["observed"] for row in rows]
    assert all(count is None or count == 0 or int(str(count)) >= 5 for count in counts)


def test_the_areas_add_up_to_the_city(closed_week: Week) -> None:
    areas = body(publish(closed_week), "areas")
    rows: list[dict[str, float]] = areas["rows"]
    assert len(rows) == 36
    assert sum(row["expected"] for row in rows) == pytest.approx(closed_week.run.total, abs=0.05 * 36)
    assert areas["observed"] == closed_week.run.scorecards.get().observed


def test_a_decision_is_released_with_role_pseudonym_verdict_and_entry(closed_week: Week) -> None:
    (plan,) = body(publish(closed_week), "decisions")["plans"]
    (vote,) = plan["votes"]
    cast = Vote.objects.get(change_request=closed_week.plan.change_request)
    assert (vote["role"], vote["who"], vote["verdict"], vote["entry"]) == (
        "Supervisor",
        closed_week.city.ben.pseudonym,
        "approve",
        cast.ledger_index,
    )
    assert vote["in_entry"] == parse_leaf(bytes(LedgerEntry.objects.get(index=vote["entry"]).leaf))["actor"]
    assert plan["audit"]["verdict"] in {"pass", "caution"}
    assert sum(area["places"] for area in plan["areas"]) == plan["places"]


def test_no_released_table_names_a_person_a_place_or_a_cell(closed_week: Week) -> None:
    release = publish(closed_week)
    text = json.dumps([table.body for table in release.tables.all()])
    people = itertools.chain.from_iterable(
        (who.name, who.email) for who in (closed_week.city.ben, closed_week.city.ana)
    )
    for secret in (*people, "Hidden Lane", '"column"', closed_week.plan.body["salt"]):
        assert secret not in text


def test_no_released_table_holds_a_reason_since_none_could_be_erased_there(closed_week: Week) -> None:
    assert WHY not in json.dumps([table.body for table in publish(closed_week).tables.all()])


def test_what_plans_covered_is_released_where_it_is_not_small(closed_week: Week) -> None:
    assert body(publish(closed_week), "decisions")["outcome"] == {"covered": 6, "observed": 19}


def test_the_scores_stand_beside_counting_alone(closed_week: Week) -> None:
    scores = body(publish(closed_week), "scores")
    assert set(scores["figures"]) == {"forecast", "counts"}
    assert "counting past reports alone found" in scores["pooled"]["sentence"]


@pytest.mark.parametrize("who", ["ana", "ben", "chloe", "dev", "eve"])
def test_nobody_without_the_permission_publishes(closed_week: Week, who: str) -> None:
    with pytest.raises(Refused) as refusal:
        publish_release(
            jurisdiction=closed_week.city.jurisdiction,
            window_start=closed_week.start,
            by=getattr(closed_week.city, who),
        )
    assert refusal.value.reason is Reason.NOT_PERMITTED


def test_the_task_publishes_once(closed_week: Week) -> None:
    assert publish_due() == 1
    assert publish_due() == 0
    assert Release.objects.count() == 1


def test_where_the_total_is_hidden_no_score_tells_it(week: Week) -> None:
    """One incident here and five there: with the total of six shown, or any score of it, the one were known."""
    close_week(week, observed=lambda cell: {0: 1, 200: 5}.get(cell, 0))
    release = publish(week)
    assert body(release, "areas")["observed"] is None
    scores = body(release, "scores")
    assert scores["figures"] is None
    assert scores["pooled"] is None


def test_a_week_forecast_by_counts_says_so_and_another_does_not(closed_week: Week, client: Client) -> None:
    assert "by_counts" not in body(publish(closed_week), "scores")
    following = add_week(closed_week.city, by_counts=True)
    close_week(following)
    assert body(publish(following), "scores")["by_counts"] is True
    page = client.get(reverse("portal-scores", args=[closed_week.city.jurisdiction.slug]))
    assert "made by counting past reports alone" in page.content.decode()
