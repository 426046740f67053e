"""A policy put to the vote: the exact bytes that people agree to, and what keeps it from reaching into the past."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import rfc8785

from governance.core.policy import Terms, write_terms
from governance.core.policy_differences import Difference
from governance.core.refusals import Reason, Refused


def draft_body(*, jurisdiction: str, terms: Terms, based_on: int, in_force_from: datetime) -> dict[str, Any]:
    """Return everything that is put to the vote as plain data: whose, which terms, instead of what, and from when."""
    return {
        "v": 1,
        "jurisdiction": jurisdiction,
        "based_on": based_on,
        "in_force_from": in_force_from.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "terms": write_terms(terms),
    }


def body_digest(body: Any) -> str:
    """Return the SHA-256 (hex) of a value's canonical JSON (RFC 8785): of a draft's body, or of terms alone."""
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def check_draft(differences: Sequence[Difference], *, in_force_from: datetime, now: datetime) -> None:
    """Refuse a draft that changes nothing or would govern what has already happened."""
    if not differences:
        raise Refused(
            Reason.ALREADY_DONE, "These terms are those already adopted, so there is nothing to decide."
        )
    if in_force_from <= now:
        raise Refused(
            Reason.TOO_LATE,
            f"A policy cannot begin in the past: {in_force_from:%d %B %Y} has come. Choose a later day.",
        )


def check_based_on(based_on: int, newest: int) -> None:
    """Refuse a draft that was written against another version than the newest one adopted."""
    if based_on != newest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            f"This draft changes policy {based_on}, but policy {newest} has been adopted since, so its differences "
            "are no longer those that people read. It is void; propose anew.",
        )


def begins(wanted: datetime, *, now: datetime, newest_from: datetime) -> datetime:
    """Return when an adopted policy comes into force: the day it names, never before now or before the last one."""
    return max(wanted, now, newest_from)
