"""Complete the module of a role, before the first vote in it."""

from collections.abc import Sequence

from django.db import transaction

from governance.core.genesis_and_roles import account_digest
from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, Role
from governance.core.training import check_answers, module_for
from governance.ledger import record
from governance.models import TrainingRecord, User
from governance.selectors import roles_or_lent


@transaction.atomic
def complete_training(*, role: Role, answers: Sequence[int | None], by: User) -> TrainingRecord:
    """Record that `by` read a role's module and answered its questions right; only she herself can.

    Done again, the record there is is returned. Raises Refused(NOT_FOUND | NOT_PERMITTED | BAD_INPUT).
    """
    module = module_for(role)
    held = [each for each in roles_or_lent(by) if each.role == role]
    if not held or not by.is_active:
        raise Refused(
            Reason.NOT_PERMITTED,
            f"The module of {ROLES[role].title.lower()} is for those who hold that role, or to whom "
            "it is lent. Nothing was recorded.",
        )
    check_answers(role, answers)
    known = TrainingRecord.objects.filter(user=by, role=role, version=module.version).first()
    if known is not None:
        return known
    entry = record(
        action="training.completed",
        subject_kind="account",
        subject=account_digest(by.pseudonym),
        by=by,
        role=role,
        jurisdiction=held[0].jurisdiction,
        detail={"role": role.value, "module": module.version},
    )
    return TrainingRecord.objects.create(user=by, role=role, version=module.version, ledger_index=entry.index)
