"""The pages of lent roles: lend one, see it, end it, and the review that shows it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance import clock
from governance.core.refusals import Refused
from governance.core.roles import Role
from governance.forms import read_end_of_day, read_own_role
from governance.models import Delegation
from governance.permissions import CONFIRM_AFTER, SIGNED_IN_AT
from tests.apps.governance.test_delegation import REASON, lend
from tests.cast import City


def page(client: Client, who: Any, name: str) -> str:
    client.force_login(who)
    return client.get(reverse(name)).content.decode()


def form(city: City, **changed: Any) -> dict[str, str]:
    day = clock.local(clock.now(city.jurisdiction), city.jurisdiction) + timedelta(days=2)
    said = {
        "role": "supervisor@central",
        "taker": str(city.dev.pk),
        "until": f"{day:%Y-%m-%d}",
        "rationale": REASON,
    }
    return said | changed


def test_a_role_is_lent_and_both_see_it_and_so_does_the_access_review(client: Client, city: City) -> None:
    assert reverse("delegations") in page(client, city.ben, "inbox")
    assert "Lend a role of yours" in page(client, city.ben, "delegations")
    answer = client.post(reverse("delegation-lend"), form(city), follow=True).content.decode()
    assert "Dev Auditor acts in your place until" in answer
    lent = Delegation.objects.get()
    assert (lent.giver, lent.taker, lent.role, lent.district) == (
        city.ben,
        city.dev,
        "supervisor",
        city.central,
    )
    assert f"{clock.local(lent.until, city.jurisdiction):%H:%M}" == "00:00"
    taken = page(client, city.dev, "delegations")
    assert "You act in the place of Ben Supervisor" in taken
    assert REASON in taken
    assert "Lent for a time" in page(client, city.chloe, "access")
    assert "Lent for a time" not in page(client, city.eve, "access")


def test_either_ends_it_and_nobody_else(client: Client, city: City) -> None:
    lent = lend(city, city.ben, city.dev)
    address = reverse("delegation-end", args=[lent.pk])
    client.force_login(city.chloe)
    assert client.post(address).status_code == 403
    client.force_login(city.dev)
    assert "Over" in client.post(address, follow=True).content.decode()
    lent.refresh_from_db()
    assert lent.revoked_at
    assert client.post(reverse("delegation-end", args=[99999])).status_code == 404


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"rationale": "Leave."}, 422),
        ({"taker": ""}, 422),
        ({"taker": "99999"}, 422),
        ({"role": "king"}, 422),
        ({"role": "auditor@"}, 403),
        ({"role": "supervisor@nowhere"}, 404),
        ({"until": "soon"}, 422),
        ({"until": "2020-01-01"}, 422),
        ({"until": "9999-12-31"}, 422),
    ],
)
def test_what_cannot_be_lent_is_refused_and_what_was_typed_is_kept(
    client: Client, city: City, changed: dict[str, str], status: int
) -> None:
    client.force_login(city.ben)
    answer = client.post(reverse("delegation-lend"), form(city, **changed))
    assert answer.status_code == status
    assert f">{changed.get('rationale', REASON)}</textarea>" in answer.content.decode()
    assert not Delegation.objects.exists()


def test_lending_and_ending_ask_for_the_password_again(client: Client, city: City) -> None:
    lent = lend(city, city.ben, city.dev)
    client.force_login(city.ben)
    session = client.session
    session[SIGNED_IN_AT] = session[SIGNED_IN_AT] - CONFIRM_AFTER - 1
    session.save()
    for address, sent in (
        (reverse("delegation-lend"), form(city, taker=str(city.chloe.pk))),
        (reverse("delegation-end", args=[lent.pk]), {}),
    ):
        assert b'name="password_again"' in client.post(address, sent).content
    assert Delegation.objects.filter(revoked_at=None).count() == 1


def test_who_has_no_role_has_none_to_lend(client: Client, city: City) -> None:
    assert reverse("delegation-lend") not in page(client, city.eve, "delegations")
    assert client.post(reverse("delegation-lend"), form(city)).status_code == 403


def test_the_form_is_read_as_it_is_meant(city: City) -> None:
    assert read_own_role("board_member@") == (Role.BOARD_MEMBER, "")
    until = read_end_of_day("2024-06-14", city.jurisdiction)
    assert until.isoformat() == "2024-06-15T00:00:00-04:00"
    for wrong in ("14 June", "", "2024-06-31"):
        with pytest.raises(Refused):
            read_end_of_day(wrong, city.jurisdiction)
