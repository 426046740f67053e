"""Every deed of governance: done, refused, repeated; and what it leaves in the record."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.db import DatabaseError, transaction

from governance import clock
from governance.artifacts import artifact_path, read_artifact, store_artifact
from governance.core.approval import Verdict
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission, Role
from governance.ledger import actor_name, record
from governance.models import Area, ChangeRequest, LedgerEntry, LedgerText, RoleGrant, Vote
from governance.permissions import can
from governance.services.add_jurisdiction import add_jurisdiction
from governance.services.advance_clock import advance_clock
from governance.services.cast_vote import cast_vote
from governance.services.expire_change_request import expire_change_request
from governance.services.grant_role import grant_role
from governance.services.import_areas import NamedShape, import_areas
from governance.services.redeem_approval import redeem_approval
from governance.services.revise_change_request import revise_change_request
from governance.services.revoke_role import revoke_role
from governance.tasks import expire_requests
from tests.apps.governance.test_voting import WHY, open_plan
from tests.cast import City, build_city


def approved(city: City) -> ChangeRequest:
    request = open_plan(city)
    return cast_vote(
        change_request_id=request.id,
        verdict=Verdict.APPROVE,
        rationale=WHY,
        seen_digest=request.digest,
        by=city.ben,
    )


def refused(reason: Reason, deed: object, /, **arguments: object) -> None:
    """Expect a refusal that leaves nothing in the record."""
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        deed(**arguments)  # type: ignore[operator]
    assert refusal.value.reason is reason
    assert LedgerEntry.objects.count() == before


def test_genesis_is_one_entry_and_only_a_service_account_can_make_it(city: City) -> None:
    assert LedgerEntry.objects.filter(action="jurisdiction.genesis").count() == 1
    refused(
        Reason.NOT_PERMITTED,
        add_jurisdiction,
        place=None,
        districts=[],
        policy={},
        recipe_digests=[],
        people=[],
        by=city.chloe,
    )


def test_a_city_is_set_up_once(city: City) -> None:
    refused(Reason.ALREADY_DONE, build_city)


def test_a_policy_that_cannot_be_stops_the_set_up(db: None) -> None:
    with pytest.raises(Refused, match="hours_per_plan"), transaction.atomic():
        build_city(policy={"hours_per_plan": 0})
    assert not LedgerEntry.objects.exists()


def test_an_approval_is_redeemed_once(city: City) -> None:
    request = approved(city)
    done = redeem_approval(digest=request.digest, kind="plan", by=city.scheduler)
    assert done.state == "executed"
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)


def test_nothing_open_returned_or_rejected_can_be_redeemed(city: City) -> None:
    request = open_plan(city)
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)
    refused(Reason.NOT_FOUND, redeem_approval, digest="c" * 64, kind="plan", by=city.scheduler)


def test_a_supervisor_cannot_execute_what_she_approved(city: City) -> None:
    request = approved(city)
    refused(Reason.NOT_PERMITTED, redeem_approval, digest=request.digest, kind="plan", by=city.ben)


def test_an_approver_who_lost_her_role_voids_the_approval(city: City) -> None:
    request = approved(city)
    grant = RoleGrant.objects.get(user=city.ben)
    revoke_role(role_grant_id=grant.pk, by=city.scheduler)
    refused(Reason.NOT_APPROVED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)


def test_an_expired_approval_is_refused_before_any_task_ran(city: City) -> None:
    request = approved(city)
    advance_clock(jurisdiction=city.jurisdiction, to=request.expires_at, by=city.ana)
    refused(Reason.EXPIRED, redeem_approval, digest=request.digest, kind="plan", by=city.scheduler)


def test_the_schedule_records_what_expired_once(city: City) -> None:
    request = open_plan(city)
    assert expire_requests() == 0
    advance_clock(jurisdiction=city.jurisdiction, to=request.expires_at, by=city.ana)
    assert expire_requests() == 1
    assert expire_requests() == 0
    request.refresh_from_db()
    assert request.state == "expired"


def test_a_request_that_is_not_due_is_left_alone(city: City) -> None:
    request = open_plan(city)
    before = LedgerEntry.objects.count()
    assert expire_change_request(change_request_id=request.pk, by=city.scheduler).state == "open"
    assert LedgerEntry.objects.count() == before


def test_an_edit_voids_the_votes_on_what_was_there_before(city: City) -> None:
    request = approved(city)
    revised = revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest="d" * 64,
        rests_on=[],
        adds=False,
        by=city.ben,
    )
    assert (revised.state, revised.revision) == ("open", 2)
    refused(Reason.NOT_APPROVED, redeem_approval, digest="d" * 64, kind="plan", by=city.scheduler)


def test_an_editor_who_added_may_not_vote_and_one_who_took_away_may(city: City) -> None:
    request = open_plan(city)
    first = revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest="d" * 64,
        rests_on=[],
        adds=False,
        by=city.ben,
    )
    vote = {"change_request_id": request.pk, "verdict": Verdict.REJECT, "rationale": WHY, "by": city.ben}
    revise_change_request(
        change_request_id=request.pk,
        seen_digest=first.digest,
        digest="e" * 64,
        rests_on=[],
        adds=True,
        by=city.ben,
    )
    refused(Reason.AUTHOR_MAY_NOT_VOTE, cast_vote, seen_digest="e" * 64, **vote)


def test_a_reducing_editor_decides_her_own_revision(city: City) -> None:
    request = open_plan(city)
    revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest="d" * 64,
        rests_on=[],
        adds=False,
        by=city.ben,
    )
    settled = cast_vote(
        change_request_id=request.pk, verdict=Verdict.REJECT, rationale=WHY, seen_digest="d" * 64, by=city.ben
    )
    assert settled.state == "rejected"


def test_the_audit_of_an_earlier_revision_does_not_count_for_the_new_one(city: City) -> None:
    request = open_plan(city)
    revise_change_request(
        change_request_id=request.pk,
        seen_digest=request.digest,
        digest="d" * 64,
        rests_on=[],
        adds=False,
        by=city.ben,
    )
    refused(
        Reason.EVIDENCE_MISSING,
        cast_vote,
        change_request_id=request.pk,
        verdict=Verdict.APPROVE,
        rationale=WHY,
        seen_digest="d" * 64,
        by=city.ben,
    )


def test_an_edit_of_something_already_changed_is_refused(city: City) -> None:
    request = open_plan(city)
    refused(
        Reason.DIGEST_CHANGED,
        revise_change_request,
        change_request_id=request.pk,
        seen_digest="f" * 64,
        digest="d" * 64,
        rests_on=[],
        adds=False,
        by=city.ben,
    )


def test_a_vote_says_its_reason_by_salted_digest_only(city: City) -> None:
    request = approved(city)
    vote = Vote.objects.get(change_request=request)
    entry = LedgerEntry.objects.get(index=vote.ledger_index)
    assert WHY.encode() not in bytes(entry.leaf)
    assert b"ben" not in bytes(entry.leaf)
    assert LedgerText.objects.get(entry=entry).text == WHY


def test_the_clock_of_a_replay_runs_forward_only(city: City) -> None:
    now = clock.now(city.jurisdiction)
    advance_clock(jurisdiction=city.jurisdiction, to=now + timedelta(days=7), by=city.ana)
    assert clock.now(city.jurisdiction) >= now + timedelta(days=7)
    refused(Reason.CLOCK_BACKWARDS, advance_clock, jurisdiction=city.jurisdiction, to=now, by=city.ana)
    refused(Reason.NOT_PERMITTED, advance_clock, jurisdiction=city.jurisdiction, to=now, by=city.eve)


def test_a_real_clock_cannot_be_set(real_clock_city: City) -> None:
    here = real_clock_city.jurisdiction
    refused(
        Reason.OUTSIDE_POLICY,
        advance_clock,
        jurisdiction=here,
        to=clock.now(here) + timedelta(days=1),
        by=real_clock_city.ana,
    )


def test_an_administrator_cannot_give_a_role_that_votes(city: City) -> None:
    for role in (Role.SUPERVISOR, Role.BOARD_MEMBER, Role.BOARD_CHAIR, Role.SERVICE):
        refused(
            Reason.OUTSIDE_POLICY,
            grant_role,
            user=city.eve,
            role=role,
            jurisdiction=city.jurisdiction,
            by=city.scheduler,
        )
    refused(
        Reason.NOT_PERMITTED,
        grant_role,
        user=city.eve,
        role=Role.AUDITOR,
        jurisdiction=city.jurisdiction,
        by=city.eve,
    )


def test_a_role_that_does_not_vote_is_granted_and_revoked(city: City) -> None:
    here = city.jurisdiction
    grant = grant_role(user=city.eve, role=Role.AUDITOR, jurisdiction=here, by=city.scheduler)
    assert can(city.eve, Permission.SEE_AUDITS, here)
    before = LedgerEntry.objects.count()
    assert grant_role(user=city.eve, role=Role.AUDITOR, jurisdiction=here, by=city.scheduler) == grant
    assert LedgerEntry.objects.count() == before
    revoke_role(role_grant_id=grant.pk, by=city.scheduler)
    assert not can(city.eve, Permission.SEE_AUDITS, here)


def test_a_deactivated_account_may_nothing(city: City) -> None:
    city.ben.is_active = False
    city.ben.save()
    assert not can(city.ben, Permission.DECIDE_PLANS, city.jurisdiction, city.central)


def test_nobody_can_become_a_superuser(city: City) -> None:
    city.eve.is_superuser = True
    with pytest.raises(DatabaseError), transaction.atomic():
        city.eve.save()


def test_areas_are_imported_once(city: City) -> None:
    shape = NamedShape("a1", "Old Market", GEOSGeometry("POLYGON((0 0, 1 0, 1 1, 0 0))", srid=4326))
    arguments: dict[str, Any] = {
        "jurisdiction": city.jurisdiction,
        "kind": "area",
        "shapes": [shape],
        "digest": "a" * 64,
    }
    assert import_areas(**arguments, by=city.scheduler) == 1
    before = LedgerEntry.objects.count()
    assert import_areas(**arguments, by=city.scheduler) == 0
    assert (LedgerEntry.objects.count(), Area.objects.count()) == (before, 1)
    refused(Reason.BAD_INPUT, import_areas, **{**arguments, "shapes": [shape, shape]}, by=city.scheduler)
    refused(Reason.NOT_PERMITTED, import_areas, **arguments, by=city.ben)


def test_if_the_entry_cannot_be_written_the_deed_is_undone(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = open_plan(city)

    def broken(**_: object) -> None:
        raise DatabaseError("the record cannot be written")

    monkeypatch.setattr("governance.services.cast_vote.record", broken)
    with pytest.raises(DatabaseError), transaction.atomic():
        cast_vote(
            change_request_id=request.pk,
            verdict=Verdict.APPROVE,
            rationale=WHY,
            seen_digest=request.digest,
            by=city.ben,
        )
    request.refresh_from_db()
    assert request.state == "open"
    assert not Vote.objects.exists()


def test_an_entry_needs_the_transaction_of_its_deed(fresh_database: str) -> None:
    city = build_city()
    with pytest.raises(transaction.TransactionManagementError):
        record(action="test.deed", subject_kind="test", subject="a" * 64, by=city.ana, role=Role.ANALYST)


def test_a_stored_file_that_was_changed_is_refused(db: None) -> None:
    artifact = store_artifact(b"as sealed", "text/plain", name="sealed.txt")
    assert read_artifact(artifact.digest) == b"as sealed"
    artifact_path(artifact.digest).write_bytes(b"as changed")
    refused(Reason.DIGEST_CHANGED, lambda: read_artifact(artifact.digest))
    refused(Reason.NOT_FOUND, lambda: read_artifact("0" * 64))


def test_the_entry_of_a_live_vote_does_not_carry_the_supervisors_pseudonym(city: City) -> None:
    request = approved(city)
    leaf = bytes(LedgerEntry.objects.get(action="vote.cast", subject=request.digest).leaf)
    assert city.ben.pseudonym.encode() not in leaf
    assert actor_name(city.ben, Role.SUPERVISOR, request.digest).encode() in leaf


def test_a_board_members_entries_carry_her_pseudonym(city: City) -> None:
    assert actor_name(city.chloe, Role.BOARD_MEMBER, "a" * 64) == city.chloe.pseudonym
