"""Two judges, one rule: ours and Cedar's say the same on thousands of random matters, and so do their tables of roles.

Where both say no, our first reason is among Cedar's, which names them all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from governance.core.approval import (
    Ballot,
    Verdict,
    Voter,
    check_ballot,
    check_evidence,
    check_may_recuse,
    check_may_revoke,
    check_redeemable,
    check_standing,
    decide,
    is_overridden,
    stage_name,
    stage_of_vote,
    with_override,
)
from governance.core.holds import Subject, holds_on, is_stoppable
from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, Permission, Role
from governance.core.stages import OVERRIDE
from tests.core.governance.random_cases import NOW, POLICY, Case, Person, drawn_case
from tests.core.governance.second_judge import NOBODY, Human, Matter, Paper, SecondJudge, Step, may, refs

CASES = 10_500
SEED = 20261122
REASONS = {
    "vote": {
        Reason.NOT_PERMITTED, Reason.SERVICE_MAY_NOT_VOTE, Reason.AUTHOR_MAY_NOT_VOTE, Reason.RECUSED,
        Reason.ALREADY_VOTED, Reason.NOT_OPEN, Reason.EXPIRED, Reason.TOO_EARLY, Reason.TOO_LATE,
        Reason.DIGEST_CHANGED, Reason.RATIONALE_TOO_SHORT, Reason.TOO_LARGE, Reason.BAD_INPUT,
        Reason.EVIDENCE_MISSING, Reason.EVIDENCE_FAILED, Reason.ON_HOLD,
    },
    "execute": {
        Reason.NOT_PERMITTED, Reason.NOT_APPROVED, Reason.EXPIRED, Reason.ON_HOLD, Reason.EVIDENCE_MISSING,
        Reason.EVIDENCE_FAILED,
    },
    "revoke": {
        Reason.NOT_PERMITTED, Reason.SERVICE_MAY_NOT_VOTE, Reason.NOT_OPEN, Reason.EXPIRED, Reason.DIGEST_CHANGED,
        Reason.AUTHOR_MAY_NOT_VOTE, Reason.RECUSED,
    },
    "recuse": {Reason.SERVICE_MAY_NOT_VOTE, Reason.NOT_OPEN, Reason.ALREADY_VOTED},
}  # fmt: skip


def ours(case: Case) -> Reason | None:
    """What our rule says: None for yes. The order of the questions is that of the services."""
    try:
        {"vote": _vote, "execute": _execute, "revoke": _revoke, "recuse": _recuse}[case.asked](case)
    except Refused as refusal:
        return refusal.reason
    return None


def _voter(case: Case) -> Voter:
    rule, who = with_override(case.rule, case.evidence), case.who
    held = who.roles | {role for _, role in who.borrowed}
    rights = frozenset().union(*(ROLES[each].permissions for each in held)) if who.is_active else frozenset()
    stages = tuple(each.name for each in rule.stages if each.permission in rights)
    if not stages:
        raise Refused(Reason.NOT_PERMITTED, "no stage")
    return Voter(who.number, who.is_service, stages, who.linked)


def _vote(case: Case) -> None:
    rule, voter = with_override(case.rule, case.evidence), _voter(case)
    check_standing(case.proposal, voter, now=NOW)
    stage = stage_of_vote(case.verdict, voter, case.ballots, rule, case.proposal.digest)
    ballot = Ballot(voter.person, case.verdict, case.seen, stage.name)
    check_ballot(
        case.proposal, rule, ballot, rationale=case.rationale, evidence=case.evidence, cast=case.ballots
    )
    if case.verdict is Verdict.APPROVE:
        _check_not_held(case)


def _execute(case: Case) -> None:
    if Permission.EXECUTE not in frozenset().union(*(ROLES[each].permissions for each in case.who.roles)):
        raise Refused(Reason.NOT_PERMITTED, "not the schedule")
    check_redeemable(case.proposal, now=NOW)
    _check_not_held(case)
    rule = with_override(case.rule, case.evidence)
    standing = [each for each in case.ballots if _stands(case, each)]
    check_evidence(rule, case.evidence, overridden=is_overridden(standing, rule, case.proposal.digest))
    if decide(standing, rule, case.proposal.digest).verdict is not Verdict.APPROVE:
        raise Refused(Reason.NOT_APPROVED, "void")


def _stands(case: Case, ballot: Ballot) -> bool:
    rule = with_override(case.rule, case.evidence)
    right = {each.name: each.permission for each in rule.stages}.get(stage_name(ballot, rule))
    if right is None or ballot.people & (case.proposal.authors | case.proposal.recused):
        return False
    people = {each.number: each for each in case.people}
    her, giver = people[ballot.person], people.get(ballot.on_behalf_of or 0)
    if not her.is_active:
        return False
    return _has(her, right) or (
        giver is not None
        and giver.number in {number for number, _ in her.borrowed}
        and giver.is_active
        and _has(giver, right)
    )


def _has(person: Person, right: Permission) -> bool:
    return any(right in ROLES[role].permissions for role in person.roles)


def _revoke(case: Case) -> None:
    check_may_revoke(case.proposal, _voter(case), case.seen, now=NOW)


def _recuse(case: Case) -> None:
    voter = Voter(case.who.number, case.who.is_service, (), case.who.linked)
    check_may_recuse(case.proposal, voter, case.ballots)


def _check_not_held(case: Case) -> None:
    recipes = frozenset({case.proposal.digest} | ({case.rests_on} if case.rests_on else set()))
    plan = "40" if case.kind == "plan" else ""
    if is_stoppable(case.kind) and holds_on(case.stops, Subject(recipes, plan, case.category, case.district)):
        raise Refused(Reason.ON_HOLD, "held")


def theirs(case: Case) -> tuple[bool, frozenset[str], SecondJudge]:
    """What Cedar says: whether it is allowed, and every policy that forbids it."""
    judge, who = SecondJudge(_matter(case)), _human(case.who)
    if case.asked == "vote":
        return *judge.vote(who, case.verdict.value), judge
    asked = {"execute": judge.execute, "revoke": judge.revoke, "recuse": judge.recuse}[case.asked]
    allowed, reasons = asked(who)
    return allowed, reasons, judge


def _matter(case: Case) -> Matter:
    people = {each.number: each for each in case.people} | {case.who.number: case.who}
    request = {
        "state": case.proposal.state.value,
        "digest": case.proposal.digest,
        "expires_at": int(case.proposal.expires_at.timestamp()),
        "authors": refs("Person", map(str, case.proposal.authors)),
        "recused": refs("Person", map(str, case.proposal.recused)),
        "required": list(case.rule.required_evidence),
        "blocking": list(case.rule.blocking_verdicts),
        "least": case.rule.rationale_min_length,
        "kind": case.kind,
        "number": "40",
        "district": case.district,
        "category": case.category,
        "rests_on": case.rests_on,
    }
    context = {
        "now": int(NOW.timestamp()),
        "seen": case.seen,
        "visible": case.rationale.count("x"),
        "length": len(case.rationale),
        "control": "\x07" in case.rationale,
        "disparity": case.evidence.get("disparity", "missing"),
        "quality": case.evidence.get("quality", "missing"),
        "holds": [{"scope": each.scope.value, "target": each.target} for each in case.stops],
    }
    return Matter(
        request=request,
        steps=tuple(
            Step(each.name, each.permission.value, each.quorum, each.disjoint_from)
            for each in case.rule.stages
        ),
        override=Step(OVERRIDE, POLICY.value, case.rule.override_quorum),
        papers=tuple(
            Paper(
                str(each.person),
                each.verdict.value,
                each.digest,
                each.stage,
                str(each.on_behalf_of or NOBODY),
            )
            for each in case.ballots
        ),
        people=tuple(map(_human, people.values())),
        context=context,
        lent_by={
            str(each.number): frozenset(str(giver) for giver, _ in each.borrowed) for each in people.values()
        },
    )


def _human(person: Person) -> Human:
    return Human(
        str(person.number),
        frozenset(role.value for role in person.roles),
        frozenset(role.value for _, role in person.borrowed),
        frozenset(map(str, person.linked)),
        is_service=person.is_service,
        is_active=person.is_active,
    )


def agree(case: Case) -> Reason | None:
    """Ask both about one case, fail where they disagree, and return our answer."""
    reason, (allowed, forbidden, judge) = ours(case), theirs(case)
    assert allowed == (reason is None), (case, reason, forbidden)
    told = forbidden | ({"not_approved"} if "void" in forbidden else set())
    assert reason is None or reason.value in told, (case, reason, forbidden)
    decision = decide(case.ballots, with_override(case.rule, case.evidence), case.proposal.digest)
    assert judge.verdict() == (decision.verdict or "", decision.stage.name if decision.stage else ""), case
    return reason


def test_both_judges_agree_on_thousands_of_random_matters_and_meet_every_reason() -> None:
    random = Random(SEED)  # noqa: S311 - the same matters in every run
    met = {asked: Counter[Reason | None]() for asked in REASONS}
    for _ in range(CASES):
        case = drawn_case(random)
        met[case.asked][agree(case)] += 1
    for asked, reasons in REASONS.items():
        assert set(met[asked]) == {None, *reasons}, asked
        assert min(met[asked].values()) >= 5, (asked, met[asked])
        share = met[asked][None] / met[asked].total()
        assert 0.3 < share < 0.7, (asked, share)


@pytest.mark.parametrize("role", list(Role))
def test_both_tables_give_a_role_the_same_permissions(role: Role) -> None:
    asked = {each: "execute_plans" if each is Permission.EXECUTE else each.value for each in Permission}
    assert {each for each, name in asked.items() if may(role.value, name)} == ROLES[role].permissions


def test_a_rule_that_forgets_one_thing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself can fail: an approval rule that lets authors vote is contradicted."""
    monkeypatch.setattr("governance.core.approval.check_apart", lambda proposal, voter: None)
    random = Random(SEED)  # noqa: S311 - the same matters in every run
    cases = [replace(drawn_case(random), asked="vote") for _ in range(200)]
    with pytest.raises(AssertionError):
        list(map(agree, cases))
