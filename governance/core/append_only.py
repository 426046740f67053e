"""SQL that makes a table append-only: triggers that refuse, and a role that may only read and insert."""

from collections.abc import Sequence

from .canonical import MAX_LEAF_BYTES


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


def guard_entries(table: str) -> str:
    """SQL for the table of leaves: refused are a hash that is not its leaf's, a leaf over 65,535 bytes, and a gap.

    The trigger names the schema: a table of the same name in a session's temporary schema must not answer for it.
    """
    return f"""
ALTER TABLE {table} ADD CONSTRAINT leaf_hash_of_leaf CHECK (leaf_hash = sha256('\\x00'::bytea || leaf));
ALTER TABLE {table} ADD CONSTRAINT leaf_fits_a_bundle CHECK (octet_length(leaf) <= {MAX_LEAF_BYTES});
CREATE FUNCTION lamplight_without_gaps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wanted bigint := COALESCE((SELECT index + 1 FROM public.{table} ORDER BY index DESC LIMIT 1), 0);
BEGIN
  IF NEW.index IS DISTINCT FROM wanted THEN
    RAISE EXCEPTION 'entries are numbered without gaps: the next is %, not %', wanted, NEW.index;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER without_gaps BEFORE INSERT ON {table}
  FOR EACH ROW EXECUTE FUNCTION lamplight_without_gaps();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER without_gaps;
"""


def allow_only(table: str, role: str, *rights: str) -> str:
    """SQL that leaves the application's role exactly these rights on a table."""
    return f"""
REVOKE ALL ON {table} FROM "{role}";
GRANT {", ".join(rights)} ON {table} TO "{role}";
"""


# --- what only the server's superuser can make: guards that bind the tables' owner as well ---------------------

OPEN = "SELECT pg_advisory_lock(1280131404, 1)"  # while the superuser's session lives; a killed one shuts by itself
SEAL = "SELECT name FROM lamplight_guard.seal()"  # the tables that changed since they were sealed before
SHUT = "SELECT pg_advisory_unlock(1280131404, 1)"

FINGERPRINT = """
CREATE OR REPLACE FUNCTION lamplight_guard.fingerprint(guarded oid) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
SELECT sha256(convert_to(string_agg(line, E'\\n' ORDER BY line), 'UTF8')) FROM (
  SELECT concat_ws(' ', 'table', c.oid::regclass, n.nspname, c.relname, c.relowner::regrole, c.relkind,
                   c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.relacl)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = guarded
  UNION ALL SELECT concat_ws(' ', 'column', attnum, attname, format_type(atttypid, atttypmod), attnotnull, attisdropped,
                             attgenerated, attidentity, attacl, pg_get_expr(adbin, adrelid))
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = guarded
  UNION ALL SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), tgenabled, proowner::regrole,
                             pg_get_functiondef(tgfoid))
    FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid WHERE tgrelid = guarded
  UNION ALL SELECT concat_ws(' ', 'constraint', conname, convalidated, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = guarded
  UNION ALL SELECT concat_ws(' ', 'rule', ev_enabled, pg_get_ruledef(oid)) FROM pg_rewrite WHERE ev_class = guarded
  UNION ALL SELECT concat_ws(' ', 'policy', polname, polcmd, polpermissive, polroles::text,
                             pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy WHERE polrelid = guarded
  UNION ALL SELECT concat_ws(' ', 'heir', inhrelid::regclass) FROM pg_inherits WHERE inhparent = guarded
) AS description(line)
$$;
"""


def guard_from_owner(tables: Sequence[str] = ()) -> str:
    """SQL for the server's superuser: event triggers that hold the owner of the tables to their guards.

    At the end of every command that changes the shape of anything, each sealed table is compared with the
    fingerprint taken when it was sealed: its triggers and their functions, constraints, columns, rules, policies,
    heirs, owner and rights. A difference refuses the command, whatever the command was. Only while a superuser's
    session holds the lock of OPEN may they differ; SEAL takes the fingerprints again. Sealed are all tables with
    an append-only trigger, and `tables`. Running it again changes nothing. What a superuser does to the event
    triggers themselves is detected from outside, by the checkpoints.
    """
    named = ", ".join(f"'{table}'" for table in ("", *tables))
    return f"""
CREATE SCHEMA IF NOT EXISTS lamplight_guard;
CREATE TABLE IF NOT EXISTS lamplight_guard.sealed (guarded oid PRIMARY KEY, name text, fingerprint bytea);
{FINGERPRINT}
CREATE OR REPLACE FUNCTION lamplight_guard.seal() RETURNS TABLE (name text)
LANGUAGE sql SET search_path = pg_catalog AS $$
WITH found AS (
  SELECT c.oid AS guarded, relname::text AS name, lamplight_guard.fingerprint(c.oid) AS fingerprint FROM pg_class c
  WHERE relname IN ({named})
     OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'append_only_row')
), gone AS (
  DELETE FROM lamplight_guard.sealed s WHERE NOT EXISTS (SELECT FROM found f WHERE f.guarded = s.guarded)
  RETURNING s.name
), taken AS (
  INSERT INTO lamplight_guard.sealed AS s SELECT * FROM found
  ON CONFLICT (guarded) DO UPDATE SET name = EXCLUDED.name, fingerprint = EXCLUDED.fingerprint
  WHERE (s.name, s.fingerprint) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.fingerprint) RETURNING s.name
)
SELECT name FROM gone UNION SELECT name FROM taken ORDER BY 1
$$;
CREATE OR REPLACE FUNCTION lamplight_guard.refuse() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE changed text;
BEGIN
  IF EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) JOIN pg_roles r ON r.oid = usesysid
             WHERE locktype = 'advisory' AND classid = 1280131404 AND objid = 1 AND granted AND rolsuper
               AND pg_locks.database = (SELECT d.oid FROM pg_database d WHERE datname = current_database())) THEN
    RETURN;
  END IF;
  SELECT string_agg(name, ', ' ORDER BY name) INTO changed FROM lamplight_guard.sealed
    WHERE lamplight_guard.fingerprint(guarded) IS DISTINCT FROM fingerprint;
  IF changed IS NOT NULL THEN
    RAISE insufficient_privilege USING MESSAGE = format('%s refused: it would change the guarded %s', tg_tag, changed),
      HINT = 'Migrations run through `make migrate`, which opens the guards for as long as it runs.';
  END IF;
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA lamplight_guard FROM PUBLIC;
DROP EVENT TRIGGER IF EXISTS lamplight_guard_end;
DROP EVENT TRIGGER IF EXISTS lamplight_guard_drop;
CREATE EVENT TRIGGER lamplight_guard_end ON ddl_command_end EXECUTE FUNCTION lamplight_guard.refuse();
CREATE EVENT TRIGGER lamplight_guard_drop ON sql_drop EXECUTE FUNCTION lamplight_guard.refuse();
ALTER EVENT TRIGGER lamplight_guard_end ENABLE ALWAYS;
ALTER EVENT TRIGGER lamplight_guard_drop ENABLE ALWAYS;
"""
