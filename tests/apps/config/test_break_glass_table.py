"""Who may break the glass, for every role, asserted alike on service, page and API, as the table of roles says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from governance.core.break_glass import OPENERS, Lowers
from governance.core.refusals import Refused, status_code
from governance.core.roles import ROLES, Role
from governance.services.open_break_glass import open_break_glass
from tests.apps.config.test_truth_table import World, world
from tests.factories.board import WHY

if TYPE_CHECKING:
    from django.test import Client

    from governance.models import User

__all__ = ["world"]  # the fixture


def answers(client: Client, world: World, by: User, lowers: Lowers) -> dict[str, int]:
    """Return the status of each way to break the glass; a revision nobody saw is refused to all who may."""
    number, said = world.plan.change_request_id, {"lowers": lowers.value, "hours": 1, "seen_digest": "c" * 64}
    client.force_login(by)
    page = client.post(
        reverse("plan-decide", args=[number]), {**said, "rationale": WHY, "deed": "break_glass"}
    )
    api = client.post(
        reverse("api-glass", args=[number]), {**said, "reason": WHY}, content_type="application/json"
    )
    with pytest.raises(Refused) as refusal:
        open_break_glass(
            change_request_id=number, lowers=lowers, hours=1, reason=WHY, seen_digest="c" * 64, by=by
        )
    service = status_code(refusal.value.reason)
    return {"page": page.status_code, "api": api.status_code, "service": service}


def test_service_page_and_api_let_break_the_glass_as_the_table_of_roles_says(
    client: Client, world: World, subtests: pytest.Subtests
) -> None:
    people = {role.value: (world.person(role), ROLES[role].permissions) for role in Role}
    people |= {"nobody": (world.city.eve, frozenset()), "elsewhere": (world.city.bea, frozenset())}
    for lowers in Lowers:
        for name, (by, permissions) in people.items():
            with subtests.test(lowers=lowers.value, role=name):
                status = 409 if permissions & set(OPENERS[lowers]) else 403
                assert answers(client, world, by, lowers) == {
                    "page": status,
                    "api": status,
                    "service": status,
                }
