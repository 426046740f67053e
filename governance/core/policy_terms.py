"""What each term of a policy is called, what it counts, what it means, and whether code or people keep to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from governance.core.roles import PERMISSION_LABELS, Permission

CODE, PEOPLE = "code", "people"


@dataclass(frozen=True)
class TermWords:
    """One row of the table.

    `limit` goes before a number ("at most", "at least") and `unit` after it. `shape` says how a value is written
    in a form: number, decimal, share (a part of 1), words (a list of names), sentences, shifts, counts (a number for
    each kind of request), lists (names for each kind of request) or choice (yes or no). `binds` says whether code
    obeys the term or people have to.
    """

    label: str
    unit: str
    meaning: str
    shape: str
    limit: str = ""
    low: float = 0
    high: float = 0
    binds: str = CODE
    empty: str = "none"  # what an empty list says

    @property
    def by_code(self) -> bool:
        """Whether the code keeps to it, whoever works with it."""
        return self.binds == CODE


TERMS: Mapping[str, TermWords] = MappingProxyType(
    {
        "objectives": TermWords(
            "Objectives",
            "sentences",
            "What forecasts and plans are for; votes and audits are held against them.",
            "sentences",
            binds=PEOPLE,
        ),
        "allowed_categories": TermWords(
            "Categories that may be forecast",
            "categories of incidents",
            "No forecast of any other category is issued.",
            "words",
        ),
        "plan_categories": TermWords(
            "Categories that plans are about",
            "categories of incidents",
            "Plans are proposed for these alone; each must be one that may be forecast.",
            "words",
        ),
        "prohibited_features": TermWords(
            "Prohibited features",
            "names of a recipe’s ingredients",
            "A recipe with one of these is neither adopted nor used for a forecast or a test of models.",
            "words",
        ),
        "shifts": TermWords(
            "Shifts", "hours of the day", "How a day is divided; together they cover it once.", "shifts"
        ),
        "plan_shifts": TermWords(
            "Shifts that plans are made for",
            "names of shifts",
            "For other shifts nothing is proposed.",
            "words",
        ),
        "hours_per_plan": TermWords(
            "Officer hours in a plan",
            "hours",
            "A plan uses no more than this.",
            "decimal",
            "at most",
            0.5,
            500,
        ),
        "visit_minutes": TermWords(
            "Length of one stop", "minutes", "Koper (1995) found 10 to 16 minutes best.", "number", "", 1, 60
        ),
        "visits_per_shift": TermWords(
            "Stops at one place in a shift", "stops", "What a plan proposes for a place.", "number", "", 1, 12
        ),
        "dosage_cap_minutes": TermWords(
            "Minutes at one place in a shift",
            "minutes",
            "No plan, and no edit of one, spends more time at a place.",
            "number",
            "at most",
            1,
            480,
        ),
        "max_places": TermWords(
            "Places in a plan", "", "A plan names no more places than this.", "number", "at most", 1, 60
        ),
        "coverage_minimum": TermWords(
            "Incidents a plan must be expected to cover",
            "of the shift’s incidents",
            "No plan expected to cover less is proposed, and no edit leaves less: it would send people out for too "
            "little. 0 % asks nothing.",
            "share",
            "at least",
            0,
            0.95,
        ),
        "flag_share": TermWords(
            "Area that a forecast flags",
            "of the city’s area",
            "What audits and scores of a forecast look at.",
            "share",
            "",
            0.001,
            0.5,
        ),
        "fallback_on_drift": TermWords(
            "Forecasts by counts when something drifts",
            "",
            "Yes: where the drift checks ask for it, forecasts of the category go by counting past reports alone until "
            "a later round is clean. No: people are told and decide.",
            "choice",
        ),
        "disparity_ratio_max": TermWords(
            "Disparity that an audit lets pass",
            "times all residents’ rate",
            "A group targeted more often than this fails the audit; 1 means exactly as often as everybody.",
            "decimal",
            "at most",
            1,
            10,
        ),
        "minimum_residents": TermWords(
            "Residents needed to judge a group",
            "residents",
            "With fewer the audit says that there is too little evidence.",
            "number",
            "at least",
            0,
            1_000_000,
        ),
        "audit_groups": TermWords(
            "Groups that audits look at",
            "names of groups",
            "The others are not judged.",
            "words",
            empty="every group that has counts",
        ),
        "required_evidence": TermWords(
            "Evidence needed before approval",
            "kinds of audit, for each kind of request",
            "Without it nobody can approve.",
            "lists",
        ),
        "blocking_verdicts": TermWords(
            "Verdicts that block approval",
            "verdicts of audits",
            "Needed evidence with one of these blocks.",
            "words",
        ),
        "stages": TermWords(
            "Who has to approve",
            "stages, for each kind of request",
            "So many different people have to approve, none of them an author; where there are several stages, one "
            "after the other.",
            "stages",
        ),
        "override_quorum": TermWords(
            "Board members who may set a failed audit aside",
            "people",
            "They say so together, with reasons that are public.",
            "number",
            "at least",
            1,
            20,
        ),
        "comment_days": TermWords(
            "Public comment before a vote",
            "days",
            "Proposed policies and recipes stay open to everybody so long, and every comment is answered before the "
            "vote. 0 asks nobody.",
            "number",
            "",
            0,
            90,
        ),
        "decision_days": TermWords(
            "Time to decide after the comment",
            "days",
            "A proposed policy that is not decided and adopted by then expires.",
            "number",
            "at most",
            1,
            90,
        ),
        "rationale_min_length": TermWords(
            "Length of a reason",
            "characters",
            "A vote with less is not taken.",
            "number",
            "at least",
            20,
            1000,
        ),
        "approval_hours": TermWords(
            "Time to decide a plan",
            "hours",
            "A plan nobody decided by then, or by the start of its shift, expires.",
            "number",
            "at most",
            1,
            744,
        ),
        "recipe_days": TermWords(
            "Life of an approved recipe",
            "days",
            "Then people have to agree to it again.",
            "number",
            "at most",
            1,
            366,
        ),
        "publication_delay_hours": TermWords(
            "Wait before publication",
            "hours after a week’s end",
            "Nothing about a week is public before.",
            "number",
            "at least",
            0,
            8784,
        ),
        "suppress_below": TermWords(
            "Counts that are hidden",
            "incidents in an area",
            "A public count below this is hidden, except 0. 0 hides nothing.",
            "number",
            "below",
            0,
            100,
        ),
        "complaint_days": TermWords(
            "Time to answer a complaint",
            "days",
            "By then whoever complained has a reasoned answer.",
            "number",
            "at most",
            1,
            366,
        ),
        "complaint_retention_days": TermWords(
            "How long a complaint’s way of reaching somebody is kept",
            "days after the answer",
            "Then it is deleted.",
            "number",
            "at most",
            0,
            366,
        ),
        "privacy_budget": TermWords(
            "Privacy loss of published numbers",
            "epsilon in a year",
            "Whoever publishes numbers with random noise may spend no more. No number is published with noise yet.",
            "decimal",
            "at most",
            0,
            20,
            PEOPLE,
        ),
        "retention_days": TermWords(
            "How long incidents are kept",
            "days",
            "Whoever keeps the database deletes older ones; the record itself is never deleted.",
            "number",
            "at most",
            365,
            36_525,
            PEOPLE,
        ),
    }
)
"""Every term of a policy, in the order in which a reader meets them."""


PARTS: Mapping[str, str] = MappingProxyType(
    {
        "objectives": "What it is for, and what is forecast",
        "shifts": "What a plan may ask of a place",
        "flag_share": "What audits hold it against",
        "required_evidence": "Who decides, and how",
        "publication_delay_hours": "What is published, answered and kept",
    }
)
"""The term with which a part of the table begins -> the heading of that part."""


def listed(names: object) -> str:
    """Names as people read them: commas between, underscores as spaces; "none" for no name at all."""
    words = [str(each).replace("_", " ") for each in names] if isinstance(names, list | tuple | set) else []
    return ", ".join(words) or "none"


def in_words(name: str, value: object) -> str:
    """A value of a term (as `write_terms` writes it) in words, such as "at most 12" or "robbery, vandalism"."""
    words = TERMS[name]
    if words.shape == "shifts" and isinstance(value, list):
        return "; ".join(f"{s['name']} {s['start_hour']:02d}:00 to {s['end_hour']:02d}:00" for s in value)
    if words.shape == "stages" and isinstance(value, Mapping):
        return "; ".join(f"{_plain(kind)}: {_stages(rows)}" for kind, rows in sorted(value.items())) or "none"
    if isinstance(value, Mapping):
        said = [f"{kind.replace('_', ' ')}: {_one(part)}" for kind, part in sorted(value.items())]
        return "; ".join(said) or "none"
    if words.shape == "sentences" and isinstance(value, list):
        return " ".join(str(each) for each in value) or "none"
    if isinstance(value, list):
        return listed(value) if value else words.empty
    return " ".join(part for part in (words.limit, _amount(words, value), words.unit) if part)


def _plain(word: object) -> str:
    return str(word).replace("_", " ")


def _stages(rows: Sequence[Mapping[str, Any]]) -> str:
    """The stages of one kind of request in words, such as "2 people who may vote on policies and recipes"."""
    return ", then ".join(_stage(row) for row in rows)


def _stage(row: Mapping[str, Any]) -> str:
    may = PERMISSION_LABELS[Permission(row["permission"])]
    apart = f", none of them counted in {listed(row['disjoint_from'])}" if row["disjoint_from"] else ""
    return f"{row['quorum']} {'person' if row['quorum'] == 1 else 'people'} who may {may}{apart}"


def _one(part: object) -> str:
    return listed(part) if isinstance(part, list) else str(part)


def _amount(words: TermWords, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    if words.shape == "share":
        return f"{value * 100:g} %"
    return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
