"""The SQL that guards history."""

from governance.core.append_only import grant_application, guard_table


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
