"""What the page of a forecast says of the ingredients that had to be tested before they were used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecasting.core.explain import describe_term
from forecasting.core.recipe import recipe_from_dict
from forecasting.selectors.runs import run_manifest

if TYPE_CHECKING:
    from forecasting.models import ForecastRun


@dataclass(frozen=True)
class CheckedTerm:
    """One ingredient: what it looks at, and what the test on the past said."""

    looks_at: str
    said: str


def what_was_tested(run: ForecastRun) -> list[CheckedTerm]:
    """Return the tested ingredients of a run, as it sealed them; none where its recipe has none."""
    manifest = run_manifest(run)
    sentences = manifest.get("tested_terms", {})
    if not sentences:
        return []
    terms = {term.name: term for term in recipe_from_dict(manifest["recipe"]).terms}
    return [CheckedTerm(describe_term(terms[name]), said) for name, said in sorted(sentences.items())]
