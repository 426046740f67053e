"""Proposing a plan from a sealed run, and what an edit does to it and to its editor."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from forecasting.candidates import candidates_for
from forecasting.core.plan_edit import PlaceEdit
from forecasting.models import Plan
from forecasting.selectors.plans import body_of
from forecasting.services.edit_plan import edit_plan
from forecasting.views.edit_page import SUGGESTED, edit_context
from governance.core.approval import Verdict
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry, User
from governance.services.cast_vote import cast_vote
from tests.apps.forecasting.conftest import propose_tonight
from tests.cast import City

MOST_PLACES = 12  # the policy's


def kept(plan: Plan) -> list[PlaceEdit]:
    """Return the edits that change nothing."""
    return [
        PlaceEdit(p.column, p.row, keep=True, option=p.option, visits=p.visits, minutes=p.minutes)
        for p in body_of(plan).places
    ]


def edit(plan: Plan, by: User, edits: list[PlaceEdit], added: list[tuple[int, int]] | None = None) -> Plan:
    return edit_plan(plan_id=plan.pk, seen_digest=plan.digest, edits=edits, added=added or [], by=by)


def one_more(plan: Plan) -> tuple[int, int]:
    """Return the cell of the first place that the page offers to add."""
    place = edit_context(plan)["suggestions"][0].place
    return place.column, place.row


def test_a_plan_takes_the_most_expected_places_that_the_hours_allow(city: City, plan: Plan) -> None:
    body = body_of(plan)
    expected = [place.expected for place in body.places]
    assert expected == sorted(expected, reverse=True)
    assert body.hours <= body.hours_available


def test_the_figure_of_each_place_is_the_product_of_its_factors(plan: Plan) -> None:
    for place in body_of(plan).places:
        product = place.base * place.share
        for factor in place.factors.values():
            product *= factor
        assert product == pytest.approx(place.expected, rel=1e-6)


def test_proposed_again_the_same_plan_comes_back_and_nothing_is_written(city: City, plan: Plan) -> None:
    before = LedgerEntry.objects.count()
    again = propose_tonight(city)
    assert again == plan
    assert LedgerEntry.objects.count() == before


def test_an_edit_that_changes_nothing_writes_nothing(city: City, plan: Plan) -> None:
    before = LedgerEntry.objects.count()
    assert edit(plan, city.ben, kept(plan)) == plan
    assert LedgerEntry.objects.count() == before


def test_dropping_a_place_leaves_the_supervisor_a_voter(city: City, plan: Plan) -> None:
    revised = edit(plan, city.ben, kept(plan)[1:])
    assert revised.digest != plan.digest
    assert city.ben not in revised.change_request.authors.all()


def test_adding_a_place_makes_her_an_author_who_cannot_decide(city: City, plan: Plan) -> None:
    revised = edit(plan, city.ben, kept(plan)[1:], [one_more(plan)])
    assert city.ben in revised.change_request.authors.all()
    with pytest.raises(Refused) as refusal:
        cast_vote(
            change_request_id=revised.change_request_id,
            verdict=Verdict.APPROVE,
            rationale="It was me who added the place, and I like it.",
            seen_digest=revised.digest,
            by=city.ben,
        )
    assert refusal.value.reason is Reason.AUTHOR_MAY_NOT_VOTE


def test_a_cell_of_another_district_cannot_be_added(city: City, plan: Plan) -> None:
    with pytest.raises(Refused) as refusal:
        edit(plan, city.ben, kept(plan)[1:], [(-1, -1)])
    assert refusal.value.reason is Reason.BAD_INPUT
    assert Plan.objects.count() == 1


def test_more_places_than_the_hours_allow_are_outside_the_policy(city: City, plan: Plan) -> None:
    cells = [(each.place.column, each.place.row) for each in edit_context(plan)["suggestions"]]
    with pytest.raises(Refused) as refusal:
        edit(plan, city.ben, kept(plan), cells)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


def test_more_places_than_the_policy_allows_are_outside_it_even_where_nobody_stays_long(
    city: City, plan: Plan
) -> None:
    found = candidates_for(plan.run, "central", plan.starts_at)
    cells = list(zip(found.cells["column"], found.cells["row"], strict=True))
    held = {(each.column, each.row) for each in body_of(plan).places}
    more = [cell for cell in cells if cell not in held][:MOST_PLACES]
    with pytest.raises(Refused, match=f"at most {MOST_PLACES} places") as refusal:
        edit(plan, city.ben, [replace(each, option="referral") for each in kept(plan)], more)
    assert refusal.value.reason is Reason.OUTSIDE_POLICY


def test_an_edit_of_what_has_been_edited_since_is_refused(city: City, plan: Plan) -> None:
    edit(plan, city.ben, kept(plan)[1:])
    with pytest.raises(Refused) as refusal:
        edit(plan, city.ben, kept(plan)[2:])
    assert refusal.value.reason is Reason.DIGEST_CHANGED


def test_the_supervisor_of_another_district_cannot_edit_it(city: City, plan: Plan) -> None:
    with pytest.raises(Refused) as refusal:
        edit(plan, city.bea, kept(plan)[1:])
    assert refusal.value.reason is Reason.NOT_PERMITTED


def test_the_page_offers_the_next_places_and_says_what_adding_one_means(
    client: Client, city: City, plan: Plan
) -> None:
    client.force_login(city.ben)
    column, row = one_more(plan)
    sent = {f"keep_{each.column}_{each.row}": "on" for each in body_of(plan).places[1:]}
    address = reverse("plan-edit", args=[plan.change_request_id])
    page = client.post(address, sent | {f"add_{column}_{row}": "on", "do": "preview"}).content.decode()
    assert len(edit_context(plan)["suggestions"]) == SUGGESTED
    assert "1 place added" in page
    assert "This adds something" in page
    assert f'name="add_{column}_{row}" checked' in page


def test_a_field_that_names_no_cell_is_refused_in_words(client: Client, city: City, plan: Plan) -> None:
    client.force_login(city.ben)
    address = reverse("plan-edit", args=[plan.change_request_id])
    page = client.post(address, {"add_here": "on", "do": "preview"}).content.decode()
    assert "is not a cell" in page
