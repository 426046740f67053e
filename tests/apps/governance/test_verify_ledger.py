"""Attacks on the stored log, with every right there is, and what `verify_ledger` says afterwards."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from psycopg.errors import InsufficientPrivilege, RaiseException
from psycopg.sql import SQL

from config import env
from governance.core.checkpoint import Checkpoint as State
from governance.core.checkpoint import signed
from governance.core.merkle import root
from governance.models import Checkpoint, LedgerEntry, User
from governance.selectors import scheduler_account
from governance.services.sign_checkpoint import sign_checkpoint
from governance.stored_log import log_key
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.cast import City

FLIP = "UPDATE governance_ledgerentry SET leaf = set_byte(leaf, 20, get_byte(leaf, 20) # 1) WHERE index = 3"
FORGE = """UPDATE governance_ledgerentry SET leaf = forged.leaf, leaf_hash = sha256('\\x00' || forged.leaf)
  FROM (SELECT index, convert_to(replace(convert_from(leaf, 'UTF8'), '"done"', '"gone"'), 'UTF8') AS leaf
        FROM governance_ledgerentry WHERE index = 3) AS forged WHERE governance_ledgerentry.index = forged.index"""
OFF = "ALTER TABLE governance_ledgerentry DISABLE TRIGGER USER"
ON = """ALTER TABLE governance_ledgerentry ENABLE ALWAYS TRIGGER append_only_row;
  ALTER TABLE governance_ledgerentry ENABLE ALWAYS TRIGGER append_only_truncate"""
EDITS = {
    "update": FLIP,
    "delete": "DELETE FROM governance_ledgerentry WHERE index = 3",
    "truncate": "TRUNCATE governance_ledgerentry CASCADE",
    "checkpoint update": "UPDATE governance_checkpoint SET size = size + 1",
    "checkpoint delete": "DELETE FROM governance_checkpoint",
    "checkpoint truncate": "TRUNCATE governance_checkpoint",
}
OWNER_ONLY = {
    "switch off the guard": OFF,
    "drop the guard": "DROP TRIGGER append_only_row ON governance_ledgerentry",
    "drop the table": "DROP TABLE governance_ledgerentry CASCADE",
    "replace the guard": "CREATE OR REPLACE FUNCTION lamplight_append_only() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN NEW; END'",
    "play the replica": "SET session_replication_role = replica",
}


@pytest.fixture
def log(fresh_database: str) -> User:
    """A committed log of 8 entries with two checkpoints, of 6 and of 8 entries; the account that signs it."""
    scheduler = scheduler_account()
    write_entries(6)
    sign_checkpoint(by=scheduler)
    write_entries(2)
    sign_checkpoint(by=scheduler)
    return scheduler


@contextmanager
def session(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A database session of one role, in the test's own database."""
    with psycopg.connect(url, dbname=connections.settings["default"]["NAME"], autocommit=True) as found:
        yield found


def superuser() -> str:
    """Address of the cluster's administrator, or skip by name."""
    url = env.text("DATABASE_ADMIN_URL", "")
    if not url:
        pytest.skip("DATABASE_ADMIN_URL is not set: nobody here may act as the database's superuser")
    return url


def execute(url: str, *statements: str) -> None:
    """Run statements one after the other as one role."""
    with session(url) as found:
        for statement in statements:
            found.execute(SQL(statement))  # our own text, chosen above


def verify(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command as a script would; return its exit code and answer."""
    out = io.StringIO()
    try:
        call_command("verify_ledger", "--json", *arguments, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        return int(str(end.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def kept_checkpoint(tmp_path: Path) -> str:
    """Put the newest checkpoint where the attacker cannot reach it."""
    path = tmp_path / "printed.txt"
    path.write_text(Checkpoint.objects.latest("size").note, encoding="utf-8")
    return str(path)


def test_an_honest_log_stands(log: User) -> None:
    code, answer = verify()
    assert code == 0
    assert answer["sound"] is True
    assert (answer["entries"], answer["entries_signed"], answer["checkpoints_confirmed"]) == (8, 8, 2)


def test_the_log_of_a_whole_city_stands(city: City) -> None:
    sign_checkpoint(by=city.scheduler)
    code, answer = verify()
    assert code == 0
    assert answer["entries_signed"] == LedgerEntry.objects.count() > 0


def test_the_answer_in_words_says_what_was_checked(log: User) -> None:
    write_entries(1)
    out = io.StringIO()
    call_command("verify_ledger", stdout=out, stderr=io.StringIO())
    assert "The record stands: 9 entries recomputed" in out.getvalue()
    assert "2 of 2 checkpoints confirmed. Entries newer than the last of them: 1." in out.getvalue()


def test_a_long_run_shows_how_far_it_is(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.management.commands.verify_ledger.STEP", 2)
    write_entries(5)
    told = io.StringIO()
    call_command("verify_ledger", stdout=io.StringIO(), stderr=told)
    assert told.getvalue().splitlines() == ["verified 2 of 5 entries", "verified 4 of 5 entries"]


def test_the_application_may_not_touch_what_was_recorded(log: User, subtests: pytest.Subtests) -> None:
    for what, edit in EDITS.items():
        with subtests.test(what), pytest.raises(InsufficientPrivilege):
            execute(settings.DATABASE_APP_URL, edit)
    assert verify()[0] == 0


def test_the_application_may_not_remove_the_guard(log: User, subtests: pytest.Subtests) -> None:
    for what, deed in OWNER_ONLY.items():
        with subtests.test(what), pytest.raises(InsufficientPrivilege):
            execute(settings.DATABASE_APP_URL, deed)


def test_even_the_owner_is_refused_while_the_guard_stands(log: User, subtests: pytest.Subtests) -> None:
    for what, edit in EDITS.items():
        with subtests.test(what), pytest.raises(RaiseException, match="append-only"):
            execute(settings.DATABASE_OWNER_URL, edit)
    assert verify()[0] == 0


def test_a_superuser_in_replica_mode_meets_the_guard_too(log: User, subtests: pytest.Subtests) -> None:
    for what, edit in EDITS.items():
        with subtests.test(what), pytest.raises(RaiseException, match="append-only"):
            execute(superuser(), "SET session_replication_role = replica", edit)
    assert verify()[0] == 0


def test_one_byte_flipped_by_a_superuser_is_found_and_the_entry_named(log: User) -> None:
    execute(superuser(), OFF, FLIP, ON)
    code, answer = verify()
    assert code == 1
    assert answer["first_bad_entry"] == 3
    assert "The bytes of entry 3 no longer give its hash" in answer["faults"][0]["reason"]


def test_the_words_name_the_bad_entry_too(log: User) -> None:
    execute(superuser(), OFF, FLIP, ON)
    out = io.StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_ledger", stdout=out, stderr=io.StringIO())
    assert "The record does NOT stand" in out.getvalue()
    assert "entry 3" in out.getvalue()


def test_an_owner_who_lifts_the_guard_and_forges_bytes_and_hash_is_found_by_the_checkpoint(log: User) -> None:
    execute(settings.DATABASE_OWNER_URL, OFF, FORGE, ON)
    code, answer = verify()
    assert code == 1
    assert answer["first_bad_entry"] is not None
    assert "one of the entries 0 to 5 was changed" in answer["faults"][0]["reason"]


@pytest.mark.parametrize(
    "column",
    ["action = 'x'", "jurisdiction = 'x'", "subject = 'x'", "recorded_at = now() + interval '1 hour'"],
)
def test_an_edited_column_beside_the_leaf_is_found(log: User, column: str) -> None:
    edit = f"UPDATE governance_ledgerentry SET {column} WHERE index = 3"
    execute(settings.DATABASE_OWNER_URL, OFF, edit, ON)
    assert verify()[1]["first_bad_entry"] == 3


def test_an_edited_reason_is_found_although_its_table_may_be_edited(log: User) -> None:
    execute(
        settings.DATABASE_APP_URL, "UPDATE governance_ledgertext SET text = 'never mind' WHERE entry_id = 3"
    )
    assert verify()[1]["first_bad_entry"] == 3


def test_an_erased_reason_leaves_the_record_standing(log: User) -> None:
    execute(settings.DATABASE_APP_URL, "DELETE FROM governance_ledgertext WHERE entry_id = 3")
    assert verify()[0] == 0


def test_an_entry_taken_out_is_found(log: User) -> None:
    execute(superuser(), OFF, "SET session_replication_role = replica", EDITS["delete"], ON)
    assert verify()[1]["first_bad_entry"] == 3


def test_a_database_restored_from_before_is_found_by_a_checkpoint_kept_outside(
    log: User, tmp_path: Path
) -> None:
    kept = kept_checkpoint(tmp_path)
    roll_back(to=6)
    assert verify()[0] == 0
    code, answer = verify("--checkpoint", kept)
    assert code == 1
    assert answer["first_bad_entry"] == 6


def test_a_restored_log_that_grew_differently_is_found_by_a_checkpoint_kept_outside(
    log: User, tmp_path: Path
) -> None:
    kept = kept_checkpoint(tmp_path)
    roll_back(to=6)
    write_entries(4)
    sign_checkpoint(by=log)
    assert verify()[0] == 0
    code, answer = verify("--checkpoint", kept)
    assert code == 1
    assert "the checkpoint in printed.txt" in answer["faults"][0]["reason"]


def test_a_history_forged_and_signed_again_with_the_logs_key_is_found_by_a_checkpoint_kept_outside(
    log: User, tmp_path: Path
) -> None:
    kept = kept_checkpoint(tmp_path)
    execute(settings.DATABASE_OWNER_URL, OFF, FORGE, ON)
    sign_all_again()
    assert verify()[0] == 0
    code, answer = verify("--checkpoint", kept)
    assert code == 1
    assert "printed.txt" in answer["faults"][0]["reason"]


def test_a_checkpoint_that_is_no_checkpoint_is_told_apart(log: User, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"\xff\xfenot a checkpoint")
    code, answer = verify("--checkpoint", str(path))
    assert code == 1
    assert answer["first_bad_entry"] is None
    assert answer["faults"][0]["reason"].startswith("The checkpoint in letter.txt is not genuine")


def test_a_checkpoint_file_that_is_not_there_is_an_error(log: User) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        verify("--checkpoint", "nowhere.txt")


def test_a_forged_checkpoint_row_is_found(log: User) -> None:
    edit = "UPDATE governance_checkpoint SET root = sha256('x') WHERE size = 6"
    off, on = (each.replace("ledgerentry", "checkpoint") for each in (OFF, ON))
    execute(settings.DATABASE_OWNER_URL, off, edit, on)
    code, answer = verify()
    assert code == 1
    assert "stored beside another size or root" in answer["faults"][0]["reason"]


def roll_back(*, to: int) -> None:
    """Do to the tables what restoring an older backup does."""
    off, on = (each.replace("ledgerentry", "checkpoint") for each in (OFF, ON))
    execute(
        settings.DATABASE_OWNER_URL,
        OFF,
        off,
        f"DELETE FROM governance_ledgertext WHERE entry_id >= {to}",
        f"DELETE FROM governance_ledgerentry WHERE index >= {to}",
        f"DELETE FROM governance_checkpoint WHERE size > {to}",
        ON,
        on,
    )


def sign_all_again() -> None:
    """Do what an owner with the log's key can do: sign the forged history at every size signed before."""
    off, on = (each.replace("ledgerentry", "checkpoint") for each in (OFF, ON))
    hashes = [
        bytes(each) for each in LedgerEntry.objects.order_by("index").values_list("leaf_hash", flat=True)
    ]
    with session(settings.DATABASE_OWNER_URL) as owner:
        owner.execute(SQL(off))
        for size in (6, 8):
            head = root(hashes[:size])
            note = signed(State(log_key().name, size, head), log_key())
            owner.execute(
                "UPDATE governance_checkpoint SET root = %s, note = %s WHERE size = %s", (head, note, size)
            )
        owner.execute(SQL(on))
