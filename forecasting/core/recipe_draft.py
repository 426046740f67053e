"""What an analyst may draft: a named standard model, categories, and parameters inside their ranges."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from forecasting.core.limits import CannotForecast
from forecasting.core.recipe import MODELS, Recipe, Term, standard_recipe
from forecasting.core.taxonomy import check_may_forecast
from governance.core.refusals import Reason, Refused


@dataclass(frozen=True)
class Parameter:
    """A number of a recipe that a draft may change: its name for people, unit, range and meaning."""

    label: str
    unit: str
    low: float
    high: float
    meaning: str
    whole: bool = True


_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "blend": "log-linear blend: counts and densities of past incidents, weighted by what past windows teach",
        "boosted": "boosted trees on the same ingredients as the log-linear blend",
        "glm": "Poisson regression on counts of several spans and on densities",
        "decayed": "decayed counts: recent incidents count more than old ones",
        "kde": "kernel density: past incidents spread over their surroundings",
        "counts": "all-history counts: every past incident counts one",
    }
)
MODELS_OFFERED: Mapping[str, str] = MappingProxyType(
    {name: words for name, words in _WORDS.items() if name in MODELS}
)
"""Models that may be drafted, in plain words. Every other one is a comparator, made for backtests only."""

PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "cell_metres": Parameter("Side of a cell", "metres", 50, 1000, "How large a place is.", whole=False),
        "horizon_days": Parameter("Length of a forecast", "days", 1, 28, "How long one window lasts."),
        "training_windows": Parameter(
            "Training windows", "windows", 3, 52, "How many past windows teach the weights."
        ),
        "training_days": Parameter("Length of a training window", "days", 7, 56, "How long each of them is."),
        "ridge": Parameter(
            "Penalty on weights", "", 0.01, 1000, "The larger, the closer they stay to 0.", False
        ),
        "level_half_life_days": Parameter(
            "Half-life of the city’s level", "days", 7, 365, "How recent the weeks are that fix it.", False
        ),
        "reporting_delay_days": Parameter(
            "Reporting delay", "days", 0, 28, "Incidents younger than this are not yet known.", False
        ),
        "interval_level": Parameter(
            "Level of the interval", "", 0.5, 0.99, "How often it should hold.", False
        ),
        "profile_days": Parameter("Days behind the split to shifts", "days", 28, 3650, "Incidents used."),
        "profile_strength": Parameter(
            "Strength of the city’s profile",
            "incidents",
            1,
            100_000,
            "A district with less leans on it.",
            False,
        ),
    }
)
"""Name of a recipe's field -> what a draft may change it to."""
HALF_LIFE = Parameter("Half-life", "days", 7, 7300, "After this time an incident counts half.", whole=False)


def drafted_recipe(
    model: str,
    categories: Collection[str],
    *,
    related: Collection[str],
    changes: Mapping[str, float],
    half_lives: Mapping[str, float],
    version: int = 1,
) -> Recipe:
    """Return a named standard model with changed parameters.

    ``related``: other categories whose incidents it may learn from; ``changes``: field of `PARAMETERS` -> value;
    ``half_lives``: name of a term -> days. Raises CannotForecast (``bad_recipe``) naming the first thing that
    cannot be, and Refused(OUTSIDE_POLICY) for a model made for backtests only.
    """
    check_offered(model)
    recipe = standard_recipe(model, tuple(sorted(set(categories))), related=related, version=version)
    values: dict[str, Any] = {
        name: _in_range(name, _parameter(name), value) for name, value in changes.items()
    }
    terms = {term.name: term for term in recipe.terms}
    for name, days in half_lives.items():
        if name not in terms or terms[name].half_life_days is None:
            raise CannotForecast("bad_recipe", f"The model “{model}” has no term {name!r} with a half-life.")
        terms[name] = replace(terms[name], half_life_days=_in_range(name, HALF_LIFE, days))
    return replace(recipe, terms=tuple(terms.values()), **values)


def check_offered(model: str) -> None:
    """Refuse a model that is made for backtests only, and one nobody knows. Raises Refused(OUTSIDE_POLICY)."""
    if model not in MODELS_OFFERED:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"“{model}” is not a model that forecasts may be made with: comparators run in backtests only, and their "
            f"forecasts cannot be explained exactly. Choose one of {', '.join(MODELS_OFFERED)}.",
        )


def check_releasable(recipe: Recipe, allowed: Collection[str]) -> None:
    """Refuse a recipe that is not a standard model with parameters in their ranges, about allowed categories.

    ``allowed``: what the policy lets be forecast. Raises CannotForecast (``bad_recipe``) and
    Refused(NOT_FOUND | OUTSIDE_POLICY).
    """
    check_offered(recipe.model)
    if not recipe.categories:
        raise CannotForecast("bad_recipe", "A recipe is about one category at least; name it.")
    for category in sorted({*recipe.categories, *(term.category for term in recipe.terms if term.category)}):
        check_may_forecast(category, allowed)
        if category not in allowed:
            raise Refused(
                Reason.OUTSIDE_POLICY,
                f"The policy in force does not allow forecasts that rest on {category.replace('_', ' ')}. Leave it "
                "out, or propose a policy that allows it.",
            )
    for name, parameter in PARAMETERS.items():
        _in_range(name, parameter, getattr(recipe, name))
    _check_standard(recipe, allowed)


def _check_standard(recipe: Recipe, allowed: Collection[str]) -> None:
    """Refuse what differs from the standard model in anything but parameters and the terms' lengths."""
    standard = standard_recipe(recipe.model, recipe.categories, related=allowed)
    ours, theirs = (_fixed(each) for each in (recipe, standard))
    if wrong := sorted(name for name in theirs if ours[name] != theirs[name]):
        raise CannotForecast(
            "bad_recipe",
            f"This is not the standard model “{recipe.model}”: its {', '.join(wrong)} differ. Draft it from the model "
            "and its parameters.",
        )
    known = {term.name: _kind(term) for term in standard.terms}
    for term in recipe.terms:
        if known.get(term.name) != _kind(term):
            raise CannotForecast("bad_recipe", f"The model “{recipe.model}” has no term {term.name!r}.")
        if term.half_life_days is not None:
            _in_range(term.name, HALF_LIFE, term.half_life_days)


def _fixed(recipe: Recipe) -> dict[str, Any]:
    """The fields of a recipe that a draft cannot change."""
    free = {*PARAMETERS, "terms", "categories", "version", "model"}
    return {name: value for name, value in asdict(recipe).items() if name not in free}


def _kind(term: Term) -> dict[str, Any]:
    """What a term is, without its length of time."""
    values = asdict(term)
    return {**values, "half_life_days": values["half_life_days"] is None}


def _parameter(name: str) -> Parameter:
    if name not in PARAMETERS:
        raise CannotForecast("bad_recipe", f"A recipe has no parameter {name!r} that a draft may change.")
    return PARAMETERS[name]


def _in_range(name: str, parameter: Parameter, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CannotForecast("bad_recipe", f"{parameter.label} ({name}) is a number; it is {value!r}.")
    if not parameter.low <= value <= parameter.high:
        raise CannotForecast(
            "bad_recipe",
            f"{parameter.label} ({name}) lies between {parameter.low:g} and {parameter.high:g}"
            f"{parameter.unit and ' ' + parameter.unit}; it is {value:g}.",
        )
    if parameter.whole and value != int(value):
        raise CannotForecast("bad_recipe", f"{parameter.label} ({name}) is a whole number; it is {value:g}.")
    return int(value) if parameter.whole else float(value)
