"""Stop something, at once and alone."""

import re
import secrets

from django.db import transaction

from governance import clock
from governance.core.approval import check_rationale, plain_text
from governance.core.holds import LIVE_SCOPES, Scope, hold_digest, scope_words
from governance.core.notices import Occasion
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.holds import holds_of
from governance.ledger import record
from governance.models import ChangeRequest, District, Hold, Jurisdiction, User
from governance.permissions import check
from governance.selectors import digest_is_approved, policy_in_force
from governance.telling import hold_subject, tell_now

NUMBER = re.compile(r"[1-9][0-9]{0,17}")


@transaction.atomic
def place_hold(
    *, jurisdiction: Jurisdiction, scope: Scope, target: str, reason: str, seen: int, by: User
) -> Hold:
    """Put a plan, a district, a category, a recipe or everything on hold; return the hold, in force at once.

    `target`: the number of the plan's request, the district's code, the category, the recipe's SHA-256, or "" for
    everything. `seen`: the number of the newest hold when the form was drawn (0: none), so that a form sent twice is
    one hold. Raises Refused(NOT_PERMITTED | NOT_FOUND | ALREADY_DONE | DIGEST_CHANGED | RATIONALE_TOO_SHORT |
    TOO_LARGE | BAD_INPUT).
    """
    role = check(by, Permission.DECIDE_POLICY, jurisdiction)
    policy, reason = policy_in_force(jurisdiction), plain_text(reason)
    check_rationale(reason, policy.terms.rationale_min_length)
    _check_target(jurisdiction, scope, target, policy.terms.allowed_categories)
    # One hold at a time: of two forms sent at once, the second sees what the first one placed.
    Jurisdiction.objects.select_for_update(no_key=True).get(pk=jurisdiction.pk)
    if known := _known(jurisdiction, scope, target, seen, by):
        return known
    salt = secrets.token_hex(32)
    digest = hold_digest(jurisdiction=jurisdiction.slug, scope=scope, target=target, salt=salt)
    entry = record(
        action="hold.placed",
        subject_kind="hold",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={"scope": scope.value, "target": "" if scope in LIVE_SCOPES else target},
        text=reason,
    )
    hold = Hold.objects.create(
        jurisdiction=jurisdiction,
        scope=scope,
        target=target,
        salt=salt,
        digest=digest,
        placed_by=by,
        placed_at=clock.now(jurisdiction),
        ledger_index=entry.index,
    )
    tell_now(
        Occasion.HOLD_PLACED,
        jurisdiction=jurisdiction,
        subject=hold_subject(hold.pk),
        kind=scope,
        number=hold.pk,
        by=by,
    )
    return hold


def _check_target(jurisdiction: Jurisdiction, scope: Scope, target: str, categories: tuple[str, ...]) -> None:
    """Refuse a target that is not there: a hold on a misspelt district would stop nothing."""
    if scope is Scope.EVERYTHING:
        exists = target == ""
    elif scope is Scope.CATEGORY:
        exists = target in categories
    elif scope is Scope.DISTRICT:
        exists = District.objects.filter(jurisdiction=jurisdiction, code=target).exists()
    else:
        exists = _was_asked(jurisdiction, scope, target)
    if not exists:
        raise Refused(
            Reason.NOT_FOUND,
            f"To put {scope_words(scope)} on hold, name one there is in {jurisdiction.name}. Nothing was stopped; "
            "choose from the list on the page of holds.",
        )


def _was_asked(jurisdiction: Jurisdiction, scope: Scope, target: str) -> bool:
    """Whether people were asked about this plan or recipe, or agreed to the recipe at genesis."""
    requests = ChangeRequest.objects.filter(jurisdiction=jurisdiction, kind=scope.value)
    if scope is Scope.RECIPE:
        return digest_is_approved(jurisdiction, "recipe", target) or requests.filter(digest=target).exists()
    return bool(NUMBER.fullmatch(target)) and requests.filter(pk=int(target)).exists()


def _known(jurisdiction: Jurisdiction, scope: Scope, target: str, seen: int, by: User) -> Hold | None:
    """Return the hold that this form placed before; refuse where somebody else's stands, or where it was lifted."""
    last = holds_of(jurisdiction).filter(scope=scope, target=target).first()
    if last is None:
        return None
    if getattr(last, "lift", None) is None:
        if last.placed_by == by:
            return last
        raise Refused(
            Reason.ALREADY_DONE,
            f"Hold {last.pk} of {last.placed_by.name} stops this already; nothing needs to be done. Your reason was "
            "not recorded.",
        )
    if last.pk > seen:
        raise Refused(
            Reason.DIGEST_CHANGED,
            f"Hold {last.pk} was placed after this form was drawn, and the board has lifted it. Read why, and open "
            "the form again if it has to be stopped once more.",
        )
    return None
