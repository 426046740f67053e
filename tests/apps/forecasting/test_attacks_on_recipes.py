"""Ways around the votes, the holds and the policy that bind a recipe: each of them was tried, and fails."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from forecasting.core.recipe import recipe_digest, standard_recipe
from forecasting.models import DriftRun, ForecastRun, Recipe, RecipeDraft, RecipeTrial
from forecasting.selectors.drift import is_by_fallback
from forecasting.selectors.model_cards import card_of
from forecasting.selectors.recipes import standing_of
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.evaluate_recipe import evaluate_recipe
from forecasting.services.issue_forecast import issue_forecast
from forecasting.services.order_evaluation import order_evaluation
from forecasting.services.propose_recipe import propose_recipe
from forecasting.services.start_fallback import start_fallback
from forecasting.tasks import adopt_approved_recipes, evaluate_drafts
from governance import clock
from governance.core.holds import Scope
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.models import ChangeRequest, LedgerEntry
from governance.services.delegate_role import delegate_role
from governance.services.place_hold import place_hold
from tests.apps.forecasting.test_context_in_forecasts import NEAR_BARS
from tests.apps.forecasting.test_enter_challenge import enter
from tests.apps.forecasting.test_policy_governs import adopt as adopt_policy
from tests.apps.forecasting.test_recipe_release import drafted, evaluated, later, vote
from tests.cast import City, build_city
from tests.factories.context import add_layer, write_points
from tests.factories.forecasts import add_score
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history

STOP = "The board wants to look at this again before anything is done with it."


@pytest.fixture(autouse=True)
def _nothing_begun() -> None:
    cache.clear()


def hold(city: City, scope: Scope, target: str) -> None:
    place_hold(jurisdiction=city.jurisdiction, scope=scope, target=target, reason=STOP, seen=0, by=city.chloe)


def issue(city: City, recipe: Recipe, weeks: int = 0) -> ForecastRun:
    return issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=recipe,
        extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
        category=CATEGORY,
        window_start=WINDOW[0] + timedelta(weeks=weeks),
        window_end=WINDOW[1] + timedelta(weeks=weeks),
        by=city.scheduler,
    )


def adopted(city: City, model: str, *terms: Any, **changes: Any) -> Recipe:
    """Adopt a recipe that was agreed to when the city was set up."""
    plain = standard_recipe(model, (CATEGORY,), cell_metres=150.0, reporting_delay_days=1.0, **changes)
    recipe = replace(plain, terms=(*plain.terms, *terms), fitted=bool(terms) or plain.fitted)
    city.jurisdiction.genesis["recipe"] = [recipe_digest(recipe)]
    city.jurisdiction.save()
    return adopt_recipe(jurisdiction=city.jurisdiction, name="Recipe", recipe=recipe, by=city.scheduler)


# --- the same recipe in two cities ----------------------------------------------------------------------------


def proposed(city: City) -> tuple[RecipeDraft, ChangeRequest]:
    draft = evaluated(city)
    return draft, propose_recipe(draft=draft, by=city.ana)


def test_the_vote_of_one_city_adopts_nothing_in_another_and_no_hold_is_passed_that_way(db: None) -> None:
    first, second = build_city(), build_city(slug="second")
    (draft, held), (other, free) = proposed(first), proposed(second)
    assert draft.digest == other.digest
    for city, request in ((first, held), (second, free)):
        vote(request, city.chloe)
        vote(request, city.nora)
    hold(first, Scope.RECIPE, draft.digest)
    assert adopt_approved_recipes() == 1
    assert Recipe.objects.get().jurisdiction == second.jurisdiction
    held.refresh_from_db()
    free.refresh_from_db()
    assert (held.state, free.state) == ("approved", "executed")


# --- evidence -----------------------------------------------------------------------------------------------------


def test_an_analyst_who_is_lent_an_auditors_role_makes_no_evidence_about_her_draft(city: City) -> None:
    add_history(city, until=clock.now(city.jurisdiction))
    evaluation = order_evaluation(draft=drafted(city), by=city.ana)
    delegate_role(
        taker=city.ana, role=Role.AUDITOR, jurisdiction=city.jurisdiction, district=None, reason=STOP,
        until=clock.now(city.jurisdiction) + timedelta(days=2), by=city.dev,
    )  # fmt: skip
    with pytest.raises(Refused, match="Only the schedule tries a draft") as refusal:
        evaluate_recipe(
            evaluation=evaluation, category=CATEGORY, extract=add_extract(city, evaluation.as_of), by=city.ana
        )
    assert refusal.value.reason is Reason.NOT_PERMITTED
    assert not RecipeTrial.objects.exists()


def test_a_lent_vote_carries_neither_the_author_nor_who_lent_it(city: City) -> None:
    request = propose_recipe(draft=evaluated(city), by=city.ana)
    delegate_role(
        taker=city.ana, role=Role.BOARD_MEMBER, jurisdiction=city.jurisdiction, district=None, reason=STOP,
        until=clock.now(city.jurisdiction) + timedelta(days=2), by=city.chloe,
    )  # fmt: skip
    for who in (city.ana, city.chloe):
        with pytest.raises(Refused) as refusal:
            vote(request, who)
        assert refusal.value.reason is Reason.AUTHOR_MAY_NOT_VOTE
    vote(request, city.nora)
    assert adopt_approved_recipes() == 0


# --- holds ------------------------------------------------------------------------------------------------------


def test_a_category_on_hold_is_not_tried_though_a_forecast_of_it_waits_for_its_score(city: City) -> None:
    """Its extract is sealed all the same, since every forecast is scored; an evaluation may not ride along."""
    add_history(city, until=clock.now(city.jurisdiction))
    issue(city, adopted(city, "decayed"))
    later(city, days=21)
    order_evaluation(draft=drafted(city), by=city.ana)
    hold(city, Scope.CATEGORY, CATEGORY)
    assert evaluate_drafts() == 1
    assert not RecipeTrial.objects.exists()


def test_no_entry_of_a_challenge_is_made_about_a_category_on_hold(city: City) -> None:
    add_history(city)
    hold(city, Scope.CATEGORY, CATEGORY)
    entries = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        enter(city)
    assert refusal.value.reason is Reason.ON_HOLD
    assert LedgerEntry.objects.count() == entries


# --- forecasts by counts --------------------------------------------------------------------------------------------


def fallen_back() -> tuple[City, Recipe]:
    """Return a city where counts stand in for decayed counts, which the policy demands."""
    city = build_city(policy={"fallback_on_drift": True})
    add_history(city)
    recipe, here = adopted(city, "decayed"), city.jurisdiction
    drifted = DriftRun.objects.create(
        jurisdiction=here, category=CATEGORY, as_of=clock.now(here), digest="0" * 64, seed=1, policy_version=1,
        ledger_index=0, fallback_due=True, breached=["skill"],
    )  # fmt: skip
    assert start_fallback(drift_run=drifted, by=city.scheduler).body["terms"][0]["name"] == "history"
    return city, recipe


def test_what_counts_found_is_not_told_on_the_card_of_the_recipe_they_stood_in_for(db: None) -> None:
    city, recipe = fallen_back()
    run = issue(city, recipe)
    assert run.recipe == recipe
    assert is_by_fallback(run)
    add_score(run, observed=lambda index: 1 if index < 10 else 0)
    standing = standing_of(city.jurisdiction, recipe.digest)
    assert standing is not None
    card = card_of(standing)
    assert (card["scores"], card["data"]["forecasts"]) == ([], 0)


# --- what the policy prohibits ------------------------------------------------------------------------------------


def test_the_recipe_that_stands_in_is_bound_by_the_policy_too(db: None) -> None:
    city, recipe = fallen_back()
    adopt_policy(city, prohibited_features=["history"])
    with pytest.raises(Refused, match="prohibits history") as refusal:
        issue(city, recipe, weeks=1)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY
    assert not ForecastRun.objects.exists()


def test_a_layer_is_prohibited_by_what_it_is_about_under_any_name(city: City, tmp_path: Path) -> None:
    add_history(city)
    add_layer(city, write_points(tmp_path / "bars.geojson"))
    recipe = adopted(city, "decayed", NEAR_BARS)
    adopt_policy(city, prohibited_features=["venues"])
    with pytest.raises(Refused, match="prohibits venues in a forecast, and the layer “bars”") as refusal:
        issue(city, recipe, weeks=1)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


# --- addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/recipes/%00/", "/recipes/%00/card", "/api/v1/recipes/%00", "/api/v1/recipes/%00/card"]
)
def test_an_address_that_names_no_digest_is_not_found(client: Client, city: City, path: str) -> None:
    client.force_login(city.ana)
    assert client.get(path).status_code == 404


def test_nothing_is_done_to_a_recipe_without_a_digest(client: Client, city: City) -> None:
    client.force_login(city.ana)
    assert client.post("/recipes/%00/act", {"do": "evaluate"}).status_code == 404
