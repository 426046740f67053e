"""How often a password may be guessed."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from governance.permissions import SIGNED_IN_AT
from governance.views.limits import GUESSES
from tests.cast import PASSWORD, City


@pytest.fixture(autouse=True)
def nothing_counted_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, email: str, password: str, address: str = "192.0.2.1") -> tuple[int, str]:
    answer = client.post(
        reverse("login"), {"username": email, "password": password}, headers={}, REMOTE_ADDR=address
    )
    return answer.status_code, answer.content.decode()


def test_after_ten_wrong_passwords_even_the_right_one_is_not_checked_from_there(
    client: Client, city: City
) -> None:
    for _ in range(GUESSES):
        status, text = sign_in(client, city.ana.email, "not-it")
        assert (status, "do not belong together" in text) == (200, True)
    status, text = sign_in(client, city.ana.email.upper(), PASSWORD)
    assert (status, "none is checked for a quarter of an hour" in text) == (429, True)
    assert "_auth_user_id" not in client.session


def test_other_addresses_and_other_accounts_are_not_locked_out(client: Client, city: City) -> None:
    for _ in range(GUESSES):
        sign_in(client, city.ana.email, "not-it")
    assert sign_in(client, city.chloe.email, PASSWORD)[0] == 302
    assert sign_in(Client(), city.ana.email, PASSWORD, address="192.0.2.2")[0] == 302


def test_the_password_asked_again_is_not_guessed_without_end_either(client: Client, city: City) -> None:
    client.force_login(city.chloe)
    session = client.session
    session[SIGNED_IN_AT] = 0
    session.save()
    address = reverse("hold-place")
    for _ in range(GUESSES):
        assert "not your password" in client.post(address, {"password_again": "no"}).content.decode()
    asked = client.post(address, {"password_again": PASSWORD}).content.decode()
    assert "none is checked for a quarter of an hour" in asked
