"""The recipe of a forecast: everything but the data and the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import rfc8785

from forecasting.core.limits import CannotForecast
from forecasting.core.term_kinds import TermKind, check_needs, read_kind
from governance.core.refusals import Reason, Refused


@dataclass(frozen=True)
class Term:
    """One ingredient of the blend: a surface of past incidents, or of a context layer.

    ``half_life_days``: an incident this old counts half (None: every incident counts one).
    ``bandwidth_metres``: standard deviation of the Gaussian it is spread with (None: it stays in its
    own cell). ``floor``: what an empty cell counts for, in units of the city's average cell; it keeps
    logarithms finite, and a large floor leaves a difference only to cells far above the average.
    ``category``: whose incidents ("": those of the category that is forecast). In the forecast of that very
    category such a term says nothing.

    ``kind`` is one of ``TermKind``. Of ``near_repeat``, half-life and bandwidth are those of its decay (14 days and
    150 m unless given). Of ``layer_distance``, the bandwidth is the reach beyond which distances are alike, and
    the floor, in units of the reach, the distance below which they are. ``layer`` names the context layer.
    """

    name: str
    half_life_days: float | None
    bandwidth_metres: float | None
    floor: float
    category: str = ""
    kind: TermKind = TermKind.COUNTS
    layer: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", read_kind(self.kind, self.name))
        if not self.name.isidentifier() or not self.name.islower():
            raise CannotForecast("bad_recipe", f"A term's name is a lower-case word; got {self.name!r}.")
        lengths = [value for value in (self.half_life_days, self.bandwidth_metres) if value is not None]
        if self.floor <= 0 or any(value <= 0 for value in lengths):
            raise CannotForecast("bad_recipe", f"Term {self.name!r} needs a floor and lengths above 0.")
        check_needs(
            self.kind,
            self.name,
            half_life=self.half_life_days is not None,
            bandwidth=self.bandwidth_metres is not None,
            category=bool(self.category),
            layer=bool(self.layer),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the canonical dict: plain values only, every field present."""
        return {**asdict(self), "kind": str(self.kind)}


@dataclass(frozen=True)
class Recipe:
    """An approved way to compute forecasts; its canonical dict is what a board approves.

    ``model`` names the way (``blend``, ``counts``, ``decayed``, ``kde``). ``fitted`` says whether the
    terms' coefficients are learned on the training windows, or all one. ``cell_metres`` is the side
    of a cell. ``training_windows`` windows of ``training_days`` days before the origin teach
    coefficients and dispersion; ``ridge`` is the penalty on coefficients, in units of the Poisson
    log-likelihood. ``level_half_life_days`` sets how recent the weeks are that fix the city's level.
    ``profile_days`` and ``profile_strength`` (in incidents) steer the split to shifts.
    ``reporting_delay_days``: incidents younger than this at the origin are not yet known.
    ``interval_level`` is the nominal probability of the predictive interval.
    """

    model: str
    categories: tuple[str, ...]
    terms: tuple[Term, ...]
    fitted: bool = True
    cell_metres: float = 152.4
    horizon_days: int = 7
    training_windows: int = 13
    training_days: int = 28
    ridge: float = 1.0
    level_half_life_days: float = 28.0
    reporting_delay_days: float = 0.0
    interval_level: float = 0.9
    profile_days: int = 730
    profile_strength: float = 200.0
    version: int = 1

    def __post_init__(self) -> None:
        names = [term.name for term in self.terms]
        if not names or len(set(names)) != len(names) or "area" in names:
            raise CannotForecast(
                "bad_recipe", "A recipe needs terms with different names, none called 'area'."
            )
        if not (0 < self.interval_level < 1 and self.horizon_days > 0 and self.cell_metres > 0):
            raise CannotForecast(
                "bad_recipe",
                "A recipe needs an interval level between 0 and 1, a horizon and a cell above 0.",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the canonical dict: plain values only, every field present."""
        values = asdict(self)
        return {
            **values,
            "categories": list(self.categories),
            "terms": [term.to_dict() for term in self.terms],
        }


def recipe_from_dict(values: Mapping[str, Any]) -> Recipe:
    """Read a canonical dict back. Raises CannotForecast (``bad_recipe``) on missing or unknown fields."""
    try:
        terms = tuple(Term(**term) for term in values["terms"])
        return Recipe(**{**values, "categories": tuple(values["categories"]), "terms": terms})
    except (KeyError, TypeError) as error:
        raise CannotForecast(
            "bad_recipe", f"This is not a recipe: {error}. Write it with Recipe.to_dict."
        ) from error


BLEND_TERMS = (
    Term("recent", 60.0, None, 1.0),
    Term("steady", 730.0, None, 0.05),
    Term("history", None, None, 10.0),
    Term("block", 1460.0, 115.0, 0.02),
    Term("neighbourhood", 365.0, 230.0, 0.02),
    Term("quarter", 730.0, 610.0, 0.02),
    Term("near_repeats", None, None, 0.5, kind=TermKind.NEAR_REPEAT),
    Term("self_exciting", None, None, 0.005, kind=TermKind.ETAS),
)
"""Counts sharpen the top, kernels fill the rest; near repeats and the self-exciting process speak where tests on
the past let them. Chosen on Portland 2015-2017 and Philadelphia 2023, so scores on those months flatter it a
little; the fitted slopes themselves only ever see the past."""


def related_terms(categories: Collection[str]) -> tuple[Term, ...]:
    """Return one term for each other category: its decayed counts in the same cell.

    Where one kind of incident is reported, others follow at the same address: these terms lower the deviance of
    every category in Portland and Philadelphia, and more than finer surfaces of the category itself.
    """
    return tuple(
        Term(f"{category}_here", 730.0, None, 0.05, category) for category in sorted(set(categories))
    )


MODELS: Mapping[str, tuple[bool, tuple[Term, ...]]] = {
    "blend": (True, BLEND_TERMS),
    "counts": (False, (Term("history", None, None, 0.05),)),
    "decayed": (False, (Term("decayed", 730.0, None, 0.05),)),
    "kde": (False, (Term("density", None, 152.4, 0.02),)),
}
"""Every model by name: whether its coefficients are learned, and its terms."""

BASELINE = "counts"
"""The trivial reference beside every forecast: all-history counts per cell."""


def standard_recipe(
    model: str, categories: tuple[str, ...], *, related: Collection[str] = (), **changes: Any
) -> Recipe:
    """Return the recipe of a named model.

    A fitted model of several categories lets each learn from the others' counts; ``related`` names other
    ones to learn from. Raises CannotForecast (``bad_recipe``) on an unknown name.
    """
    if model not in MODELS:
        raise CannotForecast("bad_recipe", f"There is no model {model!r}; choose one of {', '.join(MODELS)}.")
    fitted, terms = MODELS[model]
    others = {*categories, *related}
    if fitted and len(others) > 1:
        terms = (*terms, *related_terms(others))
    return replace(Recipe(model, categories, terms, fitted), **changes)


def categories_read(recipe: Recipe, category: str) -> set[str]:
    """Return whose incidents a forecast of ``category`` by this recipe looks at."""
    return {category, *(term.category for term in recipe.terms if term.category)}


def layers_read(recipe: Recipe) -> set[str]:
    """Return the names of the context layers this recipe looks at."""
    return {term.layer for term in recipe.terms if term.layer}


def recipe_digest(recipe: Recipe) -> str:
    """Return the SHA-256 (hex) of the recipe's canonical JSON (RFC 8785): what a board approves."""
    return hashlib.sha256(rfc8785.dumps(recipe.to_dict())).hexdigest()


def check_features(body: Mapping[str, Any], prohibited: Collection[str]) -> None:
    """Refuse a recipe (its canonical dict) with an ingredient that the policy prohibits. Raises OUTSIDE_POLICY.

    An ingredient is prohibited by its own name, by the category whose incidents it looks at, by its layer or by
    its kind.
    """
    words = ("name", "category", "layer", "kind")
    found = {term.get(word) for term in body["terms"] for word in words}
    if used := sorted(found & set(prohibited)):
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"The policy in force prohibits {', '.join(used)} in a forecast. Propose a recipe without, or a policy "
            "that allows it.",
        )
