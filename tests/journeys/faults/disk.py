"""A small disk of its own, that a test may fill and make read-only."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PAGE = 4096  # bytes; a file system in memory gives its space in these


@dataclass
class Disk:
    """A mounted file system, with a file that takes up what is left of it."""

    folder: Path

    @property
    def ballast(self) -> Path:
        """The file that takes up the space."""
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave no space at all."""
        with suppress(OSError), self.ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(PAGE))

    def free(self, pages: int) -> None:
        """Give back some of the space."""
        with self.ballast.open("rb+") as file:
            file.truncate(max(0, self.ballast.stat().st_size - pages * PAGE))

    def remount(self, how: str) -> None:
        """Make it read-only (`ro`) or writable again (`rw`)."""
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], check=True)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Disk | None]:
    """Mount a disk of that size; None where this account may not mount anything."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "lamplight-test", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
