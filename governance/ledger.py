"""Append to the record: one entry per deed, in the deed's own transaction."""

import secrets
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from governance.core import canonical, merkle
from governance.core.pseudonyms import alias
from governance.core.roles import ROLES, Role
from governance.models import Jurisdiction, LedgerEntry, LedgerLock, LedgerText, User


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
    is kept apart, where it can be erased. Raises EntryError for what an entry may not say, and
    TransactionManagementError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(
            "A deed and its entry share one transaction; open it first."
        )
    # One appender at a time: without the lock two transactions would read the same last index.
    LedgerLock.objects.select_for_update().get(pk=1)
    last = LedgerEntry.objects.aggregate(last=Max("index"))["last"]
    index = 0 if last is None else last + 1
    moment = timezone.now()
    entry: dict[str, str | int | Mapping[str, str | int | bool]] = {
        "v": canonical.VERSION,
        "index": index,
        "time": canonical.entry_time(moment),
        "actor": actor_name(by, role, subject),
        "role": role.value,
        "action": action,
        "subject_kind": subject_kind,
        "subject": subject,
        "outcome": outcome,
    }
    if jurisdiction is not None:
        entry["jurisdiction"] = jurisdiction.slug
    if policy_version is not None:
        entry["policy_version"] = policy_version
    if told := {name: value for name, value in (detail or {}).items() if value != ""}:
        entry["detail"] = told
    salt = secrets.token_bytes(canonical.SALT_BYTES)
    if text:
        entry["text"] = canonical.salted_digest(salt, text)
    leaf = canonical.leaf_bytes(entry)
    row = LedgerEntry.objects.create(
        index=index,
        leaf=leaf,
        leaf_hash=merkle.leaf_hash(leaf),
        action=action,
        jurisdiction=jurisdiction.slug if jurisdiction else "",
        subject=subject,
        recorded_at=moment,
    )
    if text:
        LedgerText.objects.create(entry=row, salt=salt, text=text)
    return row


def actor_name(by: User, role: Role, subject: str) -> str:
    """Return the name an entry gives its actor: her pseudonym, or, for the role of a district, an alias."""
    if not ROLES[role].on_district:
        return by.pseudonym
    return alias(settings.ID_KEY, by.pseudonym, subject)
