"""Put a policy that people approved into force."""

from django.db import transaction

from governance import clock
from governance.commented import draft_with
from governance.core.policy_draft import begins, body_digest, check_based_on
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.core.states import State
from governance.ledger import record
from governance.models import ChangeRequest, Jurisdiction, Policy, PolicyDraft, User
from governance.permissions import check
from governance.policy_making import newest_version


@transaction.atomic
def adopt_policy(*, jurisdiction: Jurisdiction, digest: str, by: User) -> Policy:
    """Make the next version of the policy from the draft whose approval was redeemed, and return it.

    The caller redeems the approval in the same transaction (`redeem_approval`), so that both happen or neither. It
    governs from the day it names, never from before it was adopted. Adopted twice, it is one version. Raises
    Refused(NOT_PERMITTED | NOT_FOUND | NOT_APPROVED | DIGEST_CHANGED).
    """
    role = check(by, Permission.EXECUTE, jurisdiction)
    # Two approved drafts at once: the second waits here and then finds that it changes an older version.
    Jurisdiction.objects.select_for_update(no_key=True).get(pk=jurisdiction.pk)
    draft = draft_with(jurisdiction, digest)
    if draft is None:
        raise Refused(Reason.NOT_FOUND, f"There is no draft {digest[:12]}… of a policy to adopt.")
    known = Policy.objects.filter(jurisdiction=jurisdiction, digest=digest).first()
    if known is not None:
        return known
    request = _redeemed(draft)
    newest = newest_version(jurisdiction)
    check_based_on(draft.based_on, newest.version)
    adopted = Policy.objects.create(
        jurisdiction=jurisdiction,
        version=newest.version + 1,
        terms=draft.body["terms"],
        digest=digest,
        in_force_from=begins(
            draft.in_force_from, now=clock.now(jurisdiction), newest_from=newest.in_force_from
        ),
    )
    record(
        action="policy.adopted",
        subject_kind="policy",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=adopted.version,
        detail={
            "request": request.pk,
            "replaces": newest.version,
            "terms": body_digest(adopted.terms),
            "in_force_from": adopted.in_force_from.strftime("%Y-%m-%dT%H:%MZ"),
        },
    )
    return adopted


def _redeemed(draft: PolicyDraft) -> ChangeRequest:
    """Return the request whose approval was redeemed for exactly this draft, as it was voted on."""
    request = ChangeRequest.objects.filter(
        jurisdiction=draft.jurisdiction, kind="policy", digest=draft.digest
    ).first()
    if request is None or request.state != State.EXECUTED:
        raise Refused(Reason.NOT_APPROVED, "Nobody approved this draft, so the policy stays as it is.")
    if body_digest(draft.body) != draft.digest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            f"The stored draft {draft.digest[:12]}… no longer says what was approved. Restore it from backup; the "
            "policy stays as it is.",
        )
    return request
