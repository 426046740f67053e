"""Random people do random things to the real services: to requests, and to who may do what."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from governance import clock
from governance.core.holds import Scope
from governance.core.roles import Role
from governance.core.training import right_answers
from governance.models import (
    User,
)
from governance.services.complete_training import complete_training
from governance.services.create_account import create_account
from governance.services.deactivate_account import deactivate_account
from governance.services.delegate_role import delegate_role
from governance.services.grant_role import grant_role
from governance.services.place_hold import place_hold
from governance.services.request_lift import request_lift
from governance.services.request_role import request_role
from governance.services.revoke_delegation import revoke_delegation
from governance.services.revoke_role import revoke_role
from tests.apps.governance.authority_checks import BOARD, CATEGORY, WHY
from tests.apps.governance.authority_model import (
    APPROVES_NOTHING,
    DAY,
    RIGHTS,
    VOTING,
    Grant,
    Hold,
    Loan,
    Person,
    Request,
)
from tests.apps.governance.authority_requests import RequestMachine, administrators, board, newest, people


class AuthorityMachine(RequestMachine):
    """Deeds about requests, roles, loans, accounts and holds."""

    # --- roles --------------------------------------------------------------------------------------------------

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
        known = self.model.holds_role(who, role, "")
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

    def _ended_last(self) -> list[Grant]:
        return sorted(
            (each for each in self.model.grants if each.person != "scheduler"), key=lambda g: g.ended
        )

    @rule(which=st.integers(0, 30), by=administrators)
    @precondition(lambda self: self.tries["end_role"] < 5)
    def end_role(self, which: int, by: str) -> None:
        self.tries["end_role"] += 1
        by, some = self.known(by), self._ended_last()
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
            and self.model.may_get(who, role)
            and not self.model.holds_role(who, role, place)
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
        taker=st.one_of(people, board),
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
            self.model.holds_role(giver, role, place)
            and person.active
            and not person.is_service
            and role not in APPROVES_NOTHING
            and giver != taker
            and self.model.people[taker].active
            and not self.model.people[taker].is_service
            and not (RIGHTS[role] & VOTING and self.model.never_votes(taker))
            and bool(self.model.roles(taker))
        )

    @rule(giver=board, taker=people, which=newest)
    @precondition(lambda self: self.tries["both_vote"] < 5)
    @precondition(lambda self: any(map(self.model.voters, self.model.requests)))
    def both_vote(self, giver: str, taker: str, which: int) -> None:
        """A role is lent, and then both try to vote on one request: who may first agrees, the other says no."""
        self.tries["both_vote"] += 1
        taker = self.known(taker)
        self.lend(giver, taker, pick=0, hours=DAY, learn=True)
        asked = [each for each in self.model.requests if {giver, taker} & set(self.model.voters(each))]
        if asked:
            request = asked[-1 - which % len(asked)]
            first, second = (giver, taker) if giver in self.model.voters(request) else (taker, giver)
            self._vote(request, first, "approve")
            self._vote(request, second, "reject")

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

    @rule(
        which=newest, what=st.sampled_from(("role", "hold", "hold", "time", "audit")), pick=st.integers(0, 9)
    )
    @precondition(lambda self: self._carried_by_votes())
    def spoil(self, which: int, what: str, pick: int) -> None:
        """All agree; something happens between approval and execution, which is then tried all the same."""
        found = self._carried_by_votes()
        request = found[-1 - which % len(found)]
        self._agree(request, 9, pick)
        if request.state != "approved":
            return
        if what == "role":
            voter = request.votes[pick % len(request.votes)].person
            self.end_role(
                next(i for i, each in enumerate(self._ended_last()) if each.person == voter), "amir"
            )
        elif what == "hold":
            members = [each for each in BOARD if self.model.may(each, "decide_policy")]
            self.stop("everything", 0, "central", members[pick % len(members)] if members else "chloe")
        elif what == "time":
            self.let_time_pass(max(1, request.expires - self.model.hour), "scheduler")
        else:
            self._audit(request.digest, "fail", "scheduler")
        self._redeem(request, "scheduler")

    def _carried_by_votes(self) -> list[Request]:
        return [each for each in self.model.requests if each.state == "approved" or self.model.voters(each)]

    @rule(which=newest, pick=st.integers(0, 9))
    @precondition(lambda self: any(map(self.model.voters, self.model.requests)))
    def vote_too_late(self, which: int, pick: int) -> None:
        """Somebody who might have voted does so when the time is over."""
        waiting = [each for each in self.model.requests if self.model.voters(each)]
        request = waiting[-1 - which % len(waiting)]
        voters = self.model.voters(request)
        self.let_time_pass(request.expires - self.model.hour, "scheduler")
        self._vote(request, voters[pick % len(voters)], "approve")
