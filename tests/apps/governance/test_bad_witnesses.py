"""Witnesses that are slow, lie, refuse or lead elsewhere: nothing of theirs is kept, and the reason is plain."""

import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from governance import published_log, witnesses
from governance.core.refusals import Refused
from governance.core.witness_policy import Witness, parse_policy
from governance.core.witness_protocol import SIZE_TYPE, WitnessRefused
from governance.models import Checkpoint, Cosignature, LedgerEntry, Publication
from governance.selectors import scheduler_account
from governance.services.publish_tiles import publish_tiles
from governance.services.request_cosignature import request_cosignature
from governance.services.sign_checkpoint import sign_checkpoint
from tests import witness_manners as bad
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.apps.governance.test_witnesses import BOTH, cosigners, problem_of, turn
from tests.cast import City
from tests.factories.log import alarm_sentence
from tests.witness import Response
from tests.witness_server import Manner, Pace, Witnesses, WitnessServer

SOON, LONG = 0.3, 60.0  # seconds for an answer


def asked_of(watched: Witnesses, name: str) -> Witness:
    """Return a witness as the policy gives it."""
    return next(each for each in parse_policy(watched.policy_file.read_text()).witnesses if each.name == name)


# --- slow -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("pace", [bad.silent, bad.dribbles_all, bad.dribbles_the_body, bad.says_wait])
def test_a_slow_witness_is_given_its_seconds_and_no_more(
    watched: Witnesses, monkeypatch: pytest.MonkeyPatch, pace: Pace
) -> None:
    monkeypatch.setattr(witnesses, "SECONDS", SOON)
    watched["north"].pace = pace
    assert turn(3) == 0
    assert "gave no whole answer within 0.3 seconds" in problem_of("witness north")
    assert list(Cosignature.objects.values_list("witness", flat=True)) == ["south"]
    assert watched["north"].gave_up.wait(LONG), "we hung up; nothing goes on behind our back"


@pytest.mark.django_db
@pytest.mark.parametrize("pace", [bad.dribbles_all, bad.dribbles_the_body, bad.says_wait])
def test_the_same_witness_is_believed_where_its_seconds_suffice(
    watched: Witnesses, monkeypatch: pytest.MonkeyPatch, pace: Pace
) -> None:
    monkeypatch.setattr(witnesses, "SECONDS", LONG)
    watched["north"].pace = pace
    assert turn(3) > 0
    assert cosigners(published_log.published_note(), watched) == BOTH


@contextmanager
def asking(watched: Witnesses, *, inside: bool = False) -> Iterator[threading.Thread]:
    """Ask a silent witness from a connection of its own; `inside`: within a deed that has taken its number."""
    watched["north"].pace = bad.silent

    def ask() -> None:
        try:
            with transaction.atomic():
                if inside:
                    write_entries(1)
                request_cosignature(witness=asked_of(watched, "north"), by=scheduler_account())
        finally:
            connections.close_all()

    thread = threading.Thread(target=ask)
    thread.start()
    while not watched["north"].heard:
        assert thread.is_alive()
        threading.Event().wait(0.01)
    yield thread
    watched["north"].down()
    thread.join(LONG)


def do_a_deed() -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
        write_entries(1)


def sign_and_write_tiles() -> None:
    write_entries(3)
    assert sign_checkpoint(by=scheduler_account()) is not None
    assert publish_tiles(by=scheduler_account()) is not None


@pytest.mark.usefixtures("fresh_database")
def test_deeds_and_signatures_go_on_while_a_witness_says_nothing(
    watched: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses, "SECONDS", LONG)
    sign_and_write_tiles()
    with asking(watched) as thread:
        do_a_deed()
        assert sign_checkpoint(by=scheduler_account()) == Checkpoint.objects.get(size=4)
        assert thread.is_alive()
        assert not watched["north"].gave_up.is_set(), "all that, while the witness was being waited for"


@pytest.mark.usefixtures("fresh_database")
def test_a_deed_that_asked_a_witness_would_hold_up_all_others(
    watched: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses, "SECONDS", LONG)
    sign_and_write_tiles()
    with asking(watched, inside=True), pytest.raises(OperationalError, match="lock timeout"):
        do_a_deed()


# --- lying ----------------------------------------------------------------------------------------------------

LIES = [
    (bad.by_another_key, "is not valid for this checkpoint"),
    (bad.of_a_stranger, "answered without a cosignature of its key"),
    (bad.over_another_checkpoint, "is not valid for this checkpoint"),
    (bad.in_the_future, "dates its cosignature in the future"),
    (bad.at_time_zero, "bears no time that a witness can mean (0)"),
    (bad.garbage, "sent a cosignature that does not count"),
    (bad.nothing, "answered without a cosignature of its key"),
    (bad.spoiled, "is not valid for this checkpoint"),
    (bad.without_end, "an answer of more than 65536 bytes"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("lie", "said"), LIES, ids=lambda each: getattr(each, "__name__", ""))
def test_the_word_of_a_lying_witness_is_neither_kept_nor_served(
    watched: Witnesses, settings: Any, client: Client, lie: Manner, said: str
) -> None:
    settings.LOG_WITHOUT_QUORUM = "proceed"
    watched["north"].manner = lie
    assert turn(3) > 0
    assert list(Cosignature.objects.values_list("witness", flat=True)) == ["south"]
    served = client.get("/log/checkpoint").content.decode()
    assert cosigners(served, watched) == BOTH[1:]
    assert served.count("\N{EM DASH}") == 2, "the log's line and the one of the honest witness"
    assert not Publication.objects.get().quorum_met
    problem = problem_of("witness north")
    assert said in problem
    assert problem.isprintable()
    assert html.escape(problem) in client.get("/record/").content.decode()


@pytest.mark.django_db
def test_the_honest_word_of_the_same_witness_is_kept(watched: Witnesses) -> None:
    assert turn(3) > 0
    assert Cosignature.objects.filter(witness="north").exists()


# --- refusing -------------------------------------------------------------------------------------------------

REFUSALS = [
    (400, "finds the request malformed"),
    (403, "send whoever keeps it the public key of the log"),
    (404, "ask whoever keeps it to add the log"),
    (429, "asks to be called less often"),
    (500, "is out of order"),
    (502, "is out of order"),
    (302, "check its address in the policy"),
    (204, "check its address in the policy"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "said"), REFUSALS)
def test_a_refusal_is_noted_in_plain_words_and_asked_again(
    watched: Witnesses, status: int, said: str
) -> None:
    watched["north"].manner = bad.refuses(status, b"\x00<script>no</script>\xff\n")
    assert turn(3) == 0
    problem = problem_of("witness north")
    assert said in problem
    assert f"HTTP status {status}" in problem
    assert problem.isprintable()
    assert "waits for the witnesses" in alarm_sentence()
    watched["north"].manner = WitnessServer.cosigns
    assert turn() > 0
    assert problem_of("witness north") == alarm_sentence() == ""


@pytest.mark.django_db
def test_what_is_no_answer_at_all_is_quoted_in_a_few_harmless_letters(watched: Witnesses) -> None:
    watched["north"].pace = bad.speaks_no_http
    assert turn(3) == 0
    problem = problem_of("witness north")
    assert "does not answer at http://127.0.0.1" in problem
    assert problem.isascii()
    assert problem.isprintable()
    assert len(problem) < 1_000


@pytest.mark.django_db
def test_a_redirect_is_not_followed(watched: Witnesses) -> None:
    watched["north"].manner = bad.refuses(302)
    turn(3)
    assert [each.path for each in watched["north"].heard] == ["/witness/add-checkpoint"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "size", [b"", b"many\n", b"-1\n", b"5", b"5\n6\n", b"05\n", "٣\n".encode(), b"9" * 40 + b"\n"]
)
def test_a_conflict_that_names_no_size_is_no_conflict(watched: Witnesses, size: bytes) -> None:
    watched["north"].manner = bad.refuses(409, size, SIZE_TYPE)
    assert turn(3) == 0
    assert "should name the size it cosigned last" in problem_of("witness north")
    assert "waits for the witnesses" in alarm_sentence()


@pytest.mark.django_db
def test_a_correction_is_followed_once(watched: Witnesses) -> None:
    sizes = iter(range(1, 10))

    def fickle(server: WitnessServer, body: bytes) -> Response:
        return bad.has_seen(next(sizes))(server, body)

    watched["north"].manner = fickle
    assert turn(3) == 0
    assert watched["north"].asked_from == [0, 1]
    assert "names first one size as the last it cosigned, and then another (2)" in problem_of("witness north")


# --- where it is asked ----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://",
        "http://:80/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[::1/",
        "http://127.0.0.1/\N{GREEK SMALL LETTER ALPHA}",
        "http://" + "a" * 300 + "/",
        "//127.0.0.1/",
    ],
)
def test_an_address_that_is_none_is_refused_and_leads_nowhere(watched: Witnesses, url: str) -> None:
    turn(3)
    asked = witnesses.Asked(Checkpoint.objects.get().size, Checkpoint.objects.get().note)
    with pytest.raises(WitnessRefused, match="does not answer at"):
        witnesses.ask(Witness("north", watched["north"].key, url), asked, seen=0)


@pytest.mark.django_db
def test_a_proxy_in_the_environment_gets_to_hear_nothing(
    watched: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, watched["south"].url)
    assert turn(3) > 0
    assert len(watched["south"].heard) == 1


@pytest.mark.django_db
def test_a_witness_without_an_address_is_not_asked(watched: Witnesses) -> None:
    text = watched.policy_file.read_text()
    watched.policy_file.write_text(text.replace(f" {watched['north'].url}", ""))
    assert turn(3) == 0
    assert not watched["north"].heard
    assert "waits for the witnesses" in alarm_sentence()


def test_only_a_service_account_asks_a_witness(city: City, watched: Witnesses) -> None:
    turn(3)
    heard = len(watched["north"].heard)
    with pytest.raises(Refused):
        request_cosignature(witness=asked_of(watched, "north"), by=city.chloe)
    assert len(watched["north"].heard) == heard
    before = LedgerEntry.objects.count()
    request_cosignature(witness=asked_of(watched, "north"), by=city.scheduler)
    assert LedgerEntry.objects.count() == before, "to operate the log is no deed"
