"""Where somebody may do what: the quick answer for a whole city is the answer of `check`, district by district."""

import pytest
from django.contrib.auth.models import Permission as StoredPermission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.core.roles import Permission, Role
from governance.models import District, RoleGrant
from governance.permissions import can, districts_where, put_in_role
from tests.cast import City, square

CAST = ("ana", "ben", "bea", "chloe", "dev", "eve", "scheduler")


@pytest.mark.parametrize("who", CAST)
def test_the_districts_of_a_permission_are_those_that_check_lets_pass(city: City, who: str) -> None:
    by, here = getattr(city, who), city.jurisdiction
    for permission in Permission:
        one_by_one = [each for each in here.districts.all() if can(by, permission, here, each)]
        assert districts_where(by, permission, here) == one_by_one


def test_a_revoked_grant_and_a_closed_account_hold_nowhere(city: City) -> None:
    RoleGrant.objects.filter(user=city.ben).update(revoked_at="2024-06-01T00:00Z")
    city.ana.is_active = False
    assert districts_where(city.ben, Permission.SEE_PLANS, city.jurisdiction) == []
    assert districts_where(city.ana, Permission.SEE_PLANS, city.jurisdiction) == []
    assert districts_where(object(), Permission.SEE_PLANS, city.jurisdiction) == []


@pytest.mark.parametrize("who", ["ana", "ben"])
def test_asking_for_all_districts_costs_no_more_in_a_large_city(city: City, who: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            districts_where(getattr(city, who), Permission.SEE_PLANS, city.jurisdiction)
        return len(captured)

    cost()
    small = cost()
    for number in range(12):
        District.objects.create(
            jurisdiction=city.jurisdiction,
            code=f"d{number}",
            name=f"District {number}",
            boundary=square(-75.20, 40.06 + number / 100, -75.16, 40.07 + number / 100),
        )
    assert cost() == small


@pytest.mark.parametrize("name", ["inbox", "plans", "runs", "audits"])
def test_a_page_that_needs_an_account_is_kept_by_no_cache(client: Client, city: City, name: str) -> None:
    assert "no-store" in client.get(reverse(name)).headers["Cache-Control"]
    client.force_login(city.ben)
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert {"no-store", "private"} <= set(answer.headers["Cache-Control"].split(", "))


@pytest.mark.parametrize(
    "path",
    [
        "/public/rivermark/",
        "/public/rivermark/policy/",
        "/record/",
        "/access/",
        "/requests/9999/",
        "/nowhere/",
    ],
)
def test_no_cache_keeps_a_page_that_says_who_is_signed_in(client: Client, city: City, path: str) -> None:
    client.force_login(city.bea)
    page = client.get(path)
    assert "Bea Supervisor" in page.content.decode()
    assert "no-store" in page.headers.get("Cache-Control", "")


def test_a_role_whose_permission_the_database_lacks_is_not_given_in_part(city: City) -> None:
    StoredPermission.objects.filter(codename=Permission.PUBLISH.value).delete()
    with pytest.raises(LookupError, match="migrate"):
        put_in_role(city.eve, Role.PRIVACY_OFFICER, city.jurisdiction, None)
    assert not city.eve.groups.exists()
