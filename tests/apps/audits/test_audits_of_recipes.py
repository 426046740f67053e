"""An evaluated recipe is audited by itself, before anybody is asked about it."""

from typing import Any

import pytest
from django.core.cache import cache

from audits.models import AuditRun, ResidentTable
from audits.services.import_residents import import_residents
from audits.services.run_audit import run_audit
from audits.tasks import audit_pending
from forecasting.core.recipe_states import RecipeState
from forecasting.models import RecipeDraft
from forecasting.selectors.audited import tried_cells
from forecasting.selectors.recipes import DISPARITY, standing_of
from forecasting.services.order_evaluation import order_evaluation
from forecasting.services.propose_recipe import propose_recipe
from forecasting.tasks import evaluate_drafts
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.models import Evidence, LedgerEntry
from tests.apps.forecasting.test_recipe_release import drafted, evaluated, standing
from tests.cast import City, build_city
from tests.factories.forecasts import add_areas, residents_csv
from tests.factories.history import CATEGORY, add_history


@pytest.fixture(autouse=True)
def _nothing_begun() -> None:
    cache.clear()


def test_the_schedule_audits_an_evaluated_recipe_once_and_its_state_says_so(
    city: City, residents: ResidentTable
) -> None:
    draft = evaluated(city)
    assert audit_pending() == 1
    before = LedgerEntry.objects.count()
    assert audit_pending() == 0
    assert LedgerEntry.objects.count() == before
    run = AuditRun.objects.get()
    assert (run.subject_kind, run.subject_digest) == ("recipe", draft.digest)
    evidence = Evidence.objects.get(kind=DISPARITY)
    assert (evidence.subject_digest, evidence.verdict, evidence.report_digest) == (
        draft.digest,
        run.verdict,
        run.report_digest,
    )
    assert standing(draft).state is RecipeState.AUDITED
    request = propose_recipe(draft=draft, by=city.ana)
    assert run.report_digest in request.rests_on


def test_a_policy_that_asks_for_the_audit_lets_nobody_be_asked_before(db: None) -> None:
    city = build_city(policy={"required_evidence": {"recipe": ["recipe_disparity"]}})
    draft = evaluated(city)
    with pytest.raises(Refused) as refusal:
        propose_recipe(draft=draft, by=city.ana)
    assert refusal.value.reason is Reason.EVIDENCE_MISSING
    import_residents_of(city)
    audit_pending()
    assert propose_recipe(draft=draft, by=city.ana).state == "open"


def import_residents_of(city: City) -> None:
    from_here: dict[str, Any] = {"jurisdiction": city.jurisdiction, "by": city.scheduler}
    import_residents(filename="census.csv", data=residents_csv(add_areas(city)), **from_here)


def test_what_a_recipe_flags_is_every_flagged_cell_of_every_category_once(city: City) -> None:
    draft = evaluated(city)
    trial = standing(draft).trials[0]
    once, twice = tried_cells([trial]), tried_cells([trial, trial])
    assert len(once.proposed) == len(twice.proposed) > 0
    assert len(once.counted) == len(once.proposed)
    assert not tried_cells([]).proposed.size


@pytest.mark.usefixtures("residents")
def test_a_recipe_that_is_not_evaluated_or_not_of_this_city_is_not_audited(city: City) -> None:
    draft = drafted(city)
    with pytest.raises(Refused, match="no evaluated recipe"):
        audited(draft, city)
    order_evaluation(draft=draft, by=city.ana)
    assert evaluate_drafts() == 1  # there is no history: nothing could be forecast
    assert audit_pending() == 0


@pytest.mark.usefixtures("residents")
def test_a_recipe_that_flags_nothing_cannot_be_audited(city: City) -> None:
    add_history(city, until=clock.now(city.jurisdiction), days=20, per_day=2.0)
    draft = drafted(city)
    order_evaluation(draft=draft, by=city.ana)
    evaluate_drafts()
    assert standing(draft).trials[0].verdict == "insufficient"
    with pytest.raises(Refused) as refusal:
        audited(draft, city)
    assert refusal.value.reason is Reason.TOO_LITTLE_DATA
    assert audit_pending() == 0


def audited(draft: RecipeDraft, city: City) -> AuditRun:
    return run_audit(
        subject_kind="recipe", subject_digest=draft.digest, jurisdiction=city.jurisdiction, by=city.scheduler
    )


@pytest.mark.usefixtures("residents")
def test_the_same_recipe_in_two_cities_is_audited_in_each(city: City) -> None:
    other = build_city(slug="eastport")
    assert standing_of(other.jurisdiction, evaluated(city).digest) is None
    draft = drafted(other)
    with pytest.raises(Refused, match="Rivermark has no evaluated recipe"):
        audited(draft, other)
    assert CATEGORY in draft.body["categories"]
