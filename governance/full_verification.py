"""The full verification of the stored log: reads everything as a stream and lets the core judge it.

A million entries pass through here in seconds, so entries and checkpoints come through server-side cursors in binary
form, not through the query builder; nothing is held but a block of each.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from random import SystemRandom
from typing import Any, LiteralString

from django.db import connection

from governance import published_files, published_log, witnesses
from governance.core.consequences import ACTIONS, erased_texts, lost_ranges, read_leaves, sort_out
from governance.core.genesis_and_roles import Grant, account_digest, genesis_and_role_faults, place_of
from governance.core.kept_beside import (
    KeptCosignature,
    Published,
    Watch,
    cosignature_fault,
    publication_fault,
    text_faults,
)
from governance.core.log_verification import (
    Keys,
    SignedState,
    Verification,
    claimed_size,
    in_order,
    verify_log,
)
from governance.core.merkle import ProofError
from governance.core.refusals import Refused
from governance.core.request_replay import ADOPTED
from governance.core.role_requests import RoleAsked, role_digest
from governance.core.stored_entry import Fault, StoredEntry
from governance.core.tiles import TileError
from governance.models import LedgerText, LogVerification
from governance.request_rows import policy_row_faults, replay_faults

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
# One statement, so that a role granted or a text erased meanwhile is seen in both places or in neither.
TOLD: LiteralString = """
SELECT (SELECT json_agg(json_build_array(index, encode(leaf, 'hex')) ORDER BY index) FROM governance_ledgerentry
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
PUBLICATIONS: LiteralString = """
SELECT c.size = (SELECT max(size) FROM governance_checkpoint
                 WHERE id IN (SELECT checkpoint_id FROM governance_publication)),
       p.id, c.size, p.note, p.quorum_met, p.published_at, c.signed_at, date_trunc('minute', e.recorded_at)
FROM governance_publication p JOIN governance_checkpoint c ON c.id = p.checkpoint_id
LEFT JOIN governance_ledgerentry e ON e.index = c.size - 1 ORDER BY c.size, p.id"""
COSIGNATURES: LiteralString = """
SELECT c.size = (SELECT max(size) FROM governance_checkpoint
                 WHERE id IN (SELECT checkpoint_id FROM governance_cosignature)),
       g.id, c.size, c.note, g.witness, g.line, g.cosigned_at
FROM governance_cosignature g JOIN governance_checkpoint c ON c.id = g.checkpoint_id ORDER BY c.size, g.id"""
ANNOUNCED: LiteralString = """
SELECT index, subject FROM governance_ledgerentry WHERE action = 'witness_policy.announced'
ORDER BY index DESC LIMIT 1"""


def drawn_sample(entries: int) -> Container[int]:
    """Draw the entries to read letter by letter: the first, the last, and one in a hundred, others each time."""
    drawn = SystemRandom().sample(range(entries), entries // ONE_IN)
    return frozenset({0, entries - 1, *drawn})


def verify(
    *, kept: Iterable[SignedState], sample: Container[int], told: Callable[[int], None]
) -> Verification:
    """Recompute the log and hold it against all stored, published and given-out checkpoints, and against `kept`.

    Only where the log itself stands are the rows compared that it speaks of. `told` hears how many entries were
    read. Needs an open transaction: the cursors live in it.
    """
    watch = _watch()
    outside, unreadable = _given_out()
    states = in_order(_stored_states(), sorted((*outside, *kept), key=claimed_size))
    found = verify_log(_stored_entries(told), states, _keys(watch), sample)
    more = [Fault(None, sentence) for sentence in unreadable]
    if found.sound:
        more += [*_told_faults(found.without_text), *_publication_faults(watch, sample)]
        more += _cosignature_faults(watch, sample) if watch else ()
    named = [] if found.sound else _named_by_the_published_files()
    return replace(found, faults=(*named, *found.faults, *more))


def _named_by_the_published_files() -> list[Fault]:
    """Name the first entry that is not the published one: a checkpoint only tells between which two it lies."""
    try:
        index = published_files.first_entry_not_published()
    except (Refused, OSError, TileError, ProofError) as problem:
        log.warning("the published files name no entry: %s", problem)
        return []
    if index is None:
        return []
    return [Fault(index, f"Entry {index} is not the entry that was published under this number.")]


def _watch() -> Watch | None:
    """Return who watches the log, by today's policy; an unusable policy is the publisher's problem."""
    try:
        policy, digest = witnesses.policy(), hashlib.sha256(witnesses.policy_text().encode()).hexdigest()
    except Refused as problem:
        log.warning("the log is verified without its cosignatures: %s", problem)
        return None
    with connection.cursor() as cursor:
        cursor.execute(ANNOUNCED)
        index, announced = cursor.fetchone() or (None, "")
    return Watch(published_log.log_key().verification_key, policy, index if announced == digest else None)


def _keys(watch: Watch | None) -> Keys:
    known = tuple(witness.key for witness in watch.policy.witnesses) if watch else ()
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


def _batches(
    name: str, query: LiteralString, values: Sequence[object] = ()
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Yield the rows of a query as they come, `ROWS` at a time."""
    connection.ensure_connection()
    with connection.connection.cursor(name, binary=True) as cursor:
        cursor.execute(query, values or None)
        while rows := cursor.fetchmany(ROWS):
            yield rows


def _told_faults(without_text: Sequence[int]) -> list[Fault]:
    """Hold the tables of roles, jurisdictions, texts, policies and requests against the entries that speak of them."""
    with connection.cursor() as cursor:
        cursor.execute(TOLD, [[*ACTIONS, ADOPTED]])
        entries, places, grants = (json.loads(text or "[]") for text in cursor.fetchone())
    leaves, unreadable = read_leaves((number, bytes.fromhex(leaf)) for number, leaf in entries)
    roles = genesis_and_role_faults(
        leaves,
        [place_of(slug, genesis) for slug, genesis in places],
        [_grant(row) for row in grants],
    )
    # Read after the entries: an erasure in between deletes a text and brings none.
    kept = LedgerText.objects.filter(entry_id__in=erased_texts(leaves)).values_list("entry_id", flat=True)
    texts = text_faults(without_text, leaves, set(kept))
    lost = lost_ranges(sort_out(leaves)[0])
    return [*unreadable, *roles, *texts, *policy_row_faults(leaves, lost), *replay_faults(_batches, lost)]


def _grant(row: Sequence[Any]) -> Grant:
    number, slug, name, role, granted_at, revoked, district, salt = row
    asked = role_digest(RoleAsked(name, role, slug, district, salt)) if salt else ""
    return Grant(number, slug, account_digest(name), role, granted_at, revoked, district, asked)


def _publication_faults(watch: Watch | None, sample: Container[int]) -> list[Fault]:
    """Compare every publication; verify the cosignatures on those of the sample and on the newest."""
    found = []
    for rows in _batches("lamplight_publications", PUBLICATIONS):
        for newest, *row in rows:
            published = Published(*row)
            found.append(publication_fault(published, watch, verify=newest or published.size in sample))
    return [fault for fault in found if fault]


def _cosignature_faults(watch: Watch, sample: Container[int]) -> list[Fault]:
    """Read every kept cosignature; verify those on a checkpoint of the sample and on the newest."""
    found = []
    for rows in _batches("lamplight_cosignatures", COSIGNATURES):
        for newest, *row in rows:
            kept = KeptCosignature(*row)
            found.append(cosignature_fault(kept, watch, verify=newest or kept.size in sample))
    return [fault for fault in found if fault]


def last_verified_at() -> datetime | None:
    """Return when the whole log was last recomputed."""
    return LogVerification.objects.order_by("-id").values_list("verified_at", flat=True).first()
