"""Tell people what waits for them, what expires, and what was decided."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone

from governance.core.notices import PASSING
from governance.core.roles import Permission
from governance.models import Jurisdiction, Notice, User
from governance.occasions import news_of
from governance.permissions import check
from governance.telling import Audience, News, tell

LOCK = 1280131405  # of the pairs that PostgreSQL's advisory locks are named by: telling in one jurisdiction


@transaction.atomic
def tell_people(*, jurisdiction: Jurisdiction, by: User) -> int:
    """Write a notice for everybody who is to be told something and was not yet; return how many e-mails wait for it.

    What somebody has acted on since needs no reading any more. While another worker tells here, nothing is done: it
    tells the same. Notices are no deed and leave no entry. Raises Refused(NOT_PERMITTED).
    """
    check(by, Permission.EXECUTE, jurisdiction)
    if not _alone(jurisdiction):
        return 0
    people = Audience(jurisdiction)
    news = news_of(jurisdiction, people)
    waiting = tell(jurisdiction, news, people)
    _close_what_is_over(jurisdiction, news)
    return len(waiting)


def _close_what_is_over(jurisdiction: Jurisdiction, news: Iterable[News]) -> None:
    """Mark what needs no reading any more; what waits again, for another reason, is unread again."""
    current = {(person.pk, each.occasion, each.subject) for each in news for person in each.people or ()}
    unread = Notice.objects.filter(jurisdiction=jurisdiction, occasion__in=PASSING, read_at=None)
    now = {row.pk for row in unread if (row.user_id, row.occasion, row.subject) in current}
    unread.filter(over_at=None).exclude(pk__in=now).update(over_at=timezone.now())
    unread.filter(pk__in=now).exclude(over_at=None).update(over_at=None)


def _alone(jurisdiction: Jurisdiction) -> bool:
    """Take the lock of this jurisdiction until the transaction ends, unless another worker holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, jurisdiction.pk])
        return bool(cursor.fetchone()[0])
