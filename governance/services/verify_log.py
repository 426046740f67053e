"""Recompute the whole log and keep what was found."""

import logging
import time
from collections.abc import Callable, Container, Sequence

from django.db import OperationalError, transaction
from django.utils import timezone

from governance import full_verification, stored_log
from governance.core.log_verification import SignedState, Verification
from governance.core.refusals import Reason, Refused
from governance.models import LogVerification, User

log = logging.getLogger("lamplight.log")


@transaction.atomic
def verify_log(
    *,
    by: User,
    kept: Sequence[SignedState] = (),
    sample: Container[int] | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> Verification:
    """Verify the log against every checkpoint there is, and against those `kept` outside; keep one row about it.

    Of every entry the bytes, hash, columns and text are checked; those numbered in `sample` (None: one in a hundred,
    drawn afresh) are read letter by letter. `told` hears how many entries were read. Reading the log writes no
    entry. A log that does not stand is an answer, not a refusal. Raises Refused(NOT_PERMITTED).
    """
    if not by.is_service:
        raise Refused(
            Reason.NOT_PERMITTED, "What a verification found is kept by a service account, never by a person."
        )
    started = time.monotonic()
    chosen = full_verification.drawn_sample(stored_log.size()) if sample is None else sample
    found = full_verification.verify(kept=kept, sample=chosen, told=told)
    try:
        # Its own savepoint: a full disk keeps no row, and what was found is told all the same.
        with transaction.atomic():
            LogVerification.objects.create(
                verified_at=timezone.now(),
                size=found.size,
                root=found.root,
                checkpoints=found.confirmed,
                first_bad_entry=found.first_bad_entry,
                fault=found.faults[0].sentence if found.faults else "",
                seconds=round(time.monotonic() - started, 3),
            )
    except OperationalError as problem:
        log.warning("the verification was not kept: %s", problem)
    return found
