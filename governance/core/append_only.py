"""SQL that makes a table append-only: triggers that refuse, and a role that may only read and insert."""


def guard_table(table: str, role: str) -> str:
    """SQL for one table: UPDATE, DELETE and TRUNCATE are refused, also in replica mode (ENABLE ALWAYS).

    `role` is the application's database role. A superuser or the owner can still remove a trigger; that is
    detected from outside, by the checkpoints.
    """
    return f"""
CREATE OR REPLACE FUNCTION lamplight_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP; END $$;
CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION lamplight_append_only();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION lamplight_append_only();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_row;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_truncate;
REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM "{role}";
"""


def grant_application(role: str) -> str:
    """SQL that lets the application's role work on all tables, present and future; never change their shape."""
    return f"""
GRANT USAGE ON SCHEMA public TO "{role}";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{role}";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO "{role}";
"""
