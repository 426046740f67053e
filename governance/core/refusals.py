"""Every reason for which Lamplight says no."""

from enum import StrEnum


class Reason(StrEnum):
    """A closed list: the same word reaches the page, the API and the application log."""

    NOT_PERMITTED = "not_permitted"
    NOT_TRAINED = "not_trained"
    SIGN_IN_AGAIN = "sign_in_again"
    AUTHOR_MAY_NOT_VOTE = "author_may_not_vote"
    SERVICE_MAY_NOT_VOTE = "service_may_not_vote"
    ALREADY_VOTED = "already_voted"
    RATIONALE_TOO_SHORT = "rationale_too_short"
    EXPIRED = "expired"
    NOT_OPEN = "not_open"
    DIGEST_CHANGED = "digest_changed"
    EVIDENCE_MISSING = "evidence_missing"
    EVIDENCE_FAILED = "evidence_failed"
    NOT_APPROVED = "not_approved"
    ALREADY_DONE = "already_done"
    NOT_FOUND = "not_found"
    BAD_INPUT = "bad_input"
    TOO_LATE = "too_late"
    TOO_EARLY = "too_early"
    TOO_LITTLE_DATA = "too_little_data"
    TOO_LARGE = "too_large"
    OUTSIDE_POLICY = "outside_policy"
    CLOCK_BACKWARDS = "clock_backwards"
    INCONSISTENT_LOG = "inconsistent_log"
    HAD_A_PART = "had_a_part"
    TOO_OFTEN = "too_often"
    ON_HOLD = "on_hold"
    QUORUM_UNREACHABLE = "quorum_unreachable"
    RECUSED = "recused"


FORBIDDEN = frozenset(
    {
        Reason.NOT_PERMITTED,
        Reason.NOT_TRAINED,
        Reason.SIGN_IN_AGAIN,
        Reason.AUTHOR_MAY_NOT_VOTE,
        Reason.SERVICE_MAY_NOT_VOTE,
        Reason.HAD_A_PART,
        Reason.RECUSED,
    }
)
MALFORMED = frozenset(
    {
        Reason.BAD_INPUT,
        Reason.RATIONALE_TOO_SHORT,
        Reason.TOO_LARGE,
        Reason.TOO_LITTLE_DATA,
        Reason.OUTSIDE_POLICY,
    }
)


class Refused(Exception):
    """A deed that was not done, with its reason and a sentence naming what, where and what to do."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def status_code(reason: Reason) -> int:
    """HTTP status of a refusal: 403 who, 404 what, 422 how, 409 when, 429 how often."""
    if reason in FORBIDDEN:
        return 403
    if reason is Reason.NOT_FOUND:
        return 404
    if reason is Reason.TOO_OFTEN:
        return 429
    return 422 if reason in MALFORMED else 409
