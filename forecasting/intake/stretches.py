"""Which reader takes a file."""

from collections.abc import Iterator
from pathlib import Path

from forecasting.core.profiles import Profile
from forecasting.intake.delimited import csv_stretches
from forecasting.intake.incident_file import IncidentFile, Limits, Stretch
from forecasting.intake.parquet import parquet_stretches
from governance.core.refusals import Reason, Refused

SUFFIXES = (".csv", ".csv.gz", ".parquet")


def stretches(path: Path, profile: Profile, limits: Limits | None = None) -> Iterator[Stretch]:
    """Yield the file's rows in order. Raises Refused(NOT_FOUND | BAD_INPUT | TOO_LARGE) naming file and line."""
    file = IncidentFile(path, profile, limits or Limits())
    if not path.is_file():
        raise Refused(Reason.NOT_FOUND, f"There is no file {path}. Check the path.")
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        file.refuse(f"only {', '.join(SUFFIXES)} files are read. Export it as one of these.")
    if path.stat().st_size == 0:
        file.refuse("the file is empty. Export it again.")
    return parquet_stretches(file) if name.endswith(".parquet") else csv_stretches(file)
