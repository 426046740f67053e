"""Notices as rows: their words, what a person has not read, and the e-mails that wait or were given up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from governance import clock
from governance.core.notices import About, Occasion, Words, words_of
from governance.core.spoken import spoken_moment
from governance.models import Notice, User

if TYPE_CHECKING:
    from governance.models import Jurisdiction

UNREAD = Q(read_at=None, over_at=None)
KEPT = timedelta(days=400)  # longer than anything waits, so that nobody is told a second time


def words(notice: Notice) -> Words:
    """Return what a notice says, with its moment in the jurisdiction's local time."""
    here = notice.jurisdiction
    until = spoken_moment(clock.local(notice.due_at, here)) if notice.due_at else ""
    return words_of(Occasion(notice.occasion), About(notice.kind, notice.number, notice.outcome, until))


def unread_count(user: User) -> int:
    """Return how many notices a person has not read, in one query."""
    return Notice.objects.filter(UNREAD, user=user).count()


def notices_of(user: User) -> QuerySet[Notice]:
    """Return a person's notices: those not read first, then the newest."""
    rows = Notice.objects.filter(user=user).select_related("jurisdiction")
    return rows.order_by(F("read_at").asc(nulls_first=True), F("over_at").asc(nulls_first=True), "-id")


def unread_of(user: User) -> QuerySet[Notice]:
    """Return what a person has not read, the newest first."""
    return Notice.objects.filter(UNREAD, user=user).select_related("jurisdiction").order_by("-id")


def done_of(user: User) -> QuerySet[Notice]:
    """Return what a person has read or has no need to read any more, the newest first."""
    return Notice.objects.exclude(UNREAD).filter(user=user).select_related("jurisdiction").order_by("-id")


def notice_numbered(number: int, user: User) -> Notice | None:
    """Return one notice of a person; nobody reads another's."""
    return Notice.objects.select_related("jurisdiction").filter(pk=number, user=user).first()


def forget_old_notices() -> int:
    """Delete what was told so long ago that nobody needs it; returns how many."""
    deleted, _ = Notice.objects.filter(told_at__lt=timezone.now() - KEPT).exclude(UNREAD).delete()
    return deleted


def mail_in(jurisdiction: Jurisdiction, *states: Notice.Mail) -> QuerySet[Notice]:
    """Return the notices of a jurisdiction whose e-mail is in one of these states, the newest first."""
    rows = Notice.objects.filter(jurisdiction=jurisdiction, mail__in=states)
    return rows.select_related("user", "jurisdiction").order_by("-id")
