"""Files of incidents as the demo profile reads them, in the small city of the tests."""

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

HEADER = "incident_id,category,occurred,reported,longitude,latitude"
CENTRAL, NORTH = "-75.18,40.01", "-75.18,40.05"


def line(
    number: int | str,
    *,
    kind: str = "Robbery",
    day: str = "2024-05-01",
    point: str = CENTRAL,
    reported: str | None = None,
) -> str:
    """One row; `day` is a local date (at noon) or a whole local moment."""
    occurred = day if "T" in day else f"{day}T12:00:00"
    return f"{number},{kind},{occurred},{reported or occurred},{point}"


def write(path: Path, rows: Iterable[str], *, header: str = HEADER) -> Path:
    """Write a CSV file, gzipped where the name says so."""
    text = "\n".join([header, *rows, ""]).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.name.endswith(".gz") else text)
    return path


def many(count: int, *, first: int = 1) -> Sequence[str]:
    """Rows that are all good, on different days."""
    return [line(first + n, day=f"2024-0{1 + n % 5}-{1 + n % 28:02d}") for n in range(count)]
