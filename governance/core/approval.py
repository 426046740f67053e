"""THE APPROVAL RULE: who may vote on what, and when the votes decide."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from unicodedata import category

from governance.core.refusals import Reason, Refused
from governance.core.states import Deed, State

RATIONALE_MAX = 4_000
"""Most characters of a reason: people read it, and it is published as it was written."""
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols of Unicode that show nothing, beside white space and what is not printable."""


class Verdict(StrEnum):
    """What a voter says."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


DEEDS = {Verdict.APPROVE: Deed.APPROVE, Verdict.RETURN: Deed.RETURN, Verdict.REJECT: Deed.REJECT}


@dataclass(frozen=True)
class Rule:
    """What an approval of one kind of request needs, as the policy in force says it."""

    quorum: int
    required_evidence: tuple[str, ...]
    blocking_verdicts: tuple[str, ...]
    rationale_min_length: int


@dataclass(frozen=True)
class Proposal:
    """The request as the rule sees it. `digest` is the SHA-256 of exactly what is put to the vote."""

    state: State
    digest: str
    expires_at: datetime
    authors: frozenset[int]


@dataclass(frozen=True)
class Ballot:
    """One person's vote on one digest."""

    person: int
    verdict: Verdict
    digest: str


@dataclass(frozen=True)
class Voter:
    """Who votes: a person's number, and whether it is a service account."""

    person: int
    is_service: bool


def check_standing(proposal: Proposal, voter: Voter, ballots: Iterable[Ballot], *, now: datetime) -> None:
    """Refuse a voter who may not vote on this proposal now: services, authors, a second vote, too late.

    An author never votes on her own proposal (NIST SP 800-53 AC-5, separation of duties).
    """
    if voter.is_service:
        raise Refused(
            Reason.SERVICE_MAY_NOT_VOTE, "A service account can never vote. A named person has to decide."
        )
    if proposal.state is not State.OPEN:
        raise Refused(
            Reason.NOT_OPEN,
            f"This request is {proposal.state.value}: it takes no votes. Your text was not recorded.",
        )
    if now >= proposal.expires_at:
        raise Refused(
            Reason.EXPIRED, "This request has expired, so nothing can be approved under it. Propose anew."
        )
    if voter.person in proposal.authors:
        raise Refused(
            Reason.AUTHOR_MAY_NOT_VOTE,
            "You are an author of this revision, so somebody else has to decide it. You may still edit it.",
        )
    if any(ballot.person == voter.person and ballot.digest == proposal.digest for ballot in ballots):
        raise Refused(
            Reason.ALREADY_VOTED, "You have already voted on this revision; one person counts once."
        )


def check_ballot(
    proposal: Proposal, rule: Rule, ballot: Ballot, *, rationale: str, evidence: Mapping[str, str]
) -> None:
    """Refuse a vote on something else than was seen, without a reason, or an approval its evidence forbids.

    `evidence` maps the kind of evidence to its verdict, for the proposal's digest alone.
    """
    if ballot.digest != proposal.digest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            "What you saw has been changed since. Read the new revision and decide again; your vote was not recorded.",
        )
    check_rationale(rationale, rule.rationale_min_length)
    if ballot.verdict is Verdict.APPROVE:
        check_evidence(rule, evidence)


ERASED = "This reason was erased. Its salted digest stays in the record."
"""What stands where a reason stood."""


def plain_text(rationale: str) -> str:
    """The reason as it is recorded: line feeds only, no space around it, so that a reader's copy is the same text."""
    return rationale.replace("\r\n", "\n").strip()


def check_rationale(rationale: str, least: int) -> None:
    """Refuse a reason that a reader could not read: too little to see, too much, or control characters.

    Only what shows counts towards `least`: spaces once, invisible characters not at all.
    """
    seen = "".join(char if char.isprintable() and char not in BLANKS else " " for char in rationale)
    if len(" ".join(seen.split())) < least:
        raise Refused(
            Reason.RATIONALE_TOO_SHORT,
            f"Give your reason in at least {least} characters; the board and the public will read it.",
        )
    if len(rationale) > RATIONALE_MAX:
        raise Refused(
            Reason.TOO_LARGE,
            f"Give your reason in at most {RATIONALE_MAX:,} characters; this one has {len(rationale):,}.",
        )
    if any(category(char) == "Cc" and char not in "\n\r\t" for char in rationale):
        raise Refused(Reason.BAD_INPUT, "Your reason holds control characters; type it again without them.")


def check_evidence(rule: Rule, evidence: Mapping[str, str]) -> None:
    """Refuse when required evidence is missing or its verdict blocks."""
    for kind in rule.required_evidence:
        if kind not in evidence:
            raise Refused(
                Reason.EVIDENCE_MISSING,
                f"The policy requires the evidence “{kind.replace('_', ' ')}”, and it is not there yet. "
                "It is made by the scheduled audit, usually within a minute.",
            )
        if evidence[kind] in rule.blocking_verdicts:
            raise Refused(
                Reason.EVIDENCE_FAILED,
                f"The evidence “{kind.replace('_', ' ')}” has the verdict “{evidence[kind]}”, which blocks approval. "
                "Edit the proposal so that the audit passes, return it, or reject it.",
            )


def decide(ballots: Sequence[Ballot], rule: Rule, digest: str) -> Verdict | None:
    """Return what the votes on `digest` decide, or None while they decide nothing.

    Votes on any other digest count for nothing, and one person counts once (the first ballot stands).
    A return sends the proposal back at once; `quorum` approvals approve; as many rejections reject.
    """
    counted: dict[int, Verdict] = {}
    for ballot in ballots:
        if ballot.digest == digest:
            counted.setdefault(ballot.person, ballot.verdict)
    verdicts = list(counted.values())
    if Verdict.RETURN in verdicts:
        return Verdict.RETURN
    for verdict in (Verdict.REJECT, Verdict.APPROVE):
        if verdicts.count(verdict) >= rule.quorum:
            return verdict
    return None


def check_redeemable(proposal: Proposal, *, now: datetime) -> None:
    """Refuse to act on anything but an approved, unexpired proposal."""
    if proposal.state is not State.APPROVED:
        raise Refused(
            Reason.NOT_APPROVED,
            f"This request is {proposal.state.value}, not approved. Nobody is sent anywhere.",
        )
    if now >= proposal.expires_at:
        raise Refused(Reason.EXPIRED, "The approval has expired. Nobody is sent anywhere; propose anew.")
