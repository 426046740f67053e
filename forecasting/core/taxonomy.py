"""The kinds of incident that every city's export is mapped to."""

from collections.abc import Collection

from governance.core.refusals import Reason, Refused

REPORTED_KINDS = (
    "residential_burglary",
    "commercial_burglary",
    "burglary",  # where the city does not split it
    "robbery",
    "aggravated_assault",
    "simple_assault",
    "homicide",
    "sex_offence",
    "theft",
    "theft_from_vehicle",
    "motor_vehicle_theft",
    "vandalism",
    "arson",
    "fraud",
    "other",
)
DISCOVERED_KINDS = ("narcotics", "weapons", "prostitution", "dui", "disorderly_conduct")
TAXONOMY = REPORTED_KINDS + DISCOVERED_KINDS


def check_known(category: str) -> None:
    """Refuse a category that no city's export is mapped to. Raises Refused(NOT_FOUND)."""
    if category not in TAXONOMY:
        raise Refused(
            Reason.NOT_FOUND, f"There is no category “{category}”; choose one of {', '.join(TAXONOMY)}."
        )


def check_may_forecast(category: str, allowed: Collection[str]) -> None:
    """Refuse an unknown category, and one that police activity finds unless the policy (`allowed`) names it.

    Where officers go they find more of these, so a forecast of them would mostly forecast patrols.
    Raises Refused(NOT_FOUND | OUTSIDE_POLICY).
    """
    check_known(category)
    if category in DISCOVERED_KINDS and category not in allowed:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"Incidents of {category.replace('_', ' ')} are found by police activity, so a forecast of them would "
            "follow patrols, not residents’ reports. It is not made unless the board adopts a policy that allows it.",
        )
