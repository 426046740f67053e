"""What would follow if: patrols doubled here, an event there, fewer reports elsewhere, side by side with the base.

Nothing is learned here. Every effect is an *assumption* with a range, which travels with the result and is printed
beside it. Each seed draws every assumption once, then the incidents; base and scenarios share the draws
(common random numbers), so their difference is the scenario's and not chance. It is not a forecast and enters no
plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from forecasting.core.assumptions import (
    DISCOVERED,
    MOVED,
    PREVENTED,
    SPREAD,
    STANDARD_ASSUMPTIONS,
    Assumption,
    EventHere,
    Ground,
    PatrolChange,
    ReportingChange,
    Scenario,
)
from forecasting.core.finding_words import figure
from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.limits import CannotForecast
from forecasting.core.scoring import Estimate

MIN_SEEDS = 20
"""Fewest seeds behind an interval."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one scenario gives: incidents per seed and area, shape ``(seeds, areas)``, true and recorded."""

    scenario: Scenario
    true: IntArray
    recorded: IntArray


@dataclass(frozen=True, eq=False)
class Comparison:
    """All outcomes (the base first), with everything they rest on."""

    ground: Ground
    outcomes: tuple[Outcome, ...]
    assumptions: tuple[Assumption, ...]
    seeds: tuple[int, ...]

    @property
    def stated(self) -> tuple[str, ...]:
        """What must be printed with any figure of this comparison."""
        changes = tuple(
            f"{each.scenario.name}: {'; '.join(change.line for change in each.scenario.changes) or 'nothing changes'}."
            for each in self.outcomes
        )
        reported = self.ground.reported_share
        return (
            *changes,
            *(f"{each.line}." for each in self.assumptions),
            f"Share of incidents reported today: {reported.min():.0%} to {reported.max():.0%} by area (assumed).",
            f"{len(self.seeds)} seeds, {self.seeds[0]} to {self.seeds[-1]}; the same draws in every scenario.",
        )


def simulate(
    ground: Ground,
    scenarios: Sequence[Scenario],
    seeds: Sequence[int],
    assumptions: Mapping[str, Assumption] = STANDARD_ASSUMPTIONS,
) -> Comparison:
    """Simulate the base and each scenario over the same seeds.

    True incidents of an area are negative binomial around their mean; each is reported with the area's share, else
    found by patrols with a chance that grows with their density. Patrols prevent a share per doubling, part of which
    happens next door instead; an event adds incidents, part of them next door; reporting changes only what is recorded.

    Raises CannotForecast (``bad_input``).
    """
    _check(ground, scenarios, seeds, assumptions)
    draws = _draw(len(ground.areas), seeds, assumptions)
    base = Scenario("Base")
    outcomes = tuple(_outcome(ground, each, draws) for each in (base, *scenarios))
    return Comparison(ground, outcomes, tuple(assumptions.values()), tuple(seeds))


@dataclass(frozen=True, eq=False)
class _Draws:
    """Per seed: each assumption, shape ``(seeds, 1)``, and uniform numbers by area, shape ``(seeds, areas)``."""

    assumed: Mapping[str, FloatArray]
    level: FloatArray
    happens: FloatArray
    records: FloatArray


def _check(
    ground: Ground, scenarios: Sequence[Scenario], seeds: Sequence[int], assumptions: Mapping[str, Assumption]
) -> None:
    _check_ground(ground)
    missing = {PREVENTED, MOVED, SPREAD, DISCOVERED} - set(assumptions)
    if missing or len(set(seeds)) < MIN_SEEDS:
        raise CannotForecast(
            "bad_input",
            f"A scenario needs every assumption (missing: {', '.join(sorted(missing)) or 'none'}) and at least "
            f"{MIN_SEEDS} different seeds; got {len(set(seeds))}.",
        )
    for change in (change for each in scenarios for change in each.changes):
        unknown = set(change.areas) - set(ground.areas)
        if unknown or not change.factor > 0:
            raise CannotForecast(
                "bad_input",
                f"A change is not possible, {change.line}: areas must be known (unknown: "
                f"{', '.join(sorted(unknown)) or 'none'}) and the factor above 0.",
            )
        if isinstance(change, EventHere) and not 0 < change.share <= 1:
            raise CannotForecast(
                "bad_input", f"{change.line.capitalize()}: its share of the window is above 0, at most 1."
            )


def _check_ground(ground: Ground) -> None:
    areas = len(ground.areas)
    shapes = (ground.recorded.shape, ground.reported_share.shape, ground.neighbours.shape)
    if shapes != ((areas,), (areas,), (areas, areas)):
        raise CannotForecast(
            "bad_input", f"Each of {areas} areas needs a forecast, a reported share and neighbours."
        )
    share = ground.reported_share
    if not ((share > 0).all() and (share <= 1).all() and (ground.recorded >= 0).all()):
        raise CannotForecast("bad_input", "Forecasts are from 0 up, shares reported above 0 and at most 1.")


def _draw(areas: int, seeds: Sequence[int], assumptions: Mapping[str, Assumption]) -> _Draws:
    rows = [np.random.default_rng(seed).random(len(assumptions) + 3 * areas) for seed in seeds]
    table = np.array(rows)
    own, rest = table[:, : len(assumptions)], table[:, len(assumptions) :]
    assumed = {name: each.draw(own[:, [at]]) for at, (name, each) in enumerate(assumptions.items())}
    return _Draws(assumed, *(rest[:, at * areas : (at + 1) * areas] for at in range(3)))


def _outcome(ground: Ground, scenario: Scenario, draws: _Draws) -> Outcome:
    mean = _base_mean(ground, draws)
    density, reported = np.ones(len(ground.areas)), ground.reported_share.copy()
    for change in scenario.changes:
        here = np.isin(np.asarray(ground.areas), change.areas)
        if isinstance(change, PatrolChange):
            density[here] *= change.factor
        elif isinstance(change, ReportingChange):
            reported[here] = np.minimum(reported[here] * change.factor, 1.0)
        else:
            extra = mean * here * (change.factor - 1) * change.share
            mean = mean + _partly_next_door(extra, ground, draws.assumed[SPREAD])
    mean = _after_patrols(mean, density, ground, draws)
    true = _counts(mean, ground.dispersion, draws)
    chance = _recorded_share(reported, density, draws)
    recorded = np.asarray(stats.binom.ppf(draws.records, true, chance), dtype=np.float64)
    return Outcome(scenario, true.astype(np.int64), recorded.astype(np.int64))


def _base_mean(ground: Ground, draws: _Draws) -> FloatArray:
    """True incidents that give today's recorded ones, shape ``(seeds, areas)``."""
    share = _recorded_share(ground.reported_share, np.ones(len(ground.areas)), draws)
    return np.asarray(ground.recorded / share, dtype=np.float64)


def _recorded_share(reported: FloatArray, density: FloatArray, draws: _Draws) -> FloatArray:
    """Share recorded: reported, or not and found by patrols (each unit of density finds independently)."""
    found = 1 - (1 - draws.assumed[DISCOVERED]) ** density
    return np.asarray(reported + (1 - reported) * found, dtype=np.float64)


def _after_patrols(mean: FloatArray, density: FloatArray, ground: Ground, draws: _Draws) -> FloatArray:
    left = (1 - draws.assumed[PREVENTED]) ** np.log2(density)
    prevented = mean * (1 - left)
    moved = np.maximum(prevented, 0) * draws.assumed[MOVED]
    return np.asarray(mean - prevented + _to_neighbours(moved, ground), dtype=np.float64)


def _partly_next_door(extra: FloatArray, ground: Ground, share: FloatArray) -> FloatArray:
    return np.asarray(extra * (1 - share) + _to_neighbours(extra * share, ground), dtype=np.float64)


def _to_neighbours(amount: FloatArray, ground: Ground) -> FloatArray:
    """Spread each area's amount evenly over the areas that touch it; it stays where there are none."""
    touching = ground.neighbours & ~np.eye(len(ground.areas), dtype=np.bool_)
    alone = ~touching.any(axis=1)
    weights = touching / np.maximum(touching.sum(axis=1, keepdims=True), 1) + np.diag(alone)
    return np.asarray(amount @ weights, dtype=np.float64)


def _counts(mean: FloatArray, dispersion: float, draws: _Draws) -> FloatArray:
    if dispersion > 0:
        mean = mean * stats.gamma.ppf(draws.level, 1 / dispersion, scale=dispersion)
    return np.asarray(stats.poisson.ppf(draws.happens, np.maximum(mean, 1e-12)), dtype=np.float64)


@dataclass(frozen=True)
class Row:
    """One area under the base and one scenario: means with 90 % intervals over seeds, and of their difference."""

    area: str
    recorded_base: Estimate
    recorded: Estimate
    recorded_change: Estimate
    true_base: Estimate
    true: Estimate
    true_change: Estimate


def side_by_side(comparison: Comparison, number: int) -> tuple[Row, ...]:
    """Return scenario ``number`` (1 is the first after the base) beside the base: every area, then "All areas"."""
    base, other = comparison.outcomes[0], comparison.outcomes[number]
    names = (*comparison.ground.areas, "All areas")
    tables = [_with_total(each) for each in (base.recorded, other.recorded, base.true, other.true)]
    return tuple(
        Row(
            name,
            *(
                _estimate(each)
                for before, after in (
                    (tables[0][:, at], tables[1][:, at]),
                    (tables[2][:, at], tables[3][:, at]),
                )
                for each in (before, after, after - before)
            ),
        )
        for at, name in enumerate(names)
    )


def _with_total(table: IntArray) -> IntArray:
    return np.column_stack([table, table.sum(axis=1)])


def _estimate(values: IntArray) -> Estimate:
    low, high = np.quantile(values, (0.05, 0.95))
    return Estimate(float(values.mean()), float(low), float(high))


def scenario_sentence(row: Row, what: str) -> str:
    """Say what an area's row means, and that it rests on assumptions; ``what``: "thefts of vehicles"."""
    gap = ""
    if row.recorded_change.value * row.true_change.value < 0 or (
        row.true_change.low <= 0 <= row.true_change.high
        and abs(row.recorded_change.value) > abs(row.true_change.value)
    ):
        gap = " What is recorded changes more than, or against, what happens: fewer reports are not fewer incidents."
    return (
        f"{row.area}: {_told(row.recorded_base)} {what} recorded under the base, {_told(row.recorded)} under the "
        f"scenario; {_told(row.true_base)} and {_told(row.true)} would happen.{gap} This follows from the stated "
        "assumptions; it is not a forecast."
    )


def _told(estimate: Estimate) -> str:
    return f"{figure(round(estimate.value, 1))} [{figure(estimate.low)}–{figure(estimate.high)}]"
