"""What can be done at a place, softest first: prevention before presence, and no enforcement option at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Option:
    """One way to spend a stop. `softness` 0 is the softest; `presence` says whether officers stay at the place."""

    name: str
    sentence: str
    softness: int
    presence: bool


REFERRAL = Option("referral", "Referral only: lighting, locks or repair", 0, presence=False)
OUTREACH = Option("outreach", "Outreach to residents and owners, then presence", 1, presence=True)
PRESENCE = Option("presence", "Visible presence", 2, presence=True)
OPTIONS: Mapping[str, Option] = MappingProxyType({each.name: each for each in (REFERRAL, OUTREACH, PRESENCE)})

OUTREACH_FIRST = frozenset(
    {"residential_burglary", "commercial_burglary", "burglary", "vandalism", "theft_from_vehicle", "theft"}
)
"""Categories whose victims and owners can do something themselves once they are told."""


def default_option(category: str) -> Option:
    """Return the softest option that still covers a place of this category during a shift."""
    return OUTREACH if category in OUTREACH_FIRST else PRESENCE
