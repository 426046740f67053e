"""The published log stays a valid log whatever happens to the machine it is published from."""

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from governance import published_log, witnesses
from governance.core.checkpoint import Checkpoint
from governance.models import LedgerEntry, Publication
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.journeys.faults import tracing
from tests.journeys.faults.power import Book
from tests.journeys.faults.published_folder import Outsider, StateByState, files_in, put_back
from tests.journeys.faults.tracing import FAIL, KILL, Point, Publisher, points
from tests.journeys.test_workers import address_of

# Between these sizes a turn completes two bundles, begins a third, and needs a second level of tiles.
BEFORE, AFTER = 250, 520
WRITING = ("openat", "write", "fsync", "close", "rename", "mkdir")
UNDO = (
    "ALTER TABLE governance_publication DISABLE TRIGGER append_only_row",
    "ALTER TABLE governance_checkpoint DISABLE TRIGGER append_only_row",
    "DELETE FROM governance_publication USING governance_checkpoint c WHERE c.id = checkpoint_id AND c.size > %(size)s",
    "DELETE FROM governance_checkpoint WHERE size > %(size)s",
    "DELETE FROM governance_loghealth",
    "ALTER TABLE governance_publication ENABLE ALWAYS TRIGGER append_only_row",
    "ALTER TABLE governance_checkpoint ENABLE ALWAYS TRIGGER append_only_row",
)


@dataclass
class Turn:
    """A publication that can be done again and again from the same beginning."""

    publisher: Publisher
    database: str
    seen: Checkpoint  # what the public saw before
    kept: Path  # the folder as it was then
    done: dict[str, bytes]  # the folder after an undisturbed turn
    check: Callable[[Path], object]
    tracing: list[str] = field(init=False)  # which calls count: those that touch the published folder

    def __post_init__(self) -> None:
        """Name every file that such a turn can touch."""
        self.tracing = tracing.below(self.publisher.folder, [*self.done, *files_in(self.kept)])

    @property
    def public(self) -> Path:
        """The folder that the public reads."""
        return self.publisher.folder / "public"

    def again(self) -> None:
        """Put database and folder back to where they were before the turn."""
        with psycopg.connect(settings.DATABASE_OWNER_URL, dbname=self.database, autocommit=True) as owner:
            for statement in UNDO:
                owner.execute(statement, {"size": self.seen.size})
        put_back(self.kept, self.publisher.folder)

    def calls(self) -> Counter[str]:
        """Count the calls of an undisturbed turn."""
        self.again()
        assert self.publisher.turn(*self.tracing) == 0
        return self.publisher.calls()

    def survives(self, point: Point) -> None:
        """Let the fault happen: what lies there then is a valid log, and the next turn completes it."""
        self.again()
        ended = self.publisher.turn(*self.tracing, point.option)
        happened = ended == -9 if point.fault == KILL else "(INJECTED)" in self.publisher.log.read_text()
        assert happened, f"{point} did not happen"
        try:
            self.check(self.public)
            assert self.publisher.turn() == 0, "the next turn failed"
            self.check_complete()
        except Exception as problem:
            problem.add_note(f"after {point}")
            raise

    def stays_safe(self, point: Point) -> None:
        """Let the fault happen and the next turn complete it: nothing is announced that a power cut could take."""
        self.again()
        public = [self.publisher.folder / name for name in self.done if not name.endswith("checkpoint")]
        book = Book(self.public / "checkpoint", frozenset(public))
        for options in ([point.option], []):
            self.publisher.turn(*self.tracing, "--decode-fds=path", *options)
            book.read(self.publisher.log.read_text().splitlines())
        lost = book.lost(self.publisher.folder / name for name in self.done)
        assert not lost, f"not safe after {point} and a whole turn: {sorted(lost)}"

    def check_complete(self) -> None:
        """Every byte is that of an undisturbed turn; only partial tiles may be left that a full one replaced."""
        found, before = files_in(self.publisher.folder), files_in(self.kept)
        assert {name: found.get(name) for name in self.done} == self.done
        left = {name: data for name, data in found.items() if name not in self.done}
        assert left.items() <= before.items(), f"left behind: {sorted(left)}"
        self.check(self.public)
        assert Publication.objects.latest("id").note.encode() == found["public/checkpoint"]


@pytest.fixture
def outsider(tmp_path: Path) -> Callable[[Path, Checkpoint], None]:
    """Everybody outside: our core, and the verifier for strangers as it is downloaded."""
    policy, verifier = tmp_path / "policy", tmp_path / "verify_lamplight.py"

    def accepts(public: Path, seen: Checkpoint) -> None:
        Outsider(published_log.log_key().verification_key, seen).accepts(public)
        policy.write_text(witnesses.policy_text())
        shutil.copy(published_log.verifier_file(), verifier)
        command = [sys.executable, verifier, "log", public, "--policy", policy]
        said = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr

    return accepts


@pytest.fixture
def turn(fresh_database: str, tmp_path: Path, outsider: Callable[[Path, Checkpoint], None]) -> Iterator[Turn]:
    """A log that was published and has grown since; the turn that publishes it was done once, undisturbed."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (make setup-test)")
    folder, kept = Path(settings.LOG_FOLDER), tmp_path / "kept"
    write_entries(BEFORE)
    publish_log()
    write_entries(AFTER - LedgerEntry.objects.count())
    seen = published_log.opened("what the public saw", published_log.published_note() or "")
    shutil.copytree(folder, kept)
    with tracing.publisher(address_of(fresh_database), folder, tmp_path) as publisher:
        assert publisher.turn() == 0
        check = StateByState(lambda public: outsider(public, seen))
        yield Turn(publisher, fresh_database, seen, kept, files_in(folder), check)


def survives_all(turn: Turn, faults: list[Point], capsys: pytest.CaptureFixture[str]) -> None:
    """Let each fault happen in a turn of its own, and say how many there were."""
    for point in faults:
        turn.survives(point)
    by_call = dict(Counter(f"{point.call} {point.fault}" for point in faults))
    with capsys.disabled():
        print(
            f"\n{len(faults)} faults, each in a turn of its own, left valid logs and were recovered: {by_call}"
        )


def test_a_crash_or_an_error_at_any_rename_leaves_a_valid_log(
    turn: Turn, capsys: pytest.CaptureFixture[str]
) -> None:
    renames = Counter({"rename": turn.calls()["rename"]})
    survives_all(turn, [*points(renames, KILL), *points(renames, FAIL)], capsys)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [KILL, FAIL])
def test_a_crash_or_an_error_at_any_call_on_the_published_folder_leaves_a_valid_log(
    turn: Turn, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    calls = turn.calls()
    assert calls["rename"] == calls["write"] == len(set(turn.done) - set(files_in(turn.kept))) + 2
    survives_all(turn, points(calls, fault), capsys)


@pytest.mark.slow
def test_after_a_crash_or_an_error_nothing_is_announced_that_a_power_cut_could_take(
    turn: Turn, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = turn.calls()
    writing = Counter({call: calls[call] for call in WRITING})
    faults = [*points(writing, KILL), *points(writing, FAIL)]
    for point in faults:
        turn.stays_safe(point)
    with capsys.disabled():
        print(
            f"\n{len(faults)} faults at {dict(writing)}: what was announced was safe, by the calls that were made"
        )


@pytest.mark.slow
def test_a_crash_at_any_message_to_the_database_leaves_a_valid_log(
    turn: Turn, capsys: pytest.CaptureFixture[str]
) -> None:
    turn.tracing = ["--trace=sendto"]
    survives_all(turn, points(turn.calls(), KILL), capsys)
