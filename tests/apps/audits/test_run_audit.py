"""Auditing forecasts and plans on the real database."""

import json
from datetime import timedelta

import numpy as np
import pytest

from audits.models import AuditRun, ResidentTable
from audits.selectors import pending
from audits.services.import_residents import import_residents
from audits.services.run_audit import run_audit
from audits.tasks import audit_pending
from forecasting.models import ForecastRun
from governance import clock
from governance.artifacts import artifact_path, read_artifact
from governance.core.approval import Verdict
from governance.core.refusals import Reason, Refused
from governance.models import Evidence, LedgerEntry
from governance.services.cast_vote import cast_vote
from tests.cast import City
from tests.factories.forecasts import Where, add_plan, add_run, residents_csv

WEST: Where = lambda x, y: (x < 0.45) & (np.round(y * 40) % 3 == 0)  # noqa: E731
EVEN: Where = lambda x, y: np.round(x * 30 + y * 41) % 4 == 0  # noqa: E731


def audit(city: City, run: ForecastRun, by: object = None) -> AuditRun:
    return run_audit(subject_kind="run", subject_digest=run.digest, by=by or city.scheduler)  # type: ignore[arg-type]


def test_a_forecast_that_flags_the_black_side_of_town_fails(city: City, residents: ResidentTable) -> None:
    found = audit(city, add_run(city, flagged=WEST))
    assert found.verdict == "fail"
    assert found.sentence.startswith("Fails.")
    assert "live in flagged places" in found.sentence


def test_a_forecast_that_flags_everywhere_alike_passes(city: City, residents: ResidentTable) -> None:
    found = audit(city, add_run(city, flagged=EVEN))
    assert found.verdict == "pass", found.sentence


def test_the_report_holds_the_table_beside_counting_alone_and_can_be_made_again(
    city: City, residents: ResidentTable
) -> None:
    run = add_run(city, flagged=EVEN, counted=WEST)
    found = audit(city, run)
    report = json.loads(read_artifact(found.report_digest))
    proposed, counting = report["tables"]
    assert [row["group"] for row in proposed["groups"]] == ["black", "white", "below_poverty"]
    assert (proposed["verdict"], counting["verdict"]) == ("pass", "fail")
    assert proposed["groups"][0]["residents"] == 16200
    assert report["residents"] == {
        "digest": residents.digest,
        "areas": 36,
        "reference": "all_residents",
        "people": 36000,
    }
    assert report["interval"]["draws"] == 2000


def test_the_rate_in_the_report_is_the_one_computed_by_hand(city: City, residents: ResidentTable) -> None:
    """Everything flagged: every rate is 1 but for the city's ragged edge, and every ratio 1."""
    found = audit(city, add_run(city, flagged=lambda x, y: np.ones(x.size, dtype=bool)))
    rows = json.loads(read_artifact(found.report_digest))["tables"][0]["groups"]
    for row in rows:
        assert row["rate"] == pytest.approx(1, abs=1e-6)
        assert row["ratio"] == pytest.approx(1, abs=1e-6)


def test_a_run_writes_its_entry_and_the_evidence_its_own(city: City, residents: ResidentTable) -> None:
    run = add_run(city, flagged=EVEN)
    before = LedgerEntry.objects.count()
    found = audit(city, run)
    actions = list(LedgerEntry.objects.filter(index__gte=before).values_list("action", flat=True))
    assert actions == ["audit.run", "evidence.attached"]
    evidence = Evidence.objects.get(subject_digest=run.digest)
    assert (evidence.kind, evidence.verdict, evidence.report_digest) == (
        "run_disparity",
        found.verdict,
        found.report_digest,
    )


def test_the_same_audit_again_changes_nothing(city: City, residents: ResidentTable) -> None:
    run = add_run(city, flagged=EVEN)
    first = audit(city, run)
    before = LedgerEntry.objects.count()
    assert audit(city, run, by=city.dev) == first
    assert LedgerEntry.objects.count() == before


def test_a_plan_is_held_against_the_residents_of_its_own_district(
    city: City, residents: ResidentTable
) -> None:
    run = add_run(city, flagged=EVEN)
    plan = add_plan(city, run, places=WEST)
    found = run_audit(subject_kind="plan", subject_digest=plan.digest, by=city.scheduler)
    report = json.loads(read_artifact(found.report_digest))
    assert report["residents"]["areas"] == 18
    assert report["residents"]["people"] == pytest.approx(18000, abs=5)
    assert "residents of Central overall" in found.sentence
    assert found.verdict == "fail"


def test_a_failed_audit_blocks_the_approval_of_the_plan(city: City, residents: ResidentTable) -> None:
    plan = add_plan(city, add_run(city, flagged=EVEN), places=WEST)
    run_audit(subject_kind="plan", subject_digest=plan.digest, by=city.scheduler)
    with pytest.raises(Refused) as refusal:
        cast_vote(
            change_request_id=plan.change_request_id,
            verdict=Verdict.APPROVE,
            rationale="Matches what residents reported in the last weeks.",
            seen_digest=plan.digest,
            by=city.ben,
        )
    assert refusal.value.reason is Reason.EVIDENCE_FAILED


def test_too_few_residents_are_insufficient_evidence_and_never_a_pass(
    city: City, residents: ResidentTable
) -> None:
    codes = sorted(residents.counts.values_list("area__code", flat=True).distinct())
    import_residents(
        jurisdiction=city.jurisdiction,
        filename="few.csv",
        data=residents_csv(codes, people=10),
        by=city.scheduler,
    )
    found = audit(city, add_run(city, flagged=EVEN))
    assert found.verdict == "insufficient"
    assert found.sentence.startswith("Not enough evidence.")


def test_without_residents_the_refusal_says_what_to_import(city: City) -> None:
    with pytest.raises(Refused, match="import_residents") as refusal:
        audit(city, add_run(city, flagged=EVEN))
    assert refusal.value.reason is Reason.TOO_LITTLE_DATA


def test_what_does_not_exist_cannot_be_audited(city: City, residents: ResidentTable) -> None:
    for kind in ("run", "plan"):
        with pytest.raises(Refused) as refusal:
            run_audit(subject_kind=kind, subject_digest="f" * 64, by=city.scheduler)
        assert refusal.value.reason is Reason.NOT_FOUND
    with pytest.raises(Refused, match="not a “person”"):
        run_audit(subject_kind="person", subject_digest="f" * 64, by=city.scheduler)


@pytest.mark.parametrize("who", ["ana", "ben", "chloe", "eve"])
def test_only_auditors_and_the_scheduler_run_audits(city: City, residents: ResidentTable, who: str) -> None:
    run = add_run(city, flagged=EVEN)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        audit(city, run, by=getattr(city, who))
    assert refusal.value.reason is Reason.NOT_PERMITTED
    assert LedgerEntry.objects.count() == before


def test_the_task_audits_what_is_pending_once(city: City, residents: ResidentTable) -> None:
    run = add_run(city, flagged=EVEN)
    plan = add_plan(city, run, places=EVEN)
    assert pending(city.jurisdiction) == [("plan", plan.digest), ("run", run.digest)]
    assert audit_pending() == 2
    assert audit_pending() == 0
    assert AuditRun.objects.count() == 2


@pytest.mark.parametrize("order", [("central", "north"), ("north", "central")])
def test_plans_are_audited_in_the_order_of_their_proposals_which_tells_no_district(
    city: City, residents: ResidentTable, order: tuple[str, str]
) -> None:
    run, tonight = add_run(city, flagged=EVEN), clock.now(city.jurisdiction) + timedelta(hours=12)
    where = {each.code: each for each in (city.central, city.north)}
    plans = [add_plan(city, run, places=EVEN, district=where[each], starts_at=tonight) for each in order]
    waiting = [digest for kind, digest in pending(city.jurisdiction) if kind == "plan"]
    assert waiting == [plan.digest for plan in plans]


def test_new_residents_call_for_a_new_audit_of_what_is_still_live_only(
    city: City, residents: ResidentTable
) -> None:
    over = add_run(city, flagged=EVEN, window_start=clock.now(city.jurisdiction) - timedelta(days=8))
    live = add_run(city, flagged=EVEN)
    audit_pending()
    codes = sorted(set(residents.counts.values_list("area__code", flat=True)))
    import_residents(
        jurisdiction=city.jurisdiction,
        filename="new.csv",
        data=residents_csv(codes, people=2000),
        by=city.scheduler,
    )
    assert pending(city.jurisdiction) == [("run", live.digest)]
    assert over.digest != live.digest


def test_one_subject_that_cannot_be_audited_does_not_hold_up_the_others(
    city: City, residents: ResidentTable
) -> None:
    broken = add_run(city, flagged=EVEN, category="robbery")
    artifact_path(broken.cells_digest).unlink()
    add_run(city, flagged=WEST)
    assert audit_pending() == 1


def test_where_nobody_imported_residents_the_schedule_says_so_once(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    add_run(city, flagged=lambda x, y: x < 0.2)
    add_run(city, flagged=lambda x, y: x < 0.2, category="vandalism")
    with caplog.at_level("WARNING", logger="lamplight.audits"):
        assert audit_pending() == 0
    assert len(caplog.records) == 1
    assert "import_residents" in caplog.text
