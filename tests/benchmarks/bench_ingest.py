"""How fast a real city comes in: Philadelphia 2016-2023 through the command, beside a bare COPY of the same rows.

Run by `make bench`; makes a database of its own and drops it. Skipped by name where the open data is absent.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import polars as pl
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config import env

ROOT = Path(__file__).resolve().parents[2]
WANTED = 60_000  # rows a second, through the command, on an idle machine
SHARE = 0.4  # of the bare COPY's speed in the same run, which counts where the machine is busy
MEMORY = 1024  # MiB
INGEST = """
import json, os, resource, sys
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
peak = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"peak": peak.ru_maxrss / 1024, "processor": peak.ru_utime + peak.ru_stime}))
"""


def data_folder() -> Path:
    """Where the open data is."""
    return Path(os.environ.get("LAMPLIGHT_SHARED", ROOT.parent / "shared")) / "data" / "philadelphia"


@contextmanager
def scratch_database() -> Iterator[dict[str, str]]:
    """Make a migrated database; yield the environment that points at it."""
    owner, app = env.text("DATABASE_OWNER_URL"), env.text("DATABASE_URL")
    name = f"bench_ingest_{os.getpid()}"
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        with tempfile.TemporaryDirectory() as artifacts:
            yield os.environ | {
                "DATABASE_OWNER_URL": address(owner, name),
                "DATABASE_URL": address(app, name),
                "LAMPLIGHT_ARTIFACTS": artifacts,
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }
    finally:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def address(url: str, database: str) -> str:
    """The same server and role, another database."""
    return make_conninfo("", **(conninfo_to_dict(url) | {"dbname": database}))


def manage(environment: dict[str, str], *arguments: str | Path) -> str:
    """Run one management command and return what it printed."""
    command = [sys.executable, "-c", INGEST, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{arguments[0]} failed: {done.stderr}")
    return done.stdout


def ingest(environment: dict[str, str], files: list[Path]) -> dict[str, float]:
    """Ingest all files with one command: rows, seconds, peak memory in MiB, processor seconds."""
    printed = manage(environment, "ingest", "philadelphia", *files, "--json").splitlines()
    summary, usage = json.loads(printed[-2]), json.loads(printed[-1])
    figures: dict[str, float] = {name: summary[name] for name in ("rows", "refused", "seconds")} | usage
    return figures


def bare_copy(url: str) -> tuple[int, float]:
    """Copy the stored rows, as CSV, into a table with a primary key and nothing else: rows and seconds."""
    with psycopg.connect(url) as connection, tempfile.TemporaryFile() as file:
        _dump(connection, file)
        connection.execute("CREATE TABLE bare (LIKE forecasting_incident, PRIMARY KEY (id))")
        connection.commit()
        file.seek(0)
        started = time.monotonic()
        with connection.cursor().copy("COPY bare FROM STDIN (FORMAT CSV)") as copy:
            while block := file.read(2**20):
                copy.write(block)
        connection.commit()
        seconds = time.monotonic() - started
        counted = connection.execute("SELECT count(*) FROM bare").fetchone()
        return (counted[0] if counted else 0), seconds


def _dump(connection: psycopg.Connection[tuple[int]], file: IO[bytes]) -> None:
    with connection.cursor().copy("COPY forecasting_incident TO STDOUT (FORMAT CSV)") as copy:
        for block in copy:
            file.write(block)


def read_only(files: list[Path]) -> float:
    """Seconds to read the same files with polars and do nothing with them."""
    started = time.monotonic()
    for file in files:
        pl.read_csv(file, infer_schema=False)
    return time.monotonic() - started


def main() -> None:
    """Measure and print; fail where the promise is not kept."""
    files = sorted(data_folder().glob("incidents_*.csv.gz"))
    if not files:
        print(f"bench_ingest: skipped, the open data is absent: {data_folder()}")
        return
    with scratch_database() as environment:
        manage(environment | {"LAMPLIGHT_DATABASE_ROLE": "owner"}, "migrate", "--verbosity", "0")
        districts = str(data_folder() / "police_districts.geojson")
        options = ["--profile", "philadelphia", "--districts", districts, "--replay-to", "2023-12-01"]
        manage(environment, "add_jurisdiction", "philadelphia", *options)
        taken = ingest(environment, files)
        rows, seconds = bare_copy(environment["DATABASE_OWNER_URL"])
    speed = taken["rows"] / taken["seconds"]
    print(f"reading the files, nothing else   {read_only(files):6.1f} s")
    print(f"bare COPY, primary key            {seconds:6.1f} s  {rows / seconds:9,.0f} rows/s  {rows:,} rows")
    print(
        f"manage.py ingest                  {taken['seconds']:6.1f} s  {speed:9,.0f} rows/s  {taken['rows']:,.0f} rows"
    )
    print(
        f"  refused {taken['refused']:,.0f}; peak {taken['peak']:.0f} MiB; {taken['processor']:.1f} processor seconds"
    )
    print(f"load of the machine now           {os.getloadavg()[0]:6.1f}    {os.cpu_count()} processors")
    wanted = min(WANTED, SHARE * rows / seconds)
    if speed < wanted or taken["peak"] > MEMORY:
        sys.exit(f"bench_ingest: wanted at least {wanted:,.0f} rows/s within {MEMORY} MiB")


if __name__ == "__main__":
    main()
