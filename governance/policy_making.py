"""Questions about policies in the making: versions, drafts, what the public said about them, and what was answered."""

from collections.abc import Iterable
from dataclasses import dataclass

from governance.commented import draft_of
from governance.core.commenting import COMMENTED
from governance.core.policy import Terms, read_terms
from governance.core.policy_differences import Difference, policy_differences
from governance.core.states import UNDECIDED, State
from governance.models import (
    ChangeRequest,
    CommentAnswer,
    Jurisdiction,
    LedgerText,
    Policy,
    PolicyDraft,
    PublicComment,
)
from governance.selectors import requests_in

ERASED = "This text was erased. Its salted digest stays in the record."


@dataclass(frozen=True)
class Said:
    """A text that lies beside its entry, or what stands in its place once it was erased; the salt proves it."""

    text: str
    salt: str


@dataclass(frozen=True)
class Comment:
    """One comment as pages show it, with its answer if it has one."""

    row: PublicComment
    said: Said
    answer: CommentAnswer | None
    answer_said: Said | None


def versions_of(jurisdiction: Jurisdiction) -> list[Policy]:
    """Return every adopted version, the newest first."""
    return list(Policy.objects.filter(jurisdiction=jurisdiction).order_by("-version"))


def newest_version(jurisdiction: Jurisdiction) -> Policy:
    """Return the last version adopted, in force or about to be."""
    return Policy.objects.filter(jurisdiction=jurisdiction).latest("version")


def version_numbered(jurisdiction: Jurisdiction, version: int) -> Policy | None:
    """Return one version."""
    return Policy.objects.filter(jurisdiction=jurisdiction, version=version).first()


def terms_of_draft(draft: PolicyDraft) -> Terms:
    """Return what a draft says."""
    return read_terms(draft.body["terms"])


def differences_of(draft: PolicyDraft) -> tuple[Difference, ...]:
    """Return what a draft changes in the version it was written against."""
    base = version_numbered(draft.jurisdiction, draft.based_on)
    return policy_differences(read_terms(base.terms), terms_of_draft(draft)) if base else ()


def approved_drafts(jurisdiction: Jurisdiction) -> list[ChangeRequest]:
    """Return the approved policy requests that can be adopted: their draft changes the newest version."""
    newest = newest_version(jurisdiction).version
    approved = requests_in(jurisdiction, State.APPROVED, kind="policy").order_by("decided_at", "id")
    drafts = ((change, draft_of(change)) for change in approved)
    return [change for change, draft in drafts if draft is not None and draft.based_on == newest]


def said_at(indexes: Iterable[int]) -> dict[int, Said]:
    """Return the texts beside some entries by their number."""
    wanted = list(indexes)
    kept = {row.entry_id: row for row in LedgerText.objects.filter(entry_id__in=wanted)}
    found = {index: Said(row.text, bytes(row.salt).hex()) for index, row in kept.items()}
    return {index: found.get(index, Said(ERASED, "")) for index in wanted}


def comments_on(change: ChangeRequest) -> list[Comment]:
    """Return what was said about a request and what was answered, oldest first."""
    rows = PublicComment.objects.filter(change_request=change).order_by("id")
    pairs = [(row, _answer_to(row)) for row in rows.select_related("answered__answer__user")]
    said = said_at(
        [row.ledger_index for row, _ in pairs] + [answer.ledger_index for _, answer in pairs if answer]
    )
    return [
        Comment(row, said[row.ledger_index], answer, said[answer.ledger_index] if answer else None)
        for row, answer in pairs
    ]


def _answer_to(row: PublicComment) -> CommentAnswer | None:
    answered = getattr(row, "answered", None)
    return answered.answer if answered else None


def in_the_making(jurisdiction: Jurisdiction) -> list[ChangeRequest]:
    """Return the policies and recipes that are proposed and not yet decided, the newest first."""
    undecided = requests_in(jurisdiction, *UNDECIDED).filter(kind__in=COMMENTED)
    return list(undecided.order_by("-id"))
