"""A witness has seen another history than ours: nothing is published or signed until people decide."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from governance import log_health, published_log
from governance.core import checkpoint as state
from governance.core.note import SigningKey
from governance.core.refusals import Reason, Refused
from governance.models import Checkpoint, Cosignature, LedgerEntry, LogHealth, Publication
from governance.selectors import scheduler_account
from governance.services.publish_tiles import publish_tiles
from governance.services.request_cosignature import request_cosignature
from governance.services.sign_checkpoint import sign_checkpoint
from tests import witness_manners as bad
from tests.apps.governance.test_bad_witnesses import asked_of
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.apps.governance.test_witnesses import problem_of, turn
from tests.factories.log import alarm_sentence
from tests.witness import Response
from tests.witness_server import Witnesses, WitnessServer

SMALLER, AS_LARGE, LARGER = 2, 4, 300  # entries that the log grows by after it lost four


@contextmanager
def lost(folder: Path, kept: Path) -> Iterator[None]:
    """What happens inside is lost: the database and the published folder both come back from an older backup."""
    if folder.exists():
        shutil.copytree(folder, kept)
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)
    shutil.rmtree(folder)
    if kept.exists():
        shutil.copytree(kept, folder)


def signed_note(settings: Any) -> str:
    return Path(settings.LOG_FOLDER, "signed").read_text()


def shown_by(server: WitnessServer) -> str:
    """Return what a witness shows as the last checkpoint that it cosigned, without its own line at the end."""
    (file,) = server.folder.iterdir()
    return "".join(file.read_text().splitlines(keepends=True)[:-1])


@pytest.fixture
def rolled_back(watched: Witnesses, db: None, settings: Any, tmp_path: Path) -> int:
    """A log that two witnesses saw grow by four entries, which database and folder no longer hold; its size."""
    first = turn(3)
    with lost(settings.LOG_FOLDER, tmp_path / "backup"):
        assert turn(4) == first + 4
    assert LedgerEntry.objects.count() == first
    return first


def test_a_damaged_file_of_ours_is_not_taken_for_another_history(
    watched: Witnesses, db: None, settings: Any
) -> None:
    settings.LOG_WITHOUT_QUORUM = "proceed"
    turn(300)
    watched["north"].down()
    turn(300)
    before = signed_note(settings)
    tile = published_log.public_folder() / "tile/0/001"
    whole = tile.read_bytes()
    tile.write_bytes(whole[:3200] + bytes(32) + whole[3232:])
    watched["north"].up()
    turn(3)
    assert "tile/0/001 does not hold what the database gives" in alarm_sentence()
    assert "rewritten" not in alarm_sentence()
    assert signed_note(settings) != before, "the newer checkpoint of ours, not the one that a witness shows"
    tile.rename(tile.with_name("001.evidence"))
    size = turn(1)
    assert tile.read_bytes() == whole
    assert (size, alarm_sentence()) == (LedgerEntry.objects.count(), "")


@pytest.mark.parametrize("without", ["wait", "proceed"])
@pytest.mark.parametrize(
    ("grown", "said"),
    [
        (SMALLER, "The witness north has seen more of this log than we hold"),
        (AS_LARGE, "an older copy of it was restored and has grown differently"),
        (LARGER, "an older copy of it was restored and has grown differently"),
    ],
)
def test_a_rolled_back_log_is_not_published_and_the_reason_says_so(
    watched: Witnesses, rolled_back: int, settings: Any, client: Client, grown: int, said: str, without: str
) -> None:
    settings.LOG_WITHOUT_QUORUM = without
    before, rows = published_log.published_note(), Publication.objects.count()
    heard = len(watched["south"].heard)
    assert turn(grown) == rolled_back
    assert said in alarm_sentence()
    assert said in problem_of("witness north"), "its own state says so too"
    assert "Nothing is published" in alarm_sentence()
    assert published_log.KEEP in alarm_sentence()
    assert (published_log.published_note(), Publication.objects.count()) == (before, rows)
    assert not Cosignature.objects.filter(checkpoint__size__gt=rolled_back).exists()
    assert len(watched["south"].heard) == heard, "the other history is shown to nobody else"
    assert signed_note(settings) == shown_by(watched["north"]), (
        "its word is kept, since our own key signed it"
    )
    assert "older cop" in client.get("/record/").content.decode()


def test_what_the_witness_shows_stops_the_signing_and_every_deed(
    watched: Witnesses, rolled_back: int, settings: Any, client: Client
) -> None:
    turn(SMALLER - 1)
    signed, heard = Checkpoint.objects.count(), len(watched["north"].heard)
    with pytest.raises(Refused) as refusal:
        write_entries(1)
    assert refusal.value.reason is Reason.INCONSISTENT_LOG
    assert "It is an older copy" in refusal.value.message
    assert turn() == rolled_back
    assert Checkpoint.objects.count() == signed
    assert len(watched["north"].heard) == heard
    assert "Nothing was signed" in problem_of(log_health.SIGNING)
    assert "The witness north has seen more" in problem_of(log_health.PUBLISHING)
    assert "older copy" in client.get("/record/").content.decode()


def test_a_log_that_outgrew_the_lost_one_is_not_signed_again_either(
    watched: Witnesses, rolled_back: int, settings: Any
) -> None:
    turn(LARGER)
    signed = Checkpoint.objects.count()
    assert turn(5) == rolled_back
    assert Checkpoint.objects.count() == signed
    assert "no longer those that were signed" in alarm_sentence()


def test_the_lost_entries_brought_back_end_the_alert(
    watched: Witnesses, db: None, settings: Any, tmp_path: Path
) -> None:
    first = turn(3)
    with lost(settings.LOG_FOLDER, tmp_path / "backup"):
        second = turn(4)
        shutil.copytree(settings.LOG_FOLDER, tmp_path / "newer")
        leaves = list(LedgerEntry.objects.filter(index__gte=first).order_by("index"))
        states = list(Checkpoint.objects.filter(size=second))
    fork = transaction.savepoint()
    turn(1)
    assert alarm_sentence()
    transaction.savepoint_rollback(fork)
    LedgerEntry.objects.bulk_create(leaves)
    Checkpoint.objects.bulk_create(states)
    shutil.rmtree(settings.LOG_FOLDER)
    shutil.copytree(tmp_path / "newer", settings.LOG_FOLDER)
    assert turn() == second
    assert alarm_sentence() == ""


def test_a_history_rewritten_from_its_beginning_and_signed_again_is_noticed(
    watched: Witnesses, db: None, settings: Any, tmp_path: Path
) -> None:
    with lost(settings.LOG_FOLDER, tmp_path / "backup"):
        seen = turn(3)
    assert not LedgerEntry.objects.exists()
    assert turn(6) == 0
    assert watched["north"].asked_from == [0, 0, seen]
    assert "does not continue what it saw of the log" in alarm_sentence()
    assert "HTTP status 422" in alarm_sentence()
    assert not Publication.objects.exists()
    assert published_log.published_note() is None
    assert signed_note(settings) == shown_by(watched["north"])


def test_the_same_deeds_without_a_witness_are_published_unnoticed(
    watched: Witnesses, rolled_back: int, settings: Any
) -> None:
    settings.LOG_POLICY_FILE = str(watched.ask_for("none"))
    text = watched.policy_file.read_text()
    watched.policy_file.write_text("\n".join(each for each in text.split("\n") if "witness " not in each))
    assert turn(SMALLER) > rolled_back, "this is what the witnesses are for"


@pytest.mark.parametrize("forgetful", ["north", "south"])
def test_a_quorum_of_the_others_does_not_outweigh_one_who_saw_another_history(
    watched: Witnesses, rolled_back: int, settings: Any, forgetful: str
) -> None:
    settings.LOG_POLICY_FILE = str(watched.ask_for("any"))
    watched[forgetful].forget()
    assert turn(SMALLER) == rolled_back
    assert "has seen more of this log than we hold" in alarm_sentence()


# --- a witness's word without our signature ------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (bad.has_seen(10**9), "it says that it cosigned 1000000000 entries"),
        (bad.has_seen(0), "has cosigned 0 entries of this log before, and not the same ones"),
        (bad.refuses(422), "does not continue what it saw of the log"),
        (bad.refuses(409, b"conflict", "text/html"), "holds another state of the log"),
    ],
)
def test_a_claim_alone_stops_the_publication_and_nothing_else(
    watched: Witnesses, settings: Any, claim: Any, said: str
) -> None:
    settings.LOG_WITHOUT_QUORUM = "proceed"
    watched["north"].manner = claim
    assert turn(3) == 0
    alert, signed = alarm_sentence(), signed_note(settings)
    assert said in alert
    assert (
        "It shows no checkpoint of ours that proves it; if it is mistaken, take it out of the policy" in alert
    )
    assert turn(2) == 0, "deeds and signatures go on"
    assert signed_note(settings) == Checkpoint.objects.order_by("-size")[0].note != signed
    watched["north"].manner = WitnessServer.cosigns
    assert turn() > 0
    assert alarm_sentence() == ""


@pytest.mark.django_db
def test_a_witness_that_shows_a_signature_of_another_key_is_not_believed(
    watched: Witnesses, settings: Any
) -> None:
    size = turn(3)
    (kept,) = watched["north"].folder.iterdir()
    forger = SigningKey(watched.log_key.name, bytes(32))
    kept.write_text(state.signed(state.Checkpoint(watched.log_key.name, size + 50, bytes(32)), forger))
    watched["north"].manner = bad.has_seen(size + 50)
    assert turn(2) == size
    assert "It shows no checkpoint of ours that proves it" in alarm_sentence()
    assert signed_note(settings) == Checkpoint.objects.order_by("-size")[0].note


@pytest.mark.django_db
def test_a_witness_that_shows_what_we_hold_ourselves_changes_nothing(
    watched: Witnesses, settings: Any
) -> None:
    size = turn(3)
    watched["north"].manner = bad.refuses(422)
    assert turn(2) == size
    assert "It shows no checkpoint of ours that proves it" in alarm_sentence()
    assert signed_note(settings) == Checkpoint.objects.order_by("-size")[0].note


@pytest.mark.usefixtures("fresh_database")
def test_a_witness_that_another_process_of_ours_asked_first_is_no_cause_for_alarm(watched: Witnesses) -> None:
    by = scheduler_account()

    def overtaken(server: WitnessServer, body: bytes) -> Response:
        write_entries(2)
        signed = sign_checkpoint(by=by)
        connections.close_all()
        assert signed is not None
        return bad.has_seen(signed.size)(server, body)

    write_entries(3)
    sign_checkpoint(by=by)
    publish_tiles(by=by)
    watched["north"].manner = overtaken
    assert request_cosignature(witness=asked_of(watched, "north"), by=by) is None
    assert not LogHealth.objects.exclude(problem="").exists()
    watched["north"].manner = WitnessServer.cosigns
    publish_tiles(by=by)
    newest = request_cosignature(witness=asked_of(watched, "north"), by=by)
    assert newest is not None
    assert newest.checkpoint.size == 5
