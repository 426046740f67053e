"""What an edit does to a plan: what it may change, whether it adds, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from forecasting.core.plan_body import Place, PlanBody
from forecasting.core.prevention import OPTIONS
from governance.core.policy import Terms
from governance.core.refusals import Reason, Refused


class PlanError(ValueError):
    """An edit that cannot be made, with a sentence that says which place and why."""


@dataclass(frozen=True)
class PlaceEdit:
    """What an editor wants of one place; `keep` False drops it."""

    column: int
    row: int
    keep: bool
    option: str
    visits: int
    minutes: int


def changed_body(
    before: PlanBody, edits: Sequence[PlaceEdit], added: Sequence[Place] = (), *, terms: Terms
) -> PlanBody:
    """Return the plan as edited within the policy's terms, with what it would cover: shares of incidents, 0 to 1.

    What is covered changes as the sum of expected incidents does, interval and all. Raises Refused(BAD_INPUT |
    OUTSIDE_POLICY); the page asks the same before anything is saved.
    """
    try:
        after = edit_places(before, edits, added, terms.dosage_cap_minutes)
    except PlanError as problem:
        raise Refused(Reason.BAD_INPUT, f"{problem} Nothing was changed.") from problem
    if after.hours > before.hours_available:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"This would take {after.hours:.1f} hours; the policy gives {before.hours_available:g}. "
            "Nothing was changed.",
        )
    if len(after.places) > max(terms.max_places, len(before.places)):
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"This would take {len(after.places)} places; the policy gives at most {terms.max_places} places "
            "to one plan. Nothing was changed.",
        )
    expected = sum(place.expected for place in after.places)
    whole = sum(place.expected for place in before.places)
    ratio = expected / whole if whole else 0.0
    value, low, high = (float(f"{part * ratio:.6g}") for part in before.covered)
    if value < min(terms.coverage_minimum, before.covered[0]):
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"This would cover {value:.0%} of the shift’s expected incidents; the policy asks for "
            f"{terms.coverage_minimum:.0%} at least. To send nobody anywhere, reject the plan. Nothing was changed.",
        )
    return replace(after, covered=(value, low, high))


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
