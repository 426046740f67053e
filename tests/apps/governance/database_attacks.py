"""The attacks on the record's tables: what each role tries in SQL, and what can be done beneath the server."""

import os
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg.sql import SQL, Identifier

from governance.core.append_only import OPEN, SEAL
from tests.apps.governance.test_verify_ledger import EDITS as EDITS_OF_ENTRIES
from tests.apps.governance.test_verify_ledger import FORGE, OFF, ON, OWNER_ONLY, superuser

REPLICA = "SET session_replication_role = replica"
EDITS = EDITS_OF_ENTRIES | {"update": FORGE}
PAYLOAD = (
    "UPDATE governance_ledgerentry SET leaf = set_byte(leaf, 20, get_byte(leaf, 20) # 1) WHERE index = 3"
)
FORGED = 3  # the entry that FORGE and PAYLOAD edit
INSERT = "INSERT INTO public.governance_ledgerentry SELECT {}, {}, {}, 'a.b', '', '', now()"
HASH = "sha256('\\x00'::bytea || 'leaf')"
REFUSED_TO_APPLICATION = {
    **EDITS,
    **OWNER_ONLY,
    "edit by upsert": INSERT.format(FORGED, "'leaf'", HASH) + " ON CONFLICT (index) DO UPDATE SET leaf = 'x'",
    "edit a kept text": "UPDATE governance_ledgertext SET text = 'never mind'",
    "remove the lock": "DELETE FROM governance_ledgerlock",
    "read a file of the server": "SELECT lo_import('/etc/passwd')",
    "run a program on the server": "COPY governance_ledgerentry TO PROGRAM 'cat'",
    "become the owner": "SET ROLE lamplight_owner",
    "edit the catalogue": "UPDATE pg_trigger SET tgenabled = 'D'",
    "switch off the event trigger": "ALTER EVENT TRIGGER lamplight_guard_end DISABLE",
    "seal": SEAL,
}
NOT_ENTERED = {
    "a gap": (INSERT.format(9, "'leaf'", HASH), "the next is 8, not 9"),
    "a number given twice": (INSERT.format(7, "'leaf'", HASH), "the next is 8, not 7"),
    "no number below the first": (INSERT.format(-1, "'leaf'", HASH), "the next is 8, not -1"),
    "another hash": (INSERT.format(8, "'leaf'", "sha256('x')"), "leaf_hash_of_leaf"),
    "a leaf too long for a bundle": (
        INSERT.format(8, "long", "sha256('\\x00'::bytea || long)")
        + " FROM (SELECT convert_to(repeat('x', 65536), 'UTF8')) AS leaf(long)",
        "leaf_fits_a_bundle",
    ),
    "a gap behind a decoy": (
        "CREATE TEMP TABLE governance_ledgerentry (index bigint); "
        "INSERT INTO pg_temp.governance_ledgerentry VALUES (98);" + INSERT.format(99, "'leaf'", HASH),
        "the next is 8, not 99",
    ),
}
REFUSED_TO_OWNER = {
    "switch off": OFF,
    "switch off one": "ALTER TABLE governance_ledgerentry DISABLE TRIGGER append_only_row",
    "weaken": "ALTER TABLE governance_ledgerentry ENABLE TRIGGER append_only_row",
    "drop a guard": "DROP TRIGGER append_only_row ON governance_ledgerentry",
    "rename a guard": "ALTER TRIGGER append_only_row ON governance_ledgerentry RENAME TO harmless",
    "drop the function": "DROP FUNCTION lamplight_append_only() CASCADE",
    "rename the function": "ALTER FUNCTION lamplight_append_only() RENAME TO harmless",
    "replace the function": OWNER_ONLY["replace the guard"],
    "replace the numbering": "CREATE OR REPLACE FUNCTION lamplight_without_gaps() RETURNS trigger "
    "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "forget the hash": "ALTER TABLE governance_ledgerentry DROP CONSTRAINT leaf_hash_of_leaf",
    "rename the table": "ALTER TABLE governance_ledgerentry RENAME TO old",
    "move the table": "CREATE SCHEMA attic; ALTER TABLE governance_ledgerentry SET SCHEMA attic",
    "drop the table": "DROP TABLE governance_ledgerentry CASCADE",
    "drop the schema": "DROP SCHEMA public CASCADE",
    "drop all that is owned": "DROP OWNED BY lamplight_owner",
    "give it away": "ALTER TABLE governance_ledgerentry OWNER TO pg_database_owner",
    "retype a column": "ALTER TABLE governance_ledgerentry ALTER subject TYPE text",
    "lose it in a crash": "ALTER TABLE governance_ledgertext SET UNLOGGED",
    "turn edits aside": "CREATE RULE aside AS ON INSERT TO governance_ledgerentry DO INSTEAD NOTHING",
    "hide rows": "ALTER TABLE governance_ledgerentry ENABLE ROW LEVEL SECURITY",
    "add an heir": "CREATE TABLE more () INHERITS (governance_ledgerentry)",
    "add a trigger": "CREATE TRIGGER aaa BEFORE INSERT ON governance_ledgerentry FOR EACH ROW "
    "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "let the application edit": "GRANT UPDATE ON governance_ledgertext TO lamplight_app",
    "remove the event trigger": "DROP EVENT TRIGGER lamplight_guard_end",
    "replace the event trigger's function": "CREATE OR REPLACE FUNCTION lamplight_guard.refuse() RETURNS "
    "event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "seal again": SEAL,
}
GUARDS_OFF = (
    "ALTER EVENT TRIGGER lamplight_guard_end DISABLE; ALTER EVENT TRIGGER lamplight_guard_drop DISABLE"
)
DONE_BY_SUPERUSER = {
    "disabling the event triggers": [GUARDS_OFF, OFF, FORGE, ON],
    "opening and sealing like a migration": [OPEN, OFF, FORGE, ON, SEAL],
    "editing the catalogue": ["UPDATE pg_trigger SET tgenabled = 'D' WHERE tgname LIKE 'append_only%'", FORGE],
    "replica mode after weakening the guards": [
        GUARDS_OFF, "ALTER TABLE governance_ledgerentry ENABLE TRIGGER append_only_row", REPLICA, FORGE,
    ],
}  # fmt: skip


def copied(strategy: str) -> str:
    """Copy the test's database as it is now, as its server's superuser; return the copy's name."""
    name = connections.settings["default"]["NAME"]
    connections.close_all()
    with psycopg.connect(superuser(), autocommit=True) as server:
        server.execute(
            SQL("CREATE DATABASE {} TEMPLATE {} OWNER lamplight_owner STRATEGY {}").format(
                Identifier(f"{name[:50]}_copy"), Identifier(name), Identifier(strategy)
            )
        )
    return f"{name[:50]}_copy"


def put_in_place(copy: str) -> None:
    """Replace the test's database by the copy."""
    name = Identifier(connections.settings["default"]["NAME"])
    connections.close_all()
    with psycopg.connect(superuser(), autocommit=True) as server:
        server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        server.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(copy), name))


def edit_on_disk(database: str, leaf: bytes) -> None:
    """Change a word of a leaf in the files of a database that nobody has opened yet, or skip by name."""
    where = "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database WHERE datname = %s"
    with psycopg.connect(superuser()) as server:
        (folder,) = server.execute(where, [database]).fetchone() or ("",)
    if not os.access(folder, os.R_OK | os.W_OK):
        pytest.skip("the files of the server may not be edited by this account")
    files = [path for path in Path(folder).iterdir() if leaf in path.read_bytes()]
    assert files
    for path in files:
        path.write_bytes(path.read_bytes().replace(leaf, leaf.replace(b"done", b"gone")))
