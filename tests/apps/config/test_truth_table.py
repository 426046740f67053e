"""Each permission, for every role, asserted alike on service, page and API, as the table of roles says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audits.models import AuditRun
from audits.services.import_residents import import_residents
from audits.services.run_audit import run_audit
from forecasting.core.recipe import recipe_digest, standard_recipe
from forecasting.models import Batch, Plan, Recipe, RecipeDraft
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.draft_recipe import draft_recipe
from forecasting.services.order_evaluation import order_evaluation
from forecasting.services.propose_recipe import propose_recipe
from forecasting.services.retire_recipe import retire_recipe
from forecasting.services.seal_extract import seal_extract
from governance import clock
from governance.core.approval import Verdict
from governance.core.policy import read_terms, write_terms
from governance.core.refusals import Reason, Refused
from governance.core.roles import ROLES, Permission, Role
from governance.models import ChangeRequest, RoleRequest, User
from governance.permissions import ON_DISTRICT, check
from governance.policy_forms import Proposed, put_to_vote
from governance.policy_making import newest_version
from governance.selectors import account
from governance.services.add_jurisdiction import FirstRole
from governance.services.advance_clock import advance_clock
from governance.services.answer_comments import answer_comments
from governance.services.attach_evidence import attach_evidence
from governance.services.cast_vote import cast_vote
from governance.services.create_account import create_account
from governance.services.expire_change_request import expire_change_request
from governance.services.import_areas import import_areas
from governance.services.open_change_request import open_change_request
from governance.services.propose_policy import propose_policy
from governance.services.request_role import request_role
from public_portal.services.publish_release import publish_release
from tests.apps.audits.test_run_audit import EVEN
from tests.apps.forecasting.test_api import add_batch
from tests.cast import PASSWORD, City, build_city
from tests.factories.forecasts import add_areas, add_plan, add_run, residents_csv

PAST = datetime(2024, 1, 1, tzinfo=UTC)
WHY = "The board met her on Monday; she leads the evening shift from July."


@dataclass(frozen=True)
class World:
    """One of everything that a permission can be about, in Central where it has a district."""

    city: City
    plan: Plan
    audit: AuditRun
    batch: Batch
    asked: RoleRequest
    drafted: ChangeRequest
    recipe: RecipeDraft
    in_use: Recipe

    def person(self, role: Role) -> User:
        """Return the one account that holds this role alone."""
        return self.city.scheduler if role is Role.SERVICE else account(f"only-{role.value}@example.org")


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """A city in which one person plays each role; stepping its clock stops right after the permission."""

    def too_early(_: object) -> object:
        raise Refused(Reason.TOO_EARLY, "This test does not step the clock.")

    monkeypatch.setattr("config.cycle.next_step", too_early)
    more = [
        FirstRole(f"only-{role}@example.org", f"Only {role}", role, "central" * terms.on_district, PASSWORD)
        for role, terms in ROLES.items()
        if role is not Role.SERVICE
    ]
    city = build_city(more=more)
    codes, here = add_areas(city), city.jurisdiction
    import_residents(jurisdiction=here, filename="r.csv", data=residents_csv(codes), by=city.scheduler)
    plan = add_plan(
        city, add_run(city, flagged=EVEN), places=EVEN
    )  # its audit passes: else the board has a say in it
    asked = request_role(
        user=city.eve, role=Role.BOARD_MEMBER, jurisdiction=here, district=None, reason=WHY, by=city.scheduler
    )
    audit = run_audit(subject_kind="plan", subject_digest=plan.digest, by=city.scheduler)
    return World(
        city,
        plan,
        audit,
        add_batch(city, "a"),
        asked,
        drafted(city),
        drafted_recipe(city),
        recipe_in_use(city),
    )


def drafted_recipe(city: City) -> RecipeDraft:
    """Draft a recipe that nobody has evaluated."""
    body = standard_recipe("decayed", ("robbery",), cell_metres=300.0).to_dict()
    return draft_recipe(jurisdiction=city.jurisdiction, title="Decayed", body=body, reason=WHY, by=city.ana)


def drafted(city: City) -> ChangeRequest:
    """Put the policy in force with fewer places to the vote."""
    newest, at = newest_version(city.jurisdiction), clock.now(city.jurisdiction) + timedelta(days=30)
    terms = read_terms({**newest.terms, "max_places": 3})
    return put_to_vote(
        city.jurisdiction,
        Proposed(write_terms(terms), terms, newest.version, at.replace(second=0, microsecond=0), WHY),
        city.ana,
    )


def recipe_in_use(city: City) -> Recipe:
    """Return a recipe that the city agreed to when it was set up."""
    recipe = standard_recipe("counts", ("robbery",), cell_metres=300.0)
    city.jurisdiction.genesis = {"recipe": [recipe_digest(recipe)]}
    city.jurisdiction.save()
    return adopt_recipe(jurisdiction=city.jurisdiction, name="Counts", recipe=recipe, by=city.scheduler)


def vote(request_id: int, digest: str, by: User) -> None:
    cast_vote(change_request_id=request_id, verdict=Verdict.REJECT, rationale="no", seen_digest=digest, by=by)


def attach(world: World, by: User) -> None:
    attach_evidence(
        subject_digest=world.plan.digest, kind="trial", verdict="pass", summary="Passes.",
        report_digest=world.audit.report_digest, jurisdiction=world.city.jurisdiction, by=by,
    )  # fmt: skip


def propose(world: World, by: User) -> None:
    open_change_request(
        kind="plan", jurisdiction=world.city.jurisdiction, district=world.city.central, title="Tonight",
        digest="d" * 64, rests_on=[], expires_at=PAST, by=by,
    )  # fmt: skip


def ask(permission: Permission) -> Callable[[World, User], object]:
    """What has no deed of its own is asked for by the reading pages and the API alone."""
    return lambda world, by: check(by, permission, world.city.jurisdiction, world.city.central)


SERVICES: dict[Permission, Callable[[World, User], object]] = {
    Permission.MANAGE_DATA: lambda world, by: import_areas(
        jurisdiction=world.city.jurisdiction, kind="area", shapes=[], digest="a" * 64, by=by
    ),
    Permission.SEE_FORECASTS: ask(Permission.SEE_FORECASTS),
    Permission.RUN_FORECASTS: lambda world, by: seal_extract(
        jurisdiction=world.city.jurisdiction, as_of=PAST, categories=["robbery"], by=by
    ),
    Permission.PROPOSE: propose,
    Permission.SEE_PLANS: ask(Permission.SEE_PLANS),
    Permission.DECIDE_PLANS: lambda world, by: vote(world.plan.change_request_id, world.plan.digest, by),
    Permission.DECIDE_POLICY: lambda world, by: vote(
        world.asked.change_request_id, world.asked.change_request.digest, by
    ),
    Permission.EXECUTE: lambda world, by: expire_change_request(
        change_request_id=world.plan.change_request_id, by=by
    ),
    Permission.RUN_AUDITS: attach,
    Permission.SEE_AUDITS: ask(Permission.SEE_AUDITS),
    Permission.PUBLISH: lambda world, by: publish_release(
        jurisdiction=world.city.jurisdiction, window_start=PAST, by=by
    ),
    Permission.MANAGE_ROLES: lambda world, by: create_account(
        email="none", name="N", jurisdiction=world.city.jurisdiction, by=by
    ),
    Permission.ADVANCE_CLOCK: lambda world, by: advance_clock(
        jurisdiction=world.city.jurisdiction, to=PAST, by=by
    ),
    Permission.SEE_RECORD: ask(Permission.SEE_RECORD),
}
BALLOT = {"verdict": "reject", "rationale": "no", "seen_digest": ""}
Request = tuple[
    str, Callable[[World], list[Any]], dict[str, str] | None
]  # address, its numbers, what is sent
PAGES: dict[Permission, Request] = {
    Permission.MANAGE_DATA: ("batch-refusals", lambda world: [world.batch.pk], None),
    Permission.SEE_FORECASTS: ("run", lambda world: [world.plan.run_id], None),
    Permission.RUN_FORECASTS: ("recipe-act", lambda world: [world.recipe.digest], {"do": "evaluate"}),
    Permission.PROPOSE: (
        "plan-edit",
        lambda world: [world.plan.change_request_id],
        {"do": "save", "seen_digest": ""},
    ),
    Permission.SEE_PLANS: ("plan", lambda world: [world.plan.change_request_id], None),
    Permission.DECIDE_PLANS: ("plan-decide", lambda world: [world.plan.change_request_id], BALLOT),
    Permission.DECIDE_POLICY: ("role-decide", lambda world: [world.asked.change_request_id], BALLOT),
    Permission.SEE_AUDITS: ("audit", lambda world: [world.audit.pk], None),
    Permission.MANAGE_ROLES: ("access-account", lambda _: [], {"email": "none", "name": "N"}),
    Permission.ADVANCE_CLOCK: ("advance", lambda _: [], {}),
    Permission.SEE_RECORD: ("policy", lambda _: [], None),
}
API: dict[Permission, Request] = {
    Permission.MANAGE_DATA: ("api-batches", lambda _: [], None),
    Permission.SEE_FORECASTS: ("api-run", lambda world: [world.plan.run_id], None),
    Permission.SEE_PLANS: ("api-plan", lambda world: [world.plan.change_request_id], None),
    Permission.DECIDE_PLANS: ("api-votes", lambda world: [world.plan.change_request_id], BALLOT),
    Permission.DECIDE_POLICY: ("api-votes", lambda world: [world.asked.change_request_id], BALLOT),
    Permission.SEE_AUDITS: ("api-audit", lambda world: [world.audit.pk], None),
    Permission.SEE_RECORD: ("api-inbox", lambda _: [], None),
}
WITHOUT_PAGE = {  # done by the schedule or a command; a page that is made for one of them is added above
    Permission.EXECUTE, Permission.RUN_AUDITS, Permission.PUBLISH,
}  # fmt: skip
WITHOUT_API = WITHOUT_PAGE | {
    Permission.RUN_FORECASTS, Permission.PROPOSE, Permission.MANAGE_ROLES, Permission.ADVANCE_CLOCK,
}  # fmt: skip


def served(client: Client, world: World, by: User, request: Request) -> bool:
    """Whether an address lets somebody do it; any other refusal comes after that question."""
    name, numbers, sent = request
    client.force_login(by)
    address = reverse(name, args=numbers(world))
    answer = client.get(address) if sent is None else client.post(address, sent)
    assert answer.status_code in {200, 302, 403, 404, 409, 422}, answer.content[:500]
    return answer.status_code != 403


def done(deed: Callable[[World, User], object], world: World, by: User) -> bool:
    """Whether the service lets somebody do it."""
    try:
        deed(world, by)
    except Refused as refusal:
        return refusal.reason is not Reason.NOT_PERMITTED
    return True


def test_every_permission_is_in_the_table_with_a_service_and_its_addresses() -> None:
    assert set(SERVICES) == set(Permission)
    assert set(PAGES) == set(Permission) - WITHOUT_PAGE
    assert set(API) == set(Permission) - WITHOUT_API


def said_by(
    client: Client, world: World, permission: Permission, people: dict[str, User]
) -> dict[str, dict[str, bool]]:
    """Return who is let do it: by the service, on the page and by the API, where there are such."""
    answers = {"service": {name: done(SERVICES[permission], world, by) for name, by in people.items()}}
    for where, requests in (("page", PAGES), ("api", API)):
        if permission in requests:
            answers[where] = {
                name: served(client, world, by, requests[permission]) for name, by in people.items()
            }
    return answers


def test_service_page_and_api_let_do_what_the_table_of_roles_says(
    client: Client, world: World, subtests: pytest.Subtests
) -> None:
    people = {role.value: world.person(role) for role in Role} | {"nobody": world.city.eve}
    for permission in Permission:
        wanted = {role.value: permission in ROLES[role].permissions for role in Role} | {"nobody": False}
        with subtests.test(permission.value):
            for where, said in said_by(client, world, permission, people).items():
                assert said == wanted, where


def test_the_supervisor_of_another_district_may_not_do_it_in_this_one(
    client: Client, world: World, subtests: pytest.Subtests
) -> None:
    for permission in ON_DISTRICT:
        with subtests.test(permission.value):
            said = said_by(client, world, permission, {"bea": world.city.bea})
            assert not [where for where, answers in said.items() if answers["bea"]]


def draft(world: World, by: User) -> None:
    """Draft a policy that cannot be: the question of who may is asked before."""
    propose_policy(
        jurisdiction=world.city.jurisdiction, terms={}, based_on=1, in_force_from=PAST, reason="no", by=by
    )


def answer(world: World, by: User) -> None:
    answer_comments(change_request_id=world.drafted.pk, comment_ids=[], text="no", by=by)


DRAFTING: dict[str, tuple[Callable[[World, User], object], Request]] = {
    "propose": (draft, ("policy-propose", lambda _: [], {"do": "open"})),
    "edit": (draft, ("policy-edit", lambda world: [world.drafted.pk], {"do": "open"})),
    "answer": (answer, ("policy-answer", lambda world: [world.drafted.pk], {"answer": "no"})),
}


def test_policies_are_drafted_and_comments_answered_by_whoever_proposes_or_votes_on_policies(
    client: Client, world: World, subtests: pytest.Subtests
) -> None:
    people = {role.value: world.person(role) for role in Role if role is not Role.SERVICE} | {
        "nobody": world.city.eve
    }
    either = {Permission.PROPOSE, Permission.DECIDE_POLICY}
    wanted = {name: name != "nobody" and bool(either & ROLES[Role(name)].permissions) for name in people}
    wanted["supervisor"] = False  # she proposes in her district, and a policy is the city's
    for name, (deed, page) in DRAFTING.items():
        with subtests.test(name):
            assert {each: done(deed, world, by) for each, by in people.items()} == wanted
            assert {each: served(client, world, by, page) for each, by in people.items()} == wanted


def draft_again(world: World, by: User) -> None:
    """Draft what is no recipe: the question of who may is asked before."""
    draft_recipe(jurisdiction=world.city.jurisdiction, title="", body={}, reason="no", by=by)


RECIPES: dict[str, tuple[set[Permission], Callable[[World, User], object], Request]] = {
    "draft": ({Permission.PROPOSE}, draft_again, ("recipe-draft", lambda _: [], {"do": "keep"})),
    "evaluate": (
        {Permission.RUN_FORECASTS},
        lambda world, by: order_evaluation(draft=world.recipe, by=by),
        ("recipe-act", lambda world: [world.recipe.digest], {"do": "evaluate"}),
    ),
    "propose": (
        {Permission.PROPOSE, Permission.DECIDE_POLICY},
        lambda world, by: propose_recipe(draft=world.recipe, by=by),
        ("recipe-act", lambda world: [world.recipe.digest], {"do": "propose"}),
    ),
    "retire": (
        {Permission.RUN_FORECASTS, Permission.DECIDE_POLICY},
        lambda world, by: retire_recipe(recipe=world.in_use, reason="no", by=by),
        ("recipe-act", lambda world: [world.in_use.digest], {"do": "retire", "reason": "no"}),
    ),
}


def test_each_deed_about_a_recipe_is_let_pass_alike_by_the_service_and_on_the_page(
    client: Client, world: World, subtests: pytest.Subtests
) -> None:
    people = {role.value: world.person(role) for role in Role if role is not Role.SERVICE} | {
        "nobody": world.city.eve
    }
    for name, (held, deed, page) in RECIPES.items():
        wanted = {each: each != "nobody" and bool(held & ROLES[Role(each)].permissions) for each in people}
        wanted["supervisor"] = False  # she proposes in her district, and a recipe is the city's
        with subtests.test(name):
            assert {each: done(deed, world, by) for each, by in people.items()} == wanted
            assert {each: served(client, world, by, page) for each, by in people.items()} == wanted
