"""Telling people: who is told of an occasion, each of them once, and what is told at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from governance import mail
from governance.core.notices import AUDIENCE, Listener, Occasion, is_duty, told
from governance.core.roles import Permission, Role, roles_with
from governance.models import Notice, RoleGrant, User

if TYPE_CHECKING:
    from governance.models import Jurisdiction

SUBJECT_MAX = 100


@dataclass(frozen=True)
class News:
    """One thing to tell. `subject`: what of, so that nobody is told twice; `people`: who, else its audience."""

    occasion: Occasion
    subject: str
    kind: str = ""
    number: int = 0
    outcome: str = ""
    due_at: datetime | None = None
    people: tuple[User, ...] | None = None
    besides: frozenset[int] = field(default_factory=frozenset)  # who did it herself


def hold_subject(number: int) -> str:
    """Return the name under which people are told of a hold, at once and by the schedule."""
    return f"hold {number}"


def tell_now(
    occasion: Occasion,
    *,
    jurisdiction: Jurisdiction,
    subject: str,
    number: int,
    by: User,
    kind: str = "",
    due_at: datetime | None = None,
    people: Sequence[User] | None = None,
) -> list[User]:
    """Tell, inside the caller's transaction, these people, else everybody whose role has to know; return whom.

    Who did it herself is none of them.

    The notices stand or fall with the deed; their e-mails leave after it has committed, and no failure of theirs
    reaches it. Told again with the same subject, nobody gets a second notice.
    """
    news = News(
        occasion,
        subject,
        kind=kind,
        number=number,
        due_at=due_at,
        people=None if people is None else tuple(people),
        besides=frozenset({by.pk}),
    )
    audience = Audience(jurisdiction)
    mail.send_soon(tell(jurisdiction, [news], audience))
    return [each for each in audience.of(news) if each.pk != by.pk]


class Audience:
    """Who plays which part in a jurisdiction, read once."""

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        rows = RoleGrant.objects.filter(
            jurisdiction=jurisdiction, revoked_at=None, user__is_active=True, user__is_service=False
        )
        self._grants = list(rows.select_related("user").order_by("user_id", "id"))
        self.board = {each.pk for each in self.holding([Permission.DECIDE_POLICY])}

    def holding(self, permissions: Iterable[Permission]) -> list[User]:
        """Return the people with a role of their own that carries one of these permissions."""
        roles = {role for each in permissions for role in roles_with(each)}
        return list({grant.user: None for grant in self._grants if Role(grant.role) in roles})

    def of(self, news: News) -> list[User]:
        """Return who is to be told."""
        return self.holding(AUDIENCE[news.occasion]) if news.people is None else list(news.people)

    def listener(self, user: User) -> Listener:
        """Return a person as the rule sees her."""
        return Listener(user.pk, user.is_service, user.is_active, user.notices_by_mail, user.pk in self.board)


def tell(jurisdiction: Jurisdiction, news: Iterable[News], people: Audience) -> list[int]:
    """Write a notice for everybody who was not told yet; return the numbers of those whose e-mail waits.

    Of two workers that tell the same at once, the table's key lets one through.
    """
    rows = {_key(row): row for each in news for row in _rows(jurisdiction, each, people)}
    known = {_key(row) for row in _stored(rows)}
    fresh = {key: row for key, row in rows.items() if key not in known}
    Notice.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    return sorted(row.pk for row in _stored(fresh).filter(mail=Notice.Mail.WAITING) if _key(row) in fresh)


def _rows(jurisdiction: Jurisdiction, news: News, people: Audience) -> Iterable[Notice]:
    now, listeners = timezone.now(), [people.listener(each) for each in people.of(news)]
    duty = {each.person for each in listeners if is_duty(news.occasion, on_board=each.on_board)}
    for person, by_mail in told(news.occasion, listeners, besides=news.besides).items():
        sends = by_mail and mail.is_on()
        yield Notice(
            user_id=person,
            occasion=news.occasion,
            subject=news.subject[:SUBJECT_MAX],
            jurisdiction=jurisdiction,
            kind=news.kind,
            number=news.number,
            outcome=news.outcome,
            due_at=news.due_at,
            told_at=now,
            by_duty=person in duty,
            mail=Notice.Mail.WAITING if sends else Notice.Mail.NONE,
            next_try_at=now if sends else None,
        )


def _key(row: Notice) -> tuple[int, str, str]:
    return row.user_id, str(row.occasion), row.subject


def _stored(keys: Collection[tuple[int, str, str]]) -> QuerySet[Notice]:
    """Return what is stored under these keys, and some more of the same people."""
    return Notice.objects.filter(
        user_id__in={user for user, _, _ in keys}, subject__in={subject for _, _, subject in keys}
    )
