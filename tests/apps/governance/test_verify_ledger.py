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
from django.db import connection, connections, transaction
from psycopg.errors import InsufficientPrivilege, RaiseException
from psycopg.sql import SQL

from config import env
from governance import published_log
from governance.core.checkpoint import Checkpoint as State
from governance.core.checkpoint import signed
from governance.core.merkle import inclusion_proof, root
from governance.core.proof import EntryProof
from governance.core.roles import Role
from governance.ledger import record
from governance.models import (
    Checkpoint,
    Jurisdiction,
    LedgerEntry,
    LogVerification,
    Publication,
    RoleGrant,
    User,
)
from governance.published_log import log_key
from governance.selectors import scheduler_account
from governance.services.grant_role import grant_role
from governance.services.publish_tiles import publish_tiles
from governance.services.revoke_role import revoke_role
from governance.services.sign_checkpoint import sign_checkpoint
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.cast import City
from tests.witness_server import Witnesses

FLIP = """ALTER TABLE governance_ledgerentry DROP CONSTRAINT leaf_hash_of_leaf;
  UPDATE governance_ledgerentry SET leaf = set_byte(leaf, 20, get_byte(leaf, 20) # 1) WHERE index = 3;
  ALTER TABLE governance_ledgerentry ADD CONSTRAINT leaf_hash_of_leaf
    CHECK (leaf_hash = sha256('\\x00'::bytea || leaf)) NOT VALID"""
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
    "checkpoint truncate": "TRUNCATE governance_checkpoint CASCADE",
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
    assert "all 2 checkpoints confirmed. Entries newer than the last of them: 1." in out.getvalue()


def test_a_long_run_shows_how_far_it_is(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.management.commands.verify_ledger.STEP", 2)
    monkeypatch.setattr("governance.full_verification.ROWS", 1)
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


def test_an_edited_reason_is_found(log: User) -> None:
    edit = "UPDATE governance_ledgertext SET text = 'never mind' WHERE entry_id = 3"
    execute(settings.DATABASE_OWNER_URL, edit)
    assert verify()[1]["first_bad_entry"] == 3


def test_a_text_that_is_gone_without_an_entry_that_erased_it_is_found(log: User) -> None:
    """That an erased one leaves the record standing is told in test_erase_text."""
    execute(settings.DATABASE_APP_URL, "DELETE FROM governance_ledgertext WHERE entry_id = 3")
    code, answer = verify()
    assert (code, answer["first_bad_entry"]) == (1, 3)
    assert answer["faults"][0]["reason"] == (
        "The text of entry 3 is gone, and no entry says that it was erased."
    )


@pytest.mark.parametrize("action", ["role.granted", "role.revoked", "log.recovered", "text.erased"])
def test_an_entry_without_its_detail_is_named_and_stops_no_verification(log: User, action: str) -> None:
    with transaction.atomic():
        record(action=action, subject_kind="account", subject="a" * 64, by=log, role=Role.SERVICE)
    code, answer = verify("--full")
    assert (code, answer["first_bad_entry"]) == (1, 8)
    assert f"Entry 8 does not say what an entry '{action}' must" in answer["faults"][0]["reason"]


PUBLISHED = "INSERT INTO governance_publication (checkpoint_id, note, quorum_met, published_at) SELECT "


def test_a_backdated_publication_is_found(log: User) -> None:
    publish_log()
    assert verify("--full")[0] == 0
    execute(
        settings.DATABASE_APP_URL,
        PUBLISHED + "checkpoint_id, note, true, '2020-01-01' FROM governance_publication LIMIT 1",
    )
    code, answer = verify()
    assert code == 1
    assert "bears a time before the one at which that was signed" in answer["faults"][0]["reason"]


def test_a_backdated_checkpoint_does_not_excuse_a_backdated_publication(log: User) -> None:
    """Whoever signs with our key chooses both times, but not those of the entries."""
    backdated = "UPDATE governance_checkpoint SET signed_at = '2020-01-01'"
    publish_log()
    off, on = (each.replace("ledgerentry", "checkpoint") for each in (OFF, ON))
    execute(settings.DATABASE_OWNER_URL, off, backdated, on)
    assert verify()[0] == 0
    execute(
        settings.DATABASE_APP_URL,
        PUBLISHED + "checkpoint_id, note, true, '2020-01-01' FROM governance_publication LIMIT 1",
    )
    assert "bears a time before" in verify()[1]["faults"][0]["reason"]


def test_a_publication_beside_a_checkpoint_of_another_size_is_found(log: User) -> None:
    publish_log()
    execute(
        settings.DATABASE_APP_URL,
        PUBLISHED + "(SELECT min(id) FROM governance_checkpoint), note, true, now() "
        "FROM governance_publication LIMIT 1",
    )
    code, answer = verify()
    assert code == 1
    assert "stored beside another size or root" in answer["faults"][0]["reason"]


def test_a_quorum_that_the_cosignatures_do_not_make_is_found(log: User, watched: Witnesses) -> None:
    publish_log()
    assert verify("--full")[0] == 0
    execute(
        settings.DATABASE_APP_URL,
        PUBLISHED + "id, note, true, now() FROM governance_checkpoint ORDER BY size DESC LIMIT 1",
    )
    code, answer = verify()
    assert code == 1
    assert "the cosignatures in its note do not make it" in answer["faults"][0]["reason"]


def test_a_policy_that_came_later_does_not_judge_what_was_published_before(
    log: User, settings: Any, tmp_path: Path
) -> None:
    publish_log()
    witnesses = Witnesses(log_key().verification_key, tmp_path, ("north", "south"))
    settings.LOG_POLICY_FILE = str(witnesses.ask_for("all"))
    try:
        assert verify("--full")[0] == 0  # not announced yet
        write_entries(1)
        publish_log()
        assert list(Publication.objects.order_by("id").values_list("quorum_met", flat=True)) == [True, True]
        assert verify("--full")[0] == 0
    finally:
        witnesses.down()


COSIGNED = (
    "INSERT INTO governance_cosignature (checkpoint_id, witness, line, cosigned_at, received_at) SELECT "
)
FORGERIES = {
    "nonsense": ("'east', 'nonsense'", "is not valid"),
    "of another": ("'east', line", "is not made with that witness's key"),
    "two lines": ("'east', line || line", "is not one signature line"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_cosignature_that_is_none_is_found(log: User, watched: Witnesses, forgery: str) -> None:
    publish_log()
    values, words = FORGERIES[forgery]
    forged = f"checkpoint_id, {values}, cosigned_at, now() FROM governance_cosignature ORDER BY id LIMIT 1"
    execute(settings.DATABASE_APP_URL, COSIGNED + forged)
    code, answer = verify()
    assert code == 1
    assert words in answer["faults"][0]["reason"]


def test_a_cosignature_of_another_checkpoint_is_found(log: User, watched: Witnesses) -> None:
    publish_log()
    forged = """(SELECT id FROM governance_checkpoint ORDER BY size LIMIT 1), witness, line, cosigned_at, now()
      FROM governance_cosignature ORDER BY id LIMIT 1"""
    execute(settings.DATABASE_APP_URL, COSIGNED + forged)
    code, answer = verify("--full")
    assert code == 1
    assert "is not valid for this checkpoint" in answer["faults"][0]["reason"]


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


def test_a_proof_kept_outside_serves_as_a_checkpoint(log: User, tmp_path: Path) -> None:
    hashes = [bytes(row.leaf_hash) for row in LedgerEntry.objects.all()]
    path = tmp_path / "entry-3.tlog-proof"
    path.write_text(EntryProof(3, inclusion_proof(3, hashes), Checkpoint.objects.latest("size").note).text)
    assert verify("--checkpoint", str(path))[1]["checkpoints_confirmed"] == 3
    roll_back(to=6)
    code, answer = verify("--checkpoint", str(path))
    assert code == 1
    assert "the checkpoint in entry-3.tlog-proof covers 8 entries" in answer["faults"][0]["reason"]


def test_what_was_published_counts_even_when_the_whole_database_is_an_older_one(log: User) -> None:
    publish_log()
    assert verify()[0] == 0
    roll_back(to=6)
    code, answer = verify()
    assert code == 1
    assert answer["first_bad_entry"] == 6
    assert "the published checkpoint covers" in answer["faults"][0]["reason"]


def test_what_only_the_witnesses_may_have_seen_counts_too(log: User) -> None:
    publish_tiles(by=log)
    roll_back(to=6)
    assert "the checkpoint last sent to the witnesses covers 8" in verify()[1]["faults"][0]["reason"]


def test_a_stored_publication_is_compared_too(log: User) -> None:
    publish_log()
    size = LedgerEntry.objects.count()
    edit = f"UPDATE governance_publication SET note = replace(note, E'\\n{size}\\n', E'\\n{size - 1}\\n')"
    off, on = (each.replace("ledgerentry", "publication") for each in (OFF, ON))
    execute(settings.DATABASE_OWNER_URL, off, edit, on)
    code, answer = verify()
    assert code == 1
    assert "The published checkpoint of" in answer["faults"][0]["reason"]
    assert "is not genuine" in answer["faults"][0]["reason"]


def test_an_unreadable_published_file_is_a_fault_and_no_crash(log: User) -> None:
    publish_log()
    (published_log.public_folder() / "checkpoint").write_bytes(b"\xff")
    code, answer = verify()
    assert code == 1
    assert "The file checkpoint is not text" in answer["faults"][0]["reason"]


def test_each_verification_is_kept_with_what_it_found(log: User) -> None:
    verify()
    execute(superuser(), OFF, FLIP, ON)
    verify()
    good, bad = LogVerification.objects.all()
    assert (good.size, good.checkpoints, good.first_bad_entry, good.fault) == (8, 2, None, "")
    assert bytes(good.root) == bytes(Checkpoint.objects.latest("size").root)
    assert (bad.size, bad.first_bad_entry) == (3, 3)
    assert "entry 3" in bad.fault


def test_where_nothing_may_be_written_the_log_is_verified_all_the_same(log: User) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        assert verify()[0] == 0
    assert not LogVerification.objects.exists()


def test_a_leaf_in_another_spelling_is_found_when_all_is_read_letter_by_letter(fresh_database: str) -> None:
    write_entries(300)
    spaced = """convert_to(replace(convert_from(leaf, 'UTF8'), '","', '", "'), 'UTF8')"""
    edit = (
        f"UPDATE governance_ledgerentry SET leaf = {spaced}, leaf_hash = sha256('\\x00'::bytea || {spaced})"
    )
    execute(settings.DATABASE_OWNER_URL, OFF, f"{edit} WHERE index = 150", ON)
    code, answer = verify("--full")
    assert code == 1
    assert answer["first_bad_entry"] == 150
    assert "canonical form" in answer["faults"][0]["reason"]


def test_a_role_that_no_entry_tells_of_is_found_and_the_row_named(city: City) -> None:
    late = RoleGrant.objects.create(user=city.eve, role="board_member", jurisdiction=city.jurisdiction)
    code, answer = verify()
    assert code == 1
    reason = answer["faults"][0]["reason"]
    assert f"role grant {late.pk} (board_member in rivermark)" in reason


def test_a_role_granted_and_revoked_through_the_services_agrees_with_the_log(city: City) -> None:
    grant = grant_role(user=city.eve, role=Role.ANALYST, jurisdiction=city.jurisdiction, by=city.scheduler)
    assert verify()[0] == 0
    revoke_role(role_grant_id=grant.pk, by=city.scheduler)
    assert verify()[0] == 0
    RoleGrant.objects.filter(pk=grant.pk).update(revoked_at=None)
    code, answer = verify()
    assert code == 1
    assert f"Role grant {grant.pk} (analyst in rivermark) is in force" in answer["faults"][0]["reason"]


def test_an_edited_genesis_is_found(city: City) -> None:
    Jurisdiction.objects.update(genesis={"policy": ["0" * 64], "recipe": []})
    assert "first policy of rivermark" in verify()[1]["faults"][0]["reason"]


def test_a_checkpoint_that_is_no_checkpoint_is_told_apart(log: User, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"\xff\xfenot a checkpoint")
    code, answer = verify("--checkpoint", str(path))
    assert code == 1
    assert answer["first_bad_entry"] is None
    assert answer["faults"][0]["reason"].startswith("The checkpoint in letter.txt is not genuine")


def test_a_checkpoint_file_that_is_not_there_is_an_error(log: User) -> None:
    with pytest.raises(CommandError, match="There is no file") as usage:
        verify("--checkpoint", "nowhere.txt")
    assert usage.value.returncode == 2


def test_a_forged_checkpoint_row_is_found(log: User) -> None:
    edit = "UPDATE governance_checkpoint SET root = sha256('x') WHERE size = 6"
    off, on = (each.replace("ledgerentry", "checkpoint") for each in (OFF, ON))
    execute(settings.DATABASE_OWNER_URL, off, edit, on)
    code, answer = verify()
    assert code == 1
    assert "stored beside another size or root" in answer["faults"][0]["reason"]


def roll_back(*, to: int) -> None:
    """Do to the tables what restoring an older backup does."""
    tables = ("ledgerentry", "checkpoint", "publication", "cosignature")
    newer = f"SELECT id FROM governance_checkpoint WHERE size > {to}"
    execute(
        settings.DATABASE_OWNER_URL,
        *(OFF.replace("ledgerentry", table) for table in tables),
        f"DELETE FROM governance_ledgertext WHERE entry_id >= {to}",
        f"DELETE FROM governance_ledgerentry WHERE index >= {to}",
        f"UPDATE governance_ledgerlock SET next_index = {to}",
        f"DELETE FROM governance_publication WHERE checkpoint_id IN ({newer})",
        f"DELETE FROM governance_cosignature WHERE checkpoint_id IN ({newer})",
        f"DELETE FROM governance_checkpoint WHERE size > {to}",
        *(ON.replace("ledgerentry", table) for table in tables),
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
