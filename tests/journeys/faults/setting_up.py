"""A program that sets up a small city on real time: two supervisors of one district, both of whom must agree.

It prints the e-mail address and the pseudonym of each.
"""

from governance.core.roles import Role
from governance.models import User
from governance.selectors import scheduler_account
from governance.services.add_jurisdiction import FirstRole, Outline, Place, add_jurisdiction
from tests.cast import PASSWORD, POLICY, square, train

BOTH = {"name": "supervisors", "permission": "decide_plans", "quorum": 2}
SUPERVISORS = ("ben@example.org", "una@example.org")


def main() -> None:
    """Make the city through the real service, on the database of DATABASE_URL."""
    jurisdiction = add_jurisdiction(
        place=Place("rivermark", "Rivermark", "demo", 32618, 1.0, "America/New_York"),
        districts=[Outline("central", "Central", square(-75.20, 40.00, -75.16, 40.03))],
        policy={**POLICY, "stages": {"plan": [BOTH]}},
        recipe_digests=[],
        people=[
            FirstRole(email, email[:3].title(), Role.SUPERVISOR, "central", PASSWORD) for email in SUPERVISORS
        ],
        by=scheduler_account(),
    )
    train(jurisdiction)
    for email in SUPERVISORS:
        print(email, User.objects.get(email=email).pseudonym)
