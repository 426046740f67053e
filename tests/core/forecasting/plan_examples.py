"""A plan of two places, one beside the other."""

from forecasting.core.plan_body import Place, PlanBody, Reason


def place(number: int) -> Place:
    return Place(
        number, number, 7, f"Street {number}", 0.4, 0.2, 0.6, 0.3, 2.0, 0.1, {"recent": 2.0},
        (Reason(2.0, "past incidents in this cell"),), "outreach", 3, 12,
    )  # fmt: skip


BODY = PlanBody(
    salt="00" * 32, jurisdiction="rivermark", district="central", category="robbery", shift="night",
    starts_at="2024-06-15T02:00:00Z", ends_at="2024-06-15T10:00:00Z", run="a" * 64, recipe="b" * 64, policy_version=1,
    hours_available=8.0, district_expected=2.0, covered=(0.4, 0.3, 0.5), baseline_covered=0.3, cell=150.0,
    origin=(0.0, 0.0), places=(place(1), place(2)),
)  # fmt: skip
