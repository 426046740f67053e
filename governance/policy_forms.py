"""What the forms about policies send, and the requests that they open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction

from governance import clock
from governance.commented import comment_closes
from governance.core.policy import PolicyError, Terms, read_terms
from governance.core.policy_form import terms_from_text
from governance.core.refusals import Reason, Refused
from governance.core.stages import check_reachable
from governance.selectors import eligible_in, policy_in_force, proposal_of, rule_for
from governance.services.open_change_request import open_change_request
from governance.services.propose_policy import propose_policy
from governance.services.revise_change_request import revise_change_request

if TYPE_CHECKING:
    from governance.models import ChangeRequest, Jurisdiction, PolicyDraft, User


@dataclass(frozen=True)
class Proposed:
    """A policy as it was typed: terms as data and checked, the version they change, the first day, and why."""

    data: Mapping[str, Any]
    terms: Terms
    based_on: int
    in_force_from: datetime
    reason: str


def read_policy(
    sent: Mapping[str, str], jurisdiction: Jurisdiction, known: Mapping[str, Any], based_on: int
) -> Proposed:
    """Read the form of a policy. `known` are the terms of the version that it changes. Raises Refused(BAD_INPUT)."""
    try:
        data = terms_from_text({name: text[:20_000] for name, text in sent.items()}, known)
        terms = read_terms(data)
    except PolicyError as problem:
        raise Refused(Reason.BAD_INPUT, str(problem)) from problem
    first_day = read_day(sent.get("in_force_from", ""), jurisdiction)
    return Proposed(data, terms, based_on, first_day, sent.get("reason", ""))


def read_day(text: str, jurisdiction: Jurisdiction) -> datetime:
    """Return the beginning of a day such as "2024-07-01" in the jurisdiction's time. Raises Refused(BAD_INPUT)."""
    try:
        day = date.fromisoformat(text.strip())
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(jurisdiction.timezone))
    except (ValueError, OverflowError) as problem:
        raise Refused(
            Reason.BAD_INPUT, "Write the first day as year, month and day, like 2024-07-01."
        ) from problem


@transaction.atomic
def put_to_vote(jurisdiction: Jurisdiction, proposed: Proposed, by: User) -> ChangeRequest:
    """Store the draft and open the request about it: both or neither.

    It expires when the days for comment and for the decision, by the policy in force, are over.
    """
    terms = policy_in_force(jurisdiction).terms
    draft = _draft(jurisdiction, proposed, by)
    return open_change_request(
        kind="policy",
        jurisdiction=jurisdiction,
        district=None,
        title=f"A new policy to follow policy {draft.based_on}",
        digest=draft.digest,
        rests_on=[],
        expires_at=clock.now(jurisdiction) + timedelta(days=terms.comment_days + terms.decision_days),
        by=by,
    )


@transaction.atomic
def put_anew(change: ChangeRequest, seen_digest: str, proposed: Proposed, by: User) -> ChangeRequest:
    """Store an edited draft and bind the request to it: earlier votes no longer count, and comments open anew.

    Raises Refused(TOO_LATE) where the request would expire before its comments end, and Refused(QUORUM_UNREACHABLE)
    where its editor, who becomes an author, leaves too few to vote on it.
    """
    draft = _draft(change.jurisdiction, proposed, by)
    revised = revise_change_request(
        change_request_id=change.pk,
        seen_digest=seen_digest,
        digest=draft.digest,
        rests_on=[],
        adds=True,
        by=by,
    )
    if comment_closes(revised) >= revised.expires_at:
        raise Refused(
            Reason.TOO_LATE,
            "An edited policy is open to comment anew, and this request expires before that would end. Propose it "
            "as a new one instead.",
        )
    proposal, stages = proposal_of(revised), rule_for(revised).stages
    apart = proposal.authors | proposal.recused
    check_reachable(stages, eligible_in(stages, revised.jurisdiction, revised.district, besides=apart))
    return revised


def _draft(jurisdiction: Jurisdiction, proposed: Proposed, by: User) -> PolicyDraft:
    return propose_policy(
        jurisdiction=jurisdiction,
        terms=proposed.data,
        based_on=proposed.based_on,
        in_force_from=proposed.in_force_from,
        reason=proposed.reason,
        by=by,
    )
