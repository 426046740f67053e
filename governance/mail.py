"""E-mail: notices that wait are handed to the mail server, one by one, and never in a deed's transaction.

The table is the queue, and what fails is tried again, a bounded number of times. A worker claims one notice, commits,
sends, and notes how it went; two workers never hold the same one, and one that dies leaves it to the next. What is
sent twice after such a death bears the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
from typing import TYPE_CHECKING

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from governance.core.delivery import CLAIM, MOST_ATTEMPTS, is_final, next_attempt
from governance.core.notices import letter
from governance.models import Notice
from governance.notices import UNREAD, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.mail.backends.base import BaseEmailBackend

log = logging.getLogger("lamplight.mail")
TASK = "governance.tasks.send_notices"
BATCH = 500  # so that one turn ends
PROBLEM_MAX = 200
LOST = "Whoever sent it did not come back to say how it went."


def is_on() -> bool:
    """Whether this server hands e-mails to a mail server at all."""
    return bool(settings.EMAIL_HOST)


def send_soon(numbers: Sequence[int]) -> None:
    """Hand these notices to the mail server once the deed has committed; the schedule sends what this could not."""
    if numbers and is_on():
        transaction.on_commit(lambda: _send_now(list(numbers)), robust=True)


def _send_now(numbers: list[int]) -> None:
    if settings.CELERY_TASK_ALWAYS_EAGER:
        send_waiting(numbers)
    else:
        current_app.send_task(TASK, ignore_result=True, retry=False)


def send_waiting(numbers: Sequence[int] | None = None) -> int:
    """Send the e-mails that are due, or those of them that are named; returns how many the mail server took.

    A mail server that does not answer ends the turn: the others keep their attempts.
    """
    if not is_on():
        return 0
    _spare_what_needs_no_telling()
    sent, connection = 0, get_connection()
    try:
        for _ in range(BATCH):
            notice = _claim(numbers)
            if notice is None or not _sent(notice, connection):
                break
            sent += notice.mail == Notice.Mail.SENT
    finally:
        _hang_up(connection)
    return sent


def _spare_what_needs_no_telling() -> None:
    """Send no word of what was read, or is over, or to an account that was closed; nor for ever what crashes."""
    waiting = Notice.objects.filter(mail=Notice.Mail.WAITING)
    waiting.filter(~UNREAD | Q(user__is_active=False)).update(mail=Notice.Mail.SPARED)
    lost = waiting.filter(attempts__gte=MOST_ATTEMPTS, next_try_at__lte=timezone.now())
    lost.update(mail=Notice.Mail.FAILED, problem=LOST)


@transaction.atomic
def _claim(numbers: Sequence[int] | None) -> Notice | None:
    """Return the next e-mail to send, for this worker alone until its claim runs out."""
    due = Notice.objects.filter(mail=Notice.Mail.WAITING, next_try_at__lte=timezone.now())
    due = due if numbers is None else due.filter(pk__in=numbers)
    rows = due.select_for_update(skip_locked=True, of=("self",)).select_related("user", "jurisdiction")
    notice = rows.order_by("next_try_at", "id").first()
    if notice is None:
        return None
    notice.attempts += 1
    notice.next_try_at = timezone.now() + CLAIM
    notice.save(update_fields=["attempts", "next_try_at"])
    return notice


def _sent(notice: Notice, connection: BaseEmailBackend) -> bool:
    """Try one e-mail and note how it went; whether it is worth going on with this mail server."""
    try:
        connection.open()  # one for the whole turn: opened here, it is not closed after each message
        _message(notice, connection).send()
    except smtplib.SMTPRecipientsRefused as refused:
        code, said = next(iter(refused.recipients.values()))
        _failed(notice, _words_of_server(code, said), final=is_final(code))
        return True
    except smtplib.SMTPResponseException as answer:
        _failed(notice, _words_of_server(answer.smtp_code, answer.smtp_error))
        return False
    except (OSError, smtplib.SMTPException) as problem:
        why = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        _failed(notice, f"The mail server cannot be used: {why or type(problem).__name__}")
        return False
    notice.mail, notice.sent_at, notice.problem = Notice.Mail.SENT, timezone.now(), ""
    notice.save(update_fields=["mail", "sent_at", "problem"])
    return True


def _message(notice: Notice, connection: BaseEmailBackend) -> EmailMessage:
    said, here = words(notice), notice.jurisdiction
    link = f"{settings.SITE_URL}{reverse('notice', args=[notice.pk])}"
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> ") or "localhost"
    return EmailMessage(
        subject=f"{'Replay: ' if here.is_replay else ''}{said.title}",
        body=letter(said, link=link, is_replay=here.is_replay, by_duty=notice.by_duty),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[notice.user.email],
        headers={"Message-ID": f"<notice-{notice.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
        connection=connection,
    )


def _failed(notice: Notice, why: str, *, final: bool = False) -> None:
    again = None if final else next_attempt(notice.attempts, timezone.now())
    notice.problem = why[:PROBLEM_MAX]
    notice.next_try_at = again
    notice.mail = Notice.Mail.WAITING if again else Notice.Mail.FAILED
    notice.save(update_fields=["mail", "next_try_at", "problem"])
    level = logging.WARNING if again else logging.ERROR
    log.log(level, "mail notice=%s attempt=%s given_up=%s %s", notice.pk, notice.attempts, not again, why)


def _words_of_server(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"The mail server said {code}: {' '.join(text.split())}"


def _hang_up(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        log.debug("the mail server hung up first")
