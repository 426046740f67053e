"""Enter into the log what a stranger verifies it with."""

import hashlib

from django.conf import settings
from django.db import transaction

from governance import published_log, witnesses
from governance.core.canonical import parse_leaf
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.ledger import record
from governance.models import LedgerEntry, LedgerLock, User


@transaction.atomic
def announce_verification(*, by: User) -> None:
    """Record the SHA-256 of the verifier for strangers and of the witness policy, whenever one changed.

    The last announcement of each is compared, so a repeated call writes nothing. Raises Refused(NOT_PERMITTED |
    BAD_INPUT).
    """
    if not by.is_service:
        raise Refused(
            Reason.NOT_PERMITTED, "The verifier is announced by a service account, never by a person."
        )
    verifier = published_log.verifier_file().read_bytes()
    _announce("verification.announced", "verifier", verifier, "done", by)
    policy = witnesses.public_policy_text().encode()
    _announce("witness_policy.announced", "witness_policy", policy, settings.LOG_WITHOUT_QUORUM, by)


def _announce(action: str, kind: str, content: bytes, outcome: str, by: User) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if _is_announced(
        action, digest, outcome
    ):  # without the log's lock: a deed that is open keeps nobody waiting
        return
    LedgerLock.objects.select_for_update().get(pk=1)  # two announcers at once would both see the old one
    if not _is_announced(action, digest, outcome):
        record(action=action, subject_kind=kind, subject=digest, by=by, role=Role.SERVICE, outcome=outcome)


def _is_announced(action: str, digest: str, outcome: str) -> bool:
    last = LedgerEntry.objects.filter(action=action).order_by("-index").first()
    return last is not None and (last.subject, parse_leaf(bytes(last.leaf))["outcome"]) == (digest, outcome)
