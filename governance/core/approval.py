"""THE APPROVAL RULE: who may vote on what, and when the votes decide."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from unicodedata import category

from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.core.stages import OVERRIDE, Stage, groups
from governance.core.states import UNDECIDED, Deed, State

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
    """What an approval of one kind of request needs, as the policy in force says it.

    The stages decide one after another. `override_quorum` people of the board may set a failed audit aside.
    """

    stages: tuple[Stage, ...]
    required_evidence: tuple[str, ...]
    blocking_verdicts: tuple[str, ...]
    rationale_min_length: int
    override_quorum: int = 2


@dataclass(frozen=True)
class Proposal:
    """The request as the rule sees it. `digest` is the SHA-256 of exactly what is put to the vote."""

    state: State
    digest: str
    expires_at: datetime
    authors: frozenset[int]
    recused: frozenset[int] = frozenset()
    watching: frozenset[int] = frozenset()  # told of a break-glass that is in force


@dataclass(frozen=True)
class Ballot:
    """One person's vote on one digest, in one stage ("": the first), perhaps in the place of another person."""

    person: int
    verdict: Verdict
    digest: str
    stage: str = ""
    on_behalf_of: int | None = None

    @property
    def people(self) -> frozenset[int]:
        """Everybody whose one vote this is."""
        return frozenset({self.person} if self.on_behalf_of is None else {self.person, self.on_behalf_of})


@dataclass(frozen=True)
class Voter:
    """Who votes: a person's number, whether it is a service account, and in which stages she holds the right.

    `linked`: those with whom she counts as one here, because a delegation in force joins them.
    """

    person: int
    is_service: bool
    stages: tuple[str, ...] = ()
    linked: frozenset[int] = frozenset()

    @property
    def people(self) -> frozenset[int]:
        """She and everybody with whom she counts as one."""
        return self.linked | {self.person}


@dataclass(frozen=True)
class Decision:
    """What the votes decide, if anything; and the stage that is open while they decide nothing."""

    verdict: Verdict | None
    stage: Stage | None


def check_standing(proposal: Proposal, voter: Voter, *, now: datetime) -> None:
    """Refuse a voter who may not vote on this proposal now: services, authors, the recused, too late.

    An author never votes on her own proposal, nor does whoever a delegation joins with her (NIST SP 800-53 AC-5,
    separation of duties).
    """
    _check_person(voter)
    if proposal.state is not State.OPEN:
        raise Refused(
            Reason.NOT_OPEN,
            f"This request is {proposal.state.value}: it takes no votes. Your text was not recorded.",
        )
    if now >= proposal.expires_at:
        raise Refused(
            Reason.EXPIRED, "This request has expired, so nothing can be approved under it. Propose anew."
        )
    check_apart(proposal, voter)


def check_may_revoke(proposal: Proposal, voter: Voter, seen_digest: str, *, now: datetime) -> None:
    """Refuse to take an approval back to whoever may not vote on it, and for anything but an approval in force."""
    _check_person(voter)
    if proposal.state is not State.APPROVED:
        raise Refused(
            Reason.NOT_OPEN,
            f"This request is {proposal.state.value}, so there is no approval to take back. Nothing was changed.",
        )
    if now >= proposal.expires_at:
        raise Refused(Reason.EXPIRED, "The approval has expired; nobody can act on it any more.")
    if seen_digest != proposal.digest:
        raise Refused(
            Reason.DIGEST_CHANGED, "What you saw has been changed since. Read the new revision first."
        )
    check_apart(proposal, voter)


def check_may_recuse(proposal: Proposal, voter: Voter, ballots: Iterable[Ballot]) -> None:
    """Refuse to step back from what is decided already, or after voting on this revision."""
    _check_person(voter)
    if proposal.state not in UNDECIDED:
        raise Refused(
            Reason.NOT_OPEN, f"This request is {proposal.state.value}; there is no vote to step back from."
        )
    if any(ballot.person == voter.person and ballot.digest == proposal.digest for ballot in ballots):
        raise Refused(
            Reason.ALREADY_VOTED, "You have voted on this revision; one cannot step back after that."
        )


def _check_person(voter: Voter) -> None:
    if voter.is_service:
        raise Refused(
            Reason.SERVICE_MAY_NOT_VOTE, "A service account can never vote. A named person has to decide."
        )


def check_apart(proposal: Proposal, voter: Voter) -> None:
    """Refuse authors, the recused and who watches a break-glass, and whoever a delegation joins with one."""
    if voter.person in proposal.authors:
        raise Refused(
            Reason.AUTHOR_MAY_NOT_VOTE,
            "You are an author of this revision, so somebody else has to decide it. You may still edit it.",
        )
    if voter.linked & proposal.authors:
        raise Refused(
            Reason.AUTHOR_MAY_NOT_VOTE,
            "A delegation joins you with an author of this revision, so somebody else has to decide it.",
        )
    if voter.people & proposal.recused:
        raise Refused(
            Reason.RECUSED,
            "You, or somebody whose place you take, stepped back from this request; somebody else has to decide it.",
        )
    if voter.people & proposal.watching:
        raise Refused(
            Reason.HAD_A_PART,
            "You, or somebody with whom you count as one, were told of this break-glass so that somebody watches it. "
            "Who watches does not vote; anybody else who is entitled may.",
        )


def stage_of_vote(
    verdict: Verdict, voter: Voter, ballots: Sequence[Ballot], rule: Rule, digest: str
) -> Stage:
    """Return the stage in which this vote counts: the open one; a "no" may also come early, from a later stage.

    While the board's stage is open, `check_evidence` says why nobody else may approve. Raises Refused(ALREADY_VOTED |
    TOO_EARLY | TOO_LATE | NOT_PERMITTED).
    """
    free = [each for each in rule.stages if each.name in voter.stages]
    if not free:
        raise Refused(Reason.NOT_PERMITTED, "You hold no role that votes on this request.")
    free = [each for each in free if not _used(each, voter, ballots, rule, digest)]
    if not free:
        raise Refused(
            Reason.ALREADY_VOTED,
            "You, or somebody with whom you count as one, have already voted on this revision; one person counts once.",
        )
    open_stage = decide(ballots, rule, digest).stage
    order = [each.name for each in rule.stages]
    now_open = order.index(open_stage.name) if open_stage else len(order)
    coming = [each for each in free if order.index(each.name) >= now_open]
    if not coming or open_stage is None:
        raise Refused(
            Reason.TOO_LATE, "Your stage has agreed already; a later one decides now. Nothing was recorded."
        )
    if verdict is Verdict.APPROVE and coming[0] != open_stage and open_stage.name != OVERRIDE:
        raise Refused(
            Reason.TOO_EARLY,
            f"The stage “{open_stage.name}” decides before yours; you may say no already, and yes when it has agreed.",
        )
    return coming[0]


def _used(stage: Stage, voter: Voter, ballots: Iterable[Ballot], rule: Rule, digest: str) -> bool:
    """Whether her one vote in this stage, or in one that shares its voters, has been cast on this revision."""
    group = groups(rule.stages)
    return any(
        ballot.digest == digest
        and ballot.people & voter.people
        and group.get(stage_name(ballot, rule)) == group[stage.name]
        for ballot in ballots
    )


def stage_name(ballot: Ballot, rule: Rule) -> str:
    """Return a ballot's stage; one from before there were stages was cast in the request's first."""
    return ballot.stage or next((each.name for each in rule.stages if each.name != OVERRIDE), "")


def check_ballot(
    proposal: Proposal,
    rule: Rule,
    ballot: Ballot,
    *,
    rationale: str,
    evidence: Mapping[str, str],
    cast: Sequence[Ballot] = (),
) -> None:
    """Refuse a vote on something else than was seen, without a reason, or an approval its evidence forbids.

    `evidence` maps the kind of evidence to its verdict, for the proposal's digest alone; `cast` are earlier votes.
    """
    if ballot.digest != proposal.digest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            "What you saw has been changed since. Read the new revision and decide again; your vote was not recorded.",
        )
    check_rationale(rationale, rule.rationale_min_length)
    if ballot.verdict is Verdict.APPROVE:
        overriding = ballot.stage == OVERRIDE or is_overridden(cast, rule, proposal.digest)
        check_evidence(rule, evidence, overridden=overriding)


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


def check_evidence(rule: Rule, evidence: Mapping[str, str], *, overridden: bool = False) -> None:
    """Refuse when required evidence is missing, or its verdict blocks and the board has not set it aside."""
    for kind in rule.required_evidence:
        if kind not in evidence:
            raise Refused(
                Reason.EVIDENCE_MISSING,
                f"The policy requires the evidence “{kind.replace('_', ' ')}”, and it is not there yet. "
                "It is made by the scheduled audit, usually within a minute.",
            )
        if evidence[kind] in rule.blocking_verdicts and not overridden:
            raise Refused(
                Reason.EVIDENCE_FAILED,
                f"The evidence “{kind.replace('_', ' ')}” has the verdict “{evidence[kind]}”, which blocks approval. "
                "Edit the proposal so that the audit passes, return it, or reject it. Only the board’s quorum "
                f"({rule.override_quorum}) may set it aside, in public.",
            )


def with_override(rule: Rule, evidence: Mapping[str, str]) -> Rule:
    """Return the rule with the board's stage in front where required evidence has failed, never where it is missing."""
    verdicts = [evidence.get(kind) for kind in rule.required_evidence]
    if None in verdicts or not set(verdicts) & set(rule.blocking_verdicts):
        return rule
    return replace(
        rule, stages=(Stage(OVERRIDE, Permission.DECIDE_POLICY, rule.override_quorum), *rule.stages)
    )


def is_overridden(ballots: Sequence[Ballot], rule: Rule, digest: str) -> bool:
    """Whether the board's quorum has set failed evidence aside; `rule` comes from `with_override`."""
    board, counts = [each for each in rule.stages if each.name == OVERRIDE], agreed(ballots, rule, digest)
    return any(counts[each.name] >= each.quorum for each in board)


def agreed(ballots: Iterable[Ballot], rule: Rule, digest: str) -> dict[str, int]:
    """Stage -> how many approvals of `digest` count in it."""
    return {name: said.count(Verdict.APPROVE) for name, said in _counted(ballots, rule, digest).items()}


def waits_for(
    proposal: Proposal, voter: Voter, ballots: Sequence[Ballot], rule: Rule, *, now: datetime
) -> bool:
    """Whether this person is asked now: her stage is open, or a failed audit needs her to edit, return or reject."""
    try:
        check_standing(proposal, voter, now=now)
        stage = stage_of_vote(Verdict.REJECT, voter, ballots, rule, proposal.digest)
    except Refused:
        return False
    asked = decide(ballots, rule, proposal.digest).stage
    return asked is not None and asked.name in (stage.name, OVERRIDE)


def decide(ballots: Sequence[Ballot], rule: Rule, digest: str) -> Decision:
    """Return what the votes on `digest` decide, or which stage is open while they decide nothing.

    Votes on any other digest count for nothing, and in stages that share their voters one person counts once (the
    first ballot stands), alone or through whoever voted in her place. A return sends the proposal back at once; as
    many rejections as a stage's quorum reject; when every stage has its quorum of approvals, it is approved.
    """
    verdicts = _counted(ballots, rule, digest)
    if any(Verdict.RETURN in said for said in verdicts.values()):
        return Decision(Verdict.RETURN, None)
    if any(verdicts[each.name].count(Verdict.REJECT) >= each.quorum for each in rule.stages):
        return Decision(Verdict.REJECT, None)
    for stage in rule.stages:
        if verdicts[stage.name].count(Verdict.APPROVE) < stage.quorum:
            return Decision(None, stage)
    return Decision(Verdict.APPROVE, None)


def _counted(ballots: Iterable[Ballot], rule: Rule, digest: str) -> dict[str, list[Verdict]]:
    """Stage -> the verdicts that count in it."""
    group, seen = groups(rule.stages), set[tuple[str, int]]()
    verdicts: dict[str, list[Verdict]] = {each.name: [] for each in rule.stages}
    for ballot in ballots:
        name = stage_name(ballot, rule)
        marks = {(group.get(name, ""), person) for person in ballot.people}
        if ballot.digest == digest and name in verdicts and not marks & seen:
            seen |= marks
            verdicts[name].append(ballot.verdict)
    return verdicts


def check_redeemable(proposal: Proposal, *, now: datetime) -> None:
    """Refuse to act on anything but an approved, unexpired proposal."""
    if proposal.state is not State.APPROVED:
        raise Refused(
            Reason.NOT_APPROVED,
            f"This request is {proposal.state.value}, not approved. Nobody is sent anywhere.",
        )
    if now >= proposal.expires_at:
        raise Refused(Reason.EXPIRED, "The approval has expired. Nobody is sent anywhere; propose anew.")
