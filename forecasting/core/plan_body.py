"""What a plan says: the exact document that is put to the vote, and its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import rfc8785

from forecasting.core.prevention import OPTIONS


@dataclass(frozen=True)
class Reason:
    """One factor of a place's forecast: how much it multiplies, and what it looks at."""

    factor: float
    text: str


@dataclass(frozen=True)
class Place:
    """One proposed place: a cell, why it is proposed and what would be done there.

    `expected` (incidents in the shift) is exactly the product of `base`, `share` and the factors in `factors`.
    """

    number: int
    column: int
    row: int
    name: str
    expected: float
    low: float
    high: float
    baseline: float
    base: float
    share: float
    factors: Mapping[str, float]
    reasons: Sequence[Reason]
    option: str
    visits: int
    minutes: int

    @property
    def total_minutes(self) -> int:
        """Officer minutes in the shift; an option without presence needs none."""
        return self.visits * self.minutes if OPTIONS[self.option].presence else 0


@dataclass(frozen=True)
class PlanBody:
    """A plan of one district, shift and category. Times are UTC, `YYYY-MM-DDTHH:MM:SSZ`; lengths CRS units.

    `salt` makes the digest say nothing to somebody who guesses the content.
    """

    salt: str
    jurisdiction: str
    district: str
    category: str
    shift: str
    starts_at: str
    ends_at: str
    run: str
    recipe: str
    policy_version: int
    hours_available: float
    district_expected: float
    covered: tuple[float, float, float]
    baseline_covered: float
    cell: float
    origin: tuple[float, float]
    places: tuple[Place, ...]

    @property
    def hours(self) -> float:
        """Officer hours that the places use."""
        return sum(place.total_minutes for place in self.places) / 60

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, fit for JSON."""
        data = asdict(self)
        data["places"] = [
            {
                **asdict(place),
                "factors": dict(place.factors),
                "reasons": [asdict(each) for each in place.reasons],
            }
            for place in self.places
        ]
        return {**data, "covered": list(self.covered), "origin": list(self.origin)}


def read_plan(data: Mapping[str, Any]) -> PlanBody:
    """Read a plan back from plain data."""
    places = tuple(
        Place(**{**place, "reasons": tuple(Reason(**each) for each in place["reasons"])})
        for place in data["places"]
    )
    return PlanBody(
        **{**data, "places": places, "covered": tuple(data["covered"]), "origin": tuple(data["origin"])}
    )


def plan_digest(body: PlanBody) -> str:
    """SHA-256 (hex) of the plan's canonical JSON (RFC 8785): what an approval binds to."""
    return hashlib.sha256(rfc8785.dumps(body.to_dict())).hexdigest()
