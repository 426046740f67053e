"""Note that a person has read notices of hers."""

from django.db import transaction
from django.utils import timezone

from governance.models import User
from governance.notices import unread_of


@transaction.atomic
def read_notices(*, by: User, up_to: int | None = None, number: int | None = None) -> int:
    """Mark one notice, or all up to the newest that was shown, as read; return how many were unread.

    What came after the page was drawn stays unread, and nobody reads another's. No deed, so no entry.
    """
    rows = unread_of(by)
    if number is not None:
        rows = rows.filter(pk=number)
    if up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    return rows.order_by().update(read_at=timezone.now())
