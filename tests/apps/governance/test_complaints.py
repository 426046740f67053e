"""Complaints on the real database: filing, routing, answering, withdrawing, erasing."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from governance import clock, redress, selectors
from governance.core.approval import Verdict
from governance.core.canonical import parse_leaf
from governance.core.complaints import (
    FILINGS_PER_ADDRESS,
    ComplaintKind,
    ComplaintOutcome,
    ComplaintState,
)
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role
from governance.ledger import record
from governance.models import (
    Area,
    ChangeRequest,
    Complaint,
    ComplaintContact,
    ComplaintStep,
    FilingMark,
    Jurisdiction,
    LedgerEntry,
    LedgerText,
    RoleGrant,
    User,
)
from governance.permissions import check, put_in_role, take_out_of_role
from governance.services.advance_clock import advance_clock
from governance.services.answer_complaint import answer_complaint
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.erase_contact import erase_contact
from governance.services.erase_text import erase_text
from governance.services.file_complaint import FiledComplaint, file_complaint
from governance.services.grant_role import grant_role
from governance.services.open_change_request import open_change_request
from governance.services.revise_change_request import revise_change_request
from governance.services.take_complaint import take_complaint
from governance.services.withdraw_complaint import withdraw_complaint
from governance.tasks import forget_contacts
from tests.cast import City, build_city, square

WORDS = "Patrols stood in front of the school every night of that week, and nobody was told why."
WHY = "The plan was approved on reports that were counted twice."
REMEDY = "The source was corrected, and the plan of next week is drawn up anew."
ADDRESS = "192.0.2.7"


def add_person(city: City, name: str, role: Role) -> User:
    """Give somebody new a role, as a board's decision would."""
    user = User.objects.create_user(f"{name.lower()}@example.org", name=name)
    RoleGrant.objects.create(user=user, role=role, jurisdiction=city.jurisdiction, granted_by=city.scheduler)
    put_in_role(user, role, city.jurisdiction, None)
    return user


def filed(city: City, **changes: Any) -> FiledComplaint:
    """File a complaint as the public form does."""
    sent = {
        "jurisdiction": city.jurisdiction,
        "kind": ComplaintKind.OTHER,
        "words": WORDS,
        "address": ADDRESS,
        "by": selectors.public_account(),
    }
    return file_complaint(**{**sent, **changes})


def taken(city: City, **changes: Any) -> Complaint:
    """File one and let Chloe take it."""
    return take_complaint(complaint_id=filed(city, **changes).complaint.pk, by=city.chloe)


def answered(city: City, **changes: Any) -> Complaint:
    """File one, take it, uphold it."""
    return answer_complaint(
        complaint_id=taken(city, **changes).pk,
        outcome=ComplaintOutcome.UPHELD,
        reason=WHY,
        remedy=REMEDY,
        by=city.chloe,
    )


def decision(city: City, *voters: User, kind: str = "policy", digest: str = "a" * 64) -> ChangeRequest:
    """Open a request and let people approve it."""
    request = open_change_request(
        kind=kind,
        jurisdiction=city.jurisdiction,
        district=city.central if kind == "plan" else None,
        title=f"A {kind}",
        digest=digest,
        rests_on=[],
        expires_at=clock.now(city.jurisdiction) + timedelta(hours=12),
        by=city.ana,
    )
    for voter in voters:
        vote(request, voter)
    return request


def vote(request: ChangeRequest, voter: User) -> None:
    request.refresh_from_db()
    cast_vote(
        change_request_id=request.id,
        verdict=Verdict.APPROVE,
        rationale=WHY,
        seen_digest=request.digest,
        by=voter,
    )


def entry_of(action: str, digest: str = "a" * 64) -> int:
    """Return the newest entry of a deed on a subject."""
    return LedgerEntry.objects.filter(action=action, subject=digest).latest("index").index


def counted() -> list[int]:
    """How many rows every table of complaints holds, and the record."""
    tables: list[type[Model]] = [
        LedgerEntry,
        LedgerText,
        Complaint,
        ComplaintStep,
        ComplaintContact,
        FilingMark,
    ]
    return [table._default_manager.count() for table in tables]


def refused(reason: Reason, deed: Callable[[], object]) -> None:
    """Try, and see the reason; nothing was stored and no entry written."""
    selectors.public_account()
    before = counted()
    with pytest.raises(Refused) as refusal:
        deed()
    assert refusal.value.reason is reason, refusal.value.message
    assert counted() == before


# --- filing ---------------------------------------------------------------------------------------------


def test_a_complaint_gets_its_deadline_its_link_and_its_entry(city: City) -> None:
    done = filed(city, contact="  someone@example.org ")
    complaint = done.complaint
    assert complaint.due_at - complaint.filed_at == timedelta(days=30)
    assert complaint.state == ComplaintState.FILED
    assert complaint.contact.contact == "someone@example.org"
    (step,) = complaint.steps.all()
    entry = LedgerEntry.objects.get(index=step.ledger_index)
    leaf = parse_leaf(bytes(entry.leaf))
    assert (leaf["action"], leaf["role"], leaf["outcome"]) == ("complaint.filed", "resident", "filed")
    assert leaf["subject"] == complaint.digest
    assert WORDS in str(step.text)


def test_the_leaf_tells_neither_kind_nor_words_nor_link_nor_what_it_is_about(city: City) -> None:
    decision(city)
    done = filed(
        city, kind=ComplaintKind.DECISION, entry=entry_of("request.opened"), contact="me@example.org"
    )
    leaf = bytes(LedgerEntry.objects.get(index=done.complaint.steps.get().ledger_index).leaf).decode()
    for told in (WORDS, "decision", done.secret, done.complaint.secret_hash, "me@example.org", "detail"):
        assert told not in leaf


def test_only_the_fingerprint_of_the_link_is_stored_and_two_links_differ(city: City) -> None:
    one, other = filed(city), filed(city)
    assert len(one.secret) == 43  # 256 bits in base64
    assert one.secret != other.secret
    with connection.cursor() as cursor:
        for table in ("complaint", "complaintstep", "ledgertext", "filingmark"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM governance_{table} t")
            assert one.secret not in str(cursor.fetchone()[0])
    assert redress.complaint_of(one.secret) == one.complaint
    assert redress.complaint_of(one.secret[:-1]) is None
    assert redress.complaint_of(one.complaint.secret_hash) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"words": "Bad."}, Reason.RATIONALE_TOO_SHORT),
        ({"words": "x" * 4001}, Reason.TOO_LARGE),
        ({"words": WORDS + "\x07"}, Reason.BAD_INPUT),
        ({"contact": "x" * 201}, Reason.TOO_LARGE),
        ({"contact": "a\nb"}, Reason.BAD_INPUT),
        ({"kind": ComplaintKind.DECISION}, Reason.BAD_INPUT),
        ({"kind": ComplaintKind.PLACE}, Reason.BAD_INPUT),
        ({"kind": ComplaintKind.PLACE, "area": "nowhere"}, Reason.BAD_INPUT),
        ({"entry": 10_000}, Reason.BAD_INPUT),
    ],
)
def test_what_cannot_be_filed_is_refused_and_leaves_nothing(
    city: City, changes: dict[str, Any], reason: Reason
) -> None:
    refused(reason, lambda: filed(city, **changes))


def test_an_entry_of_another_city_is_none_of_this_one(city: City) -> None:
    elsewhere = build_city(slug="elsewhere")
    index = LedgerEntry.objects.get(jurisdiction=elsewhere.jurisdiction.slug).index
    refused(Reason.BAD_INPUT, lambda: filed(city, entry=index))


@pytest.mark.parametrize("who", ["eve", "chloe", "scheduler"])
def test_nobodys_own_account_stands_beside_a_complaint(city: City, who: str) -> None:
    refused(Reason.NOT_PERMITTED, lambda: filed(city, by=getattr(city, who)))


def test_an_area_is_kept_by_name_in_the_text_and_not_in_the_leaf(city: City) -> None:
    area = Area.objects.create(
        jurisdiction=city.jurisdiction,
        code="a7",
        name="Old Mill",
        geometry=square(-75.2, 40.0, -75.19, 40.01),
    )
    done = filed(city, kind=ComplaintKind.PLACE, area="a7")
    assert done.complaint.area == area
    entry = LedgerEntry.objects.get(index=done.complaint.steps.get().ledger_index)
    assert "Area: Old Mill" in str(done.complaint.steps.get().text)
    assert b"Old Mill" not in bytes(entry.leaf)


def test_one_address_may_file_so_many_a_day_and_its_address_is_never_stored(city: City) -> None:
    for _ in range(FILINGS_PER_ADDRESS):
        filed(city)
    refused(Reason.TOO_OFTEN, lambda: filed(city))
    filed(city, address="192.0.2.8")
    assert FilingMark.objects.count() == 2
    stored = " ".join(f"{row.mark}" for row in FilingMark.objects.all())
    assert ADDRESS not in stored
    assert all(len(row.mark) == 64 for row in FilingMark.objects.all())


def test_a_mark_says_nothing_about_the_next_day_and_is_deleted_when_its_own_is_over(city: City) -> None:
    now = clock.now(city.jurisdiction)
    assert redress.mark_of(ADDRESS, now) != redress.mark_of(ADDRESS, now + timedelta(days=1))
    FilingMark.objects.create(mark="0" * 64, day=date(2024, 1, 1), filings=3)
    filed(city)
    assert not FilingMark.objects.filter(mark="0" * 64).exists()


def test_the_public_account_is_one_that_nobody_can_sign_in_with_and_that_holds_no_role(city: City) -> None:
    account = selectors.public_account()
    assert selectors.public_account() == account
    assert account.is_service
    assert not account.has_usable_password()
    assert not RoleGrant.objects.filter(user=account).exists()


# --- taking: who had no part -------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "role"), [("chloe", "board_member"), ("dev", "auditor")])
def test_the_board_and_auditors_may_take_what_they_had_no_part_in(city: City, who: str, role: str) -> None:
    complaint = take_complaint(complaint_id=filed(city).complaint.pk, by=getattr(city, who))
    assert (complaint.state, complaint.taken_by) == (ComplaintState.ACKNOWLEDGED, getattr(city, who))
    leaf = parse_leaf(bytes(LedgerEntry.objects.latest("index").leaf))
    assert (leaf["action"], leaf["role"], leaf["subject"]) == ("complaint.taken", role, complaint.digest)


def test_a_privacy_officer_may_too(city: City) -> None:
    pat = User.objects.create_user("pat@example.org", name="Pat")
    grant_role(user=pat, role=Role.PRIVACY_OFFICER, jurisdiction=city.jurisdiction, by=city.scheduler)
    assert take_complaint(complaint_id=filed(city).complaint.pk, by=pat).taken_by == pat


@pytest.mark.parametrize("who", ["ana", "ben", "bea", "eve", "scheduler"])
def test_nobody_else_may_and_no_service(city: City, who: str) -> None:
    number = filed(city).complaint.pk
    refused(Reason.NOT_PERMITTED, lambda: take_complaint(complaint_id=number, by=getattr(city, who)))


def test_an_auditor_of_another_city_may_not(city: City) -> None:
    stranger = User.objects.create_user("stranger@example.org", name="Stranger")
    elsewhere = build_city(slug="elsewhere").jurisdiction
    grant_role(user=stranger, role=Role.AUDITOR, jurisdiction=elsewhere, by=city.scheduler)
    number = filed(city).complaint.pk
    refused(Reason.NOT_PERMITTED, lambda: take_complaint(complaint_id=number, by=stranger))


def about(city: City, action: str) -> int:
    """File a complaint about the newest entry of a deed on the decision."""
    return filed(city, kind=ComplaintKind.DECISION, entry=entry_of(action)).complaint.pk


def test_a_voter_on_the_decision_is_refused_and_a_colleague_is_not(city: City) -> None:
    decision(city, city.chloe)
    for action in ("vote.cast", "request.opened"):  # whichever entry the resident names
        number = about(city, action)
        refused(Reason.HAD_A_PART, partial(take_complaint, complaint_id=number, by=city.chloe))
        assert take_complaint(complaint_id=number, by=city.nora).taken_by == city.nora


def test_the_author_is_refused_whatever_other_role_she_holds(city: City) -> None:
    decision(city)
    grant_role(user=city.ana, role=Role.AUDITOR, jurisdiction=city.jurisdiction, by=city.scheduler)
    number = about(city, "request.opened")
    refused(Reason.HAD_A_PART, lambda: take_complaint(complaint_id=number, by=city.ana))


def test_a_supervisor_who_voted_under_an_alias_is_recognised(city: City) -> None:
    request = decision(city, kind="plan")
    attach_evidence(
        subject_digest=request.digest,
        kind="plan_disparity",
        verdict="pass",
        summary="Passes.",
        report_digest="b" * 64,
        jurisdiction=city.jurisdiction,
        by=city.scheduler,
    )
    vote(request, city.ben)
    grant_role(user=city.ben, role=Role.AUDITOR, jurisdiction=city.jurisdiction, by=city.scheduler)
    leaf = parse_leaf(bytes(LedgerEntry.objects.get(index=entry_of("vote.cast")).leaf))
    assert leaf["actor"] != city.ben.pseudonym
    number = about(city, "vote.cast")
    refused(Reason.HAD_A_PART, lambda: take_complaint(complaint_id=number, by=city.ben))


def test_an_auditor_whose_evidence_it_rests_on_is_refused(city: City) -> None:
    decision(city)
    attach_evidence(
        subject_digest="a" * 64,
        kind="quality",
        verdict="pass",
        summary="Passes.",
        report_digest="b" * 64,
        jurisdiction=city.jurisdiction,
        by=city.dev,
    )
    number = about(city, "request.opened")
    refused(Reason.HAD_A_PART, lambda: take_complaint(complaint_id=number, by=city.dev))


def test_whoever_carried_it_out_is_refused(city: City) -> None:
    decision(city)
    record(
        action="approval.redeemed",
        subject_kind="policy",
        subject="a" * 64,
        by=city.dev,
        role=check(city.dev, Permission.RUN_AUDITS, city.jurisdiction),
        jurisdiction=city.jurisdiction,
    )
    number = about(city, "request.opened")
    refused(Reason.HAD_A_PART, lambda: take_complaint(complaint_id=number, by=city.dev))


def test_a_vote_on_an_earlier_revision_is_a_part_too(city: City) -> None:
    request = decision(city, city.chloe)
    revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest="c" * 64,
        rests_on=[],
        adds=False,
        by=city.ana,
    )
    number = filed(city, entry=entry_of("request.revised", "c" * 64)).complaint.pk
    refused(Reason.HAD_A_PART, lambda: take_complaint(complaint_id=number, by=city.chloe))


def test_whom_a_role_was_granted_to_answers_no_complaint_about_the_grant(city: City) -> None:
    pat = User.objects.create_user("pat@example.org", name="Pat")
    grant_role(user=pat, role=Role.AUDITOR, jurisdiction=city.jurisdiction, by=city.scheduler)
    granted = LedgerEntry.objects.filter(action="role.granted").latest("index").index
    number = filed(city, kind=ComplaintKind.CONDUCT, entry=granted).complaint.pk
    refused(Reason.HAD_A_PART, lambda: take_complaint(complaint_id=number, by=pat))


def test_a_complaint_about_an_answer_goes_to_somebody_else(city: City) -> None:
    first = answered(city)
    number = filed(city, entry=entry_of("complaint.answered", first.digest)).complaint.pk
    refused(Reason.HAD_A_PART, lambda: take_complaint(complaint_id=number, by=city.chloe))
    assert take_complaint(complaint_id=number, by=city.dev).taken_by == city.dev


def test_it_is_taken_once(city: City) -> None:
    number = taken(city).pk
    refused(Reason.ALREADY_DONE, lambda: take_complaint(complaint_id=number, by=city.chloe))
    refused(Reason.ALREADY_DONE, lambda: take_complaint(complaint_id=number, by=city.dev))


def test_it_can_be_taken_over_from_somebody_who_may_no_longer_answer(city: City) -> None:
    number = taken(city).pk
    RoleGrant.objects.filter(user=city.chloe).update(revoked_at=clock.now(city.jurisdiction))
    take_out_of_role(city.chloe, Role.BOARD_MEMBER, city.jurisdiction, None)
    assert take_complaint(complaint_id=number, by=city.dev).taken_by == city.dev
    assert Complaint.objects.get(pk=number).steps.count() == 3


def test_what_is_answered_or_not_there_cannot_be_taken(city: City) -> None:
    number = answered(city).pk
    refused(Reason.NOT_OPEN, lambda: take_complaint(complaint_id=number, by=city.dev))
    refused(Reason.NOT_FOUND, lambda: take_complaint(complaint_id=number + 1, by=city.dev))


def test_of_two_simultaneous_takers_one_wins(fresh_database: str, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        city = build_city()
        number = filed(city).complaint.pk
        outcomes: list[str] = []
        ready = threading.Barrier(2)

        def attempt(person: User) -> None:
            ready.wait()
            try:
                take_complaint(complaint_id=number, by=person)
                outcomes.append("taken")
            except Refused as refusal:
                outcomes.append(refusal.reason.value)
            finally:
                connections.close_all()

        takers = [threading.Thread(target=attempt, args=(each,)) for each in (city.chloe, city.dev)]
        for taker in takers:
            taker.start()
        for taker in takers:
            taker.join()
        assert sorted(outcomes) == ["already_done", "taken"]
        assert LedgerEntry.objects.filter(action="complaint.taken").count() == 1


def test_who_is_sorted_out_at_the_desk_costs_the_same_for_one_complaint_and_for_many(city: City) -> None:
    decision(city, city.chloe)
    entry = entry_of("vote.cast")

    def cost() -> int:
        rows = redress.complaints_in(city.jurisdiction)
        with CaptureQueriesContext(connection) as captured:
            assert len(redress.with_a_part(city.chloe, rows)) == len(rows)
        return len(captured)

    filed(city, entry=entry)
    once = cost()
    for _ in range(5):
        filed(city, entry=entry)
    assert cost() == once


# --- answering -------------------------------------------------------------------------------------------------


def answer(city: City, number: int, by: User, **changes: Any) -> Complaint:
    sent = {"outcome": ComplaintOutcome.UPHELD, "reason": WHY, "remedy": REMEDY}
    return answer_complaint(complaint_id=number, by=by, **{**sent, **changes})


@pytest.mark.parametrize("outcome", list(ComplaintOutcome))
def test_the_taker_answers_with_an_outcome_and_a_reason(city: City, outcome: ComplaintOutcome) -> None:
    complaint = answer(city, taken(city).pk, city.chloe, outcome=outcome)
    assert (complaint.state, complaint.outcome) == (ComplaintState.ANSWERED, outcome)
    step = complaint.steps.get(deed="answer")
    assert WHY in str(step.text)
    assert REMEDY in str(step.text)
    leaf = bytes(LedgerEntry.objects.get(index=step.ledger_index).leaf).decode()
    assert '"outcome":"answered"' in leaf
    assert outcome.value not in leaf.replace("answered", "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"reason": "No."}, Reason.RATIONALE_TOO_SHORT),
        ({"reason": "x" * 4001}, Reason.TOO_LARGE),
        ({"reason": WHY + "\x00"}, Reason.BAD_INPUT),
        ({"remedy": ""}, Reason.RATIONALE_TOO_SHORT),
        ({"remedy": "x" * 4001}, Reason.TOO_LARGE),
    ],
)
def test_an_answer_without_a_reason_is_refused(city: City, changes: dict[str, Any], reason: Reason) -> None:
    number = taken(city).pk
    refused(reason, lambda: answer(city, number, city.chloe, **changes))


def test_nobody_but_the_taker_answers_and_nobody_before_it_is_taken(city: City) -> None:
    untaken, number = filed(city).complaint.pk, taken(city).pk
    refused(Reason.NOT_PERMITTED, lambda: answer(city, untaken, city.chloe))
    refused(Reason.NOT_PERMITTED, lambda: answer(city, number, city.dev))
    refused(Reason.NOT_PERMITTED, lambda: answer(city, number, city.ana))
    refused(Reason.NOT_FOUND, lambda: answer(city, number + 1, city.chloe))


def test_an_answer_is_given_once(city: City) -> None:
    number = answered(city).pk
    refused(Reason.NOT_OPEN, lambda: answer(city, number, city.chloe))


def test_whoever_came_to_have_a_part_since_answers_no_more(city: City) -> None:
    request = decision(city)
    number = take_complaint(complaint_id=about(city, "request.opened"), by=city.chloe).pk
    vote(request, city.chloe)
    refused(Reason.HAD_A_PART, lambda: answer(city, number, city.chloe))
    assert take_complaint(complaint_id=number, by=city.dev).taken_by == city.dev


def test_whoever_lost_the_role_since_answers_no_more(city: City) -> None:
    number = taken(city).pk
    RoleGrant.objects.filter(user=city.chloe).update(revoked_at=clock.now(city.jurisdiction))
    refused(Reason.NOT_PERMITTED, lambda: answer(city, number, city.chloe))


# --- withdrawing, erasing -----------------------------------------------------------------------------------


def test_the_link_withdraws_and_the_way_to_be_reached_is_erased_at_once(city: City) -> None:
    done = filed(city, contact="me@example.org")
    complaint = withdraw_complaint(secret=done.secret, by=selectors.public_account())
    assert complaint.state == ComplaintState.WITHDRAWN
    assert not ComplaintContact.objects.exists()
    leaf = parse_leaf(bytes(LedgerEntry.objects.latest("index").leaf))
    assert (leaf["action"], leaf["detail"]) == ("complaint.withdrawn", {"contact_erased": True})


def test_what_is_closed_cannot_be_withdrawn_and_no_other_link_works(city: City) -> None:
    public, done = selectors.public_account(), filed(city)
    refused(Reason.NOT_FOUND, lambda: withdraw_complaint(secret="x" * 43, by=public))
    refused(Reason.NOT_PERMITTED, lambda: withdraw_complaint(secret=done.secret, by=city.chloe))
    withdraw_complaint(secret=done.secret, by=public)
    refused(Reason.NOT_OPEN, lambda: withdraw_complaint(secret=done.secret, by=public))
    refused(Reason.NOT_OPEN, lambda: take_complaint(complaint_id=done.complaint.pk, by=city.chloe))


def later(city: City, days: int) -> Jurisdiction:
    """Step the replay so many days on."""
    there = clock.now(city.jurisdiction) + timedelta(days=days)
    advance_clock(jurisdiction=city.jurisdiction, to=there, by=city.scheduler)
    city.jurisdiction.refresh_from_db()
    return city.jurisdiction


def test_the_way_to_be_reached_is_erased_when_the_retention_is_over_and_an_entry_says_so(city: City) -> None:
    waiting, closed = filed(city, contact="a@example.org").complaint, answered(city, contact="b@example.org")
    later(city, 29)
    assert forget_contacts() == 0
    assert not erase_contact(complaint_id=closed.pk, by=city.scheduler)
    later(city, 2)
    assert forget_contacts() == 1
    assert [row.complaint for row in ComplaintContact.objects.all()] == [waiting]
    leaf = parse_leaf(bytes(LedgerEntry.objects.latest("index").leaf))
    assert (leaf["action"], leaf["subject"]) == ("contact.erased", closed.digest)
    assert forget_contacts() == 0


def test_only_the_scheduler_erases_a_way_to_be_reached(city: City) -> None:
    number = answered(city, contact="b@example.org").pk
    refused(Reason.NOT_PERMITTED, lambda: erase_contact(complaint_id=number, by=city.chloe))


def test_a_text_can_be_erased_and_the_steps_stand(city: City) -> None:
    complaint = filed(city).complaint
    step = complaint.steps.get()
    erase_text(index=step.ledger_index, reason="The resident asked for it to go.", by=city.chloe)
    assert step.text is None
    assert complaint.steps.count() == 1


# --- where the words are not ------------------------------------------------------------------------------------


def test_the_words_lie_beside_their_entry_and_nowhere_else_in_the_database(city: City) -> None:
    answered(city, contact="me@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        holding = set()
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{WORDS}%"])
            if cursor.fetchone()[0]:
                holding.add(table)
    assert holding == {"governance_ledgertext"}


def test_figures_count_what_happened(city: City) -> None:
    answered(city)
    filed(city)
    later(city, 31)
    found = redress.complaint_figures(city.jurisdiction)
    assert (found.filed, found.answered, found.waiting, found.overdue) == (2, 1, 1, 1)
