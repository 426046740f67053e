"""What a plan says: the exact document that is put to the vote, its digest, and what an edit does to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import rfc8785

from forecasting.core.prevention import OPTIONS


class PlanError(ValueError):
    """An edit that cannot be made, with a sentence that says which place and why."""


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


@dataclass(frozen=True)
class PlaceEdit:
    """What an editor wants of one place; `keep` False drops it."""

    column: int
    row: int
    keep: bool
    option: str
    visits: int
    minutes: int


def edit_places(
    body: PlanBody, edits: Sequence[PlaceEdit], added: Sequence[Place], cap_minutes: int
) -> PlanBody:
    """Return the plan with its places dropped, changed and added as wanted, numbered anew.

    Raises PlanError for an option that does not exist, minutes above the policy's cap, a place that is not in the
    plan, or a plan left without places.
    """
    wanted = {(edit.column, edit.row): edit for edit in edits}
    known = {(place.column, place.row) for place in body.places}
    if strangers := sorted(set(wanted) - known):
        raise PlanError(f"Cell {strangers[0]} is not in this plan; reload the page and edit again.")
    kept = [_changed(place, wanted[place.column, place.row]) for place in body.places if _kept(place, wanted)]
    kept.extend(
        place for place in added if (place.column, place.row) not in {(p.column, p.row) for p in kept}
    )
    if not kept:
        raise PlanError("A plan needs at least one place. To send nobody anywhere, reject the plan.")
    for place in kept:
        if place.total_minutes > cap_minutes:
            raise PlanError(
                f"{place.name} would get {place.total_minutes} minutes; the policy's cap is {cap_minutes} per shift."
            )
    places = tuple(replace(place, number=number) for number, place in enumerate(kept, start=1))
    return replace(body, places=places)


def _kept(place: Place, wanted: Mapping[tuple[int, int], PlaceEdit]) -> bool:
    edit = wanted.get((place.column, place.row))
    return edit is not None and edit.keep


def _changed(place: Place, edit: PlaceEdit) -> Place:
    if edit.option not in OPTIONS:
        raise PlanError(f"“{edit.option}” is not an option; choose one of {', '.join(OPTIONS)}.")
    if not (1 <= edit.visits <= 12 and 1 <= edit.minutes <= 60):
        raise PlanError(f"{place.name}: visits must be 1 to 12 and minutes 1 to 60.")
    return replace(place, option=edit.option, visits=edit.visits, minutes=edit.minutes)


def adds(before: PlanBody, after: PlanBody) -> bool:
    """Whether an edit adds anything: a place, a minute, a visit, or a harder option.

    Only an edit that adds nothing leaves its editor free to vote on it (promise 1).
    """
    earlier = {(place.column, place.row): place for place in before.places}
    return any(_more(earlier.get((place.column, place.row)), place) for place in after.places)


def _more(before: Place | None, after: Place) -> bool:
    if before is None:
        return True
    return (
        after.minutes > before.minutes
        or after.visits > before.visits
        or OPTIONS[after.option].softness > OPTIONS[before.option].softness
    )


def differences(before: PlanBody, after: PlanBody) -> tuple[str, ...]:
    """Say in plain words what an edit changed, without naming places (numbers are the earlier revision's)."""
    later = {(place.column, place.row): place for place in after.places}
    known = {(place.column, place.row) for place in before.places}
    said = [_difference(place, later.get((place.column, place.row))) for place in before.places]
    fresh = sum(1 for key in later if key not in known)
    return tuple(filter(None, [*said, f"{fresh} place{'s' if fresh > 1 else ''} added" if fresh else ""]))


def _difference(before: Place, after: Place | None) -> str:
    if after is None:
        return f"place {before.number} dropped"
    changes = []
    if after.option != before.option:
        changes.append(f"{before.option} to {after.option}")
    if (after.visits, after.minutes) != (before.visits, before.minutes):
        changes.append(f"{before.visits} x {before.minutes} to {after.visits} x {after.minutes} minutes")
    return f"place {before.number}: {', '.join(changes)}" if changes else ""
