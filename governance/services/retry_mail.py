"""Try an e-mail again that was given up."""

from django.db import transaction
from django.utils import timezone

from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.mail import is_on
from governance.models import Jurisdiction, Notice, User
from governance.permissions import check


@transaction.atomic
def retry_mail(*, jurisdiction: Jurisdiction, number: int, by: User) -> Notice:
    """Let an e-mail that was given up wait once more, with all its attempts; the schedule sends it.

    One that waits already is returned as it is. No deed, so no entry. Raises Refused(NOT_PERMITTED | NOT_FOUND
    | NOT_OPEN).
    """
    check(by, Permission.MANAGE_ROLES, jurisdiction)
    notice = Notice.objects.select_for_update().filter(pk=number, jurisdiction=jurisdiction).first()
    if notice is None:
        raise Refused(Reason.NOT_FOUND, f"There is no notice {number} here.")
    if notice.mail == Notice.Mail.WAITING:
        return notice
    if notice.mail != Notice.Mail.FAILED or not is_on():
        raise Refused(
            Reason.NOT_OPEN,
            "Only an e-mail that was given up is tried again, and only while a mail server is set.",
        )
    notice.mail, notice.attempts, notice.next_try_at = Notice.Mail.WAITING, 0, timezone.now()
    notice.save(update_fields=["mail", "attempts", "next_try_at"])
    return notice
