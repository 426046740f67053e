"""Public pages over HTTP: what a stranger sees, and what nobody can see."""

import csv
import hashlib
import io
import json

import pytest
from django.test import Client

from governance.models import Area
from public_portal.models import PublishedTable, Release
from public_portal.tasks import compile_due, publish_due, publish_windows
from public_portal.urls import urlpatterns
from tests.apps.public_portal.conftest import WHY, Week, add_week

HOME = "/public/rivermark/"
PAGES = ("", "decisions/", "fairness/", "scores/", "data/", "check/", "areas/a00/")


@pytest.fixture
def release(closed_week: Week) -> Release:
    """Return the published release of the closed week; its report has not been compiled."""
    publish_windows(closed_week.city.jurisdiction)
    return Release.objects.get()


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_signing_in_and_says_that_it_is_a_replay(
    client: Client, release: Release, page: str
) -> None:
    text = text_of(client, HOME + page)
    assert "<b>Replay</b>" in text
    assert text.count("<h1") == 1
    assert "style=" not in text
    assert "<script" not in text


@pytest.mark.parametrize("page", PAGES)
def test_before_anything_is_published_every_page_says_when_it_will_be(
    client: Client, week: Week, page: str
) -> None:
    text = text_of(client, HOME + page)
    assert "not over" in text or "is over" in text or page == "check/"


@pytest.mark.parametrize("page", PAGES)
def test_nothing_live_is_on_any_public_page(
    client: Client, closed_week: Week, release: Release, page: str
) -> None:
    """A second week is live while the first is public: its plan, its digests and its numbers are nowhere."""
    live = add_week(closed_week.city)
    publish_windows(closed_week.city.jurisdiction)
    text = text_of(client, HOME + page)
    for secret in (
        live.plan.digest,
        live.run.digest,
        live.run.cells_digest,
        "Hidden Lane",
        live.plan.body["salt"],
    ):
        assert secret not in text


def test_the_live_week_is_in_no_released_table(closed_week: Week) -> None:
    publish_due()
    live = add_week(closed_week.city)
    publish_due()
    stored = json.dumps([table.body for table in PublishedTable.objects.all()])
    assert Release.objects.count() == 1
    assert live.plan.digest not in stored
    assert live.run.digest not in stored


def test_the_home_page_answers_five_questions(client: Client, release: Release) -> None:
    text = text_of(client, HOME)
    for question in (
        "What is predicted?",
        "What is forbidden?",
        "Who decided?",
        "Is it fair?",
        "Did it work?",
    ):
        assert question in text
    assert "Supervisors approved 1 of 1 plan" in text
    assert "<svg" in text


def test_a_decision_shows_its_reason_under_a_pseudonym(
    client: Client, closed_week: Week, release: Release
) -> None:
    text = text_of(client, HOME + "decisions/")
    assert WHY in text
    assert closed_week.city.ben.pseudonym in text
    assert closed_week.city.ben.name not in text


def test_decisions_can_be_read_by_area(client: Client, release: Release) -> None:
    assert WHY in text_of(client, HOME + "decisions/?area=a00")
    assert WHY not in text_of(client, HOME + "decisions/?area=a55")


def test_hidden_counts_are_called_hidden_on_the_page_and_empty_in_the_file(
    client: Client, release: Release
) -> None:
    assert ">hidden<" in text_of(client, HOME)
    rows = text_of(client, f"{HOME}data/{release.pk}/areas-residential_burglary.csv").splitlines()
    assert rows[0] == "area,name,expected,low,high,baseline,observed"
    assert len(rows) == 37
    assert any(row.endswith(",") for row in rows)


def test_an_areas_name_that_a_spreadsheet_would_run_stays_a_name(client: Client, closed_week: Week) -> None:
    evil = '=HYPERLINK("https://example.org")'
    Area.objects.filter(jurisdiction=closed_week.city.jurisdiction, code="a00").update(name=evil)
    publish_due()
    release = Release.objects.get()
    address = f"{HOME}data/{release.pk}/areas-residential_burglary"
    names = [row["name"] for row in csv.DictReader(io.StringIO(text_of(client, f"{address}.csv")))]
    assert "'" + evil in names
    assert evil in [row["name"] for row in client.get(f"{address}.json").json()["rows"]]


def test_every_released_table_downloads_with_the_digest_beside_it(client: Client, release: Release) -> None:
    listing = text_of(client, HOME + "data/")
    digests = []
    for table in release.tables.all():
        content = client.get(f"{HOME}data/{release.pk}/{table.kind}-{table.category or 'all'}.json").content
        assert hashlib.sha256(content).hexdigest() == table.digest
        assert table.digest in listing
        digests.append(table.digest)
    assert hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest() == release.digest


def test_the_report_is_a_page_and_a_pdf(client: Client, release: Release) -> None:
    compile_due()
    text = text_of(client, f"{HOME}reports/{release.pk}/")
    assert "Who decided what, and why" in text
    assert WHY in text
    pdf = client.get(f"{HOME}reports/{release.pk}/report.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "address",
    [
        "/public/nowhere/",
        HOME + "areas/z99/",
        HOME + "data/999/areas-residential_burglary.json",
        HOME + "data/1/areas-%00.json",
        HOME + "data/1/%00-all.json",
        HOME + "data/1/..%2F..%2Fareas-all.json",
        HOME + "reports/999/",
        HOME + "reports/999/report.pdf",
    ],
)
def test_what_is_not_there_is_not_found(client: Client, release: Release, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_table_has_no_other_form_than_those_offered(client: Client, release: Release) -> None:
    assert client.get(f"{HOME}data/{release.pk}/decisions-all.csv").status_code == 404
    assert client.get(f"{HOME}data/{release.pk}/areas-residential_burglary.xml").status_code == 404


def test_another_citys_release_is_not_served_under_this_name(client: Client, release: Release) -> None:
    assert client.get(f"/public/elsewhere/reports/{release.pk}/").status_code == 404


def test_public_pages_change_nothing(client: Client, release: Release) -> None:
    assert client.post(HOME).status_code == 405


def test_the_portal_leads_straight_to_the_only_city(client: Client, week: Week) -> None:
    assert client.get("/public/").headers["Location"] == HOME


def test_every_public_page_is_marked_as_open_to_everyone() -> None:
    pages = [pattern for pattern in urlpatterns if str(pattern.pattern).startswith("public/")]
    assert len(pages) == 14
    assert {getattr(pattern.callback, "access", None) for pattern in pages} == {"everyone"}
