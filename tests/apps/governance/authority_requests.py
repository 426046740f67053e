"""What random people do to requests: propose, edit, vote, take back, break the glass, carry out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from governance import clock
from governance.core.approval import Verdict
from governance.core.break_glass import Lowers
from governance.models import (
    RoleRequest,
    User,
)
from governance.services.advance_clock import advance_clock
from governance.services.apply_role_grant import apply_role_grant
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.expire_change_request import expire_change_request
from governance.services.lift_hold import lift_hold
from governance.services.open_break_glass import open_break_glass
from governance.services.open_change_request import open_change_request
from governance.services.recuse import recuse
from governance.services.redeem_approval import redeem_approval
from governance.services.revise_change_request import revise_change_request
from governance.services.revoke_approval import revoke_approval
from governance.services.withdraw_change_request import withdraw_change_request
from tests.apps.governance.authority_checks import BOARD, CATEGORY, NAMES, VERDICTS, WHY, CheckedMachine
from tests.apps.governance.authority_model import (
    COMMENTED,
    DAY,
    UNDECIDED,
    UNFINISHED,
    Glass,
    Grant,
    Request,
)

people = st.sampled_from(NAMES)
board = st.sampled_from((*BOARD, *BOARD, "ben", "ana", "dev"))
administrators = st.sampled_from(("amir", "scheduler", "amir", "scheduler", "chloe", "ana", "new1"))
proposers = st.sampled_from(("ana",) * 3 + ("scheduler",) * 3 + ("ben", "tia", "dev", "eve"))
editors = st.sampled_from(("ana", "scheduler", "ben", "una", "tia", "bea", "dev"))
executors = st.sampled_from(("scheduler",) * 4 + ("ana", "chloe", "amir"))
newest = st.sampled_from((0, 0, 0, 0, 1, 1, 2, 3, 5))  # which request, counted from the newest
rarely = st.sampled_from((False,) * 9 + (True,))


class RequestMachine(CheckedMachine):
    """Deeds about requests."""

    # --- proposing and editing ----------------------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(("plan", "plan", "plan", "policy", "recipe")),
        place=st.sampled_from(("central", "central", "central", "north")),
        category=st.sampled_from((CATEGORY, "robbery")),
        hours=st.sampled_from((6, 24, 72)),
        verdict=st.sampled_from(("pass", "pass", "pass", "pass", "fail", "")),
        by=proposers,
        again=rarely,
        votes=st.sampled_from((0, 0, 1, 2, 3, 9, 9)),
    )
    def propose(
        self,
        *,
        kind: str,
        place: str,
        category: str,
        hours: int,
        verdict: str,
        by: str,
        again: bool,
        votes: int,
    ) -> None:
        """Open a request; its audit follows at once, as in the schedule, and perhaps so do some votes, or all.

        A policy or a recipe is open to comment for a day before that, and then has as many hours as a plan.
        """
        by, place, digest = self.known(by), place if kind == "plan" else "", self.digest()
        comment = DAY if kind in COMMENTED else 0
        hours += comment
        relied = self.model.opened_by(kind, place, by)
        authors = {by} | ({relied.giver} if relied and relied.giver else set())
        allowed = relied is not None and self.model.reachable(kind, place, authors)
        asked: dict[str, Any] = {
            "kind": kind,
            "jurisdiction": self.here,
            "district": self.places[place],
            "title": "Something to decide",
            "category": category if kind == "plan" else "",
            "digest": digest,
            "rests_on": [f"{7:064x}"] if kind == "plan" else [],
            "expires_at": clock.now(self.here) + timedelta(hours=hours),
        }
        made = self.attempt(
            by, lambda who: open_change_request(**asked, by=who), ["request.opened"] if allowed else None
        )
        if made is None:
            return
        ends, rests_on = self.model.hour + hours, tuple(asked["rests_on"])
        request = Request(made.pk, kind, place, digest, ends, authors, asked["category"], rests_on)
        request.vote_from = self.model.hour + comment
        self.model.requests.append(request)
        if again:
            assert self.attempt(by, lambda who: open_change_request(**asked, by=who), []) == made
        if kind == "plan" and verdict:
            self._audit(digest, verdict, "scheduler")
        if comment and votes > 3:
            self._vote(request, "chloe", "approve")  # too early
            self.let_time_pass(comment, "scheduler")
        self._agree(request, votes)
        if votes > 3:
            self._redeem(request, "scheduler")

    def _agree(self, request: Request, votes: int, pick: int = 0) -> None:
        """Let so many of those who may, agree."""
        for _ in range(votes):
            if voters := self.model.voters(request):
                self._vote(request, voters[pick % len(voters)], "approve")

    def _audit(self, digest: str, verdict: str, by: str) -> None:
        report = self.digest()
        done = self.attempt(
            by,
            lambda who: attach_evidence(
                subject_digest=digest,
                kind="plan_disparity",
                verdict=verdict,
                summary=WHY,
                report_digest=report,
                jurisdiction=self.here,
                by=who,
            ),
            ["evidence.attached"] if self.model.may(by, "audit") else None,
        )
        if done:
            self.model.audits[digest] = verdict

    @rule(
        which=newest,
        verdict=st.sampled_from(("pass", "pass", "fail", "insufficient")),
        by=st.sampled_from(("dev", "scheduler", "dev", "scheduler", "ana", "chloe")),
    )
    @precondition(lambda self: self.request(0, "plan"))
    def audit(self, which: int, verdict: str, by: str) -> None:
        request = self.request(which, "plan")
        assert request
        self._audit(request.digest, verdict, by)

    @rule(which=newest, by=editors, adds=st.booleans(), stale=rarely)
    @precondition(lambda self: self.request(0, "plan", "policy", "recipe"))
    def edit(self, which: int, by: str, *, adds: bool, stale: bool) -> None:
        request, by = self.request(which, "plan", "policy", "recipe"), self.known(by)
        assert request
        seen = request.earlier[-1] if stale and request.earlier else request.digest
        relied, digest = self.model.opened_by(request.kind, request.place, by), self.digest()
        allowed = (
            relied is not None
            and seen == request.digest
            and self.model.hour < request.expires
            and request.state in UNFINISHED
        )
        done = self.attempt(
            by,
            lambda who: revise_change_request(
                change_request_id=request.number,
                seen_digest=seen,
                digest=digest,
                rests_on=request.rests_on,
                adds=adds,
                by=who,
            ),
            ["request.revised"] if allowed else None,
        )
        if done:
            request.earlier.append(request.digest)
            request.digest, request.state, request.revision = digest, "open", request.revision + 1
            if adds:
                request.authors |= {by} | ({relied.giver} if relied and relied.giver else set())
            if request.kind == "plan":
                self._audit(digest, "pass", "scheduler")

    @rule(which=newest, by=proposers)
    @precondition(lambda self: self.model.requests)
    @precondition(lambda self: self.tries["withdraw"] < 4)
    def withdraw(self, which: int, by: str) -> None:
        self.tries["withdraw"] += 1
        request, by = self.request(which), self.known(by)
        assert request
        allowed = (
            self.model.opened_by(request.kind, request.place, by) is not None
            and request.kind != "after_review"
            and by in request.authors
            and request.state in UNFINISHED
        )
        done = self.attempt(
            by,
            lambda who: withdraw_change_request(change_request_id=request.number, reason=WHY, by=who),
            ["request.withdrawn"] if allowed else None,
        )
        if done:
            request.state = "withdrawn"

    # --- deciding -----------------------------------------------------------------------------------------------

    def _vote(self, request: Request, by: str, verdict: str, *, seen: str = "", reason: str = WHY) -> None:
        seen = seen or request.digest
        ballot = self.model.ballot(request, by, verdict)
        if seen != request.digest or reason != WHY:
            ballot = None
        done = self.attempt(
            by,
            lambda who: cast_vote(
                change_request_id=request.number,
                verdict=Verdict(verdict),
                rationale=reason,
                seen_digest=seen,
                by=who,
            ),
            ["vote.cast"] if ballot else None,
        )
        if done and ballot:
            request.votes.append(ballot)
            request.state = self.model.outcome(request, self.model.counted(request))
            if request.glass and self.model.is_eased(request):
                request.glass.review.authors |= ballot.people

    @rule(which=newest, by=people, verdict=st.sampled_from(VERDICTS), stale=rarely, short=rarely)
    @precondition(lambda self: self.model.requests)
    def vote(self, which: int, by: str, verdict: str, *, stale: bool, short: bool) -> None:
        """Anybody votes anything."""
        request = self.request(which)
        assert request
        seen = request.earlier[-1] if stale and request.earlier else ""
        self._vote(request, self.known(by), verdict, seen=seen, reason="Yes." if short else WHY)

    @rule(which=newest, pick=st.integers(0, 9), twice=rarely)
    @precondition(lambda self: any(map(self.model.voters, self.model.requests)))
    def agree(self, which: int, pick: int, *, twice: bool) -> None:
        """Somebody who may, agrees; or somebody sends her form twice."""
        waiting = [each for each in self.model.requests if self.model.voters(each)]
        request = waiting[-1 - which % len(waiting)]
        voters = self.model.voters(request)
        voter = voters[pick % len(voters)]
        self._vote(request, voter, "approve")
        if twice:
            self._vote(request, voter, "approve")

    @rule(which=newest, pick=st.integers(0, 9))
    @precondition(lambda self: any(map(self.model.voters, self.model.requests)))
    def agree_all(self, which: int, pick: int) -> None:
        """One after another agrees until nobody is asked any more."""
        waiting = [each for each in self.model.requests if self.model.voters(each)]
        request = waiting[-1 - which % len(waiting)]
        self._agree(request, 9, pick)

    @rule(which=newest, by=people, stale=rarely)
    @precondition(lambda self: any(each.state == "approved" for each in self.model.requests))
    def take_approval_back(self, which: int, by: str, *, stale: bool) -> None:
        approved = [each for each in self.model.requests if each.state == "approved"]
        request, by = approved[-1 - which % len(approved)], self.known(by)
        seen = request.earlier[-1] if stale and request.earlier else request.digest
        allowed = (
            any(self.model.relied_for(request, by, stage.right) for stage in self.model.stages(request))
            and request.kind != "after_review"
            and not self.model.people[by].is_service
            and self.model.hour < request.expires
            and seen == request.digest
            and self.model.stands_apart(request, by)
        )
        done = self.attempt(
            by,
            lambda who: revoke_approval(
                change_request_id=request.number, seen_digest=seen, reason=WHY, by=who
            ),
            ["approval.revoked"] if allowed else None,
        )
        if done:
            request.state = "revoked"

    @rule(which=newest, by=people)
    @precondition(lambda self: self.model.requests)
    @precondition(lambda self: self.tries["step_back"] < 5)
    def step_back(self, which: int, by: str) -> None:
        self.tries["step_back"] += 1
        request, by = self.request(which), self.known(by)
        assert request
        holds_a_stage = self._holds_a_stage(request, by)
        cast = self.model.counted(request)
        voted = any((vote.person, vote.digest) == (by, request.digest) for vote in cast)
        fresh = by not in request.recused
        allowed = holds_a_stage and (not fresh or (request.state in UNDECIDED and not voted))
        done = self.attempt(
            by,
            lambda who: recuse(change_request_id=request.number, reason=WHY, by=who),
            (["voter.recused"] if fresh else []) if allowed else None,
        )
        if done:
            request.recused.add(by)

    @rule(which=newest, pick=st.integers(0, 9), agreed=st.booleans())
    @precondition(lambda self: self.model.requests)
    def author_votes(self, which: int, pick: int, *, agreed: bool) -> None:
        """Who wrote it, or whoever she is joined with, tries to vote on it: where possible, one who else might."""
        near = {each.number: sorted(self._joined_with_authors(each)) for each in self.model.requests}
        held = {
            each.number: [name for name in near[each.number] if self._holds_a_stage(each, name)]
            for each in self.model.requests
            if each.state == "open" and each.vote_from <= self.model.hour < each.expires
        }
        numbers = [number for number, names in held.items() if names] or list(near)
        number = numbers[-1 - which % len(numbers)]
        request = next(each for each in self.model.requests if each.number == number)
        names = held.get(number) or near[number]
        self._vote(request, names[pick % len(names)], "approve" if agreed else "reject")

    def _joined_with_authors(self, request: Request) -> set[str]:
        return set().union(*(self.model.ones(request, each) for each in request.authors))

    @rule(
        which=newest,
        by=st.sampled_from(("ben", "una", "tia", "bea", "chloe", "ana", "dev")),
        lowers=st.sampled_from(("quorum", "district")),
        hours=st.sampled_from((1, 2, 4, 4, 5)),
        votes=st.sampled_from((0, 0, 1, 3)),
    )
    @precondition(lambda self: self.request(0, "plan"))
    def break_glass(self, which: int, by: str, lowers: str, hours: int, votes: int) -> None:
        """Anybody eases the decision of any plan for some hours; a review opens, and some vote."""
        request = self.request(which, "plan")
        assert request
        self._break_glass(request, by, lowers, hours, votes)

    @rule(
        place=st.sampled_from(("central", "north")),
        pick=st.integers(0, 9),
        hours=st.integers(1, 4),
        before=st.sampled_from((2, 2, 1, 0)),
        edited=st.sampled_from((False, False, True)),
        after=st.integers(0, 3),
    )
    @precondition(lambda self: self.tries["break_glass_in_need"] < 4)
    def break_glass_in_need(
        self, *, place: str, pick: int, hours: int, before: int, edited: bool, after: int
    ) -> None:
        """A plan, some votes, perhaps an edit, and somebody who may breaks the glass: perhaps that is then enough."""
        self.tries["break_glass_in_need"] += 1
        self.propose(
            kind="plan",
            place=place,
            category=CATEGORY,
            hours=24,
            verdict="pass",
            by="scheduler",
            again=False,
            votes=before,
        )
        if edited and self.request(0, "plan", "policy", "recipe"):
            self.edit(which=0, by="scheduler", adds=True, stale=False)
        found = [
            (request, name, lowers)
            for request in self.model.requests[-1:]
            for lowers in ("quorum", "district")
            for name in sorted(self.model.people)
            if self.model.breakable(request, name, lowers)
        ]
        found = [each for each in found if self.model.reaches_at_once(each[0], each[2])] or found
        if found:
            self._break_glass(*found[pick % len(found)], hours, after)

    def _break_glass(self, request: Request, by: str, lowers: str, hours: int, votes: int) -> None:
        model = self.model
        glass, may = request.glass, self.model.breaker(request, by, lowers) is not None
        again = glass is not None and (glass.opener, glass.lowers, glass.digest) == (
            by,
            lowers,
            request.digest,
        )
        allowed = may and again if glass else model.breakable(request, by, lowers) and hours <= 4
        part, told = model.had_a_part(request, by), model.told_of(request, by)
        reached = ["approval.reached"] if model.reaches_at_once(request, lowers) else []
        opened = self.attempt(
            by,
            lambda who: open_break_glass(
                change_request_id=request.number,
                lowers=Lowers(lowers),
                hours=hours,
                reason=WHY,
                seen_digest=request.digest,
                by=who,
            ),
            None if not allowed else [] if again else [*reached, "request.opened", "glass.broken"],
        )
        if opened is None or again:
            return
        assert opened.told_id == self._number(told), "a second person is told"
        review = Request(
            opened.review_id,
            "after_review",
            request.place,
            opened.review.digest,
            model.hour + 366 * DAY,
            part,
        )
        review.rests_on = (opened.digest,)
        request.glass = Glass(
            lowers, request.digest, model.hour + hours, by, str(told), review, len(request.votes)
        )
        model.requests.append(review)
        if reached:
            request.state = "approved"
        self._agree(request, votes)

    def _holds_a_stage(self, request: Request, who: str) -> bool:
        stages = self.model.stages(request)
        return any(self.model.relied_for(request, who, stage.right) for stage in stages)

    # --- carrying out -------------------------------------------------------------------------------------------

    @rule(which=newest, by=executors)
    @precondition(lambda self: self.model.requests)
    def carry_out(self, which: int, by: str) -> None:
        request = self.request(which)
        assert request
        self._redeem(request, by)

    @rule(which=newest, by=executors)
    @precondition(lambda self: any(each.state == "approved" for each in self.model.requests))
    def carry_out_approved(self, which: int, by: str) -> None:
        approved = [each for each in self.model.requests if each.state == "approved"]
        self._redeem(approved[-1 - which % len(approved)], by)

    def _redeem(self, request: Request, by: str) -> None:
        allowed = self.model.redeemable(request, by)
        if request.kind == "role_grant":
            done = self._apply_role(request, by, allowed=allowed)
        elif request.kind == "hold_lift":
            done = self._lift(request, by, allowed=allowed)
        else:
            done = self.attempt(
                by,
                lambda who: redeem_approval(digest=request.digest, kind=request.kind, by=who),
                ["approval.redeemed"] if allowed else None,
            )
        if done:
            assert not self.model.is_held(request), "nothing is carried out under a hold"
            assert self.model.hour < request.expires
            assert self.model.quorum_of_people(request), (
                "a quorum of distinct eligible people, none an author"
            )
            request.state = "executed"

    def _apply_role(self, request: Request, by: str, *, allowed: bool) -> object:
        assert request.wanted
        who, role = request.wanted
        allowed = (
            allowed and self.model.may_get(who, role) and not self.model.holds_role(who, role, request.place)
        )
        number = RoleRequest.objects.get(change_request_id=request.number).pk
        known = request.state == "executed" and self.model.may(by, "execute")
        grant = self.attempt(
            by,
            lambda person: apply_role_grant(role_request_id=number, by=person),
            [] if known else ["approval.redeemed", "role.granted"] if allowed else None,
        )
        if grant is None or known:
            return None
        self.model.grants.append(Grant(grant.pk, who, role, request.place))
        return grant

    def _lift(self, request: Request, by: str, *, allowed: bool) -> object:
        def both(who: User) -> object:
            with transaction.atomic():
                redeem_approval(digest=request.digest, kind="hold_lift", by=who)
                return lift_hold(digest=request.digest, by=who)

        done = self.attempt(by, both, ["approval.redeemed", "hold.lifted"] if allowed else None)
        if done:
            next(each for each in self.model.holds if each.number == request.hold).lifted = True
        return done

    @rule(which=newest, by=executors)
    @precondition(lambda self: self.model.requests)
    def expire(self, which: int, by: str) -> None:
        request = self.request(which)
        assert request
        due = request.state in UNFINISHED and self.model.hour >= request.expires
        allowed = self.model.may(by, "execute", request.place)
        done = self.attempt(
            by,
            lambda who: expire_change_request(change_request_id=request.number, by=who),
            (["request.expired"] if due else []) if allowed else None,
        )
        if done and due:
            request.state = "expired"

    @rule(
        hours=st.sampled_from((1, 1, 1, 2, 2, 5, 6, 24, 100)),
        by=st.sampled_from(("ana", "ana", "chloe", "eve", "new1")),
    )
    def let_time_pass(self, hours: int, by: str) -> None:
        by = self.known(by)
        done = self.attempt(
            by,
            lambda who: advance_clock(
                jurisdiction=self.here, to=clock.now(self.here) + timedelta(hours=hours), by=who
            ),
            ["clock.advanced"] if self.model.may(by, "clock") else None,
        )
        if done:
            self.model.hour += hours
