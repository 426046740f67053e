"""How often an e-mail is tried, and when it is given up."""

from datetime import datetime, timedelta

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)
"""Between one attempt and the next: a mail server that is down over a night still gets everything in the morning."""
MOST_ATTEMPTS = len(PAUSES) + 1
CLAIM = timedelta(minutes=10)
"""How long one worker has for one e-mail; after that another one takes it for lost and tries anew."""


def next_attempt(attempts: int, failed_at: datetime) -> datetime | None:
    """When to try again after so many attempts, 1 or more, that failed; None: not at all."""
    return failed_at + PAUSES[attempts - 1] if attempts < MOST_ATTEMPTS else None


def is_final(code: int) -> bool:
    """Whether a mail server's answer about a recipient will not change by waiting (RFC 5321, section 4.2.1: 5yz)."""
    return 500 <= code <= 599
