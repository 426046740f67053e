"""Make an account, which by itself may do nothing."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from governance.core.genesis_and_roles import account_digest
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.models import Jurisdiction, User
from governance.permissions import check

NAME_MAX = 120


@transaction.atomic
def create_account(*, email: str, name: str, jurisdiction: Jurisdiction, by: User) -> User:
    """Create an account without a role and without a password; its person sets one by a link that works once.

    Raises Refused(NOT_PERMITTED | BAD_INPUT | ALREADY_DONE).
    """
    relied_on = check(by, Permission.MANAGE_ROLES, jurisdiction)
    email, name = email.strip().lower(), " ".join(name.split())
    _check_words(email, name)
    if User.objects.filter(email=email).exists():
        raise Refused(
            Reason.ALREADY_DONE, f"There is an account with the address {email}; nothing was changed."
        )
    user = User.objects.create_user(email, name=name)
    record(
        action="account.created",
        subject_kind="account",
        subject=account_digest(user.pseudonym),
        by=by,
        role=relied_on,
        jurisdiction=jurisdiction,
    )
    return user


def _check_words(email: str, name: str) -> None:
    try:
        validate_email(email)
    except ValidationError as problem:
        raise Refused(Reason.BAD_INPUT, "Give an e-mail address, such as name@example.org.") from problem
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise Refused(Reason.BAD_INPUT, f"Give the person's name, in at most {NAME_MAX} characters.")
