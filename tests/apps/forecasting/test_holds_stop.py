"""A hold stops forecasting, proposing, approving and carrying out; the rest of the city goes on."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from forecasting.models import Briefing, Extract, ForecastRun, Plan, PlanClosure, Scorecard
from forecasting.selectors.plans import subject_of_plan
from forecasting.selectors.runs import subject_of_run
from forecasting.services.close_plan import close_plan
from forecasting.services.execute_plan import execute_plan
from forecasting.services.issue_forecast import issue_forecast
from forecasting.services.propose_plan import propose_plan
from forecasting.services.seal_extract import seal_extract
from forecasting.tasks import DAYS, LEAD, execute_approved, issue_due, propose_due, score_due
from governance import clock
from governance.core.holds import LONGEST_LIVE, Scope
from governance.core.refusals import Reason, Refused
from governance.holds import holds_on
from governance.models import ChangeRequest, Hold, LedgerEntry
from governance.services.advance_clock import advance_clock
from tests.apps.forecasting.conftest import NIGHT
from tests.apps.forecasting.test_carry_out_plan import approve
from tests.cast import City, build_city
from tests.factories.board import add_member, hold, lift
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history, add_recipe


def refused(deed: Callable[..., object], **arguments: object) -> None:
    """Expect that a hold stops a deed and that nothing was written."""
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal, transaction.atomic():
        deed(**arguments)
    assert refusal.value.reason is Reason.ON_HOLD
    assert LedgerEntry.objects.count() == before


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    cache.clear()


def agreed(city: City, digest: str) -> None:
    """Let genesis have agreed to a recipe."""
    here = city.jurisdiction
    here.genesis = {**here.genesis, "recipe": [*here.genesis.get("recipe", []), digest]}
    here.save(update_fields=["genesis"])


def target_of(plan: Plan, scope: Scope) -> str:
    """Return what a hold of this scope on a plan names."""
    return {
        Scope.PLAN: str(plan.change_request_id),
        Scope.DISTRICT: plan.district.code,
        Scope.CATEGORY: plan.run.category,
        Scope.RECIPE: plan.run.recipe.digest,
        Scope.EVERYTHING: "",
    }[scope]


def place(city: City, plan: Plan, scope: Scope) -> Hold:
    agreed(city, plan.run.recipe.digest)
    return hold(city, scope, target_of(plan, scope))


# --- truth table: which scope stops which deed -----------------------------------------------------------------


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_stops_the_approval_and_the_execution_of_its_plan(
    city: City, plan: Plan, scope: Scope
) -> None:
    placed = place(city, plan, scope)
    with pytest.raises(Refused) as refusal, transaction.atomic():
        approve(city, plan)
    assert refusal.value.reason is Reason.ON_HOLD
    lift(city, placed, add_member(city, "carl"))
    approve(city, plan)
    hold(city, scope, target_of(plan, scope), seen=placed.pk)
    refused(execute_plan, plan_id=plan.pk, by=city.scheduler)
    assert not Briefing.objects.exists()


@pytest.mark.parametrize(
    ("scope", "stops"),
    [
        (Scope.EVERYTHING, True),
        (Scope.CATEGORY, True),
        (Scope.RECIPE, True),
        (Scope.DISTRICT, False),
        (Scope.PLAN, False),
    ],
)
def test_forecasts_stop_by_recipe_category_and_everything(
    city: City, plan: Plan, scope: Scope, *, stops: bool
) -> None:
    place(city, plan, scope)
    week = timedelta(days=7)
    said: dict[str, Any] = {
        "jurisdiction": city.jurisdiction,
        "recipe": plan.run.recipe,
        "extract": plan.run.extract,
        "category": CATEGORY,
        "window_start": WINDOW[0] + week,
        "window_end": WINDOW[1] + week,
        "by": city.scheduler,
    }
    if stops:
        refused(issue_forecast, **said)
        assert ForecastRun.objects.count() == 1
    else:
        assert issue_forecast(**said).category == CATEGORY


@pytest.mark.parametrize(
    ("scope", "stops"),
    [(Scope.EVERYTHING, True), (Scope.CATEGORY, True), (Scope.RECIPE, False), (Scope.DISTRICT, False)],
)
def test_extracts_stop_by_category_and_everything(
    city: City, plan: Plan, scope: Scope, *, stops: bool
) -> None:
    place(city, plan, scope)
    said: dict[str, Any] = {
        "jurisdiction": city.jurisdiction,
        "as_of": clock.now(city.jurisdiction),
        "categories": [CATEGORY],
        "by": city.scheduler,
    }
    if stops:
        refused(seal_extract, **said)
    else:
        assert seal_extract(**said).rows


@pytest.mark.parametrize(
    ("scope", "stops"),
    [
        (Scope.EVERYTHING, True),
        (Scope.CATEGORY, True),
        (Scope.RECIPE, True),
        (Scope.DISTRICT, True),
        (Scope.PLAN, False),
    ],
)
def test_proposals_stop_by_all_but_another_plan(city: City, plan: Plan, scope: Scope, *, stops: bool) -> None:
    place(city, plan, scope)
    said: dict[str, Any] = {
        "jurisdiction": city.jurisdiction,
        "district": city.central,
        "category": CATEGORY,
        "shift": "night",
        "starts_at": NIGHT + timedelta(days=1),
        "ends_at": NIGHT + timedelta(days=1, hours=8),
        "by": city.scheduler,
    }
    if stops:
        refused(propose_plan, **said)
    else:
        assert propose_plan(**said).pk != plan.pk
    north = {**said, "district": city.north}
    if scope is Scope.DISTRICT:
        assert propose_plan(**north).district == city.north


def test_a_proposed_plan_tells_its_category_so_that_governance_can_stop_it(plan: Plan) -> None:
    assert ChangeRequest.objects.get(pk=plan.change_request_id).category == CATEGORY
    assert subject_of_plan(plan).category == subject_of_run(plan.run).category == CATEGORY


def test_a_plan_of_before_categories_were_told_is_stopped_at_its_execution(city: City, plan: Plan) -> None:
    approve(city, plan)
    ChangeRequest.objects.filter(pk=plan.change_request_id).update(category="")
    hold(city, Scope.CATEGORY, CATEGORY)
    refused(execute_plan, plan_id=plan.pk, by=city.scheduler)
    assert ChangeRequest.objects.get(pk=plan.change_request_id).state == "approved"


def test_what_looks_back_goes_on_under_a_hold_on_everything(city: City, plan: Plan) -> None:
    approve(city, plan)
    assert execute_approved() == 1
    hold(city)
    advance_clock(jurisdiction=city.jurisdiction, to=WINDOW[1] + timedelta(days=3), by=city.ana)
    assert close_plan(plan_id=plan.pk, by=city.scheduler) == PlanClosure.objects.get()
    assert score_due() == 1, "every sealed forecast is scored, on hold or not"
    assert Scorecard.objects.count() == 1
    assert score_due() == 0
    refused(
        seal_extract,
        jurisdiction=city.jurisdiction,
        as_of=clock.now(city.jurisdiction),
        categories=[CATEGORY],
        by=city.scheduler,
    )


# --- the schedule ----------------------------------------------------------------------------------------------


def test_the_schedule_tells_once_and_goes_on_with_what_is_not_held(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    add_history(city)
    add_history(city, category="robbery")
    add_recipe(city)
    hold(city, Scope.CATEGORY, "robbery")
    with caplog.at_level(logging.WARNING, logger="lamplight.forecasting"):
        assert issue_due() == 1
        assert issue_due() == 0
    assert list(ForecastRun.objects.values_list("category", flat=True)) == [CATEGORY]
    assert [each.getMessage().count("reason=on_hold") for each in caplog.records] == [1]
    assert Extract.objects.get().categories == [CATEGORY], "nothing was sealed for nothing"


def test_a_district_on_hold_gets_no_proposal_and_the_others_do(city: City, plan: Plan) -> None:
    hold(city, Scope.DISTRICT, "north")
    propose_due()
    assert set(Plan.objects.values_list("district__code", flat=True)) == {"central"}


def test_an_approved_plan_waits_under_a_hold_and_is_carried_out_after_the_lift(
    city: City, plan: Plan, caplog: pytest.LogCaptureFixture
) -> None:
    approve(city, plan)
    placed = hold(city, Scope.DISTRICT, "central")
    with caplog.at_level(logging.WARNING, logger="lamplight.forecasting"):
        assert [execute_approved() for _ in range(3)] == [0, 0, 0]
    assert len(caplog.records) == 1
    lift(city, placed, add_member(city, "carl"))
    assert execute_approved() == 1


def test_nothing_that_was_live_at_a_hold_is_live_when_its_reason_opens() -> None:
    longest_shift = timedelta(hours=24)
    assert LEAD + timedelta(days=DAYS) + longest_shift < LONGEST_LIVE


# --- a plan that is running -------------------------------------------------------------------------------------


def test_under_a_hold_the_briefing_is_not_handed_out_until_its_shift_is_over(
    client: Client, city: City, plan: Plan
) -> None:
    approve(city, plan)
    execute_approved()
    client.force_login(city.ben)
    address = reverse("plan-briefing", args=[plan.change_request_id])
    assert client.get(address).status_code == 200
    hold(city, Scope.PLAN, str(plan.change_request_id))
    assert client.get(address).status_code == 409
    assert client.get(reverse("plan-geojson", args=[plan.change_request_id])).status_code == 409
    advance_clock(jurisdiction=city.jurisdiction, to=plan.ends_at, by=city.ana)
    assert client.get(address).status_code == 200


def test_the_pages_of_what_is_held_say_so(client: Client, city: City, plan: Plan) -> None:
    client.force_login(city.ben)
    addresses = [reverse("plan", args=[plan.change_request_id]), reverse("run", args=[plan.run_id])]
    assert not ["On hold." for page in addresses if "On hold." in client.get(page).content.decode()]
    placed = hold(city, Scope.CATEGORY, CATEGORY)
    for page in addresses:
        said = client.get(page).content.decode()
        assert "On hold." in said
        assert reverse("hold", args=[placed.pk]) in said
    assert "It cannot be approved as it is: Hold" in client.get(addresses[0]).content.decode()


# --- two real connections ---------------------------------------------------------------------------------------


class Elsewhere:
    """Somebody who works at the same time, on a connection of her own."""

    def __init__(self, deed: Callable[[], object]) -> None:
        self.problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=[deed], daemon=True)

    def _run(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except Refused as refusal:
            self.problem = refusal
        finally:
            connections.close_all()

    def start(self) -> "Elsewhere":
        self._thread.start()
        return self

    def ended(self, within: float) -> bool:
        self._thread.join(within)
        return not self._thread.is_alive()


def ready_city() -> tuple[City, Plan]:
    """Return a committed city with an approved plan."""
    city = build_city()
    add_history(city)
    recipe = add_recipe(city)
    issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=recipe,
        extract=add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1)),
        category=CATEGORY,
        window_start=WINDOW[0],
        window_end=WINDOW[1],
        by=city.scheduler,
    )
    plan = propose_plan(
        jurisdiction=city.jurisdiction,
        district=city.central,
        category=CATEGORY,
        shift="night",
        starts_at=NIGHT,
        ends_at=NIGHT + timedelta(hours=8),
        by=city.scheduler,
    )
    approve(city, plan)
    return city, plan


def actions() -> list[str]:
    return list(LedgerEntry.objects.order_by("index").values_list("action", flat=True))


def test_a_hold_placed_while_a_briefing_is_made_lets_that_step_end_and_nothing_after_it(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, plan = ready_city()
    holding = Elsewhere(lambda: hold(city))

    def slow(*_: object, **__: object) -> bytes:
        assert not holding.start().ended(within=1), "the hold waits for the log, which this step has locked"
        return b"%PDF-"

    monkeypatch.setattr("forecasting.services.execute_plan.render_pdf", slow)
    briefing = execute_plan(plan_id=plan.pk, by=city.scheduler)
    assert holding.ended(within=30)
    assert holding.problem is None
    assert Briefing.objects.get() == briefing
    assert actions()[-3:] == ["approval.redeemed", "plan.executed", "hold.placed"]
    assert holds_on(city.jurisdiction, subject_of_plan(plan))
    before = LedgerEntry.objects.count()
    advance_clock(jurisdiction=city.jurisdiction, to=NIGHT - timedelta(hours=1), by=city.ana)
    assert (issue_due(), execute_approved()) == (0, 0)
    propose_due()
    assert LedgerEntry.objects.count() == before + 1  # the clock's own


def test_a_hold_that_commits_while_a_step_computes_voids_that_step(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, plan = ready_city()
    holding = Elsewhere(lambda: hold(city, Scope.CATEGORY, CATEGORY))

    def computed(*arguments: object) -> object:
        assert holding.start().ended(within=30), "a hold waits for no computation"
        return real(*arguments)

    real = __import__("forecasting.services.issue_forecast", fromlist=["_compute"])._compute
    monkeypatch.setattr("forecasting.services.issue_forecast._compute", computed)
    with pytest.raises(Refused) as refusal:
        issue_forecast(
            jurisdiction=city.jurisdiction,
            recipe=plan.run.recipe,
            extract=plan.run.extract,
            category=CATEGORY,
            window_start=WINDOW[1],
            window_end=WINDOW[1] + timedelta(days=7),
            by=city.scheduler,
        )
    assert refusal.value.reason is Reason.ON_HOLD
    assert ForecastRun.objects.count() == 1
    assert actions()[-1] == "hold.placed"
    assert connection.in_atomic_block is False


def test_a_hold_that_commits_between_check_and_entry_voids_the_redemption(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, plan = ready_city()
    holding = Elsewhere(lambda: hold(city, Scope.PLAN, str(plan.change_request_id)))
    real = __import__("governance.services.redeem_approval", fromlist=["next_state"]).next_state

    def after_the_check(*arguments: object) -> object:
        assert holding.start().ended(within=30)
        return real(*arguments)

    monkeypatch.setattr("governance.services.redeem_approval.next_state", after_the_check)
    with pytest.raises(Refused) as refusal:
        execute_plan(plan_id=plan.pk, by=city.scheduler)
    assert refusal.value.reason is Reason.ON_HOLD
    assert not Briefing.objects.exists()
    assert ChangeRequest.objects.get(pk=plan.change_request_id).state == "approved"
    assert actions()[-1] == "hold.placed"


def test_two_members_who_stop_the_same_thing_at_once_place_one_hold(fresh_database: str) -> None:
    city = build_city()
    carl = add_member(city, "carl")
    for _ in range(3):
        both = [Elsewhere(lambda: hold(city)).start(), Elsewhere(lambda: hold(city, by=carl)).start()]
        assert all(each.ended(within=30) for each in both)
    assert Hold.objects.count() == 1
    assert actions().count("hold.placed") == 1
