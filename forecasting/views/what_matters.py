"""What the page of a forecast says about its terms: which matter over the whole city, and how."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from forecasting.core.explain import describe_term
from forecasting.core.importance import Importance, importance_from_dict, strongest_sentence
from forecasting.core.recipe import recipe_from_dict
from forecasting.selectors.runs import run_manifest
from governance.core.drawing import Markup
from governance.core.drawing_curve import draw_curve

if TYPE_CHECKING:
    from forecasting.models import ForecastRun


@dataclass(frozen=True)
class Matter:
    """One term: what it looks at, what it does on average, and its factor over the values seen."""

    said: str
    strength: str
    curve: Markup
    least: str
    most: str
    points: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WhatMatters:
    """The answer in one sentence, the terms, the strongest first, and how many changed nothing at all."""

    sentence: str
    terms: tuple[Matter, ...]
    silent: int


def what_matters(run: ForecastRun) -> WhatMatters | None:
    """Return what mattered in a run; None for one that was sealed without it."""
    manifest = run_manifest(run)
    found = [importance_from_dict(each) for each in manifest.get("importance", [])]
    if not found:
        return None
    terms = {term.name: term for term in recipe_from_dict(manifest["recipe"]).terms}
    said = tuple(_matter(each, describe_term(terms[each.name])) for each in found if each.strength > 0)
    return WhatMatters(strongest_sentence(tuple(terms.values()), found), said, len(found) - len(said))


def _matter(found: Importance, said: str) -> Matter:
    factors = [factor for _, factor in found.curve]
    points = tuple((f"×{exp(value):.2g}", f"×{factor:.2f}") for value, factor in found.curve)
    title = f"Factor from ×{min(factors):.2f} to ×{max(factors):.2f} as the term rises"
    return Matter(
        said=f"{said[0].upper()}{said[1:]}",
        strength=f"×{exp(found.strength):.2f}",
        curve=draw_curve(points=found.curve, title=title),
        least=f"×{min(factors):.2f}",
        most=f"×{max(factors):.2f}",
        points=points,
    )
