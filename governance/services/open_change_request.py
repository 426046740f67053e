"""Put something to people for a decision."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.stages import check_reachable, stages_of
from governance.ledger import record
from governance.models import ChangeRequest, District, Jurisdiction, User
from governance.permissions import linked_with, relied_on
from governance.selectors import eligible_in, open_permissions, policy_in_force


@transaction.atomic
def open_change_request(
    *,
    kind: str,
    jurisdiction: Jurisdiction,
    district: District | None,
    title: str,
    digest: str,
    rests_on: Sequence[str],
    expires_at: datetime,
    by: User,
    category: str = "",
    scripted: bool = False,
    with_authors: Sequence[User] = (),
) -> ChangeRequest:
    """Open a request bound to `digest`, authored by `by`, by whoever lent her the role, and by `with_authors`.

    `category`: the kind of incident it is about, so that a hold on that category stops it.
    The same digest opened twice is one request; one that too few people may vote on is not opened at all.

    Raises Refused(NOT_PERMITTED | EXPIRED | QUORUM_UNREACHABLE).
    """
    relied = relied_on(by, open_permissions(kind), jurisdiction, district)
    known = ChangeRequest.objects.filter(jurisdiction=jurisdiction, kind=kind, digest=digest).first()
    if known is not None:
        return known
    opened_at = clock.now(jurisdiction)
    if expires_at <= opened_at:
        raise Refused(
            Reason.EXPIRED, f"The decision would be due at {expires_at:%d %B %H:%M} UTC, which has passed."
        )
    policy = policy_in_force(jurisdiction, opened_at)
    stages = stages_of(policy.terms.stages, kind)
    authors = [by, *([relied.giver] if relied.giver else []), *with_authors]
    apart = {each.pk for each in authors}.union(
        *(linked_with(each, jurisdiction, district) for each in authors)
    )
    check_reachable(stages, eligible_in(stages, jurisdiction, district, besides=apart))
    request = ChangeRequest.objects.create(
        kind=kind,
        jurisdiction=jurisdiction,
        district=district,
        title=title,
        category=category,
        digest=digest,
        rests_on=list(rests_on),
        policy_version=policy.version,
        opened_at=opened_at,
        expires_at=expires_at,
        scripted=scripted,
    )
    request.authors.add(*authors)
    record(
        action="request.opened",
        subject_kind=kind,
        subject=digest,
        by=by,
        role=relied.role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        outcome=request.state,
        detail={"request": request.id, "revision": 1, "scripted": scripted},
    )
    return request
