"""What a policy may say: the terms that people adopt and the code obeys."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from governance.core.stages import (
    DEFAULT_STAGES,
    Stage,
    StageError,
    read_stages,
    stages_of_quorums,
    write_stages,
)

HOURS_IN_DAY = 24
LEAST_SUPPRESSED = 3  # hiding only a 1 hides nothing: whatever is hidden is that 1


class PolicyError(ValueError):
    """A term that is missing, unknown or out of range, with a sentence that says which."""


@dataclass(frozen=True)
class Shift:
    """A named part of the day, in local hours; an end at or before the start lies on the next day."""

    name: str
    start_hour: int
    end_hour: int

    def hours(self) -> int:
        """Length in whole hours, 1 to 24."""
        return (self.end_hour - self.start_hour - 1) % HOURS_IN_DAY + 1


DEFAULT_SHIFTS = (Shift("day", 6, 14), Shift("evening", 14, 22), Shift("night", 22, 6))


@dataclass(frozen=True)
class Terms:
    """One policy version as data. Every field has a meaning that a board can vote on."""

    plan_categories: tuple[str, ...]  # what plans are about
    allowed_categories: tuple[str, ...]  # what may be forecast at all
    shifts: tuple[Shift, ...] = DEFAULT_SHIFTS
    plan_shifts: tuple[str, ...] = ("night",)  # shifts for which plans are proposed
    hours_per_plan: float = 8.0  # officer hours one plan may use
    visit_minutes: int = 12  # length of one stop (Koper 1995: 10 to 16 minutes)
    visits_per_shift: int = 3
    dosage_cap_minutes: int = 60  # most minutes per place and shift
    max_places: int = 12
    flag_share: float = 0.05  # share of the city's area flagged in a run
    disparity_ratio_max: float = 1.25  # a group's targeting rate against all residents'
    minimum_residents: int = 500  # below it a group cannot be judged
    audit_groups: tuple[str, ...] = ()  # empty: every group that has counts
    blocking_verdicts: tuple[str, ...] = ("fail",)
    required_evidence: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"plan": ("plan_disparity",), "policy": (), "recipe": ()}
    )
    stages: Mapping[str, tuple[Stage, ...]] = field(default_factory=lambda: dict(DEFAULT_STAGES))
    override_quorum: int = 2  # board members who together may set a failed audit aside
    publication_delay_hours: int = 720
    suppress_below: int = 5
    approval_hours: int = 12
    recipe_days: int = 90
    rationale_min_length: int = 20
    complaint_days: int = 30  # by when a complaint is answered
    complaint_retention_days: int = 30  # how long after that a way to reach somebody is kept


def _checked(terms: Terms) -> Terms:
    ranges = {
        "hours_per_plan": (0.5, 500),
        "visit_minutes": (1, 60),
        "visits_per_shift": (1, 12),
        "dosage_cap_minutes": (1, 480),
        "max_places": (1, 60),
        "flag_share": (0.001, 0.5),
        "disparity_ratio_max": (1.0, 10.0),
        "minimum_residents": (0, 1_000_000),
        "publication_delay_hours": (0, 24 * 366),
        "suppress_below": (0, 100),
        "approval_hours": (1, 24 * 31),
        "recipe_days": (1, 366),
        "rationale_min_length": (20, 1000),
        "override_quorum": (1, 20),
        "complaint_days": (1, 366),
        "complaint_retention_days": (0, 366),
    }
    for name, (low, high) in ranges.items():
        value = getattr(terms, name)
        if not low <= value <= high:
            raise PolicyError(f"{name} must lie between {low} and {high}; it is {value}.")
    if 0 < terms.suppress_below < LEAST_SUPPRESSED:
        raise PolicyError(f"suppress_below must be 0 (nothing hidden) or at least {LEAST_SUPPRESSED}.")
    if extra := set(terms.plan_categories) - set(terms.allowed_categories):
        raise PolicyError(f"plan_categories names {sorted(extra)}, which allowed_categories does not allow.")
    if not terms.plan_categories:
        raise PolicyError("plan_categories is empty: name at least one category that plans are about.")
    known = {shift.name for shift in terms.shifts}
    if extra := set(terms.plan_shifts) - known:
        raise PolicyError(f"plan_shifts names {sorted(extra)}; the shifts are {sorted(known)}.")
    if sum(shift.hours() for shift in terms.shifts) != HOURS_IN_DAY:
        raise PolicyError("The shifts must cover the 24 hours of a day once.")
    return terms


def read_terms(data: Mapping[str, Any]) -> Terms:
    """Build checked terms from plain data (JSON); raises PolicyError naming the first bad term."""
    data, known = _in_stages(data), {item.name for item in fields(Terms)}
    if unknown := sorted(set(data) - known):
        raise PolicyError(f"A policy cannot say {unknown[0]!r}; it may say: {', '.join(sorted(known))}.")
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name == "shifts":
            values[name] = tuple(Shift(**shift) for shift in value)
        elif name == "required_evidence":
            values[name] = {kind: tuple(kinds) for kind, kinds in value.items()}
        elif name == "stages":
            values[name] = _stages(value)
        else:
            values[name] = tuple(value) if isinstance(value, list | tuple) else value
    try:
        return _checked(Terms(**values))
    except TypeError as problem:
        raise PolicyError(f"The policy cannot be read: {problem}.") from problem


def _in_stages(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read what a policy adopted before there were stages called `quorum`; nothing writes that word any more."""
    if "quorum" not in data or "stages" in data:
        return data
    rest = {name: value for name, value in data.items() if name != "quorum"}
    return {**rest, "stages": stages_of_quorums(data["quorum"])}


def _stages(value: Mapping[str, Any]) -> dict[str, tuple[Stage, ...]]:
    try:
        return {**DEFAULT_STAGES, **read_stages(value)}
    except StageError as problem:
        raise PolicyError(str(problem)) from problem


def write_terms(terms: Terms) -> dict[str, Any]:
    """Plain data of the terms, fit for JSON; `read_terms` reads it back."""
    data = asdict(terms)
    data["shifts"] = [asdict(shift) for shift in terms.shifts]
    data["stages"] = write_stages(terms.stages)
    data["required_evidence"] = {kind: list(kinds) for kind, kinds in terms.required_evidence.items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}
