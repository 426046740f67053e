"""How long `verify_ledger` takes for a million entries, beside a bare COPY of the same leaves that hashes them.

Run by `make bench`; makes a database of its own and drops it. The entries come in through the guards, a quarter with
a kept text, and a checkpoint is signed every fifty entries. A quarter of them are the lives of requests (opened,
approved, executed), whose rows stand in their tables, as of a city that plans every night. At the end one byte in the
middle is flipped.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import psycopg

from config import env
from governance.core.canonical import entry_time, leaf_bytes, salted_digest
from governance.core.checkpoint import Checkpoint, signed
from governance.core.merkle import Frontier, leaf_hash
from governance.core.note import SigningKey
from tests.benchmarks.bench_ingest import INGEST, ROOT, manage, scratch_database

ENTRIES = int(os.environ.get("LAMPLIGHT_BENCH_ENTRIES", "1000000"))
WANTED = 20.0  # seconds for a million entries, on an idle machine
TIMES = 9.0  # as long as the bare copy of the same run, which counts where the machine is busy
MEMORY = 512  # MiB
TEXTS, SIGNED = 4, 50  # one entry in four has a text; a checkpoint every fifty
START = datetime(2026, 1, 1, tzinfo=UTC)
ENTRY_COLUMNS = "governance_ledgerentry (index, leaf, leaf_hash, action, jurisdiction, subject, recorded_at)"
FLIP = """ALTER TABLE governance_ledgerentry DISABLE TRIGGER USER;
  ALTER TABLE governance_ledgerentry DROP CONSTRAINT leaf_hash_of_leaf;
  UPDATE governance_ledgerentry SET leaf = set_byte(leaf, 20, get_byte(leaf, 20) # 1) WHERE index = {}"""
Row = tuple[Any, ...]
LIFE, VOTES, ACTOR = 12, (1,), "p-7f3a8c2b91"
STEPS = {0: ("request.opened", "open"), 1: ("vote.cast", "approved"), 2: ("approval.redeemed", "executed")}
FOUNDED = """import django; django.setup()
from governance.selectors import scheduler_account
from governance.services.add_jurisdiction import Outline, Place, add_jurisdiction
from tests.cast import POLICY, square
add_jurisdiction(place=Place("rivermark", "Rivermark", "demo", 32618, 1.0, "America/New_York"),
    districts=[Outline("central", "Central", square(-75.2, 40.0, -75.1, 40.1))], policy=POLICY, recipe_digests=[],
    people=[], by=scheduler_account())"""
REQUEST_COLUMNS = (
    "governance_changerequest (id, kind, jurisdiction_id, title, category, digest, rests_on, revision, state, "
    "policy_version, opened_at, expires_at, scripted)"
)
VOTE_COLUMNS = (
    "governance_vote (change_request_id, revision, digest, user_id, role, stage, verdict, cast_at, "
    "ledger_index)"
)


def text_of(number: int) -> tuple[bytes, str] | None:
    """The salt and the text kept beside an entry."""
    salt = hashlib.sha256(b"salt %d" % number).digest()
    return None if number % TEXTS else (salt, f"Matches what residents reported in week {number}.")


def said_by(number: int) -> dict[str, Any]:
    """What an entry says: of each twelve, three are the life of one request and nine are other deeds.

    The first twelve are the genesis of the city and other deeds.
    """
    request, step = divmod(number, LIFE) if number >= LIFE else (0, LIFE)
    subject = hashlib.sha256(b"plan %d" % request).hexdigest()
    detail: dict[str, Any] = {"request": request, "revision": 1}
    if step in VOTES:
        detail |= {"stage": f"stage{step}", "verdict": "approve", "delegated": False}
    action, outcome = STEPS.get(step, ("forecast.issued", "done"))
    return {
        "action": action,
        "subject": subject,
        "subject_kind": "recipe",
        "outcome": outcome,
        "detail": detail,
    }


def entry(number: int) -> tuple[bytes, Row]:
    """One deed: its leaf, and its row."""
    moment = START + timedelta(seconds=20 * number)
    said = {
        **said_by(number),
        "v": 1,
        "index": number,
        "time": entry_time(moment),
        "actor": ACTOR,
        "role": "board_member",
        "jurisdiction": "rivermark",
        "policy_version": 1,
    }
    if kept := text_of(number):
        said["text"] = salted_digest(*kept)
    # The bytes of `leaf_bytes`, ten times as fast; one entry in a thousand is made by it.
    leaf = (
        json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        if number % 1000
        else leaf_bytes(said)
    )
    return leaf, (number, leaf, leaf_hash(leaf), said["action"], "rivermark", said["subject"], moment)


def requests(place: int) -> Iterator[Row]:
    """The rows of the requests that the entries tell of; the last one may be in the middle of its life."""
    for number in range(1, -(-ENTRIES // LIFE)):
        last = max(step for step in STEPS if number * LIFE + step < ENTRIES)
        said = said_by(number * LIFE + last)
        yield (
            number,
            "recipe",
            place,
            "Bench",
            "",
            said["subject"],
            "[]",
            1,
            said["outcome"],
            1,
            START,
            START,
            False,
        )


def votes(user: int) -> Iterator[Row]:
    """The rows of the votes that the entries tell of."""
    for number in range(LIFE, ENTRIES):
        if number % LIFE in VOTES:
            said = said_by(number)
            stage, request = said["detail"]["stage"], number // LIFE
            yield request, 1, said["subject"], user, "board_member", stage, "approve", START, number


def checkpoints(hashes: Iterator[bytes], key: SigningKey) -> Iterator[Row]:
    """The signed states of the log, as they are stored."""
    frontier = Frontier()
    while block := list(islice(hashes, SIGNED)):
        frontier = frontier.extend(block)
        note = signed(Checkpoint(key.name, frontier.size, frontier.root), key)
        yield frontier.size, frontier.root, note, START


def copy_in(owner: psycopg.Connection[Row], columns: str, types: list[str], rows: Iterator[Row]) -> None:
    """Load rows through the table's guards."""
    with owner.cursor().copy(f"COPY {columns} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def fill(url: str) -> None:
    """Make the log."""
    key = SigningKey(
        env.text("LAMPLIGHT_LOG_ORIGIN", "lamplight.local/log"), bytes.fromhex(env.text("LAMPLIGHT_LOG_SEED"))
    )
    hashes: list[bytes] = []

    def entries() -> Iterator[Row]:
        for number in range(first, ENTRIES):
            _, row = entry(number)
            hashes.append(row[2])
            yield row

    with psycopg.connect(url) as owner:
        hashes += [
            row[0] for row in owner.execute("SELECT leaf_hash FROM governance_ledgerentry ORDER BY index")
        ]
        first = len(hashes)
        (place,) = owner.execute("SELECT id FROM governance_jurisdiction").fetchone() or (0,)
        voter = "INSERT INTO governance_user (password, is_superuser, email, name, pseudonym, is_service, is_active, "
        voter += "notices_by_mail, created_at) VALUES ('', false, 'v@example.org', 'V', %s, false, true, true, now()) "
        voter += "RETURNING id"
        (user,) = owner.execute(voter.encode(), [ACTOR]).fetchone() or (0,)
        types = ["int8", "bytea", "bytea", "varchar", "varchar", "varchar", "timestamptz"]
        copy_in(owner, ENTRY_COLUMNS, types, entries())
        types = [
            "int8",
            "varchar",
            "int8",
            "varchar",
            "varchar",
            "varchar",
            "jsonb",
            "int4",
            "varchar",
            "int4",
        ]
        copy_in(owner, REQUEST_COLUMNS, [*types, "timestamptz", "timestamptz", "bool"], requests(place))
        types = ["int8", "int4", "varchar", "int8", "varchar", "varchar", "varchar", "timestamptz", "int8"]
        copy_in(owner, VOTE_COLUMNS, types, votes(user))
        texts = ((number, *kept) for number in range(first, ENTRIES) if (kept := text_of(number)))
        copy_in(owner, "governance_ledgertext (entry_id, salt, text)", ["int8", "bytea", "text"], texts)
        states = "governance_checkpoint (size, root, note, signed_at)"
        copy_in(owner, states, ["int8", "bytea", "text", "timestamptz"], checkpoints(iter(hashes), key))
        owner.execute("UPDATE governance_ledgerlock SET next_index = %s", [ENTRIES])
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


def bare_copy(url: str) -> float:
    """Seconds to copy the leaves out and to hash their bytes, and nothing else."""
    started, digest = time.monotonic(), hashlib.sha256()
    query = "COPY (SELECT leaf FROM governance_ledgerentry ORDER BY index) TO STDOUT (FORMAT BINARY)"
    with psycopg.connect(url) as connection, connection.cursor().copy(query) as copy:
        for block in copy:
            digest.update(block)
    return time.monotonic() - started


def verified(environment: dict[str, str], *options: str) -> tuple[dict[str, Any], float, dict[str, float]]:
    """Verify with the command: its answer, the seconds it took with its start, its peak memory and processor time."""
    started = time.monotonic()
    answer, usage = manage(environment, "verify_ledger", "--json", *options).splitlines()
    return json.loads(answer), time.monotonic() - started, json.loads(usage)


def seconds_of_reading(url: str) -> float:
    """What the kept verification says it took, without the start of the command."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT seconds FROM governance_logverification ORDER BY id DESC LIMIT 1"
        ).fetchone()
    return float(row[0]) if row else 0.0


def named_after_a_flip(environment: dict[str, str]) -> tuple[int, str]:
    """Flip one byte in the middle, and return the exit code and what the command says first."""
    with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(FLIP.format(ENTRIES // 2).encode())
    command = [sys.executable, "-c", INGEST, "verify_ledger", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)["faults"][0]["reason"]


def main() -> None:
    """Measure and print; fail where the promise is not kept."""
    with scratch_database() as made, tempfile.TemporaryDirectory() as folder:
        environment = made | {"LAMPLIGHT_LOG_FOLDER": folder}
        manage(environment | {"LAMPLIGHT_DATABASE_ROLE": "owner"}, "migrate", "--verbosity", "0")
        subprocess.run([sys.executable, "-c", FOUNDED], cwd=ROOT, env=environment, check=True)
        fill(environment["DATABASE_OWNER_URL"])
        reference = min(bare_copy(environment["DATABASE_URL"]) for _ in range(2))
        answer, seconds, usage = verified(environment)
        reference = min(reference, bare_copy(environment["DATABASE_URL"]))
        reading = seconds_of_reading(environment["DATABASE_URL"])
        _, fully, _ = verified(environment, "--full") if "--full" in sys.argv else ({}, 0.0, {})
        code, named = named_after_a_flip(environment)
    peak = usage["peak"]
    print(f"bare COPY of the leaves, hashed   {reference:6.1f} s  {ENTRIES / reference:9,.0f} entries/s")
    print(
        f"manage.py verify_ledger           {seconds:6.1f} s  {ENTRIES / seconds:9,.0f} entries/s  peak {peak:.0f} MiB"
    )
    print(
        f"  {answer['entries']:,} entries, {answer['checkpoints_confirmed']:,} checkpoints; "
        f"{reading:.1f} s without Django's start, {usage['processor']:.1f} s of this process's own with it"
    )
    if fully:
        print(f"manage.py verify_ledger --full    {fully:6.1f} s")
    print(f"one byte flipped in the middle: exit code {code}. {named}")
    print(f"load of the machine now           {os.getloadavg()[0]:6.1f}    {os.cpu_count()} processors")
    wanted = max(WANTED, TIMES * reference)
    found = code == 1 and f"entry {ENTRIES // 2} " in named
    if not (answer["sound"] and found and seconds <= wanted and peak <= MEMORY):
        sys.exit(f"bench_verify: wanted all that within {wanted:.0f} s and {MEMORY} MiB")


if __name__ == "__main__":
    main()
