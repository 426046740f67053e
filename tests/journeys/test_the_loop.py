"""The whole loop over HTTP: a decision, its briefing, next week's outcome in public, and a stranger's check."""

import io
import json
import re
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client

from config import env
from config.cycle import settle
from config.management.commands import build_demo_city
from forecasting.models import ForecastRun
from governance.core.states import State
from governance.models import ChangeRequest, LedgerEntry
from tests.database import Demo

WHY = "These blocks had most reports in the last two weeks; outreach goes first."


def signed_in(demo: Demo, who: str) -> Client:
    client = Client()
    account = demo.accounts[who]
    assert client.login(email=account["email"], password=account["password"])
    return client


def verified() -> tuple[bool, dict[str, object]]:
    """Run verify_ledger as a stranger would; whether it passed, and what it said."""
    said = io.StringIO()
    try:
        call_command("verify_ledger", "--json", stdout=said, stderr=io.StringIO())
    except SystemExit as ended:
        return ended.code == 0, json.loads(said.getvalue())
    return True, json.loads(said.getvalue())


def flip_a_byte_as_superuser(database: str, index: int) -> None:
    address = settings.DATABASE_OWNER_URL.replace("lamplight_owner", "postgres")
    password = env.text("LAMPLIGHT_DATABASE_ADMIN_PASSWORD")
    with psycopg.connect(
        address, dbname=database, user="postgres", password=password, autocommit=True
    ) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("ALTER TABLE governance_ledgerentry DISABLE TRIGGER ALL")
        admin.execute("ALTER TABLE governance_ledgerentry DROP CONSTRAINT leaf_hash_of_leaf")
        admin.execute(
            "UPDATE governance_ledgerentry SET leaf = set_byte(leaf, 20, get_byte(leaf, 20) # 1) WHERE index = %s",
            [index],
        )
        admin.execute("ALTER TABLE governance_ledgerentry ENABLE ALWAYS TRIGGER append_only_row")


def test_from_the_cycle_to_a_strangers_check(demo: Demo) -> None:
    ben = signed_in(demo, "ben")
    inbox = ben.get("/inbox/")
    assert "1 decision waits for you" in inbox.content.decode()

    page = re.search(r'href="(/plans/\d+/)"', inbox.content.decode())
    assert page
    plan = ben.get(page.group(1)).content.decode()
    digest = re.search(r'name="seen_digest" value="([0-9a-f]{64})"', plan)
    assert digest
    request = ChangeRequest.objects.get(digest=digest.group(1))

    assert ben.get(page.group(1) + "briefing.pdf").status_code == 404
    vote = {"verdict": "approve", "rationale": WHY, "seen_digest": digest.group(1)}
    assert ben.post(page.group(1) + "decide", vote).status_code == 302
    settle()
    briefing = ben.get(page.group(1) + "briefing.pdf")
    assert briefing.content.startswith(b"%PDF-")
    places = json.loads(ben.get(page.group(1) + "briefing.geojson").content)
    assert 1 <= len(places["features"]) <= 12

    stranger = Client()
    assert WHY not in stranger.get("/public/rivermark/decisions/").content.decode()
    assert ben.post("/advance/").status_code == 302
    request.refresh_from_db()
    assert request.state == State.EXECUTED

    decisions = stranger.get("/public/rivermark/decisions/").content.decode()
    assert WHY in decisions
    home = stranger.get("/public/rivermark/").content.decode()
    assert "Residential burglary" in home or "residential burglar" in home
    report = stranger.get("/public/rivermark/data/").content.decode()
    assert ".csv" in report

    sound, _ = verified()
    assert sound
    entry = LedgerEntry.objects.get(action="vote.cast", subject=digest.group(1))
    connections.close_all()
    flip_a_byte_as_superuser(demo.database, entry.index)
    sound, said = verified()
    assert not sound
    assert said["first_bad_entry"] == entry.index


@pytest.mark.parametrize(
    "path", ["/inbox/", "/plans/", "/forecasts/", "/audits/", "/plans/1/", "/forecasts/1/", "/audits/1/"]
)
def test_nothing_that_is_not_public_opens_without_signing_in(demo: Demo, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_a_supervisor_of_another_district_neither_sees_nor_decides(demo: Demo) -> None:
    ben, bea = signed_in(demo, "ben"), signed_in(demo, "bea")
    page = re.search(r'href="(/plans/\d+/)"', ben.get("/inbox/").content.decode())
    assert page
    digest = re.search(r'name="seen_digest" value="([0-9a-f]{64})"', ben.get(page.group(1)).content.decode())
    assert digest
    before = LedgerEntry.objects.count()
    vote = {"verdict": "approve", "rationale": WHY, "seen_digest": digest.group(1)}
    assert bea.get(page.group(1)).status_code == 403
    assert bea.post(page.group(1) + "decide", vote).status_code == 403
    assert LedgerEntry.objects.count() == before


def test_a_refused_vote_keeps_the_text_that_was_written(demo: Demo) -> None:
    ben = signed_in(demo, "ben")
    page = re.search(r'href="(/plans/\d+/)"', ben.get("/inbox/").content.decode())
    assert page
    answer = ben.post(
        page.group(1) + "decide", {"verdict": "reject", "rationale": "too short", "seen_digest": "0" * 64}
    )
    assert answer.status_code == 409
    said = answer.content.decode()
    assert "has been changed since" in said
    assert "too short" in said


def test_a_demo_that_is_there_already_is_left_alone(demo: Demo) -> None:
    entries = LedgerEntry.objects.count()
    said = io.StringIO()
    call_command("build_demo_city", stdout=said)
    call_command("run_cycle", "rivermark", stdout=said)
    assert "there already" in said.getvalue()
    assert LedgerEntry.objects.count() == entries


def test_a_demo_whose_building_was_interrupted_goes_on_where_it_was(demo: Demo) -> None:
    two_weeks_on = build_demo_city.TONIGHT + timedelta(weeks=2)
    with pytest.MonkeyPatch.context() as later:
        later.setattr(build_demo_city, "TONIGHT", two_weeks_on)
        said = io.StringIO()
        call_command("build_demo_city", stdout=said)
        assert "they go on" in said.getvalue()
        assert ForecastRun.objects.values("window_start").distinct().count() == 4
        assert ChangeRequest.objects.filter(state=State.OPEN, scripted=False).exists()
        again = io.StringIO()
        call_command("build_demo_city", stdout=again)
    assert "nothing was built" in again.getvalue()
