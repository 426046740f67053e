"""A recipe beside its rivals on the same past windows, and the verdict that the figures carry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import numpy as np

from forecasting.core.backtest import Backtest, backtest_figures
from forecasting.core.pooling import Comparison, compare
from forecasting.core.recipe import BASELINE, Recipe, standard_recipe
from forecasting.core.recipe_words import on_the_grid_of
from forecasting.core.scoring import Estimate
from forecasting.core.windows import Window, training_windows

DRAFT = "draft"
"""What the recipe in question is called among its rivals."""
IN_FORCE = "in_force"
RIVALS = (BASELINE, "decayed", "kde")
LEAST_WINDOWS = 8
"""Fewer windows than this are no evidence, whatever their figures say."""
SEVERITY = ("pass", "caution", "insufficient", "fail")


class BakeoffVerdict(StrEnum):
    """What a bake-off says; the words are those a policy may list as blocking."""

    PASS = "pass"  # noqa: S105 - a verdict
    CAUTION = "caution"
    INSUFFICIENT = "insufficient"
    FAIL = "fail"


def contenders(recipe: Recipe, in_force: Recipe | None, *, delay_days: float) -> dict[str, Recipe]:
    """Return name -> recipe: the draft, all-history counts, decayed counts, kernel density, the recipe in force.

    All forecast the same cells and windows and know equally little: ``delay_days`` at least.
    """
    ours = replace(recipe, reporting_delay_days=max(recipe.reporting_delay_days, delay_days))
    rivals = {name: standard_recipe(name, recipe.categories) for name in RIVALS}
    if in_force is not None:
        rivals[IN_FORCE] = in_force
    return {DRAFT: ours} | {name: on_the_grid_of(each, ours) for name, each in rivals.items()}


def bakeoff_windows(known_until: int, days: int, count: int, timezone: str) -> tuple[Window, ...]:
    """Return ``count`` adjoining windows of ``days`` local days, the last of which ends at ``known_until`` (UTC s)."""
    return training_windows(known_until, days, count, 0, timezone)


def bakeoff_figures(backtest: Backtest, seed: int) -> dict[str, Any]:
    """Return the figures as plain data: each contender's own, and how the draft did against each of its rivals.

    ``paired[name]``: the draft's deviance skill and hit-rate gains against that rival on the same windows, with
    95 % intervals of a paired block bootstrap; above 0 the draft was better.
    """
    paired = {
        name: _comparison(compare(backtest.scores[DRAFT], scores, np.random.default_rng(seed)))
        for name, scores in backtest.scores.items()
        if name != DRAFT
    }
    return {"windows": len(backtest.windows), "models": backtest_figures(backtest), "paired": paired}


def _comparison(made: Comparison) -> dict[str, Any]:
    gains = {f"{share * 100:g}": _plain(gain) for share, gain in made.hit_rate.items()}
    return {"deviance_skill": _plain(made.skill), "hit_rate_gain": gains}


def _plain(estimate: Estimate) -> dict[str, float | None]:
    values = (estimate.value, estimate.low, estimate.high)
    numbers = [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]
    return dict(zip(("value", "low", "high"), numbers, strict=True))


def judge_bakeoff(figures: Mapping[str, Any], incidents: str) -> tuple[BakeoffVerdict, str]:
    """Return the verdict of one category's bake-off and the sentence that a reader sees.

    Pass: the paired interval of the skill against all-history counts lies above 0, and that against the recipe in
    force is not wholly below 0. Fail: it lies wholly below 0. A difference whose interval holds 0 is no win: caution.
    ``incidents``: what the category's incidents are called.
    """
    windows = int(figures["windows"])
    skill = figures["paired"][BASELINE]["deviance_skill"]
    if windows < LEAST_WINDOWS or skill["low"] is None:
        return (
            BakeoffVerdict.INSUFFICIENT,
            f"{incidents.capitalize()}: {windows} windows, fewer than the {LEAST_WINDOWS} that a verdict rests on.",
        )
    said = f"skill against all-history counts {interval_words(skill)} over {windows} windows"
    now = figures["paired"].get(IN_FORCE, {}).get("deviance_skill")
    worse_than_now = now is not None and now["high"] is not None and now["high"] < 0
    if skill["high"] < 0:
        return BakeoffVerdict.FAIL, f"{incidents.capitalize()}: worse than counting, {said}."
    if skill["low"] <= 0:
        return BakeoffVerdict.CAUTION, f"{incidents.capitalize()}: not a win inside the interval, {said}."
    if worse_than_now:
        return (
            BakeoffVerdict.CAUTION,
            f"{incidents.capitalize()}: better than counting, {said}, but worse than the recipe in force "
            f"({interval_words(now)}).",
        )
    return BakeoffVerdict.PASS, f"{incidents.capitalize()}: better than counting, {said}."


def interval_words(figure: Mapping[str, Any]) -> str:
    """Return a signed figure with its interval, as in "+0.12 [+0.03 to +0.20]"; "undefined" where there is none."""
    if figure.get("value") is None or figure.get("low") is None:
        return "undefined"
    return f"{figure['value']:+.3f} [{figure['low']:+.3f} to {figure['high']:+.3f}]"


def overall(verdicts: Collection[str]) -> str:
    """Return the verdict of all categories together: the gravest of them. Without any there is no evidence."""
    return max(verdicts, key=SEVERITY.index, default=BakeoffVerdict.INSUFFICIENT.value)


def overall_sentence(verdict: str, sentences: Sequence[str]) -> str:
    """Return one sentence for all categories, each with its own figures after it."""
    head = {
        "pass": "Better than counting in every category.",
        "caution": "Not shown to be better in every category.",
        "insufficient": "Too little to judge in at least one category.",
        "fail": "Worse than counting in at least one category.",
    }[verdict]
    return " ".join([head, *sentences])
