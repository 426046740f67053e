"""A model card from a recipe and the figures of its own evaluation and runs (Mitchell et al. 2019, sections 1 to 9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forecasting.core.recipe import Recipe
from forecasting.core.recipe_words import listed_categories, model_words, recipe_lines, term_words
from forecasting.core.scorecard import BASELINE, FORECAST
from forecasting.core.scoring import Estimate, wilson_interval

FORMAT = "lamplight-model-card/1"
INTENDED = (
    "Expected incidents per place and shift in the coming window, for people who decide where prevention goes. "
    "A forecast sends nobody anywhere: every plan made from it needs a supervisor’s reasoned approval."
)
NOT_FOR = (
    "Scores, lists or predictions about persons: no field of the data is about one.",
    "Evidence against anybody who is, lives or works in a flagged place.",
    "Stops, searches or arrests: that a place is flagged is no suspicion.",
    "Categories, places or windows other than those it was evaluated and approved for.",
)
LIMITS = (
    "It learns from incidents that were reported or recorded; what is not reported does not exist for it.",
    "Where reporting differs between neighbourhoods, its figures differ with it; audits measure for whom.",
    "It says where more is to be expected, not why, and not what would happen if somebody intervened.",
    "Neighbouring places are alike: intervals are stated for districts and the city, and a single place’s rank "
    "is uncertain.",
)


@dataclass(frozen=True)
class CardSource:
    """What the card of one recipe is made from, all of it recorded before.

    ``trials``: one mapping a category with ``category``, ``verdict``, ``sentence``, ``figures`` (of the bake-off),
    ``report``; ``scores``: one a scored window with ``category``, ``window_start``, ``window_end``, ``standing``,
    ``figures``, ``digest``, oldest first; ``approval``: request, state, approvers and moments as text; ``digests``:
    what names what.
    """

    title: str
    jurisdiction: str
    recipe: Recipe
    digest: str
    state: str
    data: Mapping[str, Any]
    trials: Sequence[Mapping[str, Any]] = ()
    scores: Sequence[Mapping[str, Any]] = ()
    evidence: Sequence[Mapping[str, Any]] = ()
    approval: Mapping[str, Any] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


def model_card(source: CardSource) -> dict[str, Any]:
    """Return the card as plain data, fit for JSON; what was never measured is None or an empty list, never guessed."""
    recipe = source.recipe
    return {
        "format": FORMAT,
        "title": source.title,
        "jurisdiction": source.jurisdiction,
        "digest": source.digest,
        "state": source.state,
        "about": listed_categories(recipe.categories),
        "intended_use": INTENDED,
        "not_for": list(NOT_FOR),
        "data": dict(source.data),
        "method": {
            "model": model_words(recipe.model),
            "parameters": {line.label: line.said for line in recipe_lines(recipe)},
            "factors": {line.label: line.said for line in term_words(recipe)},
            "explanation": "Each forecast is exactly the product of these factors; the error is checked on every run.",
        },
        "evaluation": [_evaluated(each) for each in source.trials],
        "scores": scores_by_category(source.scores),
        "calibration": calibration(source.scores, source.trials, recipe.interval_level),
        "audits": [dict(each) for each in source.evidence],
        "limits": list(LIMITS),
        "approval": dict(source.approval),
        "digests": dict(source.digests),
    }


def _evaluated(trial: Mapping[str, Any]) -> dict[str, Any]:
    figures = trial["figures"]
    return {
        "category": trial["category"],
        "verdict": trial["verdict"],
        "sentence": trial["sentence"],
        "windows": figures.get("windows", 0),
        "models": figures.get("models", {}),
        "paired": figures.get("paired", {}),
        "report": trial["report"],
    }


def scores_by_category(scores: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return, a category, its scored windows in the order given and their pooled hit rates at 5 % of the area.

    Rates carry their Wilson 95 % interval and ``n`` of ``N``, beside those of counting past reports alone.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for score in scores:
        found.setdefault(score["category"], []).append(score)
    return [
        {
            "category": category,
            "windows": [_window(each) for each in rows],
            "pooled": {
                "hit_rate_5": _pooled(rows, FORECAST, "hit_rate_5"),
                "hit_rate_5_counting": _pooled(rows, BASELINE, "hit_rate_5"),
            },
        }
        for category, rows in sorted(found.items())
    ]


def _window(score: Mapping[str, Any]) -> dict[str, Any]:
    ours, theirs = score["figures"][FORECAST], score["figures"][BASELINE]
    return {
        "start": score["window_start"],
        "end": score["window_end"],
        "standing": score["standing"],
        "hit_rate_5": ours.get("hit_rate_5"),
        "hit_rate_5_counting": theirs.get("hit_rate_5"),
        "skill": ours.get("skill"),
        "districts_in_interval": ours.get("districts_in_interval"),
        "digest": score["digest"],
    }


def calibration(
    scores: Sequence[Mapping[str, Any]], trials: Sequence[Mapping[str, Any]], level: float
) -> dict[str, Any]:
    """Return how often the interval held in districts: in forecasts that were scored, and in the evaluation.

    ``nominal`` is the level that was promised. Each is ``n`` of ``N`` with its Wilson 95 % interval, None without any.
    """
    held = [score["figures"][FORECAST].get("districts_in_interval") for score in scores]
    tried = [
        trial["figures"]["models"]["draft"]["districts_in_interval"]
        for trial in trials
        if "draft" in trial["figures"].get("models", {})
    ]
    return {"nominal": level, "scored": _sum(held), "evaluated": _sum(tried)}


def _pooled(rows: Sequence[Mapping[str, Any]], method: str, metric: str) -> dict[str, Any] | None:
    return _sum([row["figures"][method].get(metric) for row in rows])


def _sum(figures: Iterable[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    known = [each for each in figures if each and each.get("N")]
    n, total = sum(int(each["n"]) for each in known), sum(int(each["N"]) for each in known)
    return {"n": n, "N": total, **_rounded(wilson_interval(n, total))} if total else None


def _rounded(estimate: Estimate) -> dict[str, float]:
    return {name: float(f"{getattr(estimate, name):.6g}") for name in ("value", "low", "high")}
