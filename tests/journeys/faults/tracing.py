"""One turn of publishing under strace: which calls touch the published folder, and a fault in one of them."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

CALL = re.compile(r"^(?:\d+ +)?([a-z0-9_]+)\(")
KILL, FAIL = "signal=KILL", "error=EIO"


@dataclass(frozen=True)
class Point:
    """The `number`-th call of one name that touches the folder, and what happens there instead of it."""

    call: str
    number: int
    fault: str

    @property
    def option(self) -> str:
        """As strace wants it."""
        return f"--inject={self.call}:{self.fault}:when={self.number}"


@dataclass
class Publisher:
    """The program that does turns, and the folder it publishes into."""

    program: subprocess.Popen[str]
    folder: Path
    scratch: Path

    def turn(self, *options: str) -> int:
        """Do one turn, traced if there are options; return its exit code (negative: the signal that ended it)."""
        number = int(self._ask("turn"))
        tracer = self._attach(number, options) if options else None
        ended = self._ask("now")
        if tracer is not None:
            tracer.communicate(timeout=60)
        return int(ended.removeprefix("ended "))

    def _ask(self, word: str) -> str:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(f"{word}\n")
        self.program.stdin.flush()
        return self.program.stdout.readline()

    def _attach(self, number: int, options: Sequence[str]) -> subprocess.Popen[str]:
        command = ["strace", "--follow-forks", "--attach", str(number), f"--output={self.log}", *options]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert tracer.stderr is not None
        said = ""
        while "attached" not in said:
            line = tracer.stderr.readline()
            assert line, f"strace did not attach: {said}"
            said += line
        return tracer

    @property
    def log(self) -> Path:
        """What strace wrote last."""
        return self.scratch / "strace.log"

    def calls(self) -> Counter[str]:
        """Count the calls in strace's log by name."""
        found = map(CALL.match, self.log.read_text().splitlines())
        return Counter(each.group(1) for each in found if each)


@contextmanager
def publisher(database_url: str, folder: Path, scratch: Path) -> Iterator[Publisher]:
    """Start the program on a database and a folder; what its turns complain of goes to a file."""
    values = {**os.environ, "DATABASE_URL": database_url, "LAMPLIGHT_LOG_FOLDER": str(folder)}
    values["DJANGO_SETTINGS_MODULE"] = "config.settings"
    with (scratch / "publisher.err").open("w") as complaints:
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.faults.run", "publisher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env=values,
            cwd=settings.BASE_DIR,
        )
        try:
            yield Publisher(program, folder, scratch)
        finally:
            program.communicate(timeout=60)


def below(folder: Path, names: Sequence[str]) -> list[str]:
    """Return strace's options for exactly the calls that touch the folder: its files, staged or not, and folders."""
    paths = {folder / name for name in names}
    paths |= {path.with_name(f"{path.name}.new") for path in paths}
    paths |= {parent for path in paths for parent in path.parents if folder in (parent, *parent.parents)}
    return [f"--trace-path={path}" for path in sorted(paths)]


def points(calls: Counter[str], fault: str) -> list[Point]:
    """Return one point for every call that was counted."""
    return [Point(call, number, fault) for call in sorted(calls) for number in range(1, calls[call] + 1)]
