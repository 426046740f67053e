"""What a policy may say: the terms that people adopt and the code obeys."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from governance.core.policy_terms import TERMS
from governance.core.stages import (
    DEFAULT_STAGES,
    Stage,
    StageError,
    read_stages,
    stages_of_quorums,
    write_stages,
)

HOURS_IN_DAY = 24
MOST_NAMES = 40  # of a list: a reader has to take it in
LONGEST_SENTENCE = 300
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
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
    fallback_on_drift: bool = False  # whether drift leads to forecasts by counts without anybody's decision
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
    objectives: tuple[str, ...] = ()  # what all of it is for; binds people
    prohibited_features: tuple[str, ...] = ("arrests", "stops", "race", "income")
    coverage_minimum: float = 0.0  # of the shift's expected incidents that a plan has to cover
    comment_days: int = 14  # for which a policy or a recipe is open to the public before the vote
    decision_days: int = 30  # from the end of the comment to the end of the request
    privacy_budget: float = 1.0  # epsilon in a year; binds people until a number is published with noise
    retention_days: int = 3_650  # of incidents; binds people


def _checked(terms: Terms) -> Terms:
    for name, words in TERMS.items():
        value = getattr(terms, name)
        if words.shape in ("number", "decimal", "share"):
            _check_number(name, value)
        elif words.shape == "words":
            _check_names(name, value)
        elif words.shape == "sentences":
            _check_sentences(name, value)
        elif words.shape == "choice" and not isinstance(value, bool):
            raise PolicyError(f"{words.label} ({name}) is yes or no (true or false); it is {value!r}.")
    _check_kinds("required_evidence", terms.required_evidence)
    _check_shifts(terms)
    _check_together(terms)
    return terms


def _check_number(name: str, value: object) -> None:
    words = TERMS[name]
    wanted = int | float if words.shape in ("decimal", "share") else int
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise PolicyError(f"{words.label} ({name}) must be a number; it is {value!r}.")
    if not words.low <= value <= words.high:
        raise PolicyError(
            f"{words.label} ({name}) must lie between {words.low:,.10g} and {words.high:,.10g}; it is {value:,.10g}."
        )


def _check_names(name: str, values: object) -> None:
    if not isinstance(values, tuple) or not all(isinstance(each, str) for each in values):
        raise PolicyError(f"{TERMS[name].label} ({name}) must be a list of names; it is {values!r}.")
    if wrong := [each for each in values if not NAME.fullmatch(each)]:
        raise PolicyError(
            f"{TERMS[name].label} ({name}): write a name in small letters, digits and underscores, at most 60 of "
            f"them; {wrong[0][:80]!r} is none."
        )
    if len(set(values)) < len(values) or len(values) > MOST_NAMES:
        raise PolicyError(
            f"{TERMS[name].label} ({name}) may name each thing once, and at most {MOST_NAMES} things."
        )


def _check_sentences(name: str, values: object) -> None:
    if not isinstance(values, tuple) or not all(isinstance(each, str) for each in values):
        raise PolicyError(f"{TERMS[name].label} ({name}) must be a list of sentences; it is {values!r}.")
    if len(values) > MOST_NAMES or any(len(each) > LONGEST_SENTENCE for each in values):
        raise PolicyError(
            f"{TERMS[name].label} ({name}) may hold {MOST_NAMES} sentences of {LONGEST_SENTENCE} characters."
        )
    if not all(each.strip() and each.isprintable() for each in values):
        raise PolicyError(f"{TERMS[name].label} ({name}) holds a sentence that is empty or cannot be shown.")


def _check_kinds(name: str, values: object) -> None:
    if not isinstance(values, Mapping):
        raise PolicyError(f"{TERMS[name].label} ({name}) goes by kind of request; it is {values!r}.")
    _check_names(name, tuple(values))
    for value in values.values():
        _check_names(name, value)


def _check_shifts(terms: Terms) -> None:
    for shift in terms.shifts:
        _check_names("shifts", (shift.name,))
        hours = (shift.start_hour, shift.end_hour)
        if any(type(each) is not int or not 0 <= each <= HOURS_IN_DAY for each in hours):
            raise PolicyError(f"The shift “{shift.name}” must begin and end at a whole hour from 0 to 24.")
    known = {shift.name for shift in terms.shifts}
    if extra := set(terms.plan_shifts) - known:
        raise PolicyError(f"plan_shifts names {sorted(extra)}; the shifts are {sorted(known)}.")
    if sum(shift.hours() for shift in terms.shifts) != HOURS_IN_DAY or len(known) < len(terms.shifts):
        raise PolicyError("The shifts must cover the 24 hours of a day once, each under its own name.")


def _check_together(terms: Terms) -> None:
    if 0 < terms.suppress_below < LEAST_SUPPRESSED:
        raise PolicyError(f"suppress_below must be 0 (nothing hidden) or at least {LEAST_SUPPRESSED}.")
    if extra := set(terms.plan_categories) - set(terms.allowed_categories):
        raise PolicyError(f"plan_categories names {sorted(extra)}, which allowed_categories does not allow.")
    if not terms.plan_categories:
        raise PolicyError("plan_categories is empty: name at least one category that plans are about.")


def read_terms(data: Mapping[str, Any]) -> Terms:
    """Build checked terms from plain data (JSON); raises PolicyError naming the first bad term."""
    data, known = _in_stages(data), {item.name for item in fields(Terms)}
    if unknown := sorted(set(data) - known):
        raise PolicyError(f"A policy cannot say {unknown[0]!r}; it may say: {', '.join(sorted(known))}.")
    try:
        values = {name: _read(name, value) for name, value in data.items()}
        return _checked(Terms(**values))
    except (TypeError, AttributeError) as problem:
        raise PolicyError(f"The policy cannot be read: {problem}.") from problem


def _read(name: str, value: Any) -> Any:
    if name == "shifts":
        return tuple(Shift(**shift) for shift in value)
    if name == "required_evidence":
        return {kind: tuple(kinds) for kind, kinds in value.items()}
    if name == "stages":
        return _stages(value)
    return tuple(value) if isinstance(value, list) else value


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
