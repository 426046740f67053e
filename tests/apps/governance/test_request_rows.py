"""What the owner of the database alters in requests, votes and policies, and what `verify_ledger` says of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db.models import Model

from governance import request_rows
from governance.core.roles import Role
from governance.models import ChangeRequest, Policy, RoleGrant, Vote
from governance.services.cast_vote import cast_vote
from governance.services.expire_change_request import expire_change_request
from governance.services.recuse import recuse
from governance.services.redeem_approval import redeem_approval
from governance.services.revise_change_request import revise_change_request
from governance.services.revoke_approval import revoke_approval
from governance.services.withdraw_change_request import withdraw_change_request
from tests.apps.governance.test_stages import vote
from tests.apps.governance.test_verify_ledger import execute, verify
from tests.apps.governance.test_voting import open_plan
from tests.cast import City, build_city

WHY = "Half of these places stand empty in June."


@pytest.fixture
def lived(fresh_database: str) -> City:
    """A city in which requests ended in every way there is; the owner of its database may do what he likes."""
    city = build_city()
    one, two, three, four, five, six = (open_plan(city, format(number, "064x")) for number in range(6))
    voted_on(city, one, two, three)
    redeem_approval(digest=one.digest, kind="plan", by=city.scheduler)
    revise_change_request(
        change_request_id=two.pk, seen_digest=two.digest, digest="d" * 64, rests_on=[], adds=True, by=city.ana
    )
    revoke_approval(change_request_id=three.pk, seen_digest=three.digest, reason=WHY, by=city.ben)
    withdraw_change_request(change_request_id=four.pk, reason=WHY, by=city.scheduler)
    recuse(change_request_id=five.pk, reason=WHY, by=city.ben)
    ChangeRequest.objects.filter(pk=six.pk).update(expires_at="2020-01-01T00:00Z")
    expire_change_request(change_request_id=six.pk, by=city.scheduler)
    return city


def voted_on(city: City, *requests: ChangeRequest) -> None:
    for request in requests:
        cast_vote(**vote(request, city.ben))


def numbered(at: int) -> int:
    """The number of one of the requests, counted from 0."""
    return ChangeRequest.objects.order_by("id")[at].pk


def owner(statement: str, table: str = "") -> None:
    """Do one thing as the database's owner; where the table is append-only, lift its guard for it."""
    off = [f"ALTER TABLE governance_{table} DISABLE TRIGGER USER"] if table else []
    execute(settings.DATABASE_OWNER_URL, *off, statement)


@contextmanager
def altered(model: type[Model], statement: str) -> Iterator[None]:
    """Do one thing as the database's owner, guard or no guard, and put the rows back afterwards."""
    table = model._meta.db_table
    columns = ", ".join(str(field.column) for field in model._meta.concrete_fields)
    off = f"ALTER TABLE {table} DISABLE TRIGGER USER"
    execute(settings.DATABASE_OWNER_URL, off, f"CREATE TABLE kept AS TABLE {table}", statement)
    yield
    back = f"UPDATE {table} AS t SET ({columns}) = (SELECT {columns} FROM kept WHERE kept.id = t.id)"
    execute(settings.DATABASE_OWNER_URL, back, "DROP TABLE kept")


def the_fault() -> tuple[int | None, str]:
    code, answer = verify()
    assert code == 1
    return answer["faults"][0]["entry"], answer["faults"][0]["reason"]


def test_whatever_became_of_a_request_its_leaves_rebuild_it(lived: City) -> None:
    code, answer = verify("--full")
    assert (code, answer["faults"]) == (0, [])
    states = list(ChangeRequest.objects.order_by("id").values_list("state", flat=True))
    assert states == ["executed", "open", "revoked", "withdrawn", "open", "expired"]


VOTE = "UPDATE governance_vote SET {} WHERE id = (SELECT min(id) FROM governance_vote)"


EDITS_OF_A_VOTE = {
    "verdict = 'reject'": "the deed reject instead of approve",
    "digest = repeat('e', 64)": "the digest",
    "revision = 2": "the revision 2 instead of 1",
    "role = 'board_member'": "the role board_member instead of supervisor",
    "stage = 'board'": "the stage board instead of supervisor",
    "user_id = (SELECT id FROM governance_user WHERE email = 'bea@example.org')": "who did it",
    "on_behalf_of_id = user_id": "the delegated True instead of False",
}


def test_a_vote_altered_is_named_with_its_entry(lived: City, subtests: pytest.Subtests) -> None:
    entry = Vote.objects.order_by("id")[0].ledger_index
    for edit, words in EDITS_OF_A_VOTE.items():
        with subtests.test(edit), altered(Vote, VOTE.format(edit)):
            found, reason = the_fault()
            assert found == entry
            assert f"The row of entry {entry}" in reason
            assert words in reason
    assert verify()[0] == 0


def test_a_vote_taken_away_and_one_put_in_are_named(lived: City) -> None:
    entry = Vote.objects.order_by("id")[0].ledger_index
    owner("DELETE FROM governance_vote WHERE id = (SELECT min(id) FROM governance_vote)", "vote")
    assert the_fault() == (
        entry,
        f"Entry {entry} tells of a “approve” on request {numbered(0)}, and its row is gone.",
    )
    copied = "change_request_id, revision, digest, role, 'override', verdict, cast_at, ledger_index"
    columns = copied.replace("'override'", "stage")
    owner(
        f"INSERT INTO governance_vote ({columns}, user_id) SELECT {copied}, "
        "(SELECT id FROM governance_user WHERE email = 'bea@example.org') FROM governance_vote LIMIT 1"
    )
    assert any("which is not its" in each["reason"] for each in verify()[1]["faults"])


EDITS_OF_A_REQUEST = [
    (4, "state = 'approved'", "has the state approved in its table, and by the log open since entry"),
    (1, "state = 'executed'", "has the state executed in its table, and by the log open since entry"),
    (0, "state = 'approved'", "has the state approved in its table, and by the log executed since entry"),
    (3, "state = 'open'", "has the state open in its table, and by the log withdrawn since entry"),
    (5, "state = 'open'", "has the state open in its table, and by the log expired since entry"),
    (2, "state = 'approved'", "has the state approved in its table, and by the log revoked since entry"),
    (1, "revision = 1", "has the revision 1 in its table, and by the log 2"),
    (1, "digest = repeat('f', 64)", "has the digest fff"),
    (4, "kind = 'recipe'", "has the kind recipe in its table, and by the log plan"),
    (4, "policy_version = 9", "has the policy version 9 in its table, and by the log 1"),
]


def test_a_request_edited_is_named_with_the_entry_that_says_otherwise(
    lived: City, subtests: pytest.Subtests
) -> None:
    for at, edit, words in EDITS_OF_A_REQUEST:
        number = numbered(at)
        statement = f"UPDATE governance_changerequest SET {edit} WHERE id = {number}"
        with subtests.test(edit), altered(ChangeRequest, statement):
            entry, reason = the_fault()
            assert entry is not None
            assert f"Request {number} {words}" in reason
    assert verify()[0] == 0


def test_a_request_that_nobody_opened_and_one_that_is_gone_are_named(lived: City) -> None:
    columns = [str(field.column) for field in ChangeRequest._meta.concrete_fields if field.column != "id"]
    names = ", ".join(columns)
    copied = names.replace("digest", "repeat('9', 64)", 1)
    owner(
        f"INSERT INTO governance_changerequest ({names}) SELECT {copied} FROM governance_changerequest LIMIT 1"
    )
    entry, reason = the_fault()
    assert entry is None
    assert "is in its table, and no entry says that it was opened" in reason
    number = numbered(4)
    owner(f"DELETE FROM governance_requestact WHERE change_request_id = {number}", "requestact")
    owner(f"DELETE FROM governance_changerequest_authors WHERE changerequest_id = {number}")
    owner(f"DELETE FROM governance_changerequest WHERE id = {number}")
    assert f"The log tells of request {number}, and its row is gone from the table." in {
        each["reason"] for each in verify()[1]["faults"]
    }


def test_an_act_altered_is_named_with_its_entry(lived: City) -> None:
    owner("UPDATE governance_requestact SET deed = 'revocation' WHERE deed = 'withdrawal'", "requestact")
    entry, reason = the_fault()
    assert f"The row of entry {entry}" in reason
    assert "the deed revocation instead of withdrawal" in reason


def test_a_policy_after_genesis_that_no_leaf_tells_is_named(city: City) -> None:
    first = Policy.objects.get()
    first.pk, first.version = None, 2
    first.save(force_insert=True)
    assert the_fault() == (
        None,
        "Policy 2 of rivermark is in its table, and no entry says that it was adopted.",
    )


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ("terms = terms || '{\"override_quorum\": 1}'", "has other terms than entry"),
        ("digest = repeat('0', 64)", "has another digest than entry"),
    ],
)
def test_the_first_policy_altered_is_named_with_the_genesis_entry(
    fresh_database: str, edit: str, words: str
) -> None:
    build_city()
    owner(f"UPDATE governance_policy SET {edit}", "policy")
    entry, reason = the_fault()
    assert entry == 0
    assert words in reason


def test_a_role_without_its_leaf_is_named(city: City) -> None:
    grant = RoleGrant.objects.create(user=city.eve, role=Role.BOARD_CHAIR, jurisdiction=city.jurisdiction)
    assert f"role grant {grant.pk}" in the_fault()[1]


def test_what_is_voted_while_the_rows_are_read_accuses_nobody(
    lived: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vote between the stream of entries and the last look at the rows comes with its entry."""
    request, read = open_plan(lived, "7" * 64), request_rows._rows
    voted: list[int] = []

    def meanwhile(*asked: object) -> object:
        if asked[0] == request_rows.OTHERS and not voted:
            voted.append(1)
            voted_on(lived, request)
        return read(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(request_rows, "_rows", meanwhile)
    assert verify()[0] == 0
    assert voted
