"""Requests, votes and policies as their tables have them, held against what the log's leaves come to.

The entries about requests pass as a stream. Whatever is finished by the log cannot change any more and is compared
block by block; what is not is compared at the end, in one statement that also brings the entries that came meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, LiteralString

from django.conf import settings
from django.db import connection

from governance.core.consequences import Leaf
from governance.core.pseudonyms import alias
from governance.core.request_replay import (
    ACTIONS,
    PolicyRow,
    Replay,
    Request,
    Said,
    policy_faults,
    request_faults,
)
from governance.core.roles import ROLES
from governance.core.stored_entry import Fault

Batches = Callable[[str, LiteralString, Sequence[object]], Iterator[Sequence[tuple[Any, ...]]]]
OF_DISTRICTS = frozenset(role.value for role, terms in ROLES.items() if terms.on_district)
BLOCK = 5_000  # finished requests compared at once
MOST = 50  # faults that are told one by one
ENTRIES: LiteralString = (
    "SELECT index, leaf FROM governance_ledgerentry WHERE action = ANY(%s) ORDER BY index"
)
COLUMNS: LiteralString = "r.id, j.slug, r.kind, r.digest, r.revision, r.state, r.policy_version"
VOTE: LiteralString = (
    "v.change_request_id, v.ledger_index, v.verdict, v.revision, v.digest, u.pseudonym, v.role, v.stage, "
    "v.on_behalf_of_id IS NOT NULL"
)
ACT: LiteralString = "a.change_request_id, a.ledger_index, a.deed, a.revision, a.digest, u.pseudonym, a.role"
# One statement is one snapshot: a vote cast meanwhile is seen with its entry or not at all.
ROWS: LiteralString = """
SELECT (SELECT json_agg(json_build_array(index, convert_from(leaf, 'UTF8')) ORDER BY index)
        FROM governance_ledgerentry WHERE action = ANY(%s) AND index > %s)::text,
       (SELECT json_agg(json_build_array({request})) FROM governance_changerequest r
        JOIN governance_jurisdiction j ON j.id = r.jurisdiction_id WHERE {which_r})::text,
       (SELECT json_agg(json_build_array({vote})) FROM governance_vote v
        JOIN governance_user u ON u.id = v.user_id WHERE {which_v})::text,
       (SELECT json_agg(json_build_array({act})) FROM governance_requestact a
        JOIN governance_user u ON u.id = a.user_id WHERE {which_a})::text"""
_read = json.JSONDecoder().raw_decode  # what json.loads does, at half its price
SOME: LiteralString = "{} = ANY(%s)"
OTHERS: LiteralString = (
    "NOT EXISTS (SELECT FROM unnest(%s::bigint[]) AS done(id) WHERE done.id = {})"  # one hash
)
POLICIES: LiteralString = """
SELECT j.slug, p.version, p.digest, p.terms::text,
       to_char(p.in_force_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')
FROM governance_policy p JOIN governance_jurisdiction j ON j.id = p.jurisdiction_id ORDER BY j.slug, p.version"""


def replay_faults(batches: Batches, lost: Sequence[range]) -> list[Fault]:
    """Replay every request by its leaves and compare it with its rows. `batches` streams the rows of a query."""
    replay, compared, newest = Replay(lost), set[int](), -1
    faults: list[Fault] = []
    for rows in batches("lamplight_requests", ENTRIES, [list(ACTIONS)]):
        for number, leaf in rows:
            replay.take(number, _read(leaf.decode())[0])
        newest = rows[-1][0]
        if len(replay.finished) >= BLOCK:
            faults += _finished(replay, compared)
    faults += _finished(replay, compared)
    later, kept = _rows(OTHERS, compared, newest)
    for number, leaf in later:
        replay.take(number, json.loads(leaf))
    faults += request_faults({**replay.unfinished, **replay.take_finished()}, kept)
    return _some([*replay.faults, *faults])


def _finished(replay: Replay, compared: set[int]) -> list[Fault]:
    done = replay.take_finished()
    compared.update(done)
    return request_faults(done, _rows(SOME, done, None)[1]) if done else []


def _rows(
    which: LiteralString, numbers: set[int] | Mapping[int, object], newest: int | None
) -> tuple[list[tuple[int, str]], dict[int, Request]]:
    """Read the rows of some requests, or of all others, and, in the same snapshot, the entries after `newest`."""
    query = ROWS.format(
        request=COLUMNS,
        vote=VOTE,
        act=ACT,
        which_r=which.format("r.id"),
        which_v=which.format("v.change_request_id"),
        which_a=which.format("a.change_request_id"),
    )
    some, after = list(numbers), newest if newest is not None else 2**62
    with connection.cursor() as cursor:
        cursor.execute(query, [list(ACTIONS), after, some, some, some])
        later, requests, votes, acts = (json.loads(text or "[]") for text in cursor.fetchone())
    found = {row[0]: Request(*row) for row in requests}
    for number, *said in (*votes, *acts):
        if number in found:
            found[number].said.append(_said(*said))
    return later, found


def _said(
    entry: int,
    deed: str,
    revision: int,
    digest: str,
    pseudonym: str,
    role: str,
    stage: str = "",
    delegated: bool = False,  # noqa: FBT001, FBT002 - a column of a row
) -> Said:
    """Return a row as its entry would say it."""
    actor = alias(settings.ID_KEY, pseudonym, digest) if role in OF_DISTRICTS else pseudonym
    return Said(entry, deed, revision, digest, actor, role, stage, delegated)


def policy_row_faults(leaves: Sequence[Leaf], lost: Sequence[range]) -> list[Fault]:
    """Compare each version of every policy with the entry that tells of it."""
    with connection.cursor() as cursor:
        cursor.execute(POLICIES)
        rows = [
            PolicyRow(slug, version, digest, json.loads(terms), begins)
            for slug, version, digest, terms, begins in cursor.fetchall()
        ]
    return _some(policy_faults(leaves, rows, lost))


def _some(faults: list[Fault]) -> list[Fault]:
    """Not more of them than anybody reads."""
    more = len(faults) - MOST
    return faults if more <= 0 else [*faults[:MOST], Fault(None, f"The same is true of {more} more.")]
