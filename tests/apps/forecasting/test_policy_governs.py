"""What forecasts and plans obey: the policy in force when they are made, and which one it was."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from forecasting.core.plan_edit import PlaceEdit
from forecasting.core.recipe import COMPARATORS, Recipe, Term, recipe_digest, standard_recipe
from forecasting.models import ForecastRun, Plan
from forecasting.models import Recipe as AdoptedRecipe
from forecasting.selectors.plans import body_of
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.edit_plan import edit_plan
from forecasting.services.issue_forecast import issue_forecast
from forecasting.views.edit_page import edit_context
from governance import clock
from governance.core.approval import Verdict
from governance.core.canonical import parse_leaf
from governance.core.refusals import Reason, Refused
from governance.models import ChangeRequest, LedgerEntry
from governance.policy_forms import Proposed, put_to_vote
from governance.policy_making import newest_version
from governance.selectors import policy_in_force
from governance.services.advance_clock import advance_clock
from governance.services.cast_vote import cast_vote
from governance.tasks import adopt_policies
from tests.apps.forecasting.conftest import propose_tonight
from tests.apps.forecasting.test_backtest_models import backtest
from tests.apps.forecasting.test_explore_forecast import explore
from tests.cast import FRIDAY, City, build_city
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history, add_recipe

WHY = "Eight places can be visited with care; twelve could not."


def issue(city: City) -> ForecastRun:
    """Issue the week's forecast from real history."""
    add_history(city)
    return issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=add_recipe(city),
        extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
        category=CATEGORY,
        window_start=WINDOW[0],
        window_end=WINDOW[1],
        by=city.scheduler,
    )


def adopt(city: City, **terms: Any) -> None:
    """Let the board vote a changed policy into force within the hour."""
    newest = newest_version(city.jurisdiction)
    at = clock.now(city.jurisdiction) + timedelta(minutes=30)
    request = put_to_vote(
        city.jurisdiction,
        Proposed(
            {**newest.terms, **terms}, policy_in_force(city.jurisdiction).terms, newest.version, at, WHY
        ),
        city.ana,
    )
    for who in (city.chloe, city.nora):
        cast_vote(
            change_request_id=request.pk,
            verdict=Verdict.APPROVE,
            rationale=WHY,
            seen_digest=request.digest,
            by=who,
        )
    assert adopt_policies() == 1
    advance_clock(jurisdiction=city.jurisdiction, to=at + timedelta(minutes=1), by=city.scheduler)
    city.jurisdiction.refresh_from_db()


def test_the_next_plan_names_and_obeys_the_policy_adopted_since_its_forecast(city: City) -> None:
    run = issue(city)
    adopt(city, max_places=2)
    plan = propose_tonight(city)
    assert run.policy_version == 1
    assert body_of(plan).policy_version == plan.change_request.policy_version == 2
    assert len(body_of(plan).places) <= 2


def test_a_plan_keeps_the_policy_it_was_proposed_under(city: City, plan: Plan) -> None:
    adopt(city, dosage_cap_minutes=30)
    assert (
        edit_context(plan)["cap"] == policy_in_force(city.jurisdiction, FRIDAY).terms.dosage_cap_minutes == 60
    )


def test_a_plan_expected_to_cover_too_little_is_not_proposed(db: None) -> None:
    city = build_city(policy={"coverage_minimum": 0.95})
    issue(city)
    with pytest.raises(Refused, match="95% at least") as refusal:
        propose_tonight(city)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY
    assert not ChangeRequest.objects.exists()


def test_a_recipe_with_a_prohibited_ingredient_is_neither_adopted_nor_used(city: City) -> None:
    recipe = add_recipe(city)
    name = recipe.body["terms"][0]["name"]
    add_history(city)
    adopt(city, prohibited_features=[name])
    with pytest.raises(Refused, match=f"prohibits {name}") as refusal:
        issue_forecast(
            jurisdiction=city.jurisdiction,
            recipe=recipe,
            extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
            category=CATEGORY,
            window_start=WINDOW[0] + timedelta(days=7),
            window_end=WINDOW[1] + timedelta(days=7),
            by=city.scheduler,
        )
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


def test_a_prohibited_recipe_is_not_adopted_though_people_approved_it(city: City) -> None:
    body = Recipe("blend", (CATEGORY,), (Term("arrests", None, 200.0, 0.1),))
    city.jurisdiction.genesis["recipe"].append(recipe_digest(body))
    city.jurisdiction.save()
    with pytest.raises(Refused, match="prohibits arrests") as refusal:
        adopt_recipe(jurisdiction=city.jurisdiction, name="arrests", recipe=body, by=city.scheduler)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


@pytest.mark.parametrize("model", COMPARATORS)
def test_a_comparator_is_neither_adopted_nor_issued_though_people_approved_it(city: City, model: str) -> None:
    body = standard_recipe(model, (CATEGORY,))
    city.jurisdiction.genesis["recipe"].append(recipe_digest(body))
    city.jurisdiction.save()
    with pytest.raises(Refused, match=f"“{model}” is for comparison in backtests alone") as refusal:
        adopt_recipe(jurisdiction=city.jurisdiction, name=model, recipe=body, by=city.scheduler)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY
    add_history(city)
    smuggled = AdoptedRecipe.objects.create(
        jurisdiction=city.jurisdiction,
        name=model,
        body=body.to_dict(),
        digest=recipe_digest(body),
        valid_until=WINDOW[1],
    )
    with pytest.raises(Refused, match=f"“{model}” is for comparison in backtests alone"):
        issue_forecast(
            jurisdiction=city.jurisdiction,
            recipe=smuggled,
            extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
            category=CATEGORY,
            window_start=WINDOW[0],
            window_end=WINDOW[1],
            by=city.scheduler,
        )


@pytest.mark.parametrize("look", [explore, backtest])
def test_a_prohibited_ingredient_is_not_looked_at_either(db: None, look: Callable[[City], object]) -> None:
    city = build_city(policy={"prohibited_features": ["block"]})
    add_history(city)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused, match="prohibits block") as refusal:
        look(city)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY
    assert LedgerEntry.objects.count() == before


@pytest.mark.parametrize("look", [explore, backtest])
def test_a_look_names_the_policy_that_governed_it(city: City, look: Callable[[City], object]) -> None:
    add_history(city)
    adopt(city, max_places=7)
    look(city)
    assert parse_leaf(bytes(LedgerEntry.objects.latest("index").leaf))["policy_version"] == 2


def test_an_edit_may_not_leave_less_covered_than_the_plans_policy_asks_for(db: None) -> None:
    city = build_city(policy={"coverage_minimum": 0.05})
    issue(city)
    plan = propose_tonight(city)
    before, covered = LedgerEntry.objects.count(), body_of(plan).covered[0]
    places = body_of(plan).places
    edits = [
        PlaceEdit(each.column, each.row, each.number == len(places), each.option, each.visits, each.minutes)
        for each in places
    ]
    assert covered * places[-1].expected / sum(each.expected for each in places) < 0.05
    with pytest.raises(Refused, match="asks for 5% at least") as refusal:
        edit_plan(plan_id=plan.pk, seen_digest=plan.digest, edits=edits, by=city.ben)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY
    assert LedgerEntry.objects.count() == before
