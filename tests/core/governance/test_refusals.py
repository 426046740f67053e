"""Refusals and their status codes."""

import pytest

from governance.core.refusals import Reason, Refused, status_code


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.NOT_PERMITTED, 403),
        (Reason.AUTHOR_MAY_NOT_VOTE, 403),
        (Reason.NOT_TRAINED, 403),
        (Reason.SIGN_IN_AGAIN, 403),
        (Reason.NOT_FOUND, 404),
        (Reason.RATIONALE_TOO_SHORT, 422),
        (Reason.EXPIRED, 409),
        (Reason.DIGEST_CHANGED, 409),
    ],
)
def test_who_what_how_and_when_have_their_own_codes(reason: Reason, code: int) -> None:
    assert status_code(reason) == code


def test_a_refusal_carries_its_reason_and_its_sentence() -> None:
    refusal = Refused(Reason.EXPIRED, "Too late.")
    assert (refusal.reason, refusal.message, str(refusal)) == (Reason.EXPIRED, "Too late.", "Too late.")
