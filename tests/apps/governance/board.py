"""A city with a board of three and an administrator, and what they do about roles."""

from typing import Any

from governance.core.approval import Verdict
from governance.core.roles import Role
from governance.models import ChangeRequest, RoleRequest, User
from governance.selectors import account
from governance.services.add_jurisdiction import FirstRole
from governance.services.cast_vote import cast_vote
from governance.services.request_role import request_role
from tests.cast import PASSWORD, City, build_city

WHY = "The board met her on Monday; she leads the evening shift from July."


def build_board_city() -> City:
    """The small city of the cast, with more people."""
    return build_city(
        more=[
            FirstRole("olga@example.org", "Olga Board", Role.BOARD_MEMBER, password=PASSWORD),
            FirstRole("amir@example.org", "Amir Admin", Role.ADMINISTRATOR, password=PASSWORD),
        ]
    )


def person(name: str) -> User:
    return account(f"{name}@example.org")


def ask(
    city: City, user: User, *, by: User | None = None, role: Role = Role.BOARD_MEMBER, **more: Any
) -> RoleRequest:
    return request_role(
        user=user,
        role=role,
        jurisdiction=city.jurisdiction,
        **{"district": None, "reason": WHY, "by": by or person("amir"), **more},
    )


def vote(asked: RoleRequest, by: User, verdict: Verdict = Verdict.APPROVE) -> ChangeRequest:
    request = ChangeRequest.objects.get(pk=asked.change_request_id)
    return cast_vote(
        change_request_id=request.pk, verdict=verdict, rationale=WHY, seen_digest=request.digest, by=by
    )
