"""The pages and the API of recipes: what they say, who may press which button, and that both say the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forecasting.core.recipe import recipe_digest, recipe_from_dict
from forecasting.models import Recipe, RecipeDraft, RecipeEvaluation, RecipeRetirement
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.issue_forecast import issue_forecast
from forecasting.services.propose_recipe import propose_recipe
from governance import clock
from governance.models import ChangeRequest, LedgerEntry, User
from governance.permissions import SIGNED_IN_AT
from tests.apps.forecasting.test_recipe_release import WHY, body, drafted, evaluated, vote
from tests.cast import City
from tests.factories.forecasts import add_score
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history


@pytest.fixture(autouse=True)
def _nothing_begun() -> None:
    cache.clear()


@pytest.fixture
def active(city: City) -> Recipe:
    """Return the recipe in force."""
    recipe = recipe_from_dict(body(ridge=3.0))
    city.jurisdiction.genesis = {"recipe": [recipe_digest(recipe)]}
    city.jurisdiction.save()
    return adopt_recipe(jurisdiction=city.jurisdiction, name="First recipe", recipe=recipe, by=city.scheduler)


def text_of(client: Client, by: User, name: str, *args: Any, status: int = 200) -> str:
    client.force_login(by)
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == status
    return answer.content.decode()


def send(client: Client, by: User, digest: str, **sent: str) -> Any:
    client.force_login(by)
    return client.post(reverse("recipe-act", args=[digest]), sent)


def form(**changes: Any) -> dict[str, Any]:
    sent = {
        "title": "Faster decay",
        "model": "decayed",
        "category": [CATEGORY],
        "cell_metres": "300",
        "half_lives": "decayed 365",
        "reason": WHY,
        "do": "keep",
    }
    return sent | changes


# --- the list and the page ----------------------------------------------------------------------------------


def test_the_list_says_where_each_stands_and_what_has_no_recipe(
    client: Client, city: City, active: Recipe
) -> None:
    draft = drafted(city)
    page = text_of(client, city.ana, "recipes")
    assert "1 of 2 recipes is in use" in page
    assert "forecasts of residential burglary use it" in page
    assert "is a draft that nobody has evaluated" in page
    assert "No recipe is in force for motor vehicle theft" in page
    assert reverse("recipe", args=[draft.digest]) in page
    assert reverse("recipe-draft") in page
    assert reverse("recipe-draft") not in text_of(client, city.chloe, "recipes")


def test_the_list_costs_no_more_with_more_recipes(client: Client, city: City, active: Recipe) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            text_of(client, city.ana, "recipes")
        return len(captured)

    drafted(city)
    cost()
    few = cost()
    for ridge in (5.0, 6.0, 7.0):
        drafted(city, ridge=ridge)
    assert cost() == few


def test_an_empty_list_says_how_recipes_come_about(client: Client, city: City) -> None:
    assert "No recipes yet" in text_of(client, city.ana, "recipes")


@pytest.mark.parametrize(
    "name", ["recipes", "recipe", "recipe-card", "api-recipes", "api-recipe", "api-recipe-card"]
)
def test_whoever_sees_forecasts_reads_recipes_on_the_page_and_by_the_api(
    client: Client, city: City, active: Recipe, name: str
) -> None:
    args = [] if name.endswith("recipes") else [active.digest]
    for who in ("ana", "ben", "chloe", "dev"):
        text_of(client, getattr(city, who), name, *args)
    text_of(client, city.eve, name, *args, status=403)


@pytest.mark.parametrize("name", ["recipe", "recipe-card", "api-recipe", "api-recipe-card"])
def test_a_digest_that_is_no_recipe_is_not_found(client: Client, city: City, name: str) -> None:
    text_of(client, city.ana, name, "f" * 64, status=404)


def test_the_page_tells_the_way_the_differences_the_bake_off_and_the_evidence(
    client: Client, city: City, active: Recipe
) -> None:
    draft = evaluated(city)
    page = text_of(client, city.ana, "recipe", draft.digest)
    assert "Its way" in page
    assert 'aria-current="step">Evaluated on past windows' in page
    assert "Penalty on weights" in page  # the one difference to the recipe in force
    assert "All-history counts (the baseline)" in page
    assert "The recipe in force when it was evaluated" in page
    assert "not a win inside the interval" in page
    assert "Better than counting?" in page
    assert WHY in page
    assert draft.digest in page


def test_progress_is_seen_while_the_schedule_tries_it(client: Client, city: City) -> None:
    draft = drafted(city, categories=(CATEGORY, "robbery"))
    assert send(client, city.ana, draft.digest, do="evaluate").status_code == 302
    page = text_of(client, city.ana, "recipe", draft.digest)
    assert "<b>0 of 2</b>" in page
    assert "is being evaluated on past windows" in page


# --- the buttons --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ana", "ben", "chloe", "dev"])
def test_only_whoever_runs_forecasts_is_offered_an_evaluation_and_can_order_it(
    client: Client, city: City, who: str
) -> None:
    button = who in ("ana",)
    draft, by = drafted(city), getattr(city, who)
    assert ('value="evaluate"' in text_of(client, by, "recipe", draft.digest)) == button
    assert send(client, by, draft.digest, do="evaluate").status_code == (302 if button else 403)
    assert RecipeEvaluation.objects.exists() == button


@pytest.mark.parametrize("who", ["ana", "ben", "dev"])
def test_only_whoever_may_open_the_request_is_offered_it_and_can(
    client: Client, city: City, who: str
) -> None:
    button = who in ("ana",)
    draft, by = evaluated(city), getattr(city, who)
    assert ('value="propose"' in text_of(client, by, "recipe", draft.digest)) == button
    assert send(client, by, draft.digest, do="propose").status_code == (302 if button else 403)
    assert ChangeRequest.objects.exists() == button


@pytest.mark.parametrize("who", ["ana", "chloe", "ben", "dev"])
def test_only_whoever_runs_forecasts_or_votes_is_offered_a_retirement_and_can(
    client: Client, city: City, active: Recipe, who: str
) -> None:
    button = who in ("ana", "chloe")
    by = getattr(city, who)
    assert ('value="retire"' in text_of(client, by, "recipe", active.digest)) == button
    assert send(client, by, active.digest, do="retire", reason=WHY).status_code == (302 if button else 403)
    assert RecipeRetirement.objects.exists() == button


def test_a_refused_deed_shows_the_page_with_its_reason_and_keeps_what_was_typed(
    client: Client, city: City, active: Recipe
) -> None:
    before = LedgerEntry.objects.count()
    answer = send(client, city.ana, active.digest, do="retire", reason="too short")
    assert answer.status_code == 422
    assert "Not done." in answer.content.decode()
    assert ">too short</textarea>" in answer.content.decode()
    assert LedgerEntry.objects.count() == before
    early = send(client, city.ana, drafted(city).digest, do="propose")
    assert early.status_code == 409
    assert "without evidence" in early.content.decode()
    assert send(client, city.ana, active.digest, do="evaluate").status_code == 404
    assert send(client, city.ana, active.digest, do="burn").status_code == 404


def test_a_deed_asks_for_the_password_again_when_it_was_given_long_ago(
    client: Client, city: City, active: Recipe
) -> None:
    client.force_login(city.ana)
    session = client.session
    session[SIGNED_IN_AT] = 0
    session.save()
    answer = client.post(reverse("recipe-act", args=[active.digest]), {"do": "retire", "reason": WHY})
    assert answer.status_code == 403
    assert "password" in answer.content.decode()
    assert not RecipeRetirement.objects.exists()


def test_a_retired_recipe_says_by_whom_and_why(client: Client, city: City, active: Recipe) -> None:
    send(client, city.chloe, active.digest, do="retire", reason=WHY)
    page = text_of(client, city.ana, "recipe", active.digest)
    assert "was retired early" in page
    assert "by Chloe Board" in page
    assert WHY in page
    assert "No recipe is in force for" in text_of(client, city.ana, "recipes")


# --- the request --------------------------------------------------------------------------------------------


def test_the_board_reads_the_evidence_beside_its_vote_and_the_way_back(client: Client, city: City) -> None:
    draft = evaluated(city)
    request = propose_recipe(draft=draft, by=city.ana)
    page = text_of(client, city.chloe, "policy-request", request.pk)
    assert "Better than counting?" in page
    assert reverse("recipe", args=[draft.digest]) in page
    assert "proposed the recipe" in page
    back = text_of(client, city.chloe, "recipe", draft.digest)
    assert reverse("policy-request", args=[request.pk]) in back
    assert "it is decided on" in back
    assert "Nobody has commented" in back


# --- the form of a draft ------------------------------------------------------------------------------------


def test_a_draft_shows_its_difference_first_and_is_kept_when_asked(
    client: Client, city: City, active: Recipe
) -> None:
    client.force_login(city.ana)
    looked = client.post(reverse("recipe-draft"), form(do="preview"))
    assert looked.status_code == 200
    assert "What would change in “First recipe”" in looked.content.decode()
    assert "with a half-life of one year" in looked.content.decode()
    assert not RecipeDraft.objects.exists()
    kept = client.post(reverse("recipe-draft"), form())
    draft = RecipeDraft.objects.get()
    assert kept.headers["Location"] == reverse("recipe", args=[draft.digest])
    assert (draft.title, draft.body["cell_metres"]) == ("Faster decay", 300.0)
    assert draft.body["terms"][0]["half_life_days"] == 365.0


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"cell_metres": "wide"}, 422, "Side of a cell: write a number; “wide” is none"),
        ({"cell_metres": "nan"}, 422, "write a number"),
        ({"cell_metres": "5"}, 422, "lies between 50 and 1000 metres; it is 5"),
        ({"half_lives": "magic 30"}, 422, "has no term &#x27;magic&#x27;"),
        ({"half_lives": "decayed"}, 422, "write a number"),
        ({"category": []}, 422, "about one category at least"),
        ({"category": ["narcotics"]}, 422, "found by police activity"),
        ({"model": "forest"}, 422, "comparators run in backtests only"),
        ({"reason": "no"}, 422, "20"),
        ({"title": ""}, 422, "Give the recipe a name"),
    ],
)
def test_what_cannot_be_drafted_is_said_and_what_was_typed_is_kept(
    client: Client, city: City, wrong: dict[str, Any], status: int, said: str
) -> None:
    client.force_login(city.ana)
    answer = client.post(reverse("recipe-draft"), form(**wrong))
    assert answer.status_code == status
    page = answer.content.decode()
    assert said in page
    assert "What you typed is kept below" in page
    assert not RecipeDraft.objects.exists()


def test_the_empty_form_says_what_is_in_force(client: Client, city: City, active: Recipe) -> None:
    page = text_of(client, city.ana, "recipe-draft")
    assert 'name="ridge" value="3"' in page
    assert '<option value="decayed" selected>' in page
    for who in ("ben", "chloe", "dev", "eve"):
        text_of(client, getattr(city, who), "recipe-draft", status=403)


# --- the API and the card -----------------------------------------------------------------------------------


def test_the_api_says_what_the_pages_say(client: Client, city: City, active: Recipe) -> None:
    draft = evaluated(city)
    client.force_login(city.dev)
    rows = client.get(reverse("api-recipes")).json()["results"]
    assert [(row["digest"], row["state"]) for row in rows] == [
        (draft.digest, "evaluated"),
        (active.digest, "active"),
    ]
    assert rows[1]["in_force_for"] == [CATEGORY]
    assert (rows[0]["valid_until"], rows[0]["request"]) == (None, None)
    whole = client.get(reverse("api-recipe", args=[draft.digest])).json()
    assert whole["body"] == draft.body
    assert recipe_digest(recipe_from_dict(whole["body"])) == draft.digest
    assert set(whole["trials"][0]["figures"]["paired"]) == {"counts", "decayed", "in_force", "kde"}
    assert whole["verdicts"] == {"recipe_backtest": whole["trials"][0]["verdict"]}


def test_the_model_card_is_the_same_on_the_page_and_as_data(client: Client, city: City) -> None:
    draft = evaluated(city)
    request = propose_recipe(draft=draft, by=city.ana)
    vote(request, city.chloe)
    vote(request, city.nora)
    client.force_login(city.dev)
    card = client.get(reverse("api-recipe-card", args=[draft.digest])).json()
    assert card["approval"]["approved_by"] == ["Chloe Board", "Nora Chair"]
    assert card["data"]["evaluated_on_rows"] > 1000
    assert card["calibration"]["scored"] is None
    assert card["calibration"]["evaluated"]["N"] > 0
    assert card["digests"]["recipe"] == draft.digest
    page = text_of(client, city.dev, "recipe-card", draft.digest)
    for said in (
        *card["not_for"],
        *card["limits"],
        card["evaluation"][0]["sentence"],
        "Chloe Board, Nora Chair",
    ):
        assert said in page


def test_scores_of_its_forecasts_stand_on_the_card(client: Client, city: City, active: Recipe) -> None:
    add_history(city)
    run = issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=active,
        extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
        category=CATEGORY,
        window_start=WINDOW[0],
        window_end=WINDOW[1],
        by=city.scheduler,
    )
    add_score(run, observed=lambda index: 1 if index < 10 else 0)
    client.force_login(city.ana)
    card = client.get(reverse("api-recipe-card", args=[active.digest])).json()
    [scores] = card["scores"]
    assert (scores["category"], scores["pooled"]["hit_rate_5"]["N"]) == (CATEGORY, 10)
    assert scores["windows"][0]["start"] == "2024-06-14T10:00Z"
    assert (card["data"]["forecasts"], card["approval"]["at_genesis"]) == (1, True)
    page = text_of(client, city.ana, "recipe-card", active.digest)
    assert "of 10 in 5" in page
    assert "agreed to when the city was set up, without a vote" in page
