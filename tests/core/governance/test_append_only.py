"""The SQL that guards history. What it does is tried on the real database, in test_database_guards."""

from governance.core.append_only import (
    OPEN,
    SHUT,
    allow_only,
    grant_application,
    guard_entries,
    guard_from_owner,
    guard_table,
)


def test_a_guarded_table_refuses_update_delete_and_truncate_also_in_replica_mode() -> None:
    sql = guard_table("governance_vote", "app")
    assert "BEFORE UPDATE OR DELETE ON governance_vote" in sql
    assert "BEFORE TRUNCATE ON governance_vote" in sql
    assert sql.count("ENABLE ALWAYS TRIGGER") == 2
    assert 'REVOKE UPDATE, DELETE, TRUNCATE ON governance_vote FROM "app"' in sql


def test_the_application_gets_no_right_to_change_tables() -> None:
    sql = grant_application("app")
    assert "ALL PRIVILEGES" not in sql
    assert "CREATE" not in sql
    assert "TRUNCATE" not in sql


def test_a_leaf_must_give_its_hash_fit_a_bundle_and_follow_the_last_one() -> None:
    sql = guard_entries("entries")
    assert "CHECK (leaf_hash = sha256('\\x00'::bytea || leaf))" in sql
    assert "CHECK (octet_length(leaf) <= 65535)" in sql
    assert "FROM public.entries" in sql
    assert "ENABLE ALWAYS TRIGGER without_gaps" in sql


def test_exactly_the_named_rights_are_left() -> None:
    sql = allow_only("texts", "app", "SELECT", "DELETE")
    assert 'REVOKE ALL ON texts FROM "app"' in sql
    assert 'GRANT SELECT, DELETE ON texts TO "app"' in sql


def test_the_owners_guards_fire_always_and_cover_the_named_tables() -> None:
    sql = guard_from_owner(["one", "other"])
    assert sql.count("ENABLE ALWAYS") == 2
    assert "'one', 'other'" in sql


def test_the_lock_that_opens_the_guards_is_the_one_they_look_for() -> None:
    key, number = OPEN[OPEN.index("(") + 1 : OPEN.index(")")].split(", ")
    assert f"classid = {key} AND objid = {number}" in guard_from_owner()
    assert OPEN.replace("_lock(", "_unlock(") == SHUT
