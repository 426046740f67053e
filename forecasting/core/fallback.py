"""The forecast by counts that stands in while something has drifted, and when it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from forecasting.core.recipe import BASELINE, Recipe, standard_recipe

Ending = Literal["clean", "policy", "recipe"]
"""Why a fallback ends: a later round of checks asks for none, the policy does not demand it, another recipe is used."""


def fallback_recipe(recipe: Recipe) -> Recipe:
    """Return the recipe by counts that stands in for an approved one.

    Same categories, cells, windows, interval and split to shifts; all-history counts per cell instead of its
    model, nothing learned but the city's level. It is a function of the approved recipe alone, so whoever approved
    that and a policy that demands the fallback has approved this: nobody chooses anything when it begins.
    """
    return replace(
        standard_recipe(BASELINE, recipe.categories),
        cell_metres=recipe.cell_metres,
        horizon_days=recipe.horizon_days,
        training_windows=recipe.training_windows,
        training_days=recipe.training_days,
        level_half_life_days=recipe.level_half_life_days,
        reporting_delay_days=recipe.reporting_delay_days,
        interval_level=recipe.interval_level,
        profile_days=recipe.profile_days,
        profile_strength=recipe.profile_strength,
    )


def ending(*, demanded: bool, still_due: bool, same_recipe: bool) -> Ending | None:
    """Say why a fallback ends now; None while it goes on.

    ``demanded``: the policy in force demands fallbacks; ``still_due``: the newest round of checks asks for one;
    ``same_recipe``: the approved recipe in force is the one it stands in for.
    """
    if not demanded:
        return "policy"
    if not same_recipe:
        return "recipe"
    return None if still_due else "clean"
