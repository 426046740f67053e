"""What the pages of recipes say: the list, one recipe with its way and its bake-off, the form of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.core.bakeoff import DRAFT, interval_words
from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import Recipe as RecipeBody
from forecasting.core.recipe import recipe_from_dict, standard_recipe
from forecasting.core.recipe_draft import HALF_LIFE, MODELS_OFFERED, PARAMETERS
from forecasting.core.recipe_states import OWNERS, WORDS, Actor, RecipeState, stations
from forecasting.core.recipe_words import (
    listed_categories,
    model_words,
    recipe_differences,
    recipe_lines,
    term_words,
)
from forecasting.core.wording import incidents_of
from forecasting.selectors.recipes import DISPARITY, Standing, recipes_in_force, standings_in
from governance.core.roles import Permission
from governance.core.verdicts import verdict_words
from governance.permissions import can
from governance.policy_making import said_at
from governance.selectors import open_permissions, policy_in_force
from governance.views.evidence import evidence_lines
from governance.views.policy_page import request_summary

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from forecasting.core.recipe_draft import Parameter
    from forecasting.models import Recipe, RecipeTrial
    from governance.models import Jurisdiction, User

RIVAL_WORDS = {
    "counts": "All-history counts (the baseline)",
    "decayed": "Decayed counts",
    "kde": "Kernel density",
    "in_force": "The recipe in force when it was evaluated",
}
NEXT = {
    Actor.ANALYST: "an analyst",
    Actor.SCHEDULER: "the schedule",
    Actor.AUDITS: "the audit, which the schedule runs, or an analyst where the policy asks for none",
    Actor.BOARD: "the public, then the board",
    Actor.NOBODY: "nobody",
}


@dataclass(frozen=True)
class Line:
    """One recipe in the list."""

    standing: Standing
    state: str
    about: str
    used_for: str


@dataclass(frozen=True)
class Rival:
    """One rival in a bake-off: how the draft did against it, window by window."""

    name: str
    skill: str
    gain: str
    remark: str
    deviance: str
    hits: str


@dataclass(frozen=True)
class Tried:
    """One category's bake-off; `ours`: the draft's own hits and deviance."""

    incidents: str
    verdict: str
    sentence: str
    windows: int
    ours: tuple[str, str]
    rivals: tuple[Rival, ...]
    report: str
    entry: int


@dataclass(frozen=True)
class Field:
    """One parameter of the form."""

    name: str
    parameter: Parameter
    text: str


def list_context(jurisdiction: Jurisdiction, by: User) -> dict[str, Any]:
    """Return every recipe and draft of a jurisdiction with where each stands."""
    used = recipes_in_force(jurisdiction)
    lines = [_line(each, used) for each in standings_in(jurisdiction)]
    allowed = policy_in_force(jurisdiction).terms.allowed_categories
    return {
        "jurisdiction": jurisdiction,
        "recipes": lines,
        "in_use": sum(bool(each.used_for) for each in lines),
        "uncovered": listed_categories([each for each in allowed if each not in used])
        if set(allowed) - set(used)
        else "",
        "may_draft": can(by, Permission.PROPOSE, jurisdiction),
    }


def _line(standing: Standing, used: Mapping[str, Recipe]) -> Line:
    return Line(
        standing, WORDS[standing.state], listed_categories(standing.categories), _used_for(standing, used)
    )


def _used_for(standing: Standing, used: Mapping[str, Recipe]) -> str:
    """The categories whose forecasts use a recipe now, "" for none."""
    mine = [category for category, row in used.items() if row.digest == standing.digest]
    return listed_categories(mine) if mine else ""


def recipe_context(standing: Standing, by: User) -> dict[str, Any]:
    """Return everything the page of one recipe shows to this person."""
    here, used = standing.jurisdiction, recipes_in_force(standing.jurisdiction)
    recipe = recipe_from_dict(standing.body)
    rival = _rival(standing, used)
    draft, retirement = standing.draft, standing.retirement
    said = said_at([row.ledger_index for row in (draft, retirement) if row is not None])
    return {
        "jurisdiction": here,
        "standing": standing,
        "title": standing.title,
        "state": WORDS[standing.state],
        "waits_for": NEXT[OWNERS[standing.state]],
        "is_final": OWNERS[standing.state] is Actor.NOBODY,
        "stations": stations(standing.facts),
        "model": model_words(recipe.model),
        "about": listed_categories(recipe.categories),
        "used_for": _used_for(standing, used),
        "lines": recipe_lines(recipe),
        "terms": term_words(recipe),
        "rival": rival,
        "differences": recipe_differences(recipe_from_dict(rival.body), recipe) if rival else (),
        "tried": [tried(each) for each in standing.trials],
        "to_try": len(standing.categories),
        "evidence": evidence_lines([standing.digest], here),
        "reason": said[draft.ledger_index] if draft else None,
        "why_retired": said[retirement.ledger_index] if retirement else None,
        "asked": request_summary(standing.request) if standing.request else None,
        **deeds(standing, by),
    }


def deeds(standing: Standing, by: User) -> dict[str, Any]:
    """Return what this person may do with a recipe now, by her permissions and by where it stands."""
    here, state = standing.jurisdiction, standing.state
    terms = policy_in_force(here).terms
    missing = [kind for kind in terms.required_evidence.get("recipe", ()) if kind not in standing.evidence]
    asks = any(can(by, each, here) for each in open_permissions("recipe"))
    runs = can(by, Permission.RUN_FORECASTS, here)
    ready = state in (RecipeState.EVALUATED, RecipeState.AUDITED)
    return {
        "may_order": runs and state is RecipeState.DRAFT,
        "may_propose": asks and ready and not missing,
        "missing": [each.replace("_", " ") for each in missing] if ready else [],
        "unaudited": ready and DISPARITY not in standing.evidence,
        "may_retire": state is RecipeState.ACTIVE and (runs or can(by, Permission.DECIDE_POLICY, here)),
        "least": terms.rationale_min_length,
        "days": terms.recipe_days,
        "comment_days": terms.comment_days,
    }


def _rival(standing: Standing, used: Mapping[str, Recipe]) -> Recipe | None:
    """The recipe in force for a category that this one is about, if it is another one."""
    found = (used[each] for each in standing.categories if each in used)
    return next((row for row in found if row.digest != standing.digest and row.body), None)


def tried(trial: RecipeTrial) -> Tried:
    """Return one category's bake-off in words and figures."""
    models = trial.figures.get("models", {})
    return Tried(
        incidents=incidents_of(trial.category),
        verdict=verdict_words(trial.verdict),
        sentence=trial.sentence,
        windows=trial.figures.get("windows", 0),
        ours=_own(models.get(DRAFT)),
        rivals=tuple(
            _against(name, paired, models[name])
            for name, paired in sorted(
                trial.figures.get("paired", {}).items(), key=lambda each: list(RIVAL_WORDS).index(each[0])
            )
        ),
        report=trial.report_digest,
        entry=trial.ledger_index,
    )


def _against(name: str, paired: Mapping[str, Any], figures: Mapping[str, Any]) -> Rival:
    hits, deviance = _own(figures)
    skill = paired["deviance_skill"]
    return Rival(
        name=RIVAL_WORDS[name],
        skill=interval_words(skill),
        gain=interval_words(paired["hit_rate_gain"].get("5", {})),
        remark=_remark(skill),
        deviance=deviance,
        hits=hits,
    )


def _remark(skill: Mapping[str, Any]) -> str:
    if skill.get("low") is None:
        return "cannot be compared"
    if skill["low"] > 0:
        return "better than this rival"
    return "worse than this rival" if skill["high"] < 0 else "not a win inside the interval"


def _own(figures: Mapping[str, Any] | None) -> tuple[str, str]:
    """Hit rate at 5 % of the area, and Poisson deviance a window, each with its interval."""
    if not figures:
        return "–", "–"
    hits, deviance = figures["hit_rate"]["5"], figures["deviance_per_window"]
    rate = f"{_with_interval(hits, 100, 1)} %, {hits['n']:,} of {hits['N']:,}"
    return (rate if hits["value"] is not None else "–", _with_interval(deviance, 1, 1))


def _with_interval(figure: Mapping[str, Any], scale: float, digits: int) -> str:
    values = [figure.get(name) for name in ("value", "low", "high")]
    if None in values:
        return "–"
    value, low, high = (f"{float(each) * scale:,.{digits}f}" for each in values if each is not None)
    return f"{value} [{low}–{high}]"


def form_context(
    jurisdiction: Jurisdiction, sent: Mapping[str, str] | None, chosen: Collection[str]
) -> dict[str, Any]:
    """Return the form of a draft: empty, it says what the recipe in force says."""
    terms, used = policy_in_force(jurisdiction).terms, recipes_in_force(jurisdiction)
    now = next((recipe_from_dict(row.body) for row in used.values() if row.body), None)
    base = now or standard_recipe("blend", tuple(terms.allowed_categories[:1]))
    shown = {name: f"{getattr(base, name):g}" for name in PARAMETERS} | dict(sent or {})
    model = shown.get("model", base.model if base.model in MODELS_OFFERED else "blend")
    return {
        "jurisdiction": jurisdiction,
        "shown": shown,
        "model": model,
        "models": list(MODELS_OFFERED.items()),
        "categories": [(each, incidents_of(each), each in chosen) for each in terms.allowed_categories],
        "fields": [Field(name, each, shown.get(name, "")) for name, each in PARAMETERS.items()],
        "half_life": HALF_LIFE,
        "half_lives": [(each, _half_lives(each, terms.allowed_categories)) for each in MODELS_OFFERED],
        "least": terms.rationale_min_length,
        "days": terms.recipe_days,
    }


def _half_lives(model: str, allowed: Sequence[str]) -> str:
    """The terms of a standard model that have a half-life, each with its own."""
    try:
        recipe = standard_recipe(model, tuple(allowed[:1]), related=allowed)
    except CannotForecast:
        return ""
    with_one = [each for each in recipe.terms if each.half_life_days is not None]
    return ", ".join(f"{each.name} {each.half_life_days:g}" for each in with_one)


def effect(jurisdiction: Jurisdiction, recipe: RecipeBody) -> dict[str, Any]:
    """Return what a draft would change in the recipe that is in force for its categories."""
    used = recipes_in_force(jurisdiction)
    rows = [used[each] for each in recipe.categories if each in used and used[each].body]
    return {
        "effect": recipe_differences(recipe_from_dict(rows[0].body), recipe) if rows else (),
        "effect_on": rows[0].name if rows else "",
        "effect_lines": recipe_lines(recipe),
        "looked": True,
    }
