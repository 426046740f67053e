"""A whole board, and what it does about holds."""

from governance.core.approval import Verdict
from governance.core.holds import Scope
from governance.core.roles import Role
from governance.models import ChangeRequest, Hold, RoleGrant, User
from governance.permissions import put_in_role
from governance.services.cast_vote import cast_vote
from governance.services.place_hold import place_hold
from governance.services.request_lift import request_lift
from governance.tasks import lift_approved
from tests.cast import PASSWORD, City, train

WHY = "Residents told us about double stops; we look into it first."


def add_member(city: City, name: str) -> User:
    """Seat one more member of the board, as genesis would have."""
    member = User.objects.create_user(
        f"{name}@example.org", name=f"{name.capitalize()} Board", password=PASSWORD
    )
    RoleGrant.objects.create(
        user=member, role=Role.BOARD_MEMBER, jurisdiction=city.jurisdiction, granted_by=city.scheduler
    )
    put_in_role(member, Role.BOARD_MEMBER, city.jurisdiction, None)
    train(city.jurisdiction)
    return member


def hold(
    city: City, scope: Scope = Scope.EVERYTHING, target: str = "", *, by: User | None = None, seen: int = 0
) -> Hold:
    """Let Chloe put something on hold."""
    return place_hold(
        jurisdiction=city.jurisdiction, scope=scope, target=target, reason=WHY, seen=seen, by=by or city.chloe
    )


def approve_lift(city: City, asked: ChangeRequest, *members: User) -> ChangeRequest:
    """Let members vote for lifting."""
    for member in members:
        asked = cast_vote(
            change_request_id=asked.pk,
            verdict=Verdict.APPROVE,
            rationale=WHY,
            seen_digest=asked.digest,
            by=member,
        )
    return asked


def lift(city: City, placed: Hold, member: User) -> None:
    """End a hold the only way there is: Ana asks, Chloe and another member agree, the schedule applies it."""
    asked = request_lift(hold_id=placed.pk, reason=WHY, by=city.ana)
    approve_lift(city, asked, city.chloe, member)
    assert lift_approved() == 1
