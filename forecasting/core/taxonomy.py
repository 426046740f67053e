"""The kinds of incident that every city's export is mapped to."""

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
