"""`make migrate`: bring the tables up to date as their owner, with the guards open for exactly that long.

The superuser's event triggers (governance/core/append_only.py) hold even the owner to the guards of the record.
With DATABASE_ADMIN_URL, which the private database always has, this opens and seals them itself; for a server
that belongs to somebody else it says what its administrator runs.
"""

import subprocess
import sys

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL

from config import env
from config.provision import ROOT, say, stop_with
from governance.core.append_only import OPEN, SEAL, SHUT, guard_from_owner

WITHOUT_TRIGGER = ("governance_ledgerlock", "governance_ledgertext")  # guarded by what the application may do
FOR_THE_ADMINISTRATOR = """
The tables are up to date, and the application can only read and add to the record. Their owner could still lift
the guards. To hold the owner to them too, the server's superuser runs this in psql on the database {database}:

{guards}
{seal};

From then on a migration of a guarded table is refused unless the superuser's own session has run
  {open};
before it (keep that session open meanwhile) and, afterwards,
  {seal};
  {shut};
Or set DATABASE_ADMIN_URL to the superuser's address: `make migrate` then does all of it.
"""


def main() -> None:
    """Migrate, guarded as far as anybody here may."""
    administrator = env.text("DATABASE_ADMIN_URL", "")
    if administrator:
        changed = migrate_guarded(administrator)
        if changed:
            say(f"Guards sealed; new or changed are: {', '.join(changed)}")
        return
    migrate()
    say(explain(env.text("DATABASE_URL")))


def migrate() -> None:
    """Run the migrations as the owner of the tables."""
    done = subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=False)
    if done.returncode:
        stop_with("`manage.py migrate` failed; its message stands above. Applied is what it finished before.")


def migrate_guarded(administrator: str) -> list[str]:
    """Migrate while a superuser's session holds the guards open; return the guarded tables that changed.

    A crash anywhere ends that session, which shuts the guards; what was changed by then is refused until the next
    `make migrate` seals it.
    """
    with psycopg.connect(administrator, autocommit=True) as session:
        session.execute(OPEN)
        try:
            migrate()
        finally:
            session.execute(SQL(guard_from_owner(WITHOUT_TRIGGER)))
            changed = [name for (name,) in session.execute(SEAL).fetchall()]
            session.execute(SHUT)
    return changed


def explain(url: str) -> str:
    """What the administrator of somebody else's server runs, as text."""
    database = conninfo_to_dict(url).get("dbname", "")
    guards = guard_from_owner(WITHOUT_TRIGGER)
    return FOR_THE_ADMINISTRATOR.format(database=database, guards=guards, open=OPEN, seal=SEAL, shut=SHUT)


if __name__ == "__main__":
    main()
