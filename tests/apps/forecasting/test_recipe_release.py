"""A recipe from its draft to its retirement, on the real database, and every way around it that must fail."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, transaction

from forecasting.core.recipe import recipe_digest, recipe_from_dict, standard_recipe
from forecasting.core.recipe_states import RecipeState
from forecasting.models import Recipe, RecipeDraft, RecipeEvaluation, RecipeRetirement, RecipeTrial
from forecasting.selectors.recipes import BACKTEST, Standing, standing_of
from forecasting.selectors.runs import recipe_in_force
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.draft_recipe import draft_recipe
from forecasting.services.evaluate_recipe import evaluate_recipe
from forecasting.services.issue_forecast import issue_forecast
from forecasting.services.order_evaluation import order_evaluation
from forecasting.services.propose_recipe import propose_recipe
from forecasting.services.retire_recipe import retire_recipe
from forecasting.tasks import adopt_approved_recipes, evaluate_drafts
from governance import clock
from governance.core.approval import Verdict
from governance.core.refusals import Reason, Refused
from governance.models import ChangeRequest, Evidence, LedgerEntry, LedgerText, User
from governance.selectors import public_account
from governance.services.advance_clock import advance_clock
from governance.services.answer_comments import answer_comments
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.leave_comment import leave_comment
from tests.cast import City, build_city
from tests.factories.history import CATEGORY, add_extract, add_history

WHY = "Shorter half-lives followed the summer better than the recipe we have."


@pytest.fixture(autouse=True)
def _nothing_begun() -> None:
    cache.clear()


def body(**changes: Any) -> dict[str, Any]:
    """Return a recipe fit to be drafted, quick to try."""
    values: dict[str, Any] = {"cell_metres": 300.0, "training_windows": 4, "training_days": 14, **changes}
    return standard_recipe("decayed", values.pop("categories", (CATEGORY,)), **values).to_dict()


def drafted(city: City, by: User | None = None, **changes: Any) -> RecipeDraft:
    return draft_recipe(
        jurisdiction=city.jurisdiction,
        title="Decayed counts",
        body=body(**changes),
        reason=WHY,
        by=by or city.ana,
    )


def evaluated(city: City, **changes: Any) -> RecipeDraft:
    """Draft, order and let the schedule try it."""
    add_history(city, until=clock.now(city.jurisdiction))
    draft = drafted(city, **changes)
    order_evaluation(draft=draft, by=city.ana)
    assert evaluate_drafts() == 1
    return draft


def standing(draft: RecipeDraft) -> Standing:
    found = standing_of(draft.jurisdiction, draft.digest)
    assert found is not None
    return found


def vote(request: ChangeRequest, by: User) -> ChangeRequest:
    return cast_vote(
        change_request_id=request.pk,
        verdict=Verdict.APPROVE,
        rationale=WHY,
        seen_digest=request.digest,
        by=by,
    )


def later(city: City, **step: float) -> None:
    advance_clock(
        jurisdiction=city.jurisdiction, to=clock.now(city.jurisdiction) + timedelta(**step), by=city.scheduler
    )
    city.jurisdiction.refresh_from_db()


def actions(since: int) -> list[str]:
    return list(
        LedgerEntry.objects.filter(index__gte=since).order_by("index").values_list("action", flat=True)
    )


def refused(deed: Any) -> Refused:
    """Return the refusal of a deed that wrote nothing."""
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        deed()
    assert LedgerEntry.objects.count() == before
    return refusal.value


# --- the whole way ------------------------------------------------------------------------------------------


def test_a_recipe_goes_from_draft_to_retirement_through_comment_and_vote(db: None) -> None:
    city = build_city(policy={"comment_days": 5})
    here, since = city.jurisdiction, LedgerEntry.objects.count()
    draft = evaluated(city)
    assert standing(draft).state is RecipeState.EVALUATED
    request = propose_recipe(draft=draft, by=city.ana)
    assert actions(since) == [
        "recipe.drafted", "recipe.evaluation_ordered", "extract.sealed", "recipe.tried", "evidence.attached",
        "request.opened", "recipe.proposed",
    ]  # fmt: skip
    comment = leave_comment(change_request_id=request.pk, text="Does it send more cars?", by=public_account())
    with pytest.raises(Refused, match="Everybody may comment until"):
        vote(request, city.chloe)
    later(city, days=5, hours=1)
    with pytest.raises(Refused, match="waits for an answer"):
        vote(request, city.chloe)
    answer_comments(
        change_request_id=request.pk,
        comment_ids=[comment.pk],
        text="No; plans stay as long as before.",
        by=city.ana,
    )
    vote(request, city.chloe)
    assert adopt_approved_recipes() == 0
    vote(request, city.nora)
    assert standing(draft).state is RecipeState.APPROVED
    assert adopt_approved_recipes() == 1
    assert adopt_approved_recipes() == 0
    recipe = recipe_in_force(here, CATEGORY, clock.now(here))
    assert recipe is not None
    assert (recipe.digest, recipe.name) == (draft.digest, draft.title)
    assert abs(clock.now(here) + timedelta(days=90) - recipe.valid_until) < timedelta(minutes=1)
    assert standing(draft).state is RecipeState.ACTIVE
    start = clock.now(here) + timedelta(hours=1)
    sealed: dict[str, Any] = {
        "jurisdiction": here, "recipe": recipe, "extract": add_extract(city, clock.now(here)), "category": CATEGORY,
        "by": city.scheduler,
    }  # fmt: skip
    run = issue_forecast(**sealed, window_start=start, window_end=start + timedelta(days=7))
    assert run.recipe == recipe
    retired = retire_recipe(recipe=recipe, reason=WHY, by=city.chloe)
    assert LedgerText.objects.get(entry_id=retired.ledger_index).text == WHY
    assert standing(draft).state is RecipeState.RETIRED
    assert recipe_in_force(here, CATEGORY, clock.now(here)) is None
    week = timedelta(days=7)
    refusal = refused(
        lambda: issue_forecast(**sealed, window_start=start + week, window_end=start + 2 * week)
    )
    assert refusal.reason is Reason.NOT_APPROVED
    assert "was retired" in refusal.message


# --- drafting -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ben", "chloe", "dev", "eve"])
def test_an_analyst_drafts_and_orders_and_nobody_else_does(city: City, who: str) -> None:
    draft = drafted(city)
    assert refused(lambda: drafted(city, getattr(city, who), ridge=2.0)).reason is Reason.NOT_PERMITTED
    ordering = refused(lambda: order_evaluation(draft=draft, by=getattr(city, who)))
    assert ordering.reason is Reason.NOT_PERMITTED


@pytest.mark.parametrize(
    ("wrong", "reason", "said"),
    [
        ({"model": "forest"}, Reason.OUTSIDE_POLICY, "comparators run in backtests only"),
        ({"cell_metres": 5.0}, Reason.BAD_INPUT, "Side of a cell"),
        ({"categories": ["narcotics"]}, Reason.OUTSIDE_POLICY, "found by police activity"),
        ({"categories": ["arson"]}, Reason.OUTSIDE_POLICY, "does not allow forecasts that rest on arson"),
        ({"categories": []}, Reason.BAD_INPUT, "about one category at least"),
        ({"terms": [{"name": "x", "half_life_days": None, "bandwidth_metres": None, "floor": 1.0}]},
         Reason.BAD_INPUT, "has no term 'x'"),
        ({"terms": []}, Reason.BAD_INPUT, "needs terms"),
        ({"fitted": True}, Reason.BAD_INPUT, "its fitted differ"),
        ({"colour": "red"}, Reason.BAD_INPUT, "This is not a recipe"),
    ],
)  # fmt: skip
def test_what_is_no_releasable_recipe_is_not_kept(
    city: City, wrong: dict[str, Any], reason: Reason, said: str
) -> None:
    refusal = refused(
        lambda: draft_recipe(
            jurisdiction=city.jurisdiction, title="T", body=body() | wrong, reason=WHY, by=city.ana
        )
    )
    assert refusal.reason is reason
    assert said in refusal.message
    assert not RecipeDraft.objects.exists()


def test_a_feature_that_the_policy_prohibits_is_not_drafted(db: None) -> None:
    city = build_city(policy={"prohibited_features": ["decayed"]})
    assert refused(lambda: drafted(city)).reason is Reason.OUTSIDE_POLICY


@pytest.mark.parametrize(
    ("title", "reason_given", "reason"),
    [
        (" ", WHY, Reason.BAD_INPUT),
        ("T" * 81, WHY, Reason.BAD_INPUT),
        ("T", "no", Reason.RATIONALE_TOO_SHORT),
    ],
)
def test_a_draft_needs_a_name_and_a_reason(city: City, title: str, reason_given: str, reason: Reason) -> None:
    refusal = refused(
        lambda: draft_recipe(
            jurisdiction=city.jurisdiction, title=title, body=body(), reason=reason_given, by=city.ana
        )
    )
    assert refusal.reason is reason


def test_the_same_recipe_is_drafted_once_until_it_came_to_its_end(city: City) -> None:
    draft = evaluated(city)
    assert refused(lambda: drafted(city)).reason is Reason.ALREADY_DONE
    request = propose_recipe(draft=draft, by=city.ana)
    later(city, days=31)
    ChangeRequest.objects.filter(pk=request.pk).update(state="expired")
    again = drafted(city)
    assert (again.body["version"], again.digest != draft.digest) == (2, True)
    assert standing(draft).state is RecipeState.DECLINED


# --- evaluating ---------------------------------------------------------------------------------------------


def test_the_bake_off_stands_beside_its_rivals_with_paired_intervals(city: City) -> None:
    draft = evaluated(city)
    trial = RecipeTrial.objects.get()
    assert set(trial.figures["models"]) == {"draft", "counts", "decayed", "kde"}
    paired = trial.figures["paired"]
    assert set(paired) == {"counts", "decayed", "kde"}
    skill = paired["counts"]["deviance_skill"]
    assert skill["low"] <= skill["value"] <= skill["high"]
    assert trial.figures["windows"] == 13
    evidence = Evidence.objects.get(subject_digest=draft.digest)
    assert (evidence.kind, evidence.verdict) == (BACKTEST, trial.verdict)
    assert trial.cells_digest


def test_ordering_and_evaluating_twice_changes_nothing(city: City) -> None:
    draft = evaluated(city)
    before = LedgerEntry.objects.count()
    evaluation = order_evaluation(draft=draft, by=city.ana)
    cache.clear()
    assert evaluate_drafts() == 0
    trial = RecipeTrial.objects.get()
    again = evaluate_recipe(
        evaluation=evaluation, category=CATEGORY, extract=trial.extract, by=city.scheduler
    )
    assert again == trial
    assert LedgerEntry.objects.count() == before


def test_a_category_with_too_little_data_is_told_and_does_not_stop_the_others(city: City) -> None:
    add_history(city, until=clock.now(city.jurisdiction))
    draft = drafted(city, categories=(CATEGORY, "robbery"))
    order_evaluation(draft=draft, by=city.ana)
    assert evaluate_drafts() == 1
    assert standing(draft).state is RecipeState.EVALUATING
    assert not Evidence.objects.exists()
    assert evaluate_drafts() == 1
    assert standing(draft).state is RecipeState.EVALUATED
    assert Evidence.objects.get().verdict == "insufficient"
    assert "nothing to try it on" in RecipeTrial.objects.get(category="robbery").sentence


def test_a_trial_that_runs_elsewhere_is_not_begun_twice(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("forecasting.tasks.evaluate_one.delay", lambda _, category: asked.append(category))
    order_evaluation(draft=drafted(city), by=city.ana)
    assert (evaluate_drafts(), evaluate_drafts()) == (1, 0)
    assert asked == [CATEGORY]


@pytest.mark.parametrize("who", ["ana", "chloe", "dev", "eve"])
def test_nobody_but_the_schedule_makes_evidence_about_a_draft(city: City, who: str) -> None:
    add_history(city, until=clock.now(city.jurisdiction))
    evaluation = order_evaluation(draft=drafted(city), by=city.ana)
    extract, by = add_extract(city, evaluation.as_of), getattr(city, who)
    refusal = refused(
        lambda: evaluate_recipe(evaluation=evaluation, category=CATEGORY, extract=extract, by=by)
    )
    assert refusal.reason is Reason.NOT_PERMITTED


def test_a_trial_reads_what_was_known_when_it_was_ordered_and_nothing_else(city: City) -> None:
    add_history(city, until=clock.now(city.jurisdiction))
    evaluation = order_evaluation(draft=drafted(city), by=city.ana)
    late = add_extract(city, evaluation.as_of + timedelta(minutes=1))
    wrong = refused(
        lambda: evaluate_recipe(evaluation=evaluation, category=CATEGORY, extract=late, by=city.scheduler)
    )
    assert wrong.reason is Reason.BAD_INPUT
    fine = add_extract(city, evaluation.as_of)
    other = refused(
        lambda: evaluate_recipe(evaluation=evaluation, category="robbery", extract=fine, by=city.scheduler)
    )
    assert other.reason is Reason.BAD_INPUT


# --- proposing and adopting: the ways around ----------------------------------------------------------------


def test_a_recipe_that_nobody_evaluated_is_not_proposed(city: City) -> None:
    draft = drafted(city)
    refusal = refused(lambda: propose_recipe(draft=draft, by=city.ana))
    assert refusal.reason is Reason.EVIDENCE_MISSING
    assert not ChangeRequest.objects.exists()


def test_evidence_that_somebody_attaches_by_hand_replaces_no_evaluation(city: City) -> None:
    draft = drafted(city)
    attach_evidence(
        subject_digest=draft.digest,
        kind=BACKTEST,
        verdict="pass",
        summary="Passes.",
        report_digest="a" * 64,
        jurisdiction=city.jurisdiction,
        by=city.dev,
    )
    order_evaluation(draft=draft, by=city.ana)
    refusal = refused(lambda: propose_recipe(draft=draft, by=city.ana))
    assert refusal.reason is Reason.EVIDENCE_MISSING
    assert "no complete evaluation" in refusal.message


def test_a_body_changed_after_the_evaluation_is_another_recipe(city: City) -> None:
    draft = evaluated(city)
    with pytest.raises(DatabaseError), transaction.atomic():
        RecipeDraft.objects.filter(pk=draft.pk).update(body=body(cell_metres=200.0))
    draft.body = body(cell_metres=200.0)
    assert refused(lambda: propose_recipe(draft=draft, by=city.ana)).reason is Reason.DIGEST_CHANGED
    assert refused(lambda: order_evaluation(draft=draft, by=city.ana)).reason is Reason.DIGEST_CHANGED
    fresh = drafted(city, cell_metres=200.0)
    assert refused(lambda: propose_recipe(draft=fresh, by=city.ana)).reason is Reason.EVIDENCE_MISSING


def test_a_changed_body_is_not_tried_in_the_place_of_what_was_ordered(city: City) -> None:
    add_history(city, until=clock.now(city.jurisdiction))
    evaluation = order_evaluation(draft=drafted(city), by=city.ana)
    evaluation.draft.body = body(cell_metres=200.0)
    refusal = refused(
        lambda: evaluate_recipe(
            evaluation=evaluation,
            category=CATEGORY,
            extract=add_extract(city, evaluation.as_of),
            by=city.scheduler,
        )
    )
    assert refusal.reason is Reason.DIGEST_CHANGED


def test_evidence_that_the_policy_asks_for_has_to_be_there_before_people_are_asked(db: None) -> None:
    city = build_city(policy={"required_evidence": {"recipe": ["recipe_disparity"]}})
    draft = evaluated(city)
    refusal = refused(lambda: propose_recipe(draft=draft, by=city.ana))
    assert refusal.reason is Reason.EVIDENCE_MISSING
    assert "recipe disparity" in refusal.message


def test_an_evaluation_older_than_an_approval_lasts_is_no_evidence_for_a_new_one(city: City) -> None:
    draft = evaluated(city)
    later(city, days=91)
    assert refused(lambda: propose_recipe(draft=draft, by=city.ana)).reason is Reason.EXPIRED


@pytest.mark.parametrize("who", ["ben", "dev", "eve"])
def test_a_recipe_is_proposed_by_whoever_may_open_such_a_request(city: City, who: str) -> None:
    draft = evaluated(city)
    assert refused(lambda: propose_recipe(draft=draft, by=getattr(city, who))).reason is Reason.NOT_PERMITTED


def test_proposed_twice_it_is_one_request_and_whoever_drafted_it_is_an_author(city: City) -> None:
    draft = evaluated(city)
    request = propose_recipe(draft=draft, by=city.scheduler)
    before = LedgerEntry.objects.count()
    assert propose_recipe(draft=draft, by=city.ana) == request
    assert LedgerEntry.objects.count() == before
    assert set(request.authors.all()) == {city.ana, city.scheduler}
    assert request.rests_on == [Evidence.objects.get().report_digest]


def test_an_author_does_not_approve_what_she_drafted(city: City) -> None:
    request = propose_recipe(draft=evaluated(city), by=city.ana)
    request.authors.add(city.chloe)
    assert refused(lambda: vote(request, city.chloe)).reason is Reason.AUTHOR_MAY_NOT_VOTE
    assert refused(lambda: vote(request, city.ana)).reason in (
        Reason.NOT_PERMITTED,
        Reason.AUTHOR_MAY_NOT_VOTE,
    )


def test_without_a_vote_nothing_is_adopted(city: City) -> None:
    draft = evaluated(city)
    propose_recipe(draft=draft, by=city.ana)
    assert adopt_approved_recipes() == 0
    refusal = refused(
        lambda: adopt_recipe(
            jurisdiction=city.jurisdiction, name="T", recipe=recipe_from_dict(draft.body), by=city.scheduler
        )
    )
    assert refusal.reason is Reason.NOT_APPROVED
    assert not Recipe.objects.exists()


def test_an_approval_is_for_these_bytes_alone(city: City) -> None:
    draft = evaluated(city)
    request = propose_recipe(draft=draft, by=city.ana)
    vote(request, city.chloe)
    vote(request, city.nora)
    other = replace(recipe_from_dict(draft.body), cell_metres=200.0)
    refusal = refused(
        lambda: adopt_recipe(jurisdiction=city.jurisdiction, name="T", recipe=other, by=city.scheduler)
    )
    assert refusal.reason is Reason.NOT_APPROVED


# --- retiring -----------------------------------------------------------------------------------------------


@pytest.fixture
def active(city: City) -> Recipe:
    """Return a recipe that the jurisdiction agreed to when it was set up."""
    recipe = recipe_from_dict(body())
    city.jurisdiction.genesis = {"recipe": [recipe_digest(recipe)]}
    city.jurisdiction.save()
    return adopt_recipe(jurisdiction=city.jurisdiction, name="First", recipe=recipe, by=city.scheduler)


@pytest.mark.parametrize("who", ["ana", "chloe", "nora", "scheduler"])
def test_whoever_runs_forecasts_or_votes_on_recipes_may_retire_one(
    city: City, active: Recipe, who: str
) -> None:
    assert recipe_in_force(city.jurisdiction, CATEGORY, clock.now(city.jurisdiction)) == active
    retire_recipe(recipe=active, reason=WHY, by=getattr(city, who))
    assert recipe_in_force(city.jurisdiction, CATEGORY, clock.now(city.jurisdiction)) is None
    before = LedgerEntry.objects.count()
    retire_recipe(recipe=active, reason=WHY, by=getattr(city, who))
    assert (LedgerEntry.objects.count(), RecipeRetirement.objects.count()) == (before, 1)


@pytest.mark.parametrize("who", ["ben", "dev", "eve"])
def test_nobody_else_retires_a_recipe(city: City, active: Recipe, who: str) -> None:
    refusal = refused(lambda: retire_recipe(recipe=active, reason=WHY, by=getattr(city, who)))
    assert refusal.reason is Reason.NOT_PERMITTED


def test_a_retirement_needs_a_reason_and_a_recipe_that_is_in_use(city: City, active: Recipe) -> None:
    short = refused(lambda: retire_recipe(recipe=active, reason="no", by=city.ana))
    assert short.reason is Reason.RATIONALE_TOO_SHORT
    later(city, days=91)
    over = refused(lambda: retire_recipe(recipe=active, reason=WHY, by=city.ana))
    assert over.reason is Reason.NOT_OPEN


def test_after_a_retirement_the_recipe_before_is_in_force_again(city: City, active: Recipe) -> None:
    better = replace(recipe_from_dict(body()), ridge=2.0)
    city.jurisdiction.genesis["recipe"].append(recipe_digest(better))
    city.jurisdiction.save()
    newer = adopt_recipe(jurisdiction=city.jurisdiction, name="Second", recipe=better, by=city.scheduler)
    assert recipe_in_force(city.jurisdiction, CATEGORY, clock.now(city.jurisdiction)) == newer
    retire_recipe(recipe=newer, reason=WHY, by=city.ana)
    assert recipe_in_force(city.jurisdiction, CATEGORY, clock.now(city.jurisdiction)) == active


def test_the_order_of_an_evaluation_stays_with_its_draft(city: City) -> None:
    draft = drafted(city)
    order_evaluation(draft=draft, by=city.ana)
    assert RecipeEvaluation.objects.get().draft == draft
    assert standing(draft).state is RecipeState.EVALUATING
