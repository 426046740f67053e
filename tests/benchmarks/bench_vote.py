"""How many votes a second four people cast at once, beside the bare SQL of the same: lock, vote, leaf, text, commit.

Run by `make bench`; makes a database of its own, with every guard, and drops it. Four processes, each with its own
connection, vote as four supervisors on the same requests, of which the fourth vote decides each; every client begins
with another request. The two take turns in blocks, so that what else the machine does meets both alike; the medians of
the blocks are compared.
"""

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from multiprocessing import get_context

import django
import psycopg
from django.apps import apps

from tests.benchmarks.bench_ingest import ROOT, manage, scratch_database
from tests.benchmarks.bench_record import LEAF, LEAF_HASH, NUMBER, bare_connection, guarantees

WANTED = 50.0  # votes a second
CLIENTS, REQUESTS, BLOCKS = 4, int(os.environ.get("LAMPLIGHT_BENCH_VOTES", "100")) // 4 * 2, 5
WHY = "These places match what residents told us on Monday."
POLICY = {"stages": {"plan": [{"name": "supervisor", "permission": "decide_plans", "quorum": CLIENTS}]}}
LOCK = "SELECT state FROM governance_changerequest WHERE id = %s FOR UPDATE"
VOTE = """INSERT INTO governance_vote (change_request_id, revision, digest, user_id, role, stage, verdict, cast_at,
  ledger_index) VALUES (%s, 1, %s, %s, 'supervisor', 'supervisor', 'approve', now(), %s)"""
COUNT = "SELECT count(*) FROM governance_vote WHERE change_request_id = %s"
SETTLE = "UPDATE governance_changerequest SET state = 'approved', decided_at = now() WHERE id = %s"
ENTRY = "INSERT INTO governance_ledgerentry VALUES (%s, %s, %s, 'vote.cast', '', %s, now())"
TEXT = "INSERT INTO governance_ledgertext (entry_id, salt, text) VALUES (%s, %s, %s)"
Asked = tuple[int, str]  # a request's number and digest


def bare_votes(voter: int, asked: Sequence[Asked]) -> None:
    """Cast one person's votes with nothing but the driver."""
    server = bare_connection()
    for request, digest in asked:
        server.execute("BEGIN")
        server.execute(LOCK, (request,), prepare=True)
        (index,) = server.execute(NUMBER, prepare=True).fetchone() or (0,)
        server.execute(ENTRY, (index, LEAF, LEAF_HASH, digest), prepare=True)
        server.execute(TEXT, (index, LEAF_HASH, WHY), prepare=True)
        server.execute(VOTE, (request, digest, voter, index), prepare=True)
        (cast,) = server.execute(COUNT, (request,), prepare=True).fetchone() or (0,)
        if cast == CLIENTS:
            server.execute(SETTLE, (request,), prepare=True)
        server.execute("COMMIT")


def cast_votes(voter: int, asked: Sequence[Asked]) -> None:
    """Cast one person's votes as pages and the API do."""
    from governance.core.approval import Verdict  # noqa: PLC0415 - needs Django to be set up
    from governance.services.cast_vote import cast_vote  # noqa: PLC0415

    by = apps.get_model("governance", "User").objects.get(pk=voter)
    for request, digest in asked:
        cast_vote(
            change_request_id=request, verdict=Verdict.APPROVE, rationale=WHY, seen_digest=digest, by=by
        )


def founded() -> tuple[int, list[int]]:
    """Make the city; return its number and its four supervisors of Central."""
    from governance.core.roles import Role  # noqa: PLC0415 - needs Django to be set up
    from governance.services.add_jurisdiction import FirstRole  # noqa: PLC0415
    from tests.cast import build_city  # noqa: PLC0415

    more = [
        FirstRole(f"s{at}@example.org", f"S{at}", Role.SUPERVISOR, "central") for at in range(CLIENTS - 1)
    ]
    city = build_city(policy=POLICY, more=more)
    central = apps.get_model("governance", "RoleGrant").objects.filter(district=city.central)
    return city.jurisdiction.pk, list(central.order_by("id").values_list("user_id", flat=True))


def opened(place: int, block: str) -> list[Asked]:
    """Put the requests of one block, with their evidence, where they would be after they were opened."""
    from governance.clock import now  # noqa: PLC0415 - needs Django to be set up

    model = partial(apps.get_model, "governance")
    here, requests = model("Jurisdiction").objects.get(pk=place), model("ChangeRequest")
    author, moment = model("User").objects.get(is_service=True), now(here)
    common = {"jurisdiction": here, "district": here.districts.get(code="central"), "policy_version": 1}
    rows = requests.objects.bulk_create(
        requests(
            kind="plan",
            title="Bench",
            digest=hashlib.sha256(f"{block} {number}".encode()).hexdigest(),
            opened_at=moment,
            expires_at=moment + timedelta(hours=12),
            **common,
        )
        for number in range(REQUESTS)
    )
    wrote = requests.authors.through
    wrote.objects.bulk_create(wrote(changerequest_id=row.pk, user_id=author.pk) for row in rows)
    audit = {"kind": "plan_disparity", "verdict": "pass", "summary": "Passes.", "report_digest": "b" * 64}
    model("Evidence").objects.bulk_create(
        model("Evidence")(
            jurisdiction=here, subject_digest=row.digest, attached_at=moment, ledger_index=0, **audit
        )
        for row in rows
    )
    return [(row.pk, row.digest) for row in rows]


def undecided() -> int:
    """How many requests are still open; each has all its votes."""
    return int(apps.get_model("governance", "ChangeRequest").objects.filter(state="open").count())


def measure() -> None:
    """Measure block by block in turn; fail where the promise is not kept, or a decided request was left open."""
    django.setup()
    from django.db import connections  # noqa: PLC0415 - needs Django to be set up

    with ProcessPoolExecutor(CLIENTS, get_context("fork")) as pool:
        list(pool.map(bare_votes, [0] * CLIENTS, [()] * CLIENTS))  # all start before a connection is opened
        place, voters = founded()
        found: dict[object, list[float]] = {bare_votes: [], cast_votes: []}
        for block in range(BLOCKS + 1):
            for work, rates in found.items():
                asked = opened(place, f"{block} {len(rates)} {getattr(work, '__name__', '')}")
                turns = [
                    asked[at * REQUESTS // CLIENTS :] + asked[: at * REQUESTS // CLIENTS]
                    for at in range(CLIENTS)
                ]
                started = time.perf_counter()
                list(pool.map(work, voters, turns))  # type: ignore[arg-type]
                rates.append(CLIENTS * REQUESTS / (time.perf_counter() - started))
    bare, cast = (statistics.median(rates[1:]) for rates in found.values())  # the first block warms up
    print(f"{CLIENTS} clients    bare SQL {bare:7,.0f} votes/s   cast_vote {cast:7,.0f}   {cast / bare:6.1%}")
    left = undecided()
    connections.close_all()
    if cast < WANTED or left:
        sys.exit(f"bench_vote: wanted at least {WANTED:.0f} votes/s and no request left open ({left} are)")


def main() -> None:
    """Make the database, measure in a process that works on it, and say what the server guarantees."""
    with scratch_database() as environment, tempfile.TemporaryDirectory() as folder:
        manage(environment | {"LAMPLIGHT_DATABASE_ROLE": "owner"}, "migrate", "--verbosity", "0")
        with psycopg.connect(environment["DATABASE_URL"]) as server:
            (fsync,) = server.execute("SELECT current_setting('fsync')").fetchone() or ("",)
        print(
            f"{guarantees(environment['DATABASE_URL'])}; medians of {BLOCKS} blocks of {CLIENTS * REQUESTS} votes"
        )
        command = [sys.executable, "-c", "from tests.benchmarks.bench_vote import measure; measure()"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment | {"LAMPLIGHT_LOG_FOLDER": folder}, check=False
        )
        if fsync != "on":
            sys.exit("bench_vote: fsync is off, so these figures say nothing")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
