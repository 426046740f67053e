"""Notices in words for the page, where each leads, and how e-mail does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from governance import clock, mail
from governance.core.delivery import MOST_ATTEMPTS
from governance.core.notices import Occasion
from governance.core.roles import Permission
from governance.core.spoken import spoken_deadline
from governance.models import Notice
from governance.notices import done_of, mail_in, unread_of, words
from governance.permissions import can
from governance.selectors import home_jurisdiction
from governance.views.inbox_page import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from governance.models import Jurisdiction, User

SHOWN = 100
EARLIER = 50
_BY_NUMBER = {
    Occasion.HOLD_PLACED: "hold",
    Occasion.HOLD_LIFTED: "hold",
    Occasion.COMPLAINT_WAITS: "complaint",
    Occasion.COMPLAINT_DUE: "complaint",
}
_PLAIN = {Occasion.ROLE_GRANTED: "training", Occasion.LOG_ALARM: "record", Occasion.DRIFT: "drift"}
MAILED = {
    Notice.Mail.NONE: "",
    Notice.Mail.WAITING: "e-mail on its way",
    Notice.Mail.SENT: "e-mailed",
    Notice.Mail.FAILED: "its e-mail did not arrive",
    Notice.Mail.SPARED: "",  # read before it left
}


@dataclass(frozen=True)
class Line:
    """One notice as the page shows it."""

    notice: Notice
    title: str
    sentence: str
    told: str
    mailed: str
    state: str


def leads_to(notice: Notice) -> str:
    """Return the address of what a notice is about; that page asks for its own permission."""
    occasion = Occasion(notice.occasion)
    if occasion in _PLAIN:
        return reverse(_PLAIN[occasion])
    name = _BY_NUMBER.get(occasion) or PAGES.get(notice.kind, "request")
    return reverse(name, args=[notice.number])


def notices_context(by: User) -> dict[str, Any]:
    """Return what a person's page of notices shows."""
    unread = list(unread_of(by)[:SHOWN])
    here = home_jurisdiction(by)
    return {
        "unread": _lines(unread),
        "newest": max((each.pk for each in unread), default=0),
        "earlier": _lines(done_of(by)[:EARLIER]),
        "wants_mail": by.notices_by_mail,
        "mail_is_on": mail.is_on(),
        "manages": here is not None and can(by, Permission.MANAGE_ROLES, here),
    }


def mail_context(jurisdiction: Jurisdiction) -> dict[str, Any]:
    """Return how e-mail does, for whoever manages accounts; of each notice only its title is shown."""
    states = Notice.Mail
    failed = mail_in(jurisdiction, states.FAILED)
    struggling = mail_in(jurisdiction, states.WAITING).exclude(problem="")
    last = mail_in(jurisdiction, states.SENT).order_by("-sent_at").first()
    return {
        "jurisdiction": jurisdiction,
        "mail_is_on": mail.is_on(),
        "server": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        "sender": settings.DEFAULT_FROM_EMAIL,
        "failed": _lines(failed[:SHOWN]),
        "failed_count": failed.count(),
        "struggling": _lines(struggling.order_by("next_try_at")[:SHOWN]),
        "waiting_count": mail_in(jurisdiction, states.WAITING).count(),
        "sent_count": mail_in(jurisdiction, states.SENT).count(),
        "last_sent_at": last.sent_at if last else None,
        "most_attempts": MOST_ATTEMPTS,
    }


def _lines(notices: Iterable[Notice]) -> list[Line]:
    return [_line(each) for each in notices]


def _line(notice: Notice) -> Line:
    said, here = words(notice), notice.jurisdiction
    told = clock.local(notice.told_at, here)
    spared = notice.mail == Notice.Mail.WAITING and (notice.read_at or notice.over_at)
    return Line(
        notice=notice,
        title=said.title,
        sentence=said.sentence,
        told=spoken_deadline(told, clock.local(timezone.now(), here)),
        mailed="" if spared else MAILED[Notice.Mail(notice.mail)],
        state="nothing left to do" if notice.over_at and not notice.read_at else "",
    )
