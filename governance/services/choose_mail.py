"""A person chooses how she is told."""

from django.db import transaction

from governance.models import User


@transaction.atomic
def choose_mail(*, wanted: bool, by: User) -> bool:
    """Keep whether she wants notices by e-mail too; what duty asks for is sent all the same. No deed, so no entry."""
    User.objects.filter(pk=by.pk).update(notices_by_mail=wanted)
    by.notices_by_mail = wanted
    return wanted
