"""Write down a policy that is to be put to the vote."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from governance import clock
from governance.commented import draft_with
from governance.core.approval import check_rationale, plain_text
from governance.core.policy import PolicyError, Terms, read_terms
from governance.core.policy_differences import policy_differences
from governance.core.policy_draft import body_digest, check_based_on, check_draft, draft_body
from governance.core.refusals import Reason, Refused
from governance.core.stages import check_reachable
from governance.ledger import record
from governance.models import ChangeRequest, Jurisdiction, PolicyDraft, User
from governance.permissions import check_any
from governance.policy_making import newest_version
from governance.selectors import eligible_in, open_permissions, policy_in_force


@transaction.atomic
def propose_policy(
    *,
    jurisdiction: Jurisdiction,
    terms: Mapping[str, Any],
    based_on: int,
    in_force_from: datetime,
    reason: str,
    by: User,
) -> PolicyDraft:
    """Store the draft of a policy, bound to the SHA-256 of its terms, the version it replaces and its first day.

    `based_on`: the version that its differences were read against, which has to be the newest. Whoever calls this
    opens or revises the request in the same transaction. Raises Refused(NOT_PERMITTED | BAD_INPUT | DIGEST_CHANGED
    | TOO_LATE | ALREADY_DONE | RATIONALE_TOO_SHORT | TOO_LARGE | QUORUM_UNREACHABLE).
    """
    role = check_any(by, open_permissions("policy"), jurisdiction)
    now, in_force, newest = (
        clock.now(jurisdiction),
        policy_in_force(jurisdiction),
        newest_version(jurisdiction),
    )
    wanted = _read(terms)
    check_based_on(based_on, newest.version)
    check_draft(policy_differences(read_terms(newest.terms), wanted), in_force_from=in_force_from, now=now)
    _check_decidable(jurisdiction, read_terms(newest.terms), wanted)
    reason = plain_text(reason)
    check_rationale(reason, in_force.terms.rationale_min_length)
    body = draft_body(
        jurisdiction=jurisdiction.slug, terms=wanted, based_on=based_on, in_force_from=in_force_from
    )
    digest = body_digest(body)
    _check_new(jurisdiction, digest)
    entry = record(
        action="policy.proposed",
        subject_kind="policy",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=in_force.version,
        detail={
            "based_on": based_on,
            "in_force_from": body["in_force_from"],
            "terms": body_digest(body["terms"]),
        },
        text=reason,
    )
    return PolicyDraft.objects.create(
        jurisdiction=jurisdiction,
        body=body,
        digest=digest,
        based_on=based_on,
        in_force_from=in_force_from,
        proposed_by=by,
        proposed_at=now,
        ledger_index=entry.index,
    )


def _read(terms: Mapping[str, Any]) -> Terms:
    try:
        return read_terms(terms)
    except PolicyError as problem:
        raise Refused(Reason.BAD_INPUT, f"This policy cannot be proposed. {problem}") from problem


def _check_decidable(jurisdiction: Jurisdiction, before: Terms, wanted: Terms) -> None:
    """Refuse stages that nobody here could fill: adopted, they could never be voted away again.

    Plans are left out: their voters differ from district to district, and are looked at when one is proposed.
    """
    for kind, stages in wanted.stages.items():
        if kind != "plan" and stages != before.stages.get(kind):
            try:
                check_reachable(stages, eligible_in(stages, jurisdiction, None, besides=()))
            except Refused as refusal:
                raise Refused(refusal.reason, f"Who has to approve a {kind}: {refusal.message}") from None


def _check_new(jurisdiction: Jurisdiction, digest: str) -> None:
    """Refuse what was put to the vote before: one draft is one decision."""
    if draft_with(jurisdiction, digest) is None:
        return
    request = ChangeRequest.objects.filter(jurisdiction=jurisdiction, kind="policy", digest=digest).first()
    where = (
        f"request {request.pk}, which is {request.state}" if request else "an earlier revision of a request"
    )
    raise Refused(
        Reason.ALREADY_DONE,
        f"Exactly this was proposed before: {where}. Change a term or its first day to propose it again.",
    )
