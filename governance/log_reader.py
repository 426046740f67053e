"""The full verification of the stored log: reads everything as a stream and lets the core judge it.

A million entries pass through here in seconds, so entries and checkpoints come through server-side cursors in binary
form, not through the query builder; nothing is held but a block of each.
"""

import json
import logging
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from random import SystemRandom
from typing import Any, LiteralString

from django.db import connection

from governance import published_log, witnesses
from governance.core.genesis_and_roles import ACTIONS, Grant, Place, account_digest, genesis_and_role_faults
from governance.core.log_verification import (
    Keys,
    SignedState,
    Verification,
    claimed_size,
    in_order,
    verify_log,
)
from governance.core.refusals import Refused
from governance.core.role_requests import RoleAsked, role_digest
from governance.core.stored_entry import Fault, StoredEntry
from governance.models import LogVerification

log = logging.getLogger("lamplight.log")
ROWS = 2_000  # fetched at once
ONE_IN = 100  # entries that a verification reads letter by letter, unless it reads all so
ENTRIES: LiteralString = """
SELECT e.index, e.leaf, e.leaf_hash, e.action, e.jurisdiction, e.subject,
       to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'), t.salt, t.text
FROM governance_ledgerentry e LEFT JOIN governance_ledgertext t ON t.entry_id = e.index ORDER BY e.index"""
STATES: LiteralString = """
SELECT 'the checkpoint', size, root, note FROM governance_checkpoint
UNION ALL SELECT 'the published checkpoint', size, root, p.note
FROM governance_publication p JOIN governance_checkpoint c ON c.id = p.checkpoint_id ORDER BY size"""
# One statement, so that a role granted meanwhile is seen in both places or in neither.
ROLES: LiteralString = """
SELECT (SELECT json_agg(convert_from(leaf, 'UTF8')::json ORDER BY index) FROM governance_ledgerentry
        WHERE action = ANY(%s))::text,
       (SELECT json_agg(json_build_array(slug, genesis) ORDER BY slug) FROM governance_jurisdiction)::text,
       (SELECT json_agg(json_build_array(g.id, j.slug, u.pseudonym, g.role,
                to_char(g.granted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'), g.revoked_at IS NOT NULL,
                coalesce(d.code, ''), r.salt)
                ORDER BY g.id)
        FROM governance_rolegrant g JOIN governance_jurisdiction j ON j.id = g.jurisdiction_id
        JOIN governance_user u ON u.id = g.user_id
        LEFT JOIN governance_district d ON d.id = g.district_id
        LEFT JOIN governance_rolerequest r ON r.change_request_id = g.change_request_id)::text"""


def drawn_sample(entries: int) -> Container[int]:
    """Draw the entries to read letter by letter: the first, the last, and one in a hundred, others each time."""
    drawn = SystemRandom().sample(range(entries), entries // ONE_IN)
    return frozenset({0, entries - 1, *drawn})


def verify(
    *, kept: Iterable[SignedState], sample: Container[int], told: Callable[[int], None]
) -> Verification:
    """Recompute the log and hold it against all stored, published and given-out checkpoints, and against `kept`.

    Only where the log itself stands are the facts compared that it speaks of. `told` hears how many entries were
    read. Needs an open transaction: the cursors live in it.
    """
    outside, unreadable = _given_out()
    states = in_order(_stored_states(), sorted((*outside, *kept), key=claimed_size))
    found = verify_log(_stored_entries(told), states, _keys(), sample)
    more = [*unreadable, *(_role_faults() if found.sound else ())]
    return replace(found, faults=(*found.faults, *(Fault(None, sentence) for sentence in more)))


def _keys() -> Keys:
    """Return the log's key and those of the policy's witnesses; an unusable policy is the publisher's problem."""
    try:
        known = tuple(witness.key for witness in witnesses.policy().witnesses)
    except Refused as problem:
        log.warning("the log is verified without its cosignatures: %s", problem)
        known = ()
    return Keys(published_log.log_key().verification_key, known)


def _given_out() -> tuple[list[SignedState], list[str]]:
    try:
        return [SignedState(name, note) for name, note in published_log.notes_given_out()], []
    except Refused as problem:
        return [], [problem.message]


def _stored_entries(told: Callable[[int], None]) -> Iterator[StoredEntry]:
    done = 0
    for rows in _batches("lamplight_entries", ENTRIES):
        yield from map(StoredEntry._make, rows)
        done += len(rows)
        told(done)


def _stored_states() -> Iterator[SignedState]:
    for rows in _batches("lamplight_states", STATES):
        for name, entries, root, note in rows:
            yield SignedState(f"{name} of {entries} entries", note, entries, root)


def _batches(name: str, query: LiteralString) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Yield the rows of a query as they come, `ROWS` at a time."""
    connection.ensure_connection()
    with connection.connection.cursor(name, binary=True) as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(ROWS):
            yield rows


def _role_faults() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(ROLES, [list(ACTIONS)])
        leaves, places, grants = (json.loads(text or "[]") for text in cursor.fetchone())
    return genesis_and_role_faults(
        leaves,
        [
            Place(slug, "".join(genesis.get("policy", [])), tuple(genesis.get("recipe", [])))
            for slug, genesis in places
        ],
        [_grant(row) for row in grants],
    )


def _grant(row: Sequence[Any]) -> Grant:
    number, slug, name, role, granted_at, revoked, district, salt = row
    asked = role_digest(RoleAsked(name, role, slug, district, salt)) if salt else ""
    return Grant(number, slug, account_digest(name), role, granted_at, revoked, district, asked)


def last_verified_at() -> datetime | None:
    """Return when the whole log was last recomputed."""
    return LogVerification.objects.order_by("-id").values_list("verified_at", flat=True).first()
