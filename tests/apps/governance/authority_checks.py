"""What the machine of random deeds does around each of them: who tries it, and what must agree after it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db import connection, transaction
from hypothesis.stateful import RuleBasedStateMachine, invariant

from governance.core.refusals import Refused
from governance.core.roles import Role
from governance.core.training import MODULES
from governance.models import (
    BreakGlass,
    District,
    Jurisdiction,
    LedgerEntry,
    LedgerText,
    RoleGrant,
    User,
)
from governance.permissions import one_checker_per_request
from governance.services.add_jurisdiction import FirstRole
from tests.apps.governance.authority_model import (
    UNFINISHED,
    Grant,
    Model,
    Person,
    Request,
)
from tests.cast import City, build_city

T = TypeVar("T")
WHY = "What residents reported in the last two weeks says so."
CATEGORY = "residential_burglary"
POLICY = {
    "comment_days": 1,
    "stages": {
        "plan": [
            {"name": "supervisor", "permission": "decide_plans", "quorum": 1},
            {"name": "board", "permission": "decide_policy", "quorum": 2, "disjoint_from": ["supervisor"]},
        ],
        "recipe": [
            {"name": "review", "permission": "decide_policy", "quorum": 1},
            {"name": "board", "permission": "decide_policy", "quorum": 2, "disjoint_from": ["review"]},
        ],
    },
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
    "approval.reached": ({"open"}, {"approved"}),
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


class CheckedMachine(RuleBasedStateMachine):
    """One run: fifty deeds or so in a city that is as new, because the run before was rolled back."""

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
            self._check_glass(said)
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

    def _check_glass(self, said: dict[str, Any]) -> None:
        """A break-glass names its plan by a salted digest only, and says nothing of what becomes of it."""
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
        assert said["outcome"] == "done"

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
