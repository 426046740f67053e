"""The database as first guard: every attack that was measured, with the rights of each role.

What the guards refuse is refused here. What succeeds, because its author holds the server, is shown to be found by
a verification from outside: against checkpoints that were kept where the author cannot reach them.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, connection, transaction
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from config.migrate import WITHOUT_TRIGGER
from governance.core.append_only import OPEN, SEAL, guard_from_owner
from governance.models import Checkpoint, LedgerEntry, User
from governance.selectors import scheduler_account
from governance.services.sign_checkpoint import sign_checkpoint
from tests.apps.governance.database_attacks import (
    DONE_BY_SUPERUSER,
    EDITS,
    FORGED,
    GUARDS_OFF,
    NOT_ENTERED,
    PAYLOAD,
    REFUSED_TO_APPLICATION,
    REFUSED_TO_OWNER,
    REPLICA,
    copied,
    edit_on_disk,
    put_in_place,
)  # fmt: skip
from tests.apps.governance.test_sign_checkpoint import write_entries
from tests.apps.governance.test_verify_ledger import FORGE, OFF, ON, execute, session, superuser, verify


@pytest.fixture
def kept(fresh_database: str, tmp_path: Path) -> list[str]:
    """Eight entries, checkpoints of 3, 4 and 8 of them kept outside, and the superuser's guards in place."""
    install_guards()
    scheduler: User = scheduler_account()
    arguments: list[str] = []
    for more in (3, 1, 4):
        write_entries(more)
        signed = sign_checkpoint(by=scheduler)
        assert isinstance(signed, Checkpoint)
        path = tmp_path / f"kept-{signed.size}.txt"
        path.write_text(signed.note, encoding="utf-8")
        arguments += ["--checkpoint", str(path)]
    return arguments


def install_guards() -> None:
    """Do what `make migrate` does as the server's superuser."""
    execute(superuser(), guard_from_owner(WITHOUT_TRIGGER), SEAL)


def found(kept: list[str]) -> tuple[int | None, str]:
    """Verify from outside; return the entry that is named, and the reason."""
    code, answer = verify(*kept)
    assert code == 1
    return answer["first_bad_entry"], answer["faults"][0]["reason"]


def test_the_application_is_refused_every_edit_and_every_change_of_the_guards(
    kept: list[str], subtests: pytest.Subtests
) -> None:
    for what, deed in REFUSED_TO_APPLICATION.items():
        with subtests.test(what), pytest.raises(errors.InsufficientPrivilege):
            execute(settings.DATABASE_APP_URL, deed)
    assert verify(*kept)[0] == 0


def test_the_application_enters_nothing_but_the_next_entry_with_its_own_hash(
    kept: list[str], subtests: pytest.Subtests
) -> None:
    for what, (deed, reason) in NOT_ENTERED.items():
        with subtests.test(what), pytest.raises((errors.RaiseException, errors.CheckViolation), match=reason):
            execute(settings.DATABASE_APP_URL, *deed.split("; "))
    assert verify(*kept)[0] == 0


def test_no_role_that_works_is_the_servers_superuser_or_owns_a_table(kept: list[str]) -> None:
    with session(settings.DATABASE_APP_URL) as app:
        powers = (
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles"
        )
        assert app.execute(powers + " WHERE rolname = current_user").fetchone() == (False,)
        owned = (
            "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole AND relpersistence <> 't'"
        )
        assert app.execute(owned).fetchone() == (0,)
        member = "SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole"
        assert app.execute(member).fetchone() == (0,)
        assert app.execute("SELECT has_schema_privilege('public', 'CREATE')").fetchone() == (False,)


def test_nobody_is_a_superuser_of_django_and_it_would_not_help(kept: list[str]) -> None:
    with pytest.raises(IntegrityError, match="nobody_is_superuser"), transaction.atomic():
        User.objects.filter(pk=scheduler_account().pk).update(is_superuser=True)
    assert connection.settings_dict["USER"] == settings.DATABASE_APP_ROLE
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        LedgerEntry.objects.filter(index=FORGED).update(action="x")


def test_the_owner_is_refused_every_change_of_a_guarded_table(
    kept: list[str], subtests: pytest.Subtests
) -> None:
    refusals = (errors.InsufficientPrivilege, errors.RaiseException)
    for what, deed in (EDITS | REFUSED_TO_OWNER).items():
        with subtests.test(what), pytest.raises(refusals):
            execute(settings.DATABASE_OWNER_URL, deed)
    assert verify(*kept)[0] == 0


def test_the_owner_still_works_on_everything_else(kept: list[str]) -> None:
    execute(settings.DATABASE_OWNER_URL, "CREATE TABLE fine (x int)", "DROP TABLE fine")
    assert verify(*kept)[0] == 0


def test_without_the_event_triggers_the_owners_edit_succeeds_and_is_found(kept: list[str]) -> None:
    execute(superuser(), "DROP EVENT TRIGGER lamplight_guard_end; DROP EVENT TRIGGER lamplight_guard_drop")
    execute(settings.DATABASE_OWNER_URL, OFF, FORGE, ON)
    assert found(kept) == (FORGED, "The log is not the one that the checkpoint of 4 entries signs: "
                                   "entry 3 was changed afterwards.")  # fmt: skip


def test_a_payload_edited_under_its_old_hash_needs_the_check_dropped_and_is_found(kept: list[str]) -> None:
    execute(superuser(), GUARDS_OFF)
    with pytest.raises(errors.CheckViolation):
        execute(settings.DATABASE_OWNER_URL, OFF, PAYLOAD)
    execute(settings.DATABASE_OWNER_URL, REFUSED_TO_OWNER["forget the hash"], OFF, PAYLOAD)
    entry, reason = found([])
    assert entry == FORGED
    assert "The bytes of entry 3 no longer give its hash" in reason


def test_a_superuser_in_replica_mode_meets_every_guard(kept: list[str], subtests: pytest.Subtests) -> None:
    for what, deed in (EDITS | {"switch off": OFF, "drop a guard": REFUSED_TO_OWNER["drop a guard"]}).items():
        with subtests.test(what), pytest.raises((errors.InsufficientPrivilege, errors.RaiseException)):
            execute(superuser(), REPLICA, deed)
    assert verify(*kept)[0] == 0


@pytest.mark.parametrize("how", DONE_BY_SUPERUSER)
def test_what_a_superuser_does_succeeds_and_is_found(kept: list[str], how: str) -> None:
    execute(superuser(), *DONE_BY_SUPERUSER[how])
    assert found(kept)[0] == FORGED


def test_a_leaked_right_to_play_the_replica_does_not_pass_the_guards(kept: list[str]) -> None:
    with leaking_role() as url:
        with pytest.raises(errors.RaiseException, match="append-only"):
            execute(url, REPLICA, FORGE)
        with pytest.raises(errors.InsufficientPrivilege):
            execute(url, REPLICA, OFF)
    assert verify(*kept)[0] == 0


@contextmanager
def leaking_role() -> Iterator[str]:
    """A role that may edit the log's table and, by GRANT SET ON PARAMETER, choose replica mode; yield its address."""
    name, password = f"leak_{secrets.token_hex(4)}", secrets.token_hex(8)
    role = Identifier(name)
    with session(superuser()) as administrator:
        administrator.execute(OPEN)
        administrator.execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        administrator.execute(SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(role))
        administrator.execute(SQL("GRANT ALL ON governance_ledgerentry TO {}").format(role))
        administrator.execute(SEAL)
        try:
            yield make_conninfo(settings.DATABASE_APP_URL, user=name, password=password)
        finally:
            administrator.execute(
                SQL("REVOKE ALL ON PARAMETER session_replication_role FROM {}").format(role)
            )
            administrator.execute(SQL("DROP OWNED BY {}; DROP ROLE {}").format(role, role))


def test_an_old_backup_restored_is_found_by_a_checkpoint_kept_outside(kept: list[str]) -> None:
    backup = copied("WAL_LOG")
    write_entries(2)
    newest = sign_checkpoint(by=scheduler_account())
    assert newest is not None
    Path(kept[-1]).write_text(newest.note, encoding="utf-8")
    put_in_place(backup)
    assert verify()[0] == 0
    entry, reason = found(kept)
    assert entry == 8
    assert "Entry 8 and all later ones are gone" in reason


def test_a_byte_edited_in_the_data_file_passes_every_guard_and_is_found(kept: list[str]) -> None:
    leaf = bytes(LedgerEntry.objects.get(index=FORGED).leaf)
    copy = copied(
        "FILE_COPY"
    )  # file by file: nothing of it is in the server's memory when its file is edited
    edit_on_disk(copy, leaf)
    put_in_place(copy)
    entry, reason = found(kept)
    assert entry == FORGED
    assert "The bytes of entry 3 no longer give its hash" in reason


@pytest.mark.django_db
def test_the_application_may_do_exactly_this_with_what_is_kept_for_ever(subtests: pytest.Subtests) -> None:
    allowed = {
        "governance_ledgerlock": {"SELECT", "UPDATE"},
        "governance_ledgertext": {"SELECT", "INSERT", "DELETE"},
    }
    for model in apps.get_models():
        if "append-only" in (model.__doc__ or "").lower():
            allowed[model._meta.db_table] = {"SELECT", "INSERT"}
    for table, rights in allowed.items():
        with subtests.test(table), connection.cursor() as cursor:
            cursor.execute(
                "SELECT right_name FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', "
                "'REFERENCES', 'TRIGGER']) AS right_name WHERE has_table_privilege(current_user, %s, right_name)",
                [table],
            )
            assert {right for (right,) in cursor.fetchall()} == rights
