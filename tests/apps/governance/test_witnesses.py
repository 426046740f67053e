"""Witnesses over real HTTP: what they cosign is published as their policy asks, and what they do not is held back."""

import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from forecasting.selectors.scores import was_sealed_before
from governance import published_log
from governance.core.cosignature import cosignatures_on
from governance.models import Cosignature, LogHealth, Publication
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.cast import City
from tests.factories.forecasts import add_run
from tests.factories.log import alarm_sentence
from tests.witness_manners import hangs_up
from tests.witness_server import Witnesses, at_once


def turn(new: int = 0) -> int:
    """Let some deeds happen and the log take one turn; return how many entries are published."""
    write_entries(new)
    return publish_log()


def problem_of(part: str) -> str:
    return LogHealth.objects.get(part=part).problem


def cosigners(note: str | None, witnesses: Witnesses) -> list[str]:
    """Return who cosigned a note, by the names of their keys."""
    assert note is not None
    keys = [each.key for each in witnesses.each.values()]
    return [each.key.name for each in cosignatures_on(note, witnesses.log_key, keys)]


def verdict_of(verifier: Path, *arguments: str | Path) -> str:
    """Run the verifier for strangers where it was downloaded to; return its verdict, and then its words."""
    done = subprocess.run(
        [sys.executable, str(verifier), *map(str, arguments)], capture_output=True, text=True
    )
    verdict = ("VERIFIED", "NOT VERIFIED", "COULD NOT BE CHECKED")[done.returncode]
    return f"{verdict}\n{done.stdout}{done.stderr}"


BOTH = ["north.example/witness", "south.example/witness"]


# --- the good path ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_witness_is_first_asked_from_nothing_and_then_from_what_it_cosigned(watched: Witnesses) -> None:
    first = turn(3)
    second = turn(300)
    third = turn(1)
    assert first < second < third
    assert watched["north"].asked_from == watched["south"].asked_from == [0, first, second]
    assert watched["north"].size(watched.log_key.name) == third
    assert all(Publication.objects.values_list("quorum_met", flat=True))


@pytest.mark.django_db
def test_a_checkpoint_that_is_cosigned_is_not_sent_again(watched: Witnesses) -> None:
    turn(3)
    turn()
    assert len(watched["north"].heard) == 1
    assert Publication.objects.count() == 1


@pytest.mark.django_db
def test_cosignatures_are_kept_and_served_with_the_checkpoint_and_with_proofs(
    watched: Witnesses, client: Client
) -> None:
    turn(3)
    assert set(Cosignature.objects.values_list("witness", flat=True)) == {"north", "south"}
    checkpoint = client.get("/log/checkpoint").content.decode()
    assert cosigners(checkpoint, watched) == BOTH
    assert checkpoint == published_log.published_note() == Publication.objects.get().note
    proof = client.get("/log/entries/2/proof").content.decode()
    assert proof.endswith(checkpoint)
    lines = Cosignature.objects.order_by("id").values_list("line", flat=True)
    assert proof.endswith("".join(lines))


@pytest.mark.django_db
def test_a_stranger_verifies_the_log_and_an_entry_by_the_served_policy_and_by_no_other(
    watched: Witnesses, client: Client, tmp_path: Path
) -> None:
    turn(300)
    names = ("policy", "verify_lamplight.py", "entries/7", "entries/7/proof")
    policy, verifier, entry, proof = (tmp_path / f"downloaded-{name.replace('/', '-')}" for name in names)
    for name, path in zip(names, (policy, verifier, entry, proof), strict=True):
        path.write_bytes(client.get(f"/log/{name}").content)
    others = Witnesses(watched.log_key, tmp_path / "elsewhere", ("east",))
    others.down()
    for command in (("proof", entry, proof), ("log", published_log.public_folder())):
        assert verdict_of(verifier, *command, "--policy", policy).startswith("VERIFIED")
        said = verdict_of(verifier, *command, "--policy", others.ask_for("all"))
        assert said.startswith("NOT VERIFIED")
        assert "Traceback" not in said


@pytest.mark.django_db
def test_a_witness_that_has_lost_its_memory_is_asked_again_from_where_it_stands(watched: Witnesses) -> None:
    first = turn(3)
    watched["north"].forget()
    second = turn(2)
    assert watched["north"].asked_from == [0, first, 0]
    assert Publication.objects.filter(checkpoint__size=second, quorum_met=True).exists()


@pytest.mark.django_db
def test_a_witness_that_has_seen_more_than_we_remember_is_asked_again_from_there(watched: Witnesses) -> None:
    first = turn(3)
    LogHealth.objects.all().delete()
    second = turn(2)
    assert watched["north"].asked_from == [0, 0, first]
    assert Publication.objects.filter(checkpoint__size=second, quorum_met=True).exists()


@pytest.mark.django_db
def test_a_cosignature_lost_on_its_way_is_given_again(watched: Witnesses) -> None:
    watched["north"].pace = hangs_up
    assert turn(3) == 0
    size = watched["north"].size(watched.log_key.name)
    assert size > 0
    assert list(Cosignature.objects.values_list("witness", flat=True)) == ["south"]
    watched["north"].pace = at_once
    assert turn() == size
    assert watched["north"].asked_from == [0, 0, size]


@pytest.mark.django_db
def test_a_witness_goes_on_after_a_restart_from_what_it_kept_on_disk(watched: Witnesses) -> None:
    first = turn(3)
    watched["north"].down()
    watched["north"].up()
    turn(2)
    assert watched["north"].asked_from == [0, first]
    assert Publication.objects.filter(quorum_met=True).count() == 2


# --- the quorum ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("without", ["wait", "proceed"])
@pytest.mark.parametrize(
    ("needed", "absent", "met"),
    [
        ("any", ["a"], True),
        ("any", ["a", "b"], True),
        ("any", ["a", "b", "c"], False),
        ("all", [], True),
        ("all", ["b"], False),
        ("all", ["a", "c"], False),
        ("2", ["c"], True),
        ("2", ["a", "c"], False),
        ("none", ["a", "b", "c"], True),
    ],
)
def test_the_policy_decides_whose_absence_matters(
    settings: Any, tmp_path: Path, needed: str, absent: list[str], without: str, *, met: bool
) -> None:
    three = Witnesses(published_log.log_key().verification_key, tmp_path, ("a", "b", "c"))
    settings.LOG_POLICY_FILE, settings.LOG_WITHOUT_QUORUM = str(three.ask_for(needed)), without
    for name in absent:
        three[name].down()
    size = turn(2)
    three.down()
    assert (size > 0) == (met or without == "proceed")
    assert list(Publication.objects.values_list("quorum_met", flat=True)) == ([met] if size else [])
    assert sorted(Cosignature.objects.values_list("witness", flat=True)) == sorted(
        {"a", "b", "c"} - set(absent)
    )
    for name in absent:
        assert "does not answer" in problem_of(f"witness {name}")


@pytest.mark.django_db
def test_publishing_waits_for_absent_witnesses_says_so_and_catches_up(watched: Witnesses) -> None:
    first = turn(3)
    before = published_log.published_note()
    watched.down()
    assert turn(4) == first
    assert turn(300) == first
    assert published_log.published_note() == before
    assert Publication.objects.count() == 1
    assert "waits for the witnesses" in alarm_sentence()
    assert "does not answer" in problem_of("witness south")
    failing_since = LogHealth.objects.get(part="witness south").failing_since
    for server in watched.each.values():
        server.up()
    last = turn()
    assert last > first + 300
    assert alarm_sentence() == problem_of("witness south") == ""
    assert failing_since is not None
    assert LogHealth.objects.get(part="witness south").failing_since is None
    assert watched["south"].asked_from[-1] == first
    assert cosigners(published_log.published_note(), watched) == BOTH


@pytest.mark.django_db
def test_a_published_file_that_is_cut_short_stops_the_turn_that_needs_it_for_a_proof_and_says_so(
    watched: Witnesses, settings: Any
) -> None:
    settings.LOG_WITHOUT_QUORUM = "proceed"
    turn(300)
    watched["north"].down()
    size = turn(300)
    watched["north"].up()  # and is proved to from the first size on
    tile = published_log.public_folder() / "tile/0/001"
    data = tile.read_bytes()
    tile.write_bytes(data[:-1])
    assert turn(3) == size
    assert "The published file tile/0/001 holds other bytes than this database gives" in alarm_sentence()
    tile.write_bytes(data)
    assert turn() > size
    assert alarm_sentence() == ""


@pytest.mark.django_db
def test_publishing_proceeds_where_the_operator_says_so_and_again_when_the_witnesses_come(
    watched: Witnesses, settings: Any
) -> None:
    settings.LOG_WITHOUT_QUORUM = "proceed"
    watched["south"].down()
    size = turn(3)
    assert size > 0
    assert not Publication.objects.get().quorum_met
    assert cosigners(published_log.published_note(), watched) == BOTH[:1]
    assert alarm_sentence() == "", "what the operator chose is no alert"
    watched["south"].up()
    assert turn() == size
    assert list(Publication.objects.values_list("quorum_met", flat=True)) == [False, True]
    assert cosigners(published_log.published_note(), watched) == BOTH
    assert turn() == size
    assert Publication.objects.count() == 2


@pytest.mark.parametrize(
    ("back_after", "sealed"), [(timedelta(minutes=59), True), (timedelta(minutes=61), False)]
)
def test_a_forecast_is_sealed_only_if_its_quorum_came_before_its_window(
    real_clock_city: City,
    watched: Witnesses,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    back_after: timedelta,
    *,
    sealed: bool,
) -> None:
    settings.LOG_WITHOUT_QUORUM = "proceed"
    start = timezone.now()
    run = add_run(real_clock_city, flagged=lambda x, y: x < 0.5, window_start=start + timedelta(hours=1))
    watched["north"].down()
    assert turn() > run.ledger_index
    assert not was_sealed_before(run), "published, and not cosigned by the quorum"
    watched["north"].up()

    def later() -> datetime:
        return start + back_after

    monkeypatch.setattr(timezone, "now", later)
    turn()
    assert Publication.objects.filter(quorum_met=True).exists()
    assert was_sealed_before(run) is sealed


# --- the policy file ----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            lambda text: text.replace("group town all north", "group town all nobody"),
            "Line 4 of the policy: 'nobody'",
        ),
        (lambda text: text.replace("quorum town", "quorum city"), "Line 5 of the policy: 'city'"),
        (lambda text: text.replace("all north", "3 north"), "Line 4 of the policy: '3' of 2 members"),
        (lambda text: text.replace("http://", "ftp://"), "Line 2 of the policy: 'ftp://"),
        (lambda text: text.replace("north.example", "south.example"), "Line 2 of the policy: The key ID"),
        (lambda text: "please\n" + text, "Line 1 of the policy: 'please'"),
        (lambda text: text.replace("quorum town\n", ""), "no quorum"),
        (lambda text: text.split("\n", 1)[1], "lists no log"),
        (lambda text: "", "no quorum"),
        (lambda text: text.replace(" north ", f" {'n' * 201} "), "has more than 200 letters"),
        (lambda text: text + "\udcff", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_policy_that_cannot_be_used_stops_the_publication_and_says_where(
    watched: Witnesses, caplog: pytest.LogCaptureFixture, wrong: Any, said: str
) -> None:
    size = turn(3)
    asked = len(watched["north"].heard)
    text = watched.policy_file.read_text()
    if wrong is None:
        watched.policy_file.unlink()
    else:
        watched.policy_file.write_bytes(wrong(text).encode(errors="surrogateescape"))
    assert turn(2) == size
    assert said in caplog.text
    assert "witness policy" in alarm_sentence()
    line = re.match(r"Line \d+", said)
    assert line is None or line[0].lower() in alarm_sentence()
    assert not {"'nobody'", "'city'", "'please'", "ftp:"} & set(alarm_sentence().split()), (
        "no word of the file"
    )
    assert len(watched["north"].heard) == asked, "nobody is asked by a policy that nobody can read"
    watched.policy_file.write_text(text)
    assert turn() > size
    assert alarm_sentence() == ""


@pytest.mark.django_db
def test_a_policy_for_another_key_of_this_log_stops_the_publication(
    watched: Witnesses, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LOG_SEED = bytes(reversed(settings.LOG_SEED))
    assert turn(3) == 0
    assert f"it names another key for {watched.log_key.name}" in caplog.text
    assert "not usable" in alarm_sentence()
    assert not watched["north"].heard
