"""Ask one witness to cosign the newest signed checkpoint."""

from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from governance import log_health, witnesses
from governance.core.refusals import Reason, Refused
from governance.core.witness_policy import Witness
from governance.core.witness_protocol import WitnessRefused
from governance.models import Checkpoint, Cosignature, User


@transaction.atomic
def request_cosignature(*, witness: Witness, by: User) -> Cosignature | None:
    """Keep the witness's cosignature of the newest signed checkpoint; asks only if there is none yet.

    No lock is held while the witness thinks: deeds, signing and the other witnesses go on. A witness that does
    not answer, refuses or lies is no error of ours: it is noted, and asked again at the next turn. Returns
    the cosignature, or None. Raises Refused(NOT_PERMITTED).
    """
    if not by.is_service:
        raise Refused(Reason.NOT_PERMITTED, "Witnesses are asked by a service account, never by a person.")
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None or not witness.url:
        return None
    kept = newest.cosignatures.filter(witness=witness.name).first()
    return kept or _ask(witness, newest)


def _ask(witness: Witness, newest: Checkpoint) -> Cosignature | None:
    part = log_health.witness_part(witness.name)
    asked = witnesses.Asked(newest.size, newest.note)
    try:
        cosigned = witnesses.ask(witness, asked, seen=min(log_health.agreed_size(part), newest.size))
    except WitnessRefused as refusal:
        log_health.report_problem(part, str(refusal))
        return None
    log_health.report_well(part, size=newest.size)
    told = {
        "line": cosigned.line.line,
        "cosigned_at": datetime.fromtimestamp(cosigned.time, UTC),
        "received_at": timezone.now(),
    }
    return Cosignature.objects.get_or_create(checkpoint=newest, witness=witness.name, defaults=told)[0]
