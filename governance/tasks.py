"""Scheduled work of governance: rows in a state, safe to run twice."""

from celery import shared_task

from governance.selectors import due_to_expire, jurisdictions, scheduler_account
from governance.services.expire_change_request import expire_change_request
from governance.services.sign_checkpoint import sign_checkpoint


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
def sign_log() -> int:
    """Sign the log if it has grown; returns how many entries the newest checkpoint holds."""
    signed = sign_checkpoint(by=scheduler_account())
    return signed.size if signed else 0
