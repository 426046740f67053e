"""A resident's complaint from the decision to the figures, over HTTP; and what never learns of it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from governance import selectors
from governance.core.complaints import ComplaintKind
from governance.models import LedgerEntry
from governance.services.file_complaint import file_complaint
from governance.services.take_complaint import take_complaint
from public_portal.models import PublishedTable, Release
from public_portal.tasks import compile_due, publish_windows
from tests.apps.public_portal.conftest import Week, add_week, close_week

WORDS = "Patrols stood in front of the school every night of that week, and nobody was told why."
WHY = "The plan was approved on reports that were counted twice."
REMEDY = "The source was corrected, and the plan of next week is drawn up anew."
HOME = "/public/rivermark/"


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def release_the_next_week(week: Week) -> None:
    close_week(add_week(week.city))
    publish_windows(week.city.jurisdiction)


def test_from_the_decision_to_the_figures(closed_week: Week) -> None:
    city, resident = closed_week.city, Client()
    assert "No figures have been released" in text_of(resident, HOME + "complaints/")
    publish_windows(city.jurisdiction)
    assert "nobody had filed a complaint" in text_of(resident, HOME + "complaints/")

    entry = LedgerEntry.objects.get(action="vote.cast").index
    link = f"/public/rivermark/complain/?kind=decision&entry={entry}"
    assert link.replace("&", "&amp;") in text_of(resident, HOME + "decisions/")
    assert f'value="{entry}"' in text_of(resident, link)
    sent = {"kind": "decision", "entry": str(entry), "words": WORDS}
    private = resident.post(HOME + "complain/", sent)["Location"]
    assert "Your complaint was received" in text_of(resident, private)

    chloe = signed_in(city.chloe)
    desk = text_of(chloe, "/complaints/")
    assert "1 complaint waits for an answer" in desk
    (page,) = re.findall(r'href="(/complaints/\d+/)"', desk)
    assert signed_in(city.ben).get(page).status_code == 403  # he decided it
    assert chloe.post(page + "take").status_code == 302
    said = {"outcome": "partly_upheld", "reason": WHY, "remedy": REMEDY}
    assert chloe.post(page + "answer", said).status_code == 302
    answer = text_of(resident, private)
    assert "answered: partly upheld" in answer
    assert WHY in answer
    assert "nobody had filed a complaint" in text_of(resident, HOME + "complaints/"), "figures are never live"

    release_the_next_week(closed_week)
    figures = text_of(resident, HOME + "complaints/")
    assert "<b>1</b> complaint was filed and <b>1</b> answered" in figures
    assert "hidden" in figures
    (row,) = resident.get("/api/v1/complaint-figures").json()["results"]
    assert (row["jurisdiction"], row["body"]["filed"], row["body"]["answered"]) == ("rivermark", 1, 1)
    assert {each["count"] for each in row["body"]["outcomes"] + row["body"]["kinds"]} == {None}
    assert resident.get(row["json_url"]).json() == row["body"]
    assert resident.get("/api/v1/complaint-figures", {"jurisdiction": "rivermark"}).json()["count"] == 1
    assert resident.get("/api/v1/complaint-figures", {"jurisdiction": "nowhere"}).status_code == 404


@pytest.mark.parametrize("page", ["", "decisions/", "areas/a00/", "fairness/", "scores/", "data/", "check/"])
def test_every_public_page_leads_to_the_form(closed_week: Week, page: str) -> None:
    publish_windows(closed_week.city.jurisdiction)
    text = text_of(Client(), HOME + page)
    assert text.count(f'href="{HOME}complain/"') >= 2  # navigation and foot


def test_an_area_leads_to_a_complaint_about_it(closed_week: Week) -> None:
    publish_windows(closed_week.city.jurisdiction)
    assert "complain/?kind=place&amp;area=a00" in text_of(Client(), HOME + "areas/a00/")


def test_no_word_of_a_complaint_reaches_a_forecast_an_audit_a_release_or_a_file(closed_week: Week) -> None:
    """It is filed before the next week is forecast, audited, planned, decided, released and reported."""
    city = closed_week.city
    done = file_complaint(
        jurisdiction=city.jurisdiction,
        kind=ComplaintKind.OTHER,
        words=WORDS,
        contact="me@example.org",
        address="192.0.2.7",
        by=selectors.public_account(),
    )
    take_complaint(complaint_id=done.complaint.pk, by=city.chloe)
    publish_windows(city.jurisdiction)
    release_the_next_week(closed_week)
    compile_due()
    told = (WORDS, "me@example.org", done.secret, done.complaint.digest)
    files = [path.read_bytes() for path in Path(settings.ARTIFACTS_FOLDER).rglob("*") if path.is_file()]
    bodies = [str(table.body) for table in PublishedTable.objects.all()]
    assert files
    assert Release.objects.count() == 2
    for word in told:
        assert not [each for each in files if word.encode() in each]
        assert not [each for each in bodies if word in each]
    stranger = Client()
    for page in ("", "decisions/", "areas/a00/", "fairness/", "scores/", "data/", "check/", "complaints/"):
        text = text_of(stranger, HOME + page)
        assert not [word for word in told if word in text]
