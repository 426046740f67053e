"""Random people do random things to the real services; after each deed the tables, the log and the model must agree."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from governance import clock
from governance.core.approval import Verdict
from governance.core.break_glass import Lowers
from governance.core.holds import Scope
from governance.core.refusals import Refused
from governance.core.roles import Role
from governance.core.training import MODULES, right_answers
from governance.models import (
    BreakGlass,
    District,
    Jurisdiction,
    LedgerEntry,
    LedgerText,
    RoleGrant,
    RoleRequest,
    User,
)
from governance.permissions import one_checker_per_request
from governance.services.add_jurisdiction import FirstRole
from governance.services.advance_clock import advance_clock
from governance.services.apply_role_grant import apply_role_grant
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.complete_training import complete_training
from governance.services.create_account import create_account
from governance.services.deactivate_account import deactivate_account
from governance.services.delegate_role import delegate_role
from governance.services.expire_change_request import expire_change_request
from governance.services.grant_role import grant_role
from governance.services.lift_hold import lift_hold
from governance.services.open_break_glass import open_break_glass
from governance.services.open_change_request import open_change_request
from governance.services.place_hold import place_hold
from governance.services.recuse import recuse
from governance.services.redeem_approval import redeem_approval
from governance.services.request_lift import request_lift
from governance.services.request_role import request_role
from governance.services.revise_change_request import revise_change_request
from governance.services.revoke_approval import revoke_approval
from governance.services.revoke_delegation import revoke_delegation
from governance.services.revoke_role import revoke_role
from governance.services.withdraw_change_request import withdraw_change_request
from tests.apps.governance.authority_model import (
    APPROVES_NOTHING,
    DAY,
    RIGHTS,
    UNDECIDED,
    UNFINISHED,
    VOTING,
    Glass,
    Grant,
    Hold,
    Loan,
    Model,
    Person,
    Request,
)
from tests.cast import City, build_city

T = TypeVar("T")
WHY = "What residents reported in the last two weeks says so."
CATEGORY = "residential_burglary"
POLICY = {
    "stages": {
        "plan": [
            {"name": "supervisor", "permission": "decide_plans", "quorum": 1},
            {"name": "board", "permission": "decide_policy", "quorum": 2, "disjoint_from": ["supervisor"]},
        ],
        "recipe": [
            {"name": "review", "permission": "decide_policy", "quorum": 1},
            {"name": "board", "permission": "decide_policy", "quorum": 2, "disjoint_from": ["review"]},
        ],
    }
}
MORE = [  # Tia plays two parts that vote; Una and Tia supervise Central beside Ben
    FirstRole("una@example.org", "Una Supervisor", Role.SUPERVISOR, "central"),
    FirstRole("tia@example.org", "Tia Two", Role.SUPERVISOR, "central"),
    FirstRole("tia@example.org", "Tia Two", Role.BOARD_MEMBER),
    FirstRole("olga@example.org", "Olga Board", Role.BOARD_MEMBER),
    FirstRole("amir@example.org", "Amir Admin", Role.ADMINISTRATOR),
]
NAMES = (
    "ana",
    "ben",
    "una",
    "tia",
    "bea",
    "chloe",
    "nora",
    "olga",
    "dev",
    "amir",
    "eve",
    "scheduler",
    "new1",
    "new2",
)
BOARD = ("chloe", "nora", "olga", "tia")
VERDICTS = ("approve", "reject", "return")
REASONED = frozenset(
    {
        "vote.cast", "request.withdrawn", "approval.revoked", "voter.recused", "role.delegated", "role.requested",
        "account.deactivated", "hold.placed", "hold.lift_requested", "evidence.attached", "glass.broken",
    }
)  # fmt: skip
LEADS = {  # what an entry about a request does to its state: from which states, to which
    "request.opened": ({""}, {"open"}),
    "vote.cast": ({"open"}, {"open", "approved", "returned", "rejected"}),
    "request.revised": (UNFINISHED, {"open"}),
    "request.withdrawn": (UNFINISHED, {"withdrawn"}),
    "approval.revoked": ({"approved"}, {"revoked"}),
    "request.expired": (UNFINISHED, {"expired"}),
    "approval.redeemed": ({"approved"}, {"executed"}),
}

REQUESTS = """
SELECT id, state, digest, revision, array(
    SELECT user_id FROM governance_changerequest_authors WHERE changerequest_id = r.id)
FROM governance_changerequest r"""
VOTES = """
SELECT change_request_id, digest, user_id, on_behalf_of_id, stage, verdict, revision, ledger_index
FROM governance_vote ORDER BY id"""
AUTHORITY = """
SELECT 'grant', id FROM governance_rolegrant WHERE revoked_at IS NULL
UNION ALL SELECT 'loan', id FROM governance_delegation WHERE revoked_at IS NULL
UNION ALL SELECT 'closed', id FROM governance_user WHERE NOT is_active
UNION ALL SELECT 'hold', id FROM governance_hold h
    WHERE NOT EXISTS (SELECT FROM governance_holdlift l WHERE l.hold_id = h.id)"""

people = st.sampled_from(NAMES)
board = st.sampled_from((*BOARD, *BOARD, "ben", "ana", "dev"))
administrators = st.sampled_from(("amir", "scheduler", "amir", "scheduler", "chloe", "ana", "new1"))
proposers = st.sampled_from(("ana",) * 3 + ("scheduler",) * 3 + ("ben", "tia", "dev", "eve"))
executors = st.sampled_from(("scheduler",) * 4 + ("ana", "chloe", "amir"))
newest = st.sampled_from((0, 0, 0, 0, 1, 1, 2, 3, 5))  # which request, counted from the newest
rarely = st.sampled_from((False,) * 9 + (True,))


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _as_in_one_request(deed: Callable[[], T]) -> T:
    """Do something as a page does: whom guardian has looked up once is not looked up again."""
    return one_checker_per_request(lambda _: deed())(None)  # type: ignore[arg-type,return-value]


def build_authority_city() -> City:
    """The cast's city with more voters, in which a plan and a recipe need two stages."""
    return build_city(policy=POLICY, more=MORE)


class AuthorityMachine(RuleBasedStateMachine):
    """One run: up to fifty deeds in a city that is as new, because the run before was rolled back."""

    city: ClassVar[City]
    deeds: ClassVar[int] = 0
    told: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.here = Jurisdiction.objects.get(pk=self.city.jurisdiction.pk)
        self.places: dict[str, District | None] = {"": None}
        self.places |= {each.code: each for each in District.objects.filter(jurisdiction=self.here)}
        self.model = _first_model(self.here)
        self.size = LedgerEntry.objects.count()
        self.expected: list[str] = []
        self.rebuilt: dict[int, dict[str, Any]] = {}
        self.drawn = 0
        self.actor = ""
        self.is_unchecked = False
        self.tries: Counter[str] = Counter()

    def teardown(self) -> None:
        """Undo everything, so that the next run finds the city as it was."""
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    # --- doing --------------------------------------------------------------------------------------------------

    def attempt(self, by: str, deed: Callable[[User], T], leaves: list[str] | None) -> T | None:
        """Try a deed. `leaves`: the entries it must leave ([]: it changes nothing), None where it must be refused."""
        if self.is_unchecked:
            self.check()
        type(self).deeds += 1
        self.is_unchecked = True
        self.actor, self.expected = by, leaves or []
        person = User.objects.get(pk=self.model.people[by].number)
        try:
            with transaction.atomic():
                done = _as_in_one_request(lambda: deed(person))
        except Refused as refusal:
            if leaves is not None:
                raise AssertionError("refused, and the model says yes") from refusal
            return None
        assert leaves is not None, "done, and the model says no"
        for action in leaves:
            self.told[action] = self.told.get(action, 0) + 1
        return done

    def digest(self) -> str:
        self.drawn += 1
        return hashlib.sha256(f"{self.drawn}".encode()).hexdigest()

    def known(self, name: str) -> str:
        return name if name in self.model.people else "eve"

    def request(self, which: int, *kinds: str) -> Request | None:
        """One of the requests, those first on which something can still be done."""
        found = [each for each in self.model.requests if not kinds or each.kind in kinds]
        found.sort(key=lambda each: each.state in UNFINISHED and self.model.hour < each.expires)
        return found[-1 - which % len(found)] if found else None

    # --- what must hold after every deed ------------------------------------------------------------------------

    @invariant()
    def check(self) -> None:
        """Compare the log with what was expected, and the tables with the log and with the model."""
        self._check_entries()
        self._check_requests()
        self._check_authority()
        self.expected, self.is_unchecked = [], False

    def _check_entries(self) -> None:
        rows = list(LedgerEntry.objects.filter(index__gte=self.size).order_by("index"))
        assert [row.action for row in rows] == self.expected, "as many entries as deeds"
        for row in rows:
            leaf = bytes(row.leaf)
            assert bytes(row.leaf_hash) == hashlib.sha256(b"\x00" + leaf).digest()
            said = json.loads(leaf)
            assert (said["index"], said["action"], said["subject"]) == (self.size, row.action, row.subject)
            self._check_actor(said)
            self._check_text(said)
            self._rebuild(said)
            self.size += 1

    def _check_actor(self, said: dict[str, Any]) -> None:
        number = self.model.people[self.actor].number
        if said["role"] != "supervisor":  # who acts under an alias
            assert said["actor"] == User.objects.get(pk=number).pseudonym

    def _check_text(self, said: dict[str, Any]) -> None:
        assert ("text" in said) == (said["action"] in REASONED)
        if "text" in said:
            kept = LedgerText.objects.get(entry_id=said["index"])
            assert said["text"] == hashlib.sha256(bytes(kept.salt) + kept.text.encode()).hexdigest()
            assert kept.text == WHY

    def _rebuild(self, said: dict[str, Any]) -> None:
        """Fold one entry into what the log alone says about its request."""
        if said["action"] == "glass.broken":
            self._rebuild_eased(said)
        if said["action"] not in LEADS:
            return
        detail, outcome = said["detail"], said["outcome"]
        kept = self.rebuilt.setdefault(detail["request"], {"state": "", "votes": []})
        before, after = LEADS[said["action"]]
        assert kept["state"] in before
        assert outcome in after
        kept |= {"state": outcome, "digest": said["subject"], "revision": detail["revision"]}
        if said["action"] == "vote.cast":
            kept["votes"].append([detail["stage"], detail["verdict"], detail["revision"], said["index"]])

    def _rebuild_eased(self, said: dict[str, Any]) -> None:
        """A break-glass names its plan by a salted digest only; where the quorum is lowered, it may decide it."""
        row = BreakGlass.objects.get(digest=said["subject"])
        told = {
            "hours": said["detail"]["hours"],
            "jurisdiction": said["jurisdiction"],
            "lowers": said["detail"]["lowers"],
            "request": self.rebuilt[row.change_request_id]["digest"],
            "salt": row.salt,
        }
        plain = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
        assert said["subject"] == hashlib.sha256(plain).hexdigest()
        assert said["outcome"] in ("open", "approved")
        self.rebuilt[row.change_request_id]["state"] = said["outcome"]

    def _check_requests(self) -> None:
        """Each row says what the log says, and what the model says."""
        rows = {number: said for number, *said in _rows(REQUESTS)}
        votes: dict[int, list[Any]] = {number: [] for number in rows}
        for number, *said in _rows(VOTES):
            votes[number].append(said)
        assert rows.keys() == self.rebuilt.keys() == {each.number for each in self.model.requests}
        for each in self.model.requests:
            (state, digest, revision, authors), kept = rows[each.number], self.rebuilt[each.number]
            assert (state, digest, revision) == (each.state, each.digest, each.revision)
            assert (kept["state"], kept["digest"], kept["revision"]) == (state, digest, revision)
            assert kept["votes"] == [vote[3:] for vote in votes[each.number]]
            assert set(authors) == {self._number(name) for name in each.authors}
            self._check_votes(each, votes[each.number])

    def _check_votes(self, request: Request, cast: list[Any]) -> None:
        seen = [
            [v.digest, self._number(v.person), self._number(v.giver), v.stage, v.verdict]
            for v in request.votes
        ]
        assert seen == [said[:5] for said in cast]
        once = [
            (person, digest, stage == "override")
            for digest, who, giver, stage, *_ in cast
            for person in {who, giver} - {None}
        ]
        assert len(once) == len(set(once)), "one person counts once"

    def _check_authority(self) -> None:
        """Roles, what is lent, what is held and whose account is closed stand as the model has them."""
        model = self.model
        expected = {("grant", each.number) for each in model.grants if not each.ended}
        expected |= {("loan", each.number) for each in model.loans if not each.ended}
        expected |= {("hold", each.number) for each in model.holds if not each.lifted}
        expected |= {("closed", each.number) for each in model.people.values() if not each.active}
        assert {(what, number) for what, number in _rows(AUTHORITY)} == expected

    def _number(self, name: str | None) -> int | None:
        return self.model.people[name].number if name else None

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
        """Open a request; its audit follows at once, as in the schedule, and perhaps so do some votes, or all."""
        by, place, digest = self.known(by), place if kind == "plan" else "", self.digest()
        relied = self.model.opened_by(kind, place, by)
        authors = {by} | ({relied.giver} if relied and relied.giver else set())
        allowed = relied is not None and self.model.reachable(kind, place, authors)
        asked = {
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
        self.model.requests.append(
            Request(made.pk, kind, place, digest, ends, authors, asked["category"], rests_on)
        )
        if again:
            assert self.attempt(by, lambda who: open_change_request(**asked, by=who), []) == made
        if kind == "plan" and verdict:
            self._audit(digest, verdict, "scheduler")
        self._agree(self.model.requests[-1], votes)
        if votes > 3:
            self._redeem(self.model.requests[-1], "scheduler")

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

    @rule(which=newest, by=proposers, adds=st.booleans(), stale=rarely)
    @precondition(lambda self: self.request(0, "plan", "policy", "recipe"))
    def edit(self, which: int, by: str, *, adds: bool, stale: bool) -> None:
        request, by = self.request(which, "plan", "policy", "recipe"), self.known(by)
        assert request
        seen = request.earlier[-1] if stale and request.earlier else request.digest
        relied, digest = self.model.relied(by, "propose", request.place), self.digest()
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
        holds_a_stage = any(
            self.model.relied_for(request, by, stage.right) for stage in self.model.stages(request)
        )
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

    @rule(which=newest, by=board, pick=st.integers(0, 9), agreed=st.booleans())
    @precondition(lambda self: self.model.requests)
    def author_votes(self, which: int, by: str, pick: int, *, agreed: bool) -> None:
        """Who wrote it, or whoever she is joined with, tries to vote on it."""
        request = self.request(which)
        assert request
        near = sorted(set().union(*(self.model.ones(request, each) for each in request.authors)))
        self._vote(request, near[pick % len(near)], "approve" if agreed else "reject")

    @rule(
        which=newest,
        by=st.sampled_from(("ben", "una", "tia", "bea", "chloe", "ana", "dev")),
        lowers=st.sampled_from(("quorum", "district")),
        hours=st.sampled_from((1, 2, 4, 4, 5)),
        votes=st.sampled_from((0, 0, 1, 3)),
    )
    @precondition(lambda self: self.request(0, "plan"))
    def break_glass(self, which: int, by: str, lowers: str, hours: int, votes: int) -> None:
        """Somebody eases the decision of a plan for some hours; a review opens, and some vote."""
        request, model = self.request(which, "plan"), self.model
        assert request
        glass, may = request.glass, self.model.breaker(request, by, lowers) is not None
        again = glass is not None and (glass.opener, glass.lowers, glass.digest) == (
            by,
            lowers,
            request.digest,
        )
        allowed = may and again if glass else model.breakable(request, by, lowers) and hours <= 4
        part, told, before = (
            model.had_a_part(request, by),
            model.told_of(request, by),
            model.standing(request),
        )
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
            None if not allowed else [] if again else ["request.opened", "glass.broken"],
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
        if model.outcome(request, before) == "approved":
            request.state = "approved"
        self._agree(request, votes)

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
        allowed = allowed and self._may_get(who, role) and not self._holds(who, role, request.place)
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

    # --- roles --------------------------------------------------------------------------------------------------

    def _may_get(self, who: str, role: str) -> bool:
        """No service, no closed account, and never both votes and accounts to manage."""
        roles = {each.role for each in self.model.roles(who)} | {role}
        both = roles & APPROVES_NOTHING and any(RIGHTS[each] & VOTING for each in roles)
        return self.model.people[who].active and not self.model.people[who].is_service and not both

    def _holds(self, who: str, role: str, place: str) -> bool:
        return any((each.role, each.place) == (role, place) for each in self.model.roles(who))

    @rule(
        who=people,
        role=st.sampled_from(("analyst", "auditor", "administrator", "board_member", "service")),
        by=administrators,
    )
    @precondition(lambda self: self.tries["give"] < 5)
    def give(self, who: str, role: str, by: str) -> None:
        """An administrator gives a role, which must not be one that votes."""
        self.tries["give"] += 1
        who, by = self.known(who), self.known(by)
        both = role in APPROVES_NOTHING and any(RIGHTS[each.role] & VOTING for each in self.model.roles(who))
        allowed = self.model.may(by, "manage") and not RIGHTS[role] & VOTING and role != "service"
        known = self._holds(who, role, "")
        grant = self.attempt(
            by,
            lambda person: grant_role(
                user=self._user(who), role=Role(role), jurisdiction=self.here, by=person
            ),
            None if not allowed or (both and not known) else [] if known else ["role.granted"],
        )
        if grant is not None and not known:
            self.model.grants.append(Grant(grant.pk, who, role, ""))

    def _user(self, name: str) -> User:
        return User.objects.get(pk=self.model.people[name].number)

    @rule(which=st.integers(0, 30), by=administrators)
    @precondition(lambda self: self.tries["end_role"] < 5)
    def end_role(self, which: int, by: str) -> None:
        self.tries["end_role"] += 1
        by, some = self.known(by), [each for each in self.model.grants if each.person != "scheduler"]
        grant = some[which % len(some)]
        done = self.attempt(
            by,
            lambda who: revoke_role(role_grant_id=grant.number, by=who),
            ([] if grant.ended else ["role.revoked"]) if self.model.may(by, "manage") else None,
        )
        if done:
            grant.ended = True

    @rule(
        who=people,
        where=st.sampled_from(
            (("board_member", ""), ("supervisor", "central"), ("supervisor", "north"), ("analyst", ""))
        ),
        by=st.sampled_from(("amir", "amir", "scheduler", "chloe", "tia", "ana", "ben")),
    )
    def ask_for_role(self, who: str, where: tuple[str, str], by: str) -> None:
        """Somebody asks that somebody, perhaps she herself, gets a role that votes."""
        who, by, (role, place) = self.known(who), self.known(by), where
        relied = self.model.opened_by("role_grant", "", by)
        authors = {by, who} | ({relied.giver} if relied and relied.giver else set())
        may = (
            relied is not None
            and bool(RIGHTS[role] & VOTING)
            and self._may_get(who, role)
            and not self._holds(who, role, place)
        )
        known = any(
            each.wanted == (who, role)
            and each.place == place
            and each.state in ("open", "approved")
            and self.model.hour < each.expires
            for each in self.model.requests
        )
        allowed = may and (known or self.model.reachable("role_grant", place, authors))
        asked = self.attempt(
            by,
            lambda person: request_role(
                user=self._user(who),
                role=Role(role),
                jurisdiction=self.here,
                district=self.places[place],
                reason=WHY,
                by=person,
            ),
            None if not allowed else [] if known else ["request.opened", "role.requested"],
        )
        if asked is not None and not known:
            request = asked.change_request
            ends = self.model.hour + 14 * DAY
            self.model.requests.append(
                Request(request.pk, "role_grant", place, request.digest, ends, authors, wanted=(who, role))
            )

    @rule(by=people, role=st.sampled_from(("supervisor", "board_member")))
    def learn(self, by: str, role: str) -> None:
        """She completes the module of a role that she holds, or that was lent to her."""
        by = self.known(by)
        person = self.model.people[by]
        held = [each.role for each in self.model.roles(by)]
        held += [each.role for each in self.model.in_force() if each.taker == by]
        fresh = role not in person.trained
        done = self.attempt(
            by,
            lambda who: complete_training(role=Role(role), answers=right_answers(Role(role)), by=who),
            (["training.completed"] if fresh else []) if role in held and person.active else None,
        )
        if done:
            person.trained.add(role)

    @rule(
        giver=people,
        taker=people,
        pick=st.integers(0, 5),
        hours=st.sampled_from((2, 24, 24 * 31, 24 * 40)),
        learn=st.booleans(),
    )
    def lend(self, giver: str, taker: str, pick: int, hours: int, *, learn: bool) -> None:
        """Somebody lends a role of hers, or one that was lent to her, to somebody who perhaps learns it."""
        giver, taker = self.known(giver), self.known(taker)
        hers: list[Grant | Loan] = [*self.model.roles(giver)]
        hers += [each for each in self.model.in_force() if each.taker == giver]
        role, place = (hers[pick % len(hers)].role, hers[pick % len(hers)].place) if hers else ("analyst", "")
        known = any(
            (each.giver, each.taker, each.role, each.place) == (giver, taker, role, place)
            and each.until >= self.model.hour + hours
            for each in self.model.loans
            if not each.ended
        )
        # Two loans that end in the same hour differ by seconds: the later one ends later, so it is no repetition.
        known = known and not any(
            (each.giver, each.taker, each.role, each.place) == (giver, taker, role, place)
            and each.until == self.model.hour + hours
            for each in self.model.loans
            if not each.ended
        )
        allowed = self._may_lend(giver, taker, role, place) and 0 < hours <= 24 * 31
        done = self.attempt(
            giver,
            lambda who: delegate_role(
                taker=self._user(taker),
                role=Role(role),
                jurisdiction=self.here,
                district=self.places[place],
                until=clock.now(self.here) + timedelta(hours=hours),
                reason=WHY,
                by=who,
            ),
            ([] if known else ["role.delegated"]) if allowed else None,
        )
        if done is not None and not known:
            self.model.loans.append(Loan(done.pk, giver, taker, role, place, self.model.hour + hours))
        if learn and role in ("supervisor", "board_member"):
            self.learn(taker, role)

    def _may_lend(self, giver: str, taker: str, role: str, place: str) -> bool:
        person = self.model.people[giver]
        return (
            self._holds(giver, role, place)
            and person.active
            and not person.is_service
            and role not in APPROVES_NOTHING
            and giver != taker
            and self.model.people[taker].active
            and not self.model.people[taker].is_service
            and not (RIGHTS[role] & VOTING and self.model.never_votes(taker))
            and bool(self.model.roles(taker))
        )

    @rule(which=st.integers(0, 9), by=people, one_of_them=st.booleans())
    @precondition(lambda self: self.model.loans)
    def take_back(self, which: int, by: str, *, one_of_them: bool) -> None:
        loan = self.model.loans[which % len(self.model.loans)]
        by = loan.giver if one_of_them else self.known(by)
        over = loan.ended or self.model.hour >= loan.until
        allowed = by in (loan.giver, loan.taker) and self.model.people[by].active
        done = self.attempt(
            by,
            lambda who: revoke_delegation(delegation_id=loan.number, by=who),
            ([] if over else ["delegation.revoked"]) if allowed else None,
        )
        if done and not over:
            loan.ended = True

    # --- accounts -----------------------------------------------------------------------------------------------

    @rule(name=st.sampled_from(("new1", "new2")), by=administrators)
    @precondition(lambda self: self.tries["make_account"] < 3)
    def make_account(self, name: str, by: str) -> None:
        """An administrator makes an account, perhaps for herself: it may do nothing."""
        self.tries["make_account"] += 1
        by = self.known(by)
        allowed = self.model.may(by, "manage") and name not in self.model.people
        user = self.attempt(
            by,
            lambda who: create_account(
                email=f"{name}@example.org", name="A second person", jurisdiction=self.here, by=who
            ),
            ["account.created"] if allowed else None,
        )
        if user is not None:
            self.model.people[name] = Person(name, user.pk)

    @rule(who=people, by=st.sampled_from(("amir", "chloe", "ana", "eve", "new2", "dev")))
    @precondition(lambda self: self.tries["close_account"] < 3)
    def close_account(self, who: str, by: str) -> None:
        self.tries["close_account"] += 1
        who, by = self.known(who), self.known(by)
        person = self.model.people[who]
        allowed = self.model.may(by, "manage") and not person.is_service
        done = self.attempt(
            by,
            lambda admin: deactivate_account(
                user=self._user(who), reason=WHY, jurisdiction=self.here, by=admin
            ),
            (["account.deactivated"] if person.active else []) if allowed else None,
        )
        if done:
            person.active = False

    # --- holds --------------------------------------------------------------------------------------------------

    @rule(
        scope=st.sampled_from(("everything", "category", "district", "plan", "recipe")),
        which=newest,
        district=st.sampled_from(("central", "north", "south")),
        by=board,
    )
    @precondition(lambda self: self.tries["stop"] < 5)
    def stop(self, scope: str, which: int, district: str, by: str) -> None:
        self.tries["stop"] += 1
        target = self._target(scope, which, district)
        before = [each for each in self.model.holds if (each.scope, each.target) == (scope, target)]
        standing = next((each for each in before if not each.lifted), None)
        exists = bool(target or scope == "everything") and target != "south"
        allowed = self.model.may(by, "decide_policy") and exists and (not standing or standing.by == by)
        made = self.attempt(
            by,
            lambda who: place_hold(
                jurisdiction=self.here,
                scope=Scope(scope),
                target=target,
                reason=WHY,
                seen=max((each.number for each in self.model.holds), default=0),
                by=who,
            ),
            ([] if standing else ["hold.placed"]) if allowed else None,
        )
        if made is not None and not standing:
            self.model.holds.append(Hold(made.pk, scope, target, by))

    def _target(self, scope: str, which: int, district: str) -> str:
        plan, recipe = self.request(which, "plan"), self.request(which, "recipe")
        return {
            "everything": "",
            "category": CATEGORY,
            "district": district,
            "plan": str(plan.number) if plan else "",
            "recipe": recipe.digest if recipe else "",
        }[scope]

    @rule(
        which=newest,
        by=st.sampled_from(("ana", "ana", "tia", "chloe", "ben", "dev", "scheduler")),
        agreed=st.booleans(),
    )
    @precondition(lambda self: self.model.holds)
    def ask_to_lift(self, which: int, by: str, *, agreed: bool) -> None:
        """Somebody asks the board to lift a hold; perhaps all of it agrees, and the schedule lifts it."""
        hold = self.model.holds[-1 - which % len(self.model.holds)]
        relied = self.model.opened_by("hold_lift", "", by)
        authors = {by} | ({relied.giver} if relied and relied.giver else set())
        known = any(
            each.hold == hold.number and each.state in ("open", "approved") and self.model.hour < each.expires
            for each in self.model.requests
        )
        allowed = (
            relied is not None
            and not self.model.people[by].is_service
            and not hold.lifted
            and (known or self.model.reachable("hold_lift", "", authors))
        )
        made = self.attempt(
            by,
            lambda who: request_lift(hold_id=hold.number, reason=WHY, by=who),
            None if not allowed else [] if known else ["request.opened", "hold.lift_requested"],
        )
        if made is None or known:
            return
        request = Request(
            made.pk, "hold_lift", "", made.digest, self.model.hour + 14 * DAY, authors, hold=hold.number
        )
        self.model.requests.append(request)
        self._agree(request, 9 if agreed else 0)
        if agreed:
            self._redeem(request, "scheduler")


def _first_model(here: Jurisdiction) -> Model:
    """What the set-up says, read once from the tables before anything is done."""
    names = {each.pk: each.email.split("@")[0] for each in User.objects.all()}
    people = {
        names[each.pk]: Person(names[each.pk], each.pk, each.is_service)
        for each in User.objects.order_by("id")
    }
    grants = [
        Grant(each.pk, names[each.user_id], each.role, each.district.code if each.district else "")
        for each in RoleGrant.objects.filter(jurisdiction=here).select_related("district").order_by("id")
    ]
    for each in grants:  # the cast has completed the modules of its roles
        if Role(each.role) in MODULES:
            people[each.person].trained.add(each.role)
    return Model(people, grants)
