"""Plain words for what readers see: kinds of incidents, counts, evidence."""

from collections.abc import Mapping
from types import MappingProxyType

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "residential_burglary": ("residential burglary", "residential burglaries"),
        "commercial_burglary": ("commercial burglary", "commercial burglaries"),
        "burglary": ("burglary", "burglaries"),
        "robbery": ("robbery", "robberies"),
        "aggravated_assault": ("aggravated assault", "aggravated assaults"),
        "simple_assault": ("simple assault", "simple assaults"),
        "homicide": ("homicide", "homicides"),
        "sex_offence": ("sex offence", "sex offences"),
        "theft": ("theft", "thefts"),
        "theft_from_vehicle": ("theft from a vehicle", "thefts from vehicles"),
        "motor_vehicle_theft": ("theft of a vehicle", "thefts of vehicles"),
        "vandalism": ("act of vandalism", "acts of vandalism"),
        "arson": ("arson", "arsons"),
        "fraud": ("fraud", "frauds"),
        "other": ("other incident", "other incidents"),
    }
)
"""Category of the taxonomy -> one incident, several incidents."""

NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip


def incidents_of(category: str, count: float = 2) -> str:
    """What incidents of a category are called, one or several; a category without an entry speaks for itself."""
    plain = category.replace("_", " ")
    one, several = KINDS.get(category, (f"{plain} incident", f"{plain} incidents"))
    return one if count == 1 else several


def in_words(count: int) -> str:
    """A count up to twelve in words, above that in figures."""
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else f"{count:,}"


def counted(count: int, one: str, several: str) -> str:
    """A count with its noun: "one place", "12 places" as "twelve places"."""
    return f"{in_words(count)} {one if count == 1 else several}"


def percent(share: float) -> str:
    """A share between 0 and 1 as a whole percentage, one decimal below 1 %; the number alone."""
    value = share * 100
    return f"{value:.1f}" if 0 < value < 0.95 else f"{value:.0f}"


def shortened(digest: str) -> str:
    """A digest as people compare it: its first and last characters in groups of four."""
    return f"{digest[:4]} {digest[4:8]} … {digest[-4:]}" if len(digest) > 16 else digest
