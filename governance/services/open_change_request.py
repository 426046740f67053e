"""Put something to people for a decision."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from governance import clock
from governance.core.refusals import Reason, Refused
from governance.ledger import record
from governance.models import ChangeRequest, District, Jurisdiction, User
from governance.permissions import check_any
from governance.selectors import open_permissions, policy_in_force


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
    """Open a request bound to `digest`, authored by `by` and `with_authors`. The same digest is one request.

    `category`: the kind of incident it is about, so that a hold on that category stops it.
    Raises Refused(NOT_PERMITTED | EXPIRED).
    """
    role = check_any(by, open_permissions(kind), jurisdiction, district)
    known = ChangeRequest.objects.filter(jurisdiction=jurisdiction, kind=kind, digest=digest).first()
    if known is not None:
        return known
    opened_at = clock.now(jurisdiction)
    if expires_at <= opened_at:
        raise Refused(
            Reason.EXPIRED, f"The decision would be due at {expires_at:%d %B %H:%M} UTC, which has passed."
        )
    policy = policy_in_force(jurisdiction, opened_at)
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
    request.authors.add(by, *with_authors)
    record(
        action="request.opened",
        subject_kind=kind,
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        outcome=request.state,
        detail={"request": request.id, "revision": 1, "scripted": scripted},
    )
    return request
