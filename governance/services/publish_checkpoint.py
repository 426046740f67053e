"""Give the newest signed checkpoint to the public."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from governance import published_log, witnesses
from governance.core.cosignature import CosignatureError, Cosigned, cosignatures_on
from governance.core.refusals import Reason, Refused
from governance.core.witness_policy import WitnessPolicy
from governance.models import Checkpoint, Publication, User
from governance.stored_log import last_publication


@transaction.atomic
def publish_checkpoint(*, by: User) -> Publication | None:
    """Put the newest checkpoint whose tiles are published in its place once the policy's witnesses have cosigned it.

    Without their quorum it waits, or is published with what there is, as LOG_WITHOUT_QUORUM says. The file goes
    first, the row second: after a crash in between, the next turn finds the file as it is and adds the row.
    Returns the last publication; None if there is none yet. Raises Refused(NOT_PERMITTED | BAD_INPUT |
    INCONSISTENT_LOG) and OSError.
    """
    if not by.is_service:
        raise Refused(Reason.NOT_PERMITTED, "The log is published by a service account, never by a person.")
    published_log.one_operator_at_a_time()
    newest, last = published_log.ready_checkpoint(), last_publication()
    if newest is None:
        return last
    policy = witnesses.policy()
    good = _cosignatures(newest, policy)
    quorum_met = policy.satisfied_by(_names(good, policy))
    if not quorum_met and settings.LOG_WITHOUT_QUORUM == "wait":
        return last
    note = newest.note + "".join(each.line.line for each in good)
    published_log.publish(note)
    if last is not None and last.note == note:
        return last
    published_log.remove_partial_tiles(last.checkpoint.size if last else 0, newest.size)
    return Publication.objects.create(
        checkpoint=newest, note=note, quorum_met=quorum_met, published_at=timezone.now()
    )


def _cosignatures(checkpoint: Checkpoint, policy: WitnessPolicy) -> tuple[Cosigned, ...]:
    """Check the kept cosignatures again, by the keys that the policy names today."""
    lines = "".join(checkpoint.cosignatures.order_by("id").values_list("line", flat=True))
    log_key = published_log.log_key().verification_key
    try:
        return cosignatures_on(checkpoint.note + lines, log_key, [each.key for each in policy.witnesses])
    except CosignatureError as problem:
        raise Refused(
            Reason.INCONSISTENT_LOG, f"A kept cosignature is not good. {problem} {published_log.KEEP}"
        ) from problem


def _names(good: tuple[Cosigned, ...], policy: WitnessPolicy) -> set[str]:
    keys = {each.key for each in good}
    return {witness.name for witness in policy.witnesses if witness.key in keys}
