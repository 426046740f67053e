"""Pages of complaints over HTTP: the form, the private link, the desk."""

import logging
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from config.problems import path_told
from governance import clock, selectors
from governance.core.complaints import FILINGS_PER_ADDRESS, ComplaintKind
from governance.models import Area, Complaint, LedgerEntry, LedgerText, User
from governance.services.advance_clock import advance_clock
from governance.services.erase_text import erase_text
from governance.services.file_complaint import FiledComplaint
from governance.services.take_complaint import take_complaint
from tests.apps.governance.test_complaints import REMEDY, WHY, WORDS, decision, entry_of, filed, taken
from tests.asking import queries_of
from tests.cast import City, square

FORM = "/public/rivermark/complain/"


def private(done: FiledComplaint) -> str:
    return reverse("complaint-follow", args=[done.secret])


def as_person(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


# --- the form -----------------------------------------------------------------------------------------------


def test_the_form_says_in_plain_words_what_happens(client: Client, city: City) -> None:
    page = client.get(FORM)
    text = page.content.decode()
    assert page.status_code == 200
    for said in (
        "What happens?",
        "How long?",
        "Who reads it?",
        "What is published?",
        "30 days",
        "no account",
    ):
        assert said in text
    assert "Your area" in text, "the portal's own navigation"
    assert "<b>Replay</b>" in text
    assert "no-store" in page["Cache-Control"]


def test_a_link_fills_in_what_it_is_about(client: Client, city: City) -> None:
    Area.objects.create(
        jurisdiction=city.jurisdiction,
        code="a7",
        name="Old Mill",
        geometry=square(-75.2, 40.0, -75.19, 40.01),
    )
    text = client.get(FORM, {"kind": "place", "area": "a7", "entry": "12"}).content.decode()
    assert '<option value="place" selected>' in text
    assert '<option value="a7" selected>' in text
    assert 'value="12"' in text


def test_filing_leads_to_the_private_link_which_shows_it(client: Client, city: City) -> None:
    answer = client.post(FORM, {"kind": "other", "words": WORDS, "contact": "me@example.org"})
    assert answer.status_code == 302
    assert re.fullmatch(r"/complaints/[A-Za-z0-9_-]{43}/", answer["Location"])
    assert "no-store" in answer["Cache-Control"]
    text = client.get(answer["Location"]).content.decode()
    assert "Your complaint was received" in text
    assert "14 July 2024" in text
    assert WORDS in text
    assert f"http://testserver{answer['Location']}" in text
    assert "me@example.org" not in text


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"kind": ""}, 422, "Choose what it is about"),
        ({"kind": "gossip"}, 422, "Choose what it is about"),
        ({"words": "short words"}, 422, "at least 20 characters"),
        ({"words": "y" * 4001}, 422, "at most 4,000"),
        ({"kind": "decision"}, 422, "Say which decision"),
        ({"kind": "decision", "entry": "twelve"}, 422, "digits only"),
        ({"kind": "decision", "entry": "9" * 15}, 422, "has no entry"),
        ({"kind": "place"}, 422, "Say which area"),
        ({"kind": "place", "area": "nowhere"}, 422, "no such area"),
        ({"contact": "z" * 201}, 422, "at most 200"),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    client: Client, city: City, changes: dict[str, str], status: int, said: str
) -> None:
    typed = {"kind": "other", "words": WORDS, "contact": "me@example.org", **changes}
    answer = client.post(FORM, typed)
    text = answer.content.decode()
    assert answer.status_code == status
    assert said in text
    for name in ("words", "contact"):
        assert typed[name] in text
    assert not Complaint.objects.exists()


def test_too_many_from_one_address_are_told_so_and_keep_their_words(client: Client, city: City) -> None:
    for _ in range(FILINGS_PER_ADDRESS):
        assert client.post(FORM, {"kind": "other", "words": WORDS}).status_code == 302
    last = client.post(FORM, {"kind": "other", "words": WORDS}, headers={"x-forwarded-for": "10.9.8.7"})
    assert last.status_code == 429
    assert WORDS in last.content.decode()


def test_a_strangers_form_is_not_taken(city: City) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(FORM, {"kind": "other", "words": WORDS}).status_code == 403
    assert not Complaint.objects.exists()


def test_somebody_signed_in_files_as_the_public(city: City) -> None:
    assert as_person(city.eve).post(FORM, {"kind": "other", "words": WORDS}).status_code == 302
    assert Complaint.objects.get().steps.get().user == selectors.public_account()


def test_there_is_no_form_of_a_city_that_is_not_there(client: Client, city: City) -> None:
    assert client.get("/public/nowhere/complain/").status_code == 404


# --- the private link -------------------------------------------------------------------------------------------


def test_nobody_keeps_the_private_page_or_learns_its_address(client: Client, city: City) -> None:
    page = client.get(private(filed(city)))
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page["X-Robots-Tag"]


@pytest.mark.parametrize("secret", ["x" * 43, "x", "a" * 64])
def test_a_wrong_secret_finds_nothing(client: Client, city: City, secret: str) -> None:
    filed(city)
    assert client.get(reverse("complaint-follow", args=[secret])).status_code == 404
    assert client.post(reverse("complaint-withdraw", args=[secret])).status_code == 404


def test_the_stored_fingerprint_and_the_number_open_nothing(client: Client, city: City) -> None:
    complaint = filed(city).complaint
    assert client.get(reverse("complaint-follow", args=[complaint.secret_hash])).status_code == 404
    assert client.get(reverse("complaint", args=[complaint.pk])).status_code == 302  # to the sign-in


def test_every_step_shows_with_its_entry_and_board_members_by_name(client: Client, city: City) -> None:
    done = filed(city)
    take_complaint(complaint_id=done.complaint.pk, by=city.chloe)
    text = client.get(private(done)).content.decode()
    assert "Taken by Chloe Board, board member" in text
    for step in done.complaint.steps.all():
        assert f"/record/{step.ledger_index}/" in text
        assert client.get(f"/record/{step.ledger_index}/").status_code == 200


def test_an_auditor_appears_by_pseudonym(client: Client, city: City) -> None:
    done = filed(city)
    take_complaint(complaint_id=done.complaint.pk, by=city.dev)
    text = client.get(private(done)).content.decode()
    assert f"Taken by {city.dev.pseudonym}, auditor" in text
    assert city.dev.name not in text


def test_what_is_late_is_said_in_words(client: Client, city: City) -> None:
    done = filed(city)
    there = clock.now(city.jurisdiction) + timedelta(days=32)
    advance_clock(jurisdiction=city.jurisdiction, to=there, by=city.scheduler)
    assert "overdue by 2 days" in client.get(private(done)).content.decode()
    assert "overdue by 2 days" in as_person(city.chloe).get("/complaints/").content.decode()


def test_who_holds_the_link_withdraws_without_a_cookie(city: City) -> None:
    done = filed(city)
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(reverse("complaint-withdraw", args=[done.secret]), headers={"origin": "null"})
    assert answer.status_code == 302
    assert "was withdrawn" in strict.get(private(done)).content.decode()
    again = strict.post(reverse("complaint-withdraw", args=[done.secret]))
    assert again.status_code == 409
    assert again["Referrer-Policy"] == "no-referrer"


def test_an_erased_text_is_said_to_be_erased(client: Client, city: City) -> None:
    done = filed(city)
    index = done.complaint.steps.get().ledger_index
    erase_text(index=index, reason="The resident asked for it to go.", by=city.chloe)
    text = client.get(private(done)).content.decode()
    assert WORDS not in text
    assert "These words were erased" in text


def test_where_everybody_had_a_part_the_page_says_so(client: Client, city: City) -> None:
    decision(city, city.chloe, city.nora)
    done = filed(city, kind=ComplaintKind.DECISION, entry=entry_of("vote.cast"))
    assert "everybody who may answer" not in client.get(private(done)).content.decode()
    User.objects.filter(pk=city.dev.pk).update(is_active=False)
    assert "everybody who may answer" in client.get(private(done)).content.decode()


def test_the_secret_stays_out_of_the_applications_log(
    client: Client, city: City, caplog: pytest.LogCaptureFixture
) -> None:
    done = filed(city)
    request = client.get(private(done)).wsgi_request
    assert path_told(request) == "complaints/<str:secret>/"
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            client.post(reverse("complaint-withdraw", args=[done.secret]))
        client.get(private(done))
    assert done.secret not in "".join(
        line.getMessage() for line in caplog.records if "lamplight" in line.name
    )


# --- the desk ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ana", "ben", "eve"])
def test_the_desk_is_closed_to_everybody_else(city: City, who: str) -> None:
    number, client = filed(city).complaint.pk, as_person(getattr(city, who))
    before = LedgerEntry.objects.count()
    assert client.get("/complaints/").status_code == (200 if who == "eve" else 403)
    assert WORDS not in client.get("/complaints/").content.decode()
    for address in (f"/complaints/{number}/", f"/complaints/{number}/take", f"/complaints/{number}/answer"):
        method = client.get if address.endswith("/") else client.post
        assert method(address).status_code == 403
    assert LedgerEntry.objects.count() == before


def test_the_navigation_leads_there_whoever_may_answer_and_counts_what_waits(city: City) -> None:
    filed(city)
    chloe = as_person(city.chloe).get("/record/").content.decode()
    assert '<a href="/complaints/">Complaints <span class="count">1' in chloe
    assert "/complaints/" not in as_person(city.ben).get("/record/").content.decode()


def test_who_had_a_part_neither_lists_nor_reads_it(city: City) -> None:
    decision(city, city.chloe)
    number = filed(city, kind=ComplaintKind.DECISION, entry=entry_of("vote.cast")).complaint.pk
    chloe = as_person(city.chloe)
    desk = chloe.get("/complaints/").content.decode()
    assert f"/complaints/{number}/" not in desk
    assert "1 more is about something you had a part in" in desk
    page = chloe.get(f"/complaints/{number}/")
    assert page.status_code == 403
    assert WORDS not in page.content.decode()
    assert WORDS in as_person(city.dev).get(f"/complaints/{number}/").content.decode()


def test_taking_and_answering_by_form(city: City) -> None:
    done, chloe = filed(city, contact="me@example.org"), as_person(city.chloe)
    address = f"/complaints/{done.complaint.pk}/"
    page = chloe.get(address).content.decode()
    assert "Take this complaint" in page
    assert "me@example.org" in page
    assert chloe.post(address + "take").status_code == 302
    assert "Answer and close" in chloe.get(address).content.decode()
    assert "Chloe Board has taken it" in as_person(city.dev).get(address).content.decode()
    sent = {"outcome": "upheld", "reason": WHY, "remedy": REMEDY}
    assert chloe.post(address + "answer", sent).status_code == 302
    text = Client().get(private(done)).content.decode()
    assert "answered: upheld" in text
    assert WHY in text
    assert REMEDY in text


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"outcome": ""}, 422, "Choose an outcome"),
        ({"reason": "No."}, 422, "Write your reason"),
        ({"remedy": ""}, 422, "what will be done"),
    ],
)
def test_a_refused_answer_keeps_what_was_typed(
    city: City, changes: dict[str, str], status: int, said: str
) -> None:
    number = taken(city).pk
    sent = {"outcome": "upheld", "reason": WHY, "remedy": REMEDY, **changes}
    page = as_person(city.chloe).post(f"/complaints/{number}/answer", sent)
    assert page.status_code == status
    text = page.content.decode()
    assert said in text
    assert sent["reason"] in text
    assert sent["remedy"] in text


def test_a_second_taker_is_told_who_answers_it(city: City) -> None:
    number = taken(city).pk
    page = as_person(city.dev).post(f"/complaints/{number}/take")
    assert page.status_code == 409
    assert "Chloe Board has taken it" in page.content.decode()


def test_the_desk_costs_the_same_for_one_complaint_and_for_many(city: City) -> None:
    decision(city)
    filed(city, entry=entry_of("request.opened"))
    once = queries_of(Client(), city.chloe, "/complaints/")
    for _ in range(5):
        filed(city, entry=entry_of("request.opened"))
    assert queries_of(Client(), city.chloe, "/complaints/") == once


def test_nothing_that_was_written_is_on_a_public_page(client: Client, city: City) -> None:
    done = filed(city)
    pages = ["/record/", FORM, "/public/rivermark/", "/public/rivermark/complaints/", "/api/v1/record"]
    pages += [f"/record/{row.index}/" for row in LedgerEntry.objects.all()]
    pages += [f"/api/v1/record/{row.index}" for row in LedgerEntry.objects.all()]
    assert LedgerText.objects.filter(text__contains=WORDS).exists()
    for page in pages:
        text = client.get(page).content.decode()
        assert WORDS not in text
        assert done.secret not in text
