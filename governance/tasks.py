"""Scheduled work of governance: rows in a state, safe to run twice."""

import logging
from collections.abc import Callable
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from governance import (
    full_verification,
    log_health,
    log_recovery,
    mail,
    published_files,
    stored_log,
    witnesses,
)
from governance.core.break_glass import REVIEW
from governance.core.holds import LIFT_KIND
from governance.core.refusals import Reason, Refused
from governance.core.states import State
from governance.core.tiles import TileError
from governance.core.witness_policy import Witness
from governance.models import User
from governance.notices import forget_old_notices
from governance.policy_making import approved_drafts
from governance.redress import contacts_to_erase, forget_marks
from governance.selectors import (
    due_to_expire,
    jurisdictions,
    requests_in,
    role_requests_to_apply,
    scheduler_account,
)
from governance.services.adopt_policy import adopt_policy
from governance.services.announce_verification import announce_verification
from governance.services.apply_role_grant import apply_role_grant
from governance.services.erase_contact import erase_contact
from governance.services.expire_change_request import expire_change_request
from governance.services.lift_hold import lift_hold
from governance.services.publish_checkpoint import publish_checkpoint
from governance.services.publish_tiles import publish_tiles
from governance.services.recover_log import recover_log
from governance.services.redeem_approval import redeem_approval
from governance.services.request_cosignature import request_cosignature
from governance.services.sign_checkpoint import sign_checkpoint
from governance.services.tell_people import tell_people
from governance.services.verify_log import verify_log
from governance.stored_log import last_publication

log = logging.getLogger("lamplight.governance")

VERIFY_EVERY = timedelta(hours=20)  # a full verification a day, whatever the hour


@shared_task
def expire_requests() -> int:
    """Record the requests whose time is over; returns how many."""
    by, done = scheduler_account(), 0
    for jurisdiction in jurisdictions():
        for request in due_to_expire(jurisdiction):
            expire_change_request(change_request_id=request.pk, by=by)
            done += 1
    return done


@shared_task
def adopt_policies() -> int:
    """Put the policies that people approved into force; returns how many.

    An approval is used up and its policy adopted in one transaction. What can no longer be adopted stays as it is,
    with the reason in the application log, until it expires.
    """
    by, done = scheduler_account(), 0
    for jurisdiction in jurisdictions():
        for request in approved_drafts(jurisdiction):
            try:
                with transaction.atomic():
                    redeem_approval(digest=request.digest, kind="policy", jurisdiction=jurisdiction, by=by)
                    adopt_policy(jurisdiction=jurisdiction, digest=request.digest, by=by)
                    done += 1
            except Refused as refusal:
                log.warning("not done deed=adopt_policy reason=%s %s", refusal.reason, refusal.message)
    return done


@shared_task
def tell_waiting() -> int:
    """Tell everybody what waits, expires or was decided; returns how many e-mails wait for it."""
    by = scheduler_account()
    return sum(tell_people(jurisdiction=each, by=by) for each in jurisdictions())


@shared_task
def send_notices() -> int:
    """Hand the e-mails that wait to the mail server; returns how many it took."""
    return mail.send_waiting()


@shared_task
def forget_notices() -> int:
    """Delete notices that were read, or over, long ago; returns how many."""
    return forget_old_notices()


@shared_task
def forget_contacts() -> int:
    """Erase ways to reach people whose complaints are long closed, and marks of past days; returns how many of both."""
    by, done = scheduler_account(), forget_marks()
    for jurisdiction in jurisdictions():
        for complaint in contacts_to_erase(jurisdiction):
            done += erase_contact(complaint_id=complaint.pk, by=by)
    return done


@shared_task
def apply_role_grants() -> int:
    """Give the roles that the board agreed to; returns how many. One that is refused does not hold up the others."""
    by, done = scheduler_account(), 0
    for number in role_requests_to_apply():
        try:
            apply_role_grant(role_request_id=number, by=by)
        except Refused as refusal:
            log.warning("role not given request=%s reason=%s %s", number, refusal.reason, refusal.message)
        else:
            done += 1
    return done


@shared_task
def lift_approved() -> int:
    """End the holds whose lifting the board approved; returns how many."""
    return sum(
        _lift(request.digest)
        for jurisdiction in jurisdictions()
        for request in requests_in(jurisdiction, State.APPROVED, kind=LIFT_KIND).order_by("id")
    )


def _lift(digest: str) -> bool:
    """Use one approval up and end its hold, both or neither; one that is refused must not hold up the others."""
    by = scheduler_account()
    try:
        with transaction.atomic():
            redeem_approval(digest=digest, kind=LIFT_KIND, by=by)
            lift_hold(digest=digest, by=by)
    except Refused as refusal:
        log.warning("not done deed=lift_hold reason=%s %s", refusal.reason, refusal.message)
        return False
    return True


@shared_task
def recover_agreed() -> int:
    """Recover the log where the board's quorum has agreed to it; returns how many entries came back."""
    if not log_recovery.is_agreed_here():
        return 0
    before = stored_log.size()
    try:
        entry = recover_log(by=scheduler_account())
    except Refused as refusal:
        log.warning("not done deed=recover_log reason=%s %s", refusal.reason, refusal.message)
        return 0
    return entry.index - before


@shared_task
def close_reviews() -> int:
    """Close the after-reviews that the board ended with "justified"; returns how many."""
    return sum(
        _close(request.digest)
        for jurisdiction in jurisdictions()
        for request in requests_in(jurisdiction, State.APPROVED, kind=REVIEW).order_by("id")
    )


def _close(digest: str) -> bool:
    """Use one finding up, so that it stands for good; one that is refused must not hold up the others."""
    try:
        redeem_approval(digest=digest, kind=REVIEW, by=scheduler_account())
    except Refused as refusal:
        log.warning("not done deed=close_review reason=%s %s", refusal.reason, refusal.message)
        return False
    return True


@shared_task
def publish_log() -> int:
    """Sign, publish and have cosigned what is new; returns how many entries the published log covers.

    One turn goes as far as it can. What stops it is noted for the pages and for whoever is on call; the next turn
    starts again from the beginning, which is also how it recovers from a crash.
    """
    by = scheduler_account()
    if _worked(log_health.SIGNING, lambda: _sign(by)):
        _worked(log_health.PUBLISHING, lambda: _publish(by))
    published = last_publication()
    return published.checkpoint.size if published else 0


@shared_task
def verify_record() -> int:
    """Recompute the whole log once a day, and read every published file; returns how many entries were read.

    0 when today's was done.
    """
    last = full_verification.last_verified_at()
    due = last is None or timezone.now() - last >= VERIFY_EVERY
    if due or log_health.is_failing(log_health.FILES):
        _worked(log_health.FILES, _files_checked)
    return verify_log(by=scheduler_account()).size if due else 0


def _files_checked() -> int:
    published = last_publication()
    size = published.checkpoint.size if published else 0
    published_files.check_files(size)
    return size


def _sign(by: User) -> int:
    announce_verification(by=by)
    signed = sign_checkpoint(by=by)
    return signed.size if signed else 0


def _publish(by: User) -> int:
    newest = publish_tiles(by=by)
    if newest is None:
        return 0
    for witness in witnesses.policy().witnesses:
        _ask(witness, by)
    published = publish_checkpoint(by=by)
    size = published.checkpoint.size if published else 0
    if size < newest.size:
        raise Refused(
            Reason.TOO_EARLY,
            f"The checkpoint of {newest.size} entries waits for the witnesses that the policy asks for. Until they "
            f"have cosigned it, the published log stays at {size} entries.",
        )
    return size


def _ask(witness: Witness, by: User) -> None:
    """Ask one witness; one that contradicts us stops the turn, and its own state says so too."""
    try:
        request_cosignature(witness=witness, by=by)
    except Refused as refusal:
        log_health.report_problem(log_health.witness_part(witness.name), refusal.message)
        raise


def _worked(part: str, work: Callable[[], int]) -> bool:
    """Do one part of the turn and note how it went."""
    try:
        size = work()
    except Refused as problem:
        log_health.report_problem(part, problem.message)
        return False
    except (OSError, TileError) as problem:
        log_health.report_problem(part, _about_the_folder(problem))
        return False
    log_health.report_well(part, size=size)
    return True


def _about_the_folder(problem: OSError | TileError) -> str:
    why = (problem.strerror if isinstance(problem, OSError) else None) or str(problem).rstrip(".")
    return (
        f"The folder of the published log cannot be used: {why}. What was published stays as it is. Free or mend the "
        "folder that LAMPLIGHT_LOG_FOLDER names; the next turn goes on from there."
    )
