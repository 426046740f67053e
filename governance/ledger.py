"""Append to the record: one entry per deed, in the deed's own transaction."""

import secrets
from collections.abc import Mapping

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from governance import published_log
from governance.core import canonical, merkle
from governance.core.pseudonyms import alias
from governance.core.roles import ROLES, Role
from governance.models import Jurisdiction, LedgerEntry, LedgerText, User

# One appender at a time: the row stays locked until the deed commits, and a deed rolled back gives its number back.
NEXT_INDEX = (
    "UPDATE governance_ledgerlock SET next_index = next_index + 1 WHERE id = 1 RETURNING next_index - 1"
)
APPEND = (
    "INSERT INTO governance_ledgerentry (index, leaf, leaf_hash, action, jurisdiction, subject, recorded_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)


def record(
    *,
    action: str,
    subject_kind: str,
    subject: str,
    by: User,
    role: Role,
    outcome: str = "done",
    jurisdiction: Jurisdiction | None = None,
    policy_version: int | None = None,
    detail: Mapping[str, str | int | bool] | None = None,
    text: str = "",
) -> LedgerEntry:
    """Append one entry inside the caller's transaction; if this fails, the deed fails with it.

    `subject` is a SHA-256 in hex. `text` never enters the leaf: its salted digest does, and the text itself
    is kept apart, where it can be erased. Raises EntryError for what an entry may not say,
    Refused(INCONSISTENT_LOG) where more was published than this database holds, and TransactionManagementError
    outside a transaction.
    """
    database = transaction.get_connection()
    if not database.in_atomic_block:
        raise transaction.TransactionManagementError(
            "A deed and its entry share one transaction; open it first."
        )
    try:
        with database.wrap_database_errors:
            return _enter(
                _server(database),
                action,
                subject_kind,
                subject,
                by,
                role,
                outcome,
                jurisdiction,
                policy_version,
                detail,
                text,
            )
    except BaseException:
        database.set_rollback(True)  # who swallows this error must not keep a deed without its entry
        raise


def _enter(
    server: psycopg.Cursor[tuple[int]],
    action: str,
    subject_kind: str,
    subject: str,
    by: User,
    role: Role,
    outcome: str,
    jurisdiction: Jurisdiction | None,
    policy_version: int | None,
    detail: Mapping[str, str | int | bool] | None,
    text: str,
) -> LedgerEntry:
    index = _next_index(server)
    published_log.check_not_behind(index)
    moment, salt = timezone.now(), secrets.token_bytes(canonical.SALT_BYTES) if text else b""
    told: dict[str, str | int | Mapping[str, str | int | bool] | None] = {
        "v": canonical.VERSION,
        "index": index,
        "time": canonical.entry_time(moment),
        "actor": actor_name(by, role, subject),
        "role": role.value,
        "action": action,
        "subject_kind": subject_kind,
        "subject": subject,
        "outcome": outcome,
        "jurisdiction": jurisdiction.slug if jurisdiction else None,
        "policy_version": policy_version,
        "detail": {name: value for name, value in (detail or {}).items() if value != ""} or None,
        "text": canonical.salted_digest(salt, text) if text else None,
    }
    row = _append(
        server,
        LedgerEntry(
            index=index,
            leaf=canonical.leaf_bytes({name: value for name, value in told.items() if value is not None}),
            action=action,
            jurisdiction=jurisdiction.slug if jurisdiction else "",
            subject=subject,
            recorded_at=moment,
        ),
    )
    if text:
        LedgerText.objects.create(entry=row, salt=salt, text=text)
    return row


def _next_index(server: psycopg.Cursor[tuple[int]]) -> int:
    """Take the log's lock and the next entry's number, in one round trip."""
    (index,) = server.execute(NEXT_INDEX, prepare=True).fetchone() or (None,)
    if index is None:
        raise LookupError("The log has no lock to number entries with; run `make migrate` on this database.")
    return int(index)


def _append(server: psycopg.Cursor[tuple[int]], row: LedgerEntry) -> LedgerEntry:
    """Hash and insert one entry."""
    leaf = bytes(row.leaf)
    row.leaf_hash = merkle.leaf_hash(leaf)
    values = (row.index, leaf, row.leaf_hash, row.action, row.jurisdiction, row.subject, row.recorded_at)
    server.execute(APPEND, values, prepare=True)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


def _server(connection: BaseDatabaseWrapper) -> psycopg.Cursor[tuple[int]]:
    """Return the driver's own cursor, whose statements the server prepares once per connection.

    Through Django they would be written, parsed and planned again for each entry, which takes the server and us as
    long as all the rest of it. The connection, its transaction and its errors stay Django's.
    """
    connection.validate_no_broken_transaction()
    connection.connection.prepare_threshold = 0
    return psycopg.Cursor(connection.connection)


def actor_name(by: User, role: Role, subject: str) -> str:
    """Return the name an entry gives its actor: her pseudonym, or, for the role of a district, an alias."""
    if not ROLES[role].on_district:
        return by.pseudonym
    return alias(settings.ID_KEY, by.pseudonym, subject)
