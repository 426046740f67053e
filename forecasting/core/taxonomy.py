"""The kinds of incident that every city's export is mapped to."""

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
