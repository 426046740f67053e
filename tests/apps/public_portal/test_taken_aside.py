"""What the public reads of a failed audit set aside and of an approval taken back."""

from governance.core.approval import Verdict
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.revoke_approval import revoke_approval
from public_portal.selectors.report import decision_section
from public_portal.sources import decision
from tests.apps.public_portal.conftest import EVEN, WHY
from tests.cast import City
from tests.factories.forecasts import add_areas, add_plan, add_run


def test_the_boards_word_and_what_was_taken_back_stand_in_the_decision(city: City) -> None:
    add_areas(city)
    plan = add_plan(city, add_run(city, flagged=EVEN), places=EVEN)
    attach_evidence(
        subject_digest=plan.digest,
        kind="plan_disparity",
        verdict="fail",
        summary="Fails.",
        report_digest="c" * 64,
        jurisdiction=city.jurisdiction,
        by=city.dev,
    )
    assert decision(plan)["overridden"] is False
    request = {"change_request_id": plan.change_request_id}
    for who in (city.chloe, city.nora, city.ben):
        cast_vote(**request, verdict=Verdict.APPROVE, rationale=WHY, seen_digest=plan.digest, by=who)
    revoke_approval(**request, seen_digest=plan.digest, reason=WHY, by=city.ben)
    plan.change_request.refresh_from_db()
    told = decision(plan)
    assert (told["state"], told["overridden"]) == ("revoked", True)
    section = decision_section(told, city.jurisdiction)
    assert [line.deed for line in section.votes] == [
        "set the failed audit aside",
        "set the failed audit aside",
        "approved",
        "took the approval back",
    ]
    assert section.state == "approved, and the approval was taken back before anybody was sent"
    assert all(line.rationale == WHY and line.salt for line in section.votes)
