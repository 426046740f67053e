"""A program that proposes plans through the services, and prints what was acknowledged to it.

    proposing COUNT      one line for each plan: its number, its request's id, the number of its evidence's entry

Whatever happens to the database, it asks again under the same digest until it knows that the deed was done.
"""

import hashlib
import sys
import threading
from datetime import timedelta

from django.db import InterfaceError, OperationalError, close_old_connections

from governance import clock
from governance.models import District, User
from governance.selectors import districts_of, jurisdiction_named, scheduler_account
from governance.services.attach_evidence import attach_evidence
from governance.services.open_change_request import open_change_request

PAUSE = threading.Event()


def digest_of(number: int) -> str:
    """Return the digest of what plan `number` proposes."""
    return hashlib.sha256(b"plan %d" % number).hexdigest()


def propose(number: int, district: District, by: User) -> str:
    """Open one request and attach its evidence: two deeds, two transactions."""
    request = open_change_request(
        kind="plan",
        jurisdiction=district.jurisdiction,
        district=district,
        title=f"Plan {number}",
        digest=digest_of(number),
        rests_on=[],
        expires_at=clock.now(district.jurisdiction) + timedelta(hours=6),
        by=by,
    )
    evidence = attach_evidence(
        subject_digest=request.digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Passes.",
        report_digest=hashlib.sha256(b"report %d" % number).hexdigest(),
        jurisdiction=district.jurisdiction,
        by=by,
    )
    return f"{number} {request.pk} {evidence.ledger_index}"


def main(count: str) -> None:
    """Propose one plan after the other."""
    (district,) = districts_of(jurisdiction_named("rivermark"))
    by, number = scheduler_account(), 0
    while number < int(count):
        try:
            said = propose(number, district, by)
        except (OperationalError, InterfaceError) as problem:
            print(f"{number}: {problem}".splitlines()[0], file=sys.stderr, flush=True)
            close_old_connections()
            PAUSE.wait(0.2)
        else:
            print(said, flush=True)
            number += 1
