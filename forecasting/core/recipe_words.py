"""What a recipe is, and what distinguishes it from another one, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from forecasting.core.explain import describe_term
from forecasting.core.recipe import Recipe, Term
from forecasting.core.recipe_draft import MODELS_OFFERED, PARAMETERS


@dataclass(frozen=True)
class Line:
    """One fact about a recipe."""

    label: str
    said: str


@dataclass(frozen=True)
class Change:
    """One difference: what it is about, what the other recipe says, and what this one says."""

    label: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        """The difference as one sentence."""
        return f"{self.label}: {self.before} → {self.after}"


def listed_categories(categories: Collection[str]) -> str:
    """Return categories as a sentence lists them, "none" for none at all."""
    return ", ".join(each.replace("_", " ") for each in sorted(categories)) or "none"


def model_words(model: str) -> str:
    """Return what a model is; one without words speaks for itself."""
    return MODELS_OFFERED.get(model, model.replace("_", " "))


def recipe_lines(recipe: Recipe) -> list[Line]:
    """Return what a recipe says, a fact a line: model, categories, parameters in the order of the table."""
    weights = "learned on the training windows" if recipe.fitted else "all one; nothing is learned"
    return [
        Line("Model", model_words(recipe.model)),
        Line("About", listed_categories(recipe.categories)),
        *(
            Line(parameter.label, _amount(getattr(recipe, name), parameter.unit))
            for name, parameter in PARAMETERS.items()
        ),
        Line("Weights of its terms", weights),
        Line("Version", str(recipe.version)),
        *(Line(_plain(name), str(value)) for name, value in _unnamed(recipe).items()),
    ]


def term_words(recipe: Recipe) -> list[Line]:
    """Return each ingredient of the blend in words."""
    return [Line(_plain(term.name), describe_term(term)) for term in recipe.terms]


def recipe_differences(before: Recipe, after: Recipe) -> list[Change]:
    """Return what ``after`` changes in ``before``, facts first, then its ingredients; nothing where they are alike."""
    old, new = ({line.label: line.said for line in recipe_lines(each)} for each in (before, after))
    labels = dict.fromkeys([*new, *old])
    facts = [
        Change(label, old.get(label, "nothing"), new.get(label, "nothing"))
        for label in labels
        if label != "Version" and old.get(label) != new.get(label)
    ]
    return [*facts, *_term_differences(before.terms, after.terms)]


def _term_differences(before: tuple[Term, ...], after: tuple[Term, ...]) -> list[Change]:
    old, new = ({term.name: term for term in each} for each in (before, after))
    changed = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return [
        Change(f"Ingredient “{_plain(name)}”", *_two_words(old.get(name), new.get(name))) for name in changed
    ]


def _two_words(old: Term | None, new: Term | None) -> tuple[str, str]:
    before, after = ("not looked at" if each is None else describe_term(each) for each in (old, new))
    if before != after or old is None or new is None:
        return before, after
    return f"{before} ({_other_fields(old, new)})", f"{after} ({_other_fields(new, old)})"


def _other_fields(term: Term, other: Term) -> str:
    """The fields in which two terms differ that no sentence tells, such as the floor."""
    ours, theirs = asdict(term), asdict(other)
    return ", ".join(f"{_plain(name).lower()} {ours[name]}" for name in ours if ours[name] != theirs[name])


def _unnamed(recipe: Recipe) -> Mapping[str, Any]:
    """Fields that no line above tells: whatever a later recipe says beside them."""
    told = {*PARAMETERS, "model", "categories", "terms", "fitted", "version"}
    return {name: value for name, value in asdict(recipe).items() if name not in told}


def _amount(value: float, unit: str) -> str:
    return f"{value:,.10g} {unit}".rstrip()


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()


def on_the_grid_of(recipe: Recipe, other: Recipe) -> Recipe:
    """Return ``recipe`` made comparable with ``other``: on its cells, over its windows, as late to know."""
    return replace(
        recipe,
        cell_metres=other.cell_metres,
        horizon_days=other.horizon_days,
        reporting_delay_days=other.reporting_delay_days,
    )
