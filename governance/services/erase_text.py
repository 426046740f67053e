"""Erase a free text that an entry of the log speaks of."""

from django.db import transaction

from governance.core.approval import check_rationale
from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, Permission, Role, roles_with
from governance.ledger import record
from governance.models import Jurisdiction, LedgerEntry, LedgerText, User
from governance.permissions import can, check

REASON_MIN = 20  # characters of the reason; it is kept beside the new entry and can itself be erased
ANSWERS_FOR_TEXTS = (Permission.DECIDE_POLICY, Permission.PUBLISH)


@transaction.atomic
def erase_text(*, index: int, reason: str, by: User) -> LedgerEntry:
    """Delete the text and the salt kept beside one entry; return the entry that says so.

    The leaf holds a salted digest alone. Without the salt nobody can tell whether a text was the one, and the tree,
    every proof and every checkpoint stay as they are. Raises Refused(NOT_FOUND | NOT_PERMITTED | ALREADY_DONE |
    RATIONALE_TOO_SHORT | TOO_LARGE | BAD_INPUT).
    """
    entry = LedgerEntry.objects.filter(pk=index).first()
    if entry is None:
        raise Refused(
            Reason.NOT_FOUND, f"The log has no entry {index}; look its number up on the record's page."
        )
    jurisdiction = Jurisdiction.objects.filter(slug=entry.jurisdiction).first()
    role = _role_relied_on(by, jurisdiction)
    check_rationale(reason, REASON_MIN)
    # Nothing is locked: of two who erase the same text, the second deletes no row and is told so.
    deleted, _ = LedgerText.objects.filter(entry_id=index).delete()
    if not deleted:
        raise Refused(
            Reason.ALREADY_DONE,
            f"No text is kept beside entry {index}: it never had one, or it was erased before. Nothing was changed.",
        )
    return record(
        action="text.erased",
        subject_kind="entry",
        subject=bytes(entry.leaf_hash).hex(),
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        detail={"entry": index},
        text=reason,
    )


def _role_relied_on(by: User, jurisdiction: Jurisdiction | None) -> Role:
    """Return the role of a person, never of a service, that answers for what is kept or published there."""
    for permission in ANSWERS_FOR_TEXTS:
        if jurisdiction is not None and not by.is_service and can(by, permission, jurisdiction):
            return check(by, permission, jurisdiction)
    titles = [ROLES[role].title.lower() for each in ANSWERS_FOR_TEXTS for role in roles_with(each)]
    people = " or ".join(title for title in titles if title != ROLES[Role.SERVICE].title.lower())
    where = jurisdiction.name if jurisdiction else "a jurisdiction, and this entry belongs to none"
    raise Refused(
        Reason.NOT_PERMITTED,
        f"To erase a text kept beside the record one must be {people} of {where}. Ask one.",
    )
