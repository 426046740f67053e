"""Ask one witness to cosign the newest signed checkpoint."""

from datetime import UTC, datetime
from typing import NoReturn

from django.db import transaction
from django.utils import timezone

from governance import log_health, published_files, published_log, witnesses
from governance.core.cosignature import Cosigned
from governance.core.merkle import ProofError, verify_consistency
from governance.core.refusals import Reason, Refused
from governance.core.witness_policy import Witness
from governance.core.witness_protocol import Answer, WitnessRefused
from governance.models import Checkpoint, Cosignature, User


@transaction.atomic
def request_cosignature(*, witness: Witness, by: User) -> Cosignature | None:
    """Keep the witness's cosignature of the newest checkpoint whose tiles are published; asks only if there is none.

    No lock is held while the witness thinks: deeds, signing and the other witnesses go on. A witness that does
    not answer, refuses or lies is no error of ours: it is noted, and asked again at the next turn. One that has
    seen more entries than were ever signed here, or other ones, stops the publication, whatever the quorum: a late
    publication can be made good, a second history cannot. Returns the cosignature, or None. Raises
    Refused(NOT_PERMITTED | INCONSISTENT_LOG).
    """
    if not by.is_service:
        raise Refused(Reason.NOT_PERMITTED, "Witnesses are asked by a service account, never by a person.")
    newest = published_log.ready_checkpoint()
    if newest is None or not witness.url:
        return None
    kept = newest.cosignatures.filter(witness=witness.name).first()
    return kept or _ask(witness, newest)


def _ask(witness: Witness, newest: Checkpoint) -> Cosignature | None:
    part = log_health.witness_part(witness.name)
    asked = witnesses.Asked(newest.size, newest.note)
    try:
        answer = witnesses.ask(witness, asked, seen=min(log_health.agreed_size(part), newest.size))
    except WitnessRefused as refusal:
        if refusal.answer is Answer.INCONSISTENT:
            _stop(
                witness,
                newest,
                f"{refusal} Entries that it has seen were replaced: the log was rewritten, or an older copy of it was "
                "restored and has grown differently.",
            )
        log_health.report_problem(part, str(refusal))
        return None
    if isinstance(answer, Cosigned):
        return _keep(witness, newest, answer)
    if not Checkpoint.objects.filter(size__gte=answer.size).exists():
        _stop(
            witness,
            newest,
            f"The witness {witness.name} has seen more of this log than we hold: it says that it cosigned "
            f"{answer.size} entries, and only {newest.size} were ever signed here. The database and the published "
            "folder are older copies.",
        )
    return None  # another process has signed meanwhile, and its turn asked before this one


def _keep(witness: Witness, newest: Checkpoint, cosigned: Cosigned) -> Cosignature:
    log_health.report_well(log_health.witness_part(witness.name), size=newest.size)
    told = {
        "line": cosigned.line.line,
        "cosigned_at": datetime.fromtimestamp(cosigned.time, UTC),
        "received_at": timezone.now(),
    }
    return Cosignature.objects.get_or_create(checkpoint=newest, witness=witness.name, defaults=told)[0]


def _stop(witness: Witness, newest: Checkpoint, sentence: str) -> NoReturn:
    """Publish nothing; where the witness can show our own signature, sign and record nothing either.

    A published file that was damaged gives proofs that no witness can accept: that is looked at first, since it
    says nothing about our history.

    The checkpoint it shows takes the place of the one last let out: from then on `sign_checkpoint` must continue
    it, and `record` refuses to number an entry again that it covers.
    """
    published_files.check_files(newest.size)
    shown = witnesses.checkpoint_kept_by(witness)
    proved = "It shows no checkpoint of ours that proves it; if it is mistaken, take it out of the policy."
    if shown is not None and not _continues(newest, shown):
        published_log.one_operator_at_a_time()
        published_log.let_out(shown)
        proved = "It shows a checkpoint that our own key signed, which is kept beside the published log."
    raise Refused(Reason.INCONSISTENT_LOG, f"{sentence} {proved} Nothing is published. {published_log.KEEP}")


def _continues(newest: Checkpoint, shown: str) -> bool:
    """Whether our newest checkpoint continues the one that a witness shows."""
    said = published_log.opened("the checkpoint that a witness shows", shown)
    if not 0 < said.size <= newest.size:
        return said.size == 0
    try:
        verify_consistency(
            old_size=said.size,
            new_size=newest.size,
            old_root=said.root,
            new_root=bytes(newest.root),
            proof=published_log.tree(newest.size).consistency_proof(said.size),
        )
    except ProofError:
        return False
    return True
