"""E-mail to a real mail server on a real socket: what it says, what fails, and two workers at once."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config import env
from governance import mail
from governance.core.delivery import MOST_ATTEMPTS
from governance.core.holds import Scope
from governance.core.notices import Occasion
from governance.core.refusals import Refused
from governance.models import Hold, LedgerEntry, Notice, User
from governance.services.choose_mail import choose_mail
from governance.services.read_notices import read_notices
from governance.tasks import send_notices, tell_waiting
from governance.telling import tell_now
from tests.apps.governance.board import build_board_city, person
from tests.apps.governance.test_notices import complain, names, tell
from tests.apps.governance.test_races import at_once
from tests.apps.governance.test_voting import open_plan
from tests.cast import City, build_city
from tests.factories.board import hold
from tests.mail_server import SITE, Postbox, free_port, listening, mail_server, mail_to

MAIL = {"LAMPLIGHT_MAIL_HOST": "mail.example"}
COMPLETE = MAIL | {"LAMPLIGHT_MAIL_FROM": "l@city.example", "LAMPLIGHT_SITE_URL": "https://l.city.example/"}


@pytest.fixture
def box() -> Iterator[Postbox]:
    with mail_server() as found:
        yield found


def due_again() -> None:
    """Let the pause before the next attempt be over."""
    Notice.objects.filter(mail=Notice.Mail.WAITING).update(next_try_at=timezone.now())


# --- what an e-mail says ---------------------------------------------------------------------------------------


def test_a_vote_that_waits_is_told_by_email_once(city: City, box: Postbox) -> None:
    open_plan(city)
    assert tell_waiting() == 1
    assert send_notices() == 1
    assert (tell_waiting(), send_notices()) == (0, 0)
    (letter,) = box.letters
    notice = Notice.objects.get()
    assert (letter["To"], letter["From"]) == ("ben@example.org", "Lamplight <lamplight@city.example>")
    assert letter["Subject"] == "Replay: Your vote is asked for on a deployment plan"
    assert letter["Message-ID"] == f"<notice-{notice.pk}@city.example>"
    text = letter.get_content()
    assert f"{SITE}/notices/{notice.pk}/" in text
    assert "waits for your vote until Friday 14 June, 11:00" in text
    assert (notice.mail, notice.attempts, bool(notice.sent_at)) == (Notice.Mail.SENT, 1, True)


def test_no_email_holds_a_place_a_district_a_person_or_what_somebody_wrote(city: City, box: Postbox) -> None:
    open_plan(city)
    hold(city, Scope.DISTRICT, "central")
    complain(city)
    tell(city)
    mail.send_waiting()
    assert len(box.letters) == 1 + 4 + 3
    for letter in box.letters:
        said = f"{letter['Subject']}\n{letter.get_content()}"
        for secret in ("central", "tonight", "rosa", "patrols", "double stops", "chloe", "rivermark"):
            assert secret not in said.lower()
        assert re.findall(r"https?://\S+", said) == [f"{SITE}/notices/{number_in(said)}/"]


def number_in(said: str) -> str:
    found = re.search(r"/notices/(\d+)/", said)
    assert found
    return found[1]


def test_who_wants_no_email_gets_none_but_what_duty_requires(city: City, box: Postbox) -> None:
    for who in (city.ben, city.nora, city.ana):
        choose_mail(wanted=False, by=who)
    open_plan(city)
    hold(city)
    tell(city)
    mail.send_waiting()
    assert sorted(each["To"] for each in box.letters) == ["bea@example.org", "nora@example.org"]
    assert names(Occasion.HOLD_PLACED) == ["ana", "bea", "ben", "nora"]
    assert "cannot be switched off" in box.to("nora")[0].get_content()


def test_what_was_read_or_is_over_is_not_mailed_any_more(city: City, box: Postbox) -> None:
    open_plan(city)
    hold(city)
    tell(city)
    read_notices(by=city.ben)
    User.objects.filter(pk=city.bea.pk).update(is_active=False)
    mail.send_waiting()
    assert sorted(each["To"] for each in box.letters) == ["ana@example.org", "nora@example.org"]
    assert Notice.objects.filter(mail=Notice.Mail.SPARED).count() == 3


def test_one_connection_carries_a_whole_turn(
    city: City, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(city)
    tell(city)
    opened: list[int] = []
    get_connection = django_mail.get_connection

    def counted() -> object:
        found = get_connection()
        opened.append(1)
        return found

    monkeypatch.setattr(mail, "get_connection", counted)
    assert mail.send_waiting() == 4
    assert len(opened) == 1


# --- at once ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fresh_database")
def test_a_hold_is_mailed_as_soon_as_it_is_placed(box: Postbox) -> None:
    city = build_city()
    hold(city)
    assert sorted(each["To"] for each in box.letters) == [
        "ana@example.org",
        "bea@example.org",
        "ben@example.org",
        "nora@example.org",
    ]
    assert (tell_waiting(), send_notices(), len(box.letters)) == (0, 0, 4)


@pytest.mark.usefixtures("fresh_database")
def test_a_break_glass_is_mailed_after_the_commit_and_not_before(box: Postbox) -> None:
    city = build_city()
    with transaction.atomic():
        tell_now(Occasion.BREAK_GLASS, jurisdiction=city.jurisdiction, subject="1", number=1, by=city.chloe)
        assert not box.letters
    assert sorted(each["To"] for each in box.letters) == ["dev@example.org", "nora@example.org"]


@pytest.mark.usefixtures("fresh_database")
def test_a_deed_that_fails_mails_nothing(box: Postbox) -> None:
    city = build_city()
    with pytest.raises(Refused):
        hold(city, Scope.DISTRICT, "nowhere")
    assert not box.letters


# --- failures --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fresh_database")
def test_a_mail_server_that_is_down_fails_no_deed_and_gets_everything_later() -> None:
    city, port = build_city(), free_port()
    before = LedgerEntry.objects.count()
    with mail_to(port):
        placed = hold(city)
        assert (Hold.objects.get(), LedgerEntry.objects.count()) == (placed, before + 1)
        assert Notice.objects.filter(mail=Notice.Mail.WAITING).count() == 4
        tried = Notice.objects.exclude(problem="").get()
        assert tried.attempts == 1, "a server that does not answer is asked once in a turn"
        assert "Connection refused" in tried.problem
        assert tried.next_try_at
        assert tried.next_try_at > timezone.now() + timedelta(seconds=30)
        box = Postbox()
        with listening(box, port):
            due_again()
            assert send_notices() == 4
        assert len(box.letters) == 4


@pytest.mark.usefixtures("db")
def test_after_seven_attempts_it_is_given_up_and_the_administrator_sees_it(client: Client) -> None:
    city, port = build_board_city(), free_port()
    with mail_to(port):
        open_plan(city)
        tell(city)
        for attempt in range(1, MOST_ATTEMPTS + 1):
            due_again()
            assert mail.send_waiting() == 0
            assert Notice.objects.get().attempts == attempt
        assert Notice.objects.get().mail == Notice.Mail.FAILED
        due_again()
        assert mail.send_waiting() == 0
        client.force_login(person("amir"))
        said = client.get(reverse("mail")).content.decode()
        assert "1 e-mail could not be delivered" in said
        assert "Connection refused" in said
        assert "Ben Supervisor" in said
        assert "Central" not in said
        client.post(reverse("mail-retry", args=[Notice.objects.get().pk]))
        box = Postbox()
        with listening(box, port):
            assert mail.send_waiting() == 1
        assert "E-mail works" in client.get(reverse("mail")).content.decode()


def test_an_address_that_is_refused_for_good_is_given_up_and_the_others_arrive(
    city: City, box: Postbox
) -> None:
    box.refuses["ana@example.org"] = "550 5.1.1 no such box"
    box.refuses["bea@example.org"] = "450 4.2.1 come back later"
    hold(city)
    tell(city)
    assert mail.send_waiting() == 2
    rows = {row.user_id: row for row in Notice.objects.all()}
    ana, bea = rows[city.ana.pk], rows[city.bea.pk]
    assert (ana.mail, ana.problem) == (Notice.Mail.FAILED, "The mail server said 550: 5.1.1 no such box")
    assert (bea.mail, bea.attempts) == (Notice.Mail.WAITING, 1)
    box.refuses.clear()
    due_again()
    assert mail.send_waiting() == 1
    assert not box.to("ana")


def test_a_mail_server_that_takes_no_message_is_tried_again(city: City, box: Postbox) -> None:
    box.data_says = "452 4.3.1 out of space"
    open_plan(city)
    tell(city)
    assert mail.send_waiting() == 0
    assert Notice.objects.get().problem == "The mail server said 452: 4.3.1 out of space"
    box.data_says = "250 OK"
    due_again()
    assert mail.send_waiting() == 1


def test_a_worker_that_died_leaves_its_email_to_the_next(city: City, box: Postbox) -> None:
    open_plan(city)
    tell(city)
    assert mail._claim(None)
    assert mail.send_waiting() == 0, "it is claimed"
    due_again()
    assert mail.send_waiting() == 1


def test_one_that_kills_every_worker_is_given_up(city: City, box: Postbox) -> None:
    open_plan(city)
    tell(city)
    for _ in range(MOST_ATTEMPTS):
        due_again()
        assert mail._claim(None)
    due_again()
    assert mail.send_waiting() == 0
    assert Notice.objects.get().mail == Notice.Mail.FAILED


def test_without_a_mail_server_nothing_waits_and_nothing_is_sent(city: City) -> None:
    open_plan(city)
    tell(city)
    with CaptureQueriesContext(connection) as queries:
        assert send_notices() == 0
    assert not queries
    assert Notice.objects.get().mail == Notice.Mail.NONE


# --- two at once -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fresh_database")
def test_two_workers_that_tell_and_send_at_once_send_one_email_each(box: Postbox) -> None:
    city = build_city()
    for number in range(20):
        open_plan(city, format(number, "064x"))
    at_once(tell_waiting, tell_waiting)
    assert Notice.objects.count() == 20
    sent = at_once(send_notices, send_notices)
    assert sum(each for each in sent if isinstance(each, int)) == 20
    assert len(box.letters) == len({each["Message-ID"] for each in box.letters}) == 20


@pytest.mark.usefixtures("fresh_database")
def test_the_same_told_twice_at_once_is_told_once(box: Postbox) -> None:
    """Past the schedule's own lock: what two deeds tell at once, the table's key tells once."""
    city = build_city()
    news: dict[str, Any] = {"jurisdiction": city.jurisdiction, "number": 1, "by": city.chloe}
    for number in range(10):
        told = partial(transaction.atomic(tell_now), Occasion.BREAK_GLASS, subject=str(number), **news)
        at_once(told, told)
    assert Notice.objects.count() == 20
    assert len(box.letters) == 20


# --- settings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["LAMPLIGHT_MAIL_FROM", "LAMPLIGHT_SITE_URL"])
def test_a_mail_server_without_its_sender_or_the_sites_address_says_how_to_fix_it(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(env, "_VALUES", {name: value for name, value in COMPLETE.items() if name != missing})
    with pytest.raises(ImproperlyConfigured, match=f"need {missing} too. Set it"):
        env.mail()


def test_a_complete_mail_server_is_read_with_encryption_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "_VALUES", COMPLETE)
    found = env.mail()
    assert (found.port, found.security, found.site) == (587, "starttls", "https://l.city.example")


def test_no_mail_server_needs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "_VALUES", {})
    assert env.mail().host == ""


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LAMPLIGHT_MAIL_PORT", "x", "whole number such as 587"),
        ("LAMPLIGHT_MAIL_SECURITY", "ssl", "starttls or tls or none"),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setattr(env, "_VALUES", COMPLETE | {name: value})
    with pytest.raises(ImproperlyConfigured, match=said):
        env.mail()


def test_a_password_never_travels_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {"LAMPLIGHT_MAIL_PASSWORD": "x", "LAMPLIGHT_MAIL_SECURITY": "none"}
    monkeypatch.setattr(env, "_VALUES", COMPLETE | more)
    with pytest.raises(ImproperlyConfigured, match="in the clear"):
        env.mail()
