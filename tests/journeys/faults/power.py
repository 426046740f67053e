"""What a power cut would leave, told from a trace: bytes and names that no fsync has made durable may be gone.

SIGKILL shows what the kernel has; a power cut leaves only what the disk has. No test here can cut the power, so
this reads the calls that succeeded, and keeps book of what was never synced, as POSIX promises it: an fsync of a
file makes its bytes durable, an fsync of a folder the names in it, and nothing else does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

CREATED = re.compile(r'openat\([^"]*"([^"]+)", [A-Z_|]*O_CREAT')
RENAMED = re.compile(r'rename\("([^"]+)", "([^"]+)"\) += 0$')
MADE = re.compile(r'mkdir\("([^"]+)", [0-7]+\) += 0$')
WRITTEN = re.compile(r"write\(\d+<([^>]+)>.* = \d+$")
SYNCED = re.compile(r"fsync\(\d+<([^>]+)>\) += 0$")
FAILED = re.compile(r" = (\?|-1 .*)$")


@dataclass
class Book:
    """What would be lost if the power went now, and what must be safe before a name is given to the public."""

    announcing: Path  # the name by which the public learns of the new state
    promised: frozenset[Path]  # the files that must be safe before it appears
    names: set[Path] = field(default_factory=set)  # of files and folders, not yet safe in their folder
    contents: set[Path] = field(default_factory=set)  # of files, not yet safe

    def read(self, trace: Iterable[str]) -> None:
        """Go through one more trace. Raises AssertionError at the call that trusts in what is not safe."""
        for line in trace:
            if not FAILED.search(line):
                self._note(line)

    def lost(self, files: Iterable[Path]) -> set[Path]:
        """Return which of these files a power cut could take, or harm, or cut off with a folder above them."""
        return {
            path
            for path in files
            if path in self.contents or not self.names.isdisjoint([path, *path.parents])
        }

    def _note(self, line: str) -> None:
        if found := SYNCED.search(line):
            synced = Path(found.group(1))
            self.contents.discard(synced)
            self.names = {each for each in self.names if each.parent != synced}
        elif found := RENAMED.search(line):
            self._rename(Path(found.group(1)), Path(found.group(2)))
        elif found := MADE.search(line):
            self.names.add(Path(found.group(1)))
        elif found := CREATED.search(line) or WRITTEN.search(line):
            self.names.add(Path(found.group(1)))
            self.contents.add(Path(found.group(1)))

    def _rename(self, old: Path, new: Path) -> None:
        assert old not in self.contents, f"{new.name} was put in place before its bytes were safe"
        if new == self.announcing:
            assert not self.lost(self.promised), f"announced before safe: {sorted(self.lost(self.promised))}"
        self.names.discard(old)
        self.names.add(new)
