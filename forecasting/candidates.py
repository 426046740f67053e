"""The places a plan could propose: a run's cells of one district, with their figures for one shift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from forecasting.core.allocation import Budget, rate_interval
from forecasting.core.explain import AREA, describe_term
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.naming import name_places
from forecasting.core.plan_body import Place, Reason
from forecasting.core.prevention import default_option
from forecasting.core.recipe import Recipe, recipe_from_dict
from forecasting.models import ForecastRun, Plan
from forecasting.selectors.geography import named_layer
from forecasting.selectors.runs import run_cells, run_manifest, run_shares
from governance.core.refusals import Reason as Why
from governance.core.refusals import Refused

if TYPE_CHECKING:
    from governance.core.policy import Terms

TOLD = 3  # reasons that a row of the plan tells


@dataclass(frozen=True, eq=False)
class Candidates:
    """Cells of one district, shape ``(n,)`` each: expected incidents in the shift, and how sure we are of the rate."""

    run: ForecastRun
    recipe: Recipe
    cells: pl.DataFrame
    share: float
    dispersion: float
    expected: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def baseline(self) -> FloatArray:
        """The trivial forecast of the same cells and shift."""
        return self.cells["baseline"].to_numpy() * self.share

    def at(self, wanted: Sequence[tuple[int, int]]) -> IntArray:
        """Return where the cells (column, row) stand; refuse one that is not a cell of the district."""
        known = {key: i for i, key in enumerate(zip(self.cells["column"], self.cells["row"], strict=True))}
        if strangers := [key for key in wanted if key not in known]:
            raise Refused(
                Why.BAD_INPUT, f"Cell {strangers[0]} is not a place of this district. Nothing was changed."
            )
        return np.array([known[key] for key in wanted], dtype=np.int64)


def candidates_for(run: ForecastRun, district: str, starts_at: datetime) -> Candidates:
    """Return the cells of a district (its code) with their figures for the shift that starts then.

    Raises Refused(TOO_LITTLE_DATA | NOT_FOUND).
    """
    cells = run_cells(run).filter(pl.col("district") == district)
    if not len(cells):
        raise Refused(
            Why.TOO_LITTLE_DATA, f"No cell of the forecast lies in district {district}; check its boundary."
        )
    manifest = run_manifest(run)
    recipe, dispersion = recipe_from_dict(manifest["recipe"]), float(manifest["dispersion"]["cell"])
    share = slot_share(run, district, starts_at)
    expected = cells["expected"].to_numpy() * share
    low, high = rate_interval(expected, dispersion, recipe.interval_level)
    return Candidates(run, recipe, cells, share, dispersion, expected, low, high)


def slot_share(run: ForecastRun, district: str, starts_at: datetime) -> float:
    """Return the share of a district's forecast that falls into the shift starting at a moment."""
    slots = run_manifest(run)["slots"]
    moment = int(starts_at.timestamp())
    index = next((slot["index"] for slot in slots if slot["start"] == moment), None)
    rows = run_shares(run).filter((pl.col("district") == district) & (pl.col("slot") == index))
    if index is None or not len(rows):
        raise Refused(
            Why.NOT_FOUND, f"The forecast has no shift that starts at {starts_at:%d %B %Y %H:%M} UTC."
        )
    return float(rows["share"][0])


def budget_of(terms: Terms) -> Budget:
    """Return what the policy lets one plan use."""
    return Budget(
        terms.hours_per_plan,
        terms.visits_per_shift,
        terms.visit_minutes,
        terms.dosage_cap_minutes,
        terms.max_places,
    )


def as_places(found: Candidates, chosen: IntArray, budget: Budget) -> tuple[Place, ...]:
    """Return chosen cells as places, in the order given, each with the factors that multiply to its forecast."""
    run = found.run
    x = run.origin_x + (found.cells["column"].to_numpy()[chosen] + 0.5) * run.cell
    y = run.origin_y + (found.cells["row"].to_numpy()[chosen] + 0.5) * run.cell
    names = name_places(x, y, named_layer(run.jurisdiction, "street"), named_layer(run.jurisdiction, "area"))
    numbered = enumerate(zip(chosen.tolist(), names, strict=True), start=1)
    return tuple(_place(found, cell, number, name, budget) for number, (cell, name) in numbered)


def _place(found: Candidates, cell: int, number: int, name: str, budget: Budget) -> Place:
    row = found.cells.row(cell, named=True)
    factors = {key.removeprefix("factor_"): row[key] for key in row if key.startswith("factor_")}
    return Place(
        number=number,
        column=row["column"],
        row=row["row"],
        name=name,
        expected=float(found.expected[cell]),
        low=rounded(found.low[cell]),
        high=rounded(found.high[cell]),
        baseline=rounded(row["baseline"] * found.share),
        base=found.run.base,
        share=found.share,
        factors=factors,
        reasons=_reasons(found.recipe, factors),
        option=default_option(found.run.category).name,
        visits=budget.visits,
        minutes=budget.minutes_per_place // budget.visits,
    )


def _reasons(recipe: Recipe, factors: dict[str, float]) -> tuple[Reason, ...]:
    ordered = sorted(recipe.terms, key=lambda term: -abs(np.log(factors[term.name])))
    told = [Reason(rounded(factors[term.name], 3), describe_term(term)) for term in ordered[:TOLD]]
    if factors.get(AREA, 1.0) < 1:
        told.append(Reason(rounded(factors[AREA], 3), "the part of the place that lies inside the city"))
    return tuple(told)


def rounded(value: float, digits: int = 6) -> float:
    """Return a figure with so many significant digits."""
    return float(f"{float(value):.{digits}g}")


def places_at(plan: Plan, cells: Sequence[tuple[int, int]], terms: Terms) -> tuple[Place, ...]:
    """Return cells of the plan's district as places that could be added to it. Raises Refused(BAD_INPUT)."""
    found = candidates_for(plan.run, plan.district.code, plan.starts_at)
    return as_places(found, found.at(cells), budget_of(terms))
