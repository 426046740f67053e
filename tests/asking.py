"""Asking the API in tests: who gets what, and at what cost."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.models import User


def ask(client: Client, who: User | None, address: str, **query: str) -> Any:
    """Ask as somebody, or as a visitor."""
    client.logout()
    if who is not None:
        client.force_login(who)
    return client.get(address, query)


def reason_of(answer: Any) -> tuple[int, str]:
    """Return the status of a refusal and its reason; a refusal holds nothing else."""
    said = answer.json()
    assert set(said) == {"reason", "detail"}
    return answer.status_code, said["reason"]


def queries_of(client: Client, who: User | None, address: str) -> int:
    """Return how many queries an answer costs, once what is asked only once has been asked."""
    assert ask(client, who, address).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)
