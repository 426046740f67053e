"""How often one address may send a public form, or guess a password; nothing of it is stored in the database."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView

SENT_TOO_OFTEN = (
    "So many comments came from your address lately that this one was not taken. Nothing was kept. Your text is still "
    "below: send it again in an hour."
)


NETWORK_BITS = 64
"""Leading bits of an IPv6 address that name a connection; whoever has it may choose the rest at will (RFC 6177)."""


def address_of(request: HttpRequest | Request) -> str:
    """Return the network address that a form came from, of an IPv6 address the part that its owner cannot choose."""
    asked: Any = request
    said = BaseThrottle().get_ident(asked)
    try:
        address = ip_address(said)
    except ValueError:
        return said
    if not isinstance(address, IPv6Address):
        return said
    return str(address.ipv4_mapped or ip_network((address, NETWORK_BITS), strict=False))


class FormThrottle(SimpleRateThrottle):
    """So many forms of one address (see `COMMENT_RATE`), kept in the cache under a keyed digest of the address."""

    def get_rate(self) -> str | None:
        """Read the setting when a form comes; none means no limit."""
        return settings.COMMENT_RATE or None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Name the address without saying it."""
        return f"form_{salted_hmac('governance.form', address_of(request)).hexdigest()}"


def may_send(request: HttpRequest) -> bool:
    """Whether this address may send another form now; asking counts."""
    asked: Any = request
    return bool(FormThrottle().allow_request(asked, asked))


GUESSES = 10
"""Wrong passwords that one address may send for one account within `GUESS_SECONDS`, in each server process."""
GUESS_SECONDS = 15 * 60
GUESSED_TOO_OFTEN = (
    "So many wrong passwords came from your address for this account that none is checked for a quarter of an hour. "
    "From other addresses the account works as ever."
)


def may_guess(request: HttpRequest, account: str) -> bool:
    """Whether a password that this address sends for this account is checked at all.

    Address and account are counted together: by the account alone, a stranger could lock a board out.
    """
    return int(cache.get(_guess_key(request, account), 0)) < GUESSES


def count_wrong_guess(request: HttpRequest, account: str) -> None:
    """Count one wrong password."""
    key = _guess_key(request, account)
    cache.add(key, 0, GUESS_SECONDS)
    cache.incr(key)


def _guess_key(request: HttpRequest, account: str) -> str:
    return f"guess_{salted_hmac('governance.guess', f'{address_of(request)} {account.lower()}').hexdigest()}"
