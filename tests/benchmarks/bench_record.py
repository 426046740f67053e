"""How fast deeds are entered, beside the bare SQL of the same append: lock and number, insert a ready leaf, commit.

Run by `make bench`; makes a database of its own, with every guard, and drops it. The two take turns in blocks, so
that what else the machine does meets both alike; the medians of the blocks are compared. A block is long enough
(about a second) that the rates are sustained ones and not those of a cold start after the other's turn.
"""

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import django
import psycopg
from django.apps import apps
from django.db import transaction

from config import env
from governance.core.roles import Role
from tests.benchmarks.bench_ingest import manage, scratch_database

ROOT = Path(__file__).resolve().parents[2]
SHARE = 0.7  # of the bare appends' rate, one client
BLOCKS, APPENDS, CLIENTS = 15, 1000, 8
NUMBER = "UPDATE governance_ledgerlock SET next_index = next_index + 1 WHERE id = 1 RETURNING next_index - 1"
INSERT = "INSERT INTO governance_ledgerentry VALUES (%s, %s, %s, 'bench.done', '', %s, now())"
SUBJECT = hashlib.sha256(b"bench").hexdigest()
LEAF = (
    b'{"action":"bench.done","actor":"p-0123456789","detail":{"number":100},"index":1000,"outcome":"done",'
    b'"role":"service","subject":"%s","subject_kind":"bench","time":"2026-11-22T16:40Z","v":1}'
    % SUBJECT.encode()
)
LEAF_HASH = hashlib.sha256(b"\0" + LEAF).digest()
Work = Callable[[int], None]


def bare_appends(count: int) -> None:
    """Append with nothing but the driver."""
    connection = bare_connection()
    for _ in range(count):
        connection.execute("BEGIN")
        (index,) = connection.execute(NUMBER, prepare=True).fetchone() or (0,)
        connection.execute(INSERT, (index, LEAF, LEAF_HASH, SUBJECT), prepare=True)
        connection.execute("COMMIT")


@cache
def bare_connection() -> psycopg.Connection[tuple[int]]:
    """The process's own connection, as the application's role."""
    return psycopg.connect(env.text("DATABASE_URL"), autocommit=True)


def recorded_deeds(count: int) -> None:
    """Enter deeds as services do."""
    from governance.ledger import record  # noqa: PLC0415 - needs Django to be set up

    by = apps.get_model("governance", "User").objects.get()
    for number in range(count):
        with transaction.atomic():
            record(
                action="bench.done",
                subject_kind="bench",
                subject=SUBJECT,
                by=by,
                role=Role.SERVICE,
                detail={"number": number},
            )


def one_client(work: Work) -> float:
    """Appends a second of one block in this process."""
    started = time.perf_counter()
    work(APPENDS)
    return APPENDS / (time.perf_counter() - started)


def rates(measure: Callable[[Work], float]) -> tuple[float, float]:
    """Median rates of the bare appends and of the recorded deeds, block by block in turn."""
    blocks = [(measure(bare_appends), measure(recorded_deeds)) for _ in range(BLOCKS + 1)][
        1:
    ]  # the first warms up
    bare, recorded = zip(*blocks, strict=True)
    return statistics.median(bare), statistics.median(recorded)


def measure() -> None:
    """Measure one client, then several; fail where the promise is not kept."""
    django.setup()
    from governance.selectors import scheduler_account  # noqa: PLC0415 - needs Django to be set up

    with ProcessPoolExecutor(CLIENTS, get_context("fork")) as pool:
        list(pool.map(bare_appends, [0] * CLIENTS))  # all processes start before this one opens a connection

        def several_clients(work: Work) -> float:
            started = time.perf_counter()
            list(pool.map(work, [APPENDS // 4] * CLIENTS))
            return APPENDS // 4 * CLIENTS / (time.perf_counter() - started)

        scheduler_account()
        alone, together = rates(one_client), rates(several_clients)
    show(alone, "one client")
    show(together, f"{CLIENTS} clients")
    if alone[1] < SHARE * alone[0]:
        sys.exit(f"bench_record: wanted at least {SHARE:.0%} of the bare rate with one client")


def show(found: tuple[float, float], clients: str) -> None:
    """Print one comparison."""
    bare, recorded = found
    print(
        f"{clients:<12} bare SQL {bare:7,.0f} appends/s   record() {recorded:7,.0f}   {recorded / bare:6.1%}"
    )


def guarantees(url: str) -> str:
    """What the server promises about a commit, and how busy the machine is."""
    with psycopg.connect(url) as server:
        shown = server.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
    return "fsync {}, synchronous_commit {}, load {:.1f}".format(*(shown or "??"), os.getloadavg()[0])


def main() -> None:
    """Make the database, measure in a process that works on it, and say what the server guarantees."""
    with scratch_database() as environment, tempfile.TemporaryDirectory() as folder:
        manage(environment | {"LAMPLIGHT_DATABASE_ROLE": "owner"}, "migrate", "--verbosity", "0")
        print(f"{guarantees(environment['DATABASE_URL'])}; medians of {BLOCKS} blocks in turn")
        command = [sys.executable, "-c", "from tests.benchmarks.bench_record import measure; measure()"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment | {"LAMPLIGHT_LOG_FOLDER": folder}, check=False
        )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
