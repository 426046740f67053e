"""Expectation-maximisation of the self-exciting process, in rounds of declustering.

Veen & Schoenberg (2008), JASA 103:614; as conditional maximisation (ECM, Meng & Rubin 1993): the mixture, the
wait and the distance are updated in turn and each update raises the likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize_scalar

from forecasting.core.etas_background import densities
from forecasting.core.etas_problem import EtasProblem
from forecasting.core.incidents import FloatArray

_ROUNDS = 3
_MIXTURE_STEPS = 20
_TOLERANCE = 1e-5


@dataclass
class EtasState:
    """What EM moves: background (expected incidents per component), same, near, near scale, wait scale."""

    background: FloatArray
    same: float
    near: float
    near_metres: float
    wait_days: float
    trace: list[tuple[float, ...]] = field(default_factory=list)
    converged: bool = False


def fit_by_em(problem: EtasProblem, *, near: bool, start: EtasState | None = None) -> EtasState:
    """EM in rounds; after each, pairs weigh in the background by how unrelated they are.

    Without ``near`` only the same place triggers. ``start``: an earlier state to begin from, which saves
    iterations; its rounds are done anew.
    """
    number, components = len(problem.rate), len(problem.sums) + 1
    state = EtasState(
        np.full(components, 0.9 * number / components) if start is None else start.background.copy(),
        0.05 if start is None else start.same + start.near,
        0.05 if near else 0.0,
        float(np.sqrt(np.prod(problem.settings.near_bounds))),
        7.0 if start is None else start.wait_days,
    )
    related = problem.same_day
    for _ in range(_ROUNDS):
        spatial = densities(problem.sums, problem.area_m2, problem.first, problem.second, related)
        background = spatial * problem.rate[:, None]
        _expectation_maximisation(problem, state, background)
        effect = _effect(problem, state)
        rates = problem.table @ effect + background @ state.background
        related = np.where(problem.same_day, 1.0, effect[problem.cell] / rates[problem.second])
    return state


def _effect(problem: EtasProblem, state: EtasState) -> FloatArray:
    """Triggered rate of one earlier incident by cell of the table."""
    distance = state.same * problem.distance(problem.settings.distance_metres[0])
    if state.near:
        distance = distance + state.near * problem.distance(state.near_metres)
    return np.outer(problem.waits(state.wait_days), distance).ravel()


def _expectation_maximisation(problem: EtasProblem, state: EtasState, background: FloatArray) -> None:
    """Raise the likelihood until an iteration gains less than the tolerance; trace it in ``state``."""
    trace: list[float] = []
    state.converged = False
    for _ in range(problem.settings.iterations):
        trace.append(_iterate(problem, state, background))
        if len(trace) > 1 and trace[-1] - trace[-2] < problem.settings.tolerance:
            state.converged = True
            break
    state.trace.append(tuple(trace))


def _iterate(problem: EtasProblem, state: EtasState, background: FloatArray) -> float:
    """One iteration; returns the log-likelihood after its mixture step."""
    least = problem.settings.distance_metres[0]
    waits, same, near = (
        problem.waits(state.wait_days),
        problem.distance(least),
        problem.distance(state.near_metres),
    )
    parts = [(same, least), (near, state.near_metres)][: 2 if state.near else 1]
    triggered = [problem.table @ np.outer(waits, density).ravel() for density, _ in parts]
    columns = np.column_stack([background, *triggered])
    exposed = [problem.exposure(metres, state.wait_days) for _, metres in parts]
    exposure = np.array([*np.ones(len(state.background)), *exposed])
    shares = np.array([*state.background, state.same, state.near][: len(exposure)])
    for _ in range(_MIXTURE_STEPS):
        shares = shares * (columns.T @ (1 / (columns @ shares))) / exposure
    rates = columns @ shares
    size = len(state.background)
    state.background, state.same = shares[:size], float(shares[size])
    state.near = float(shares[size + 1 :].sum())
    pulls = (problem.turned @ (1 / rates)).reshape(len(waits), -1) * waits[:, None]
    _move_wait(problem, state, pulls @ (state.same * same + state.near * near))
    if state.near:
        _move_distance(problem, state, state.near * near * pulls.sum(axis=0))
    return float(np.log(rates).sum() - shares @ exposure)


def _move_wait(problem: EtasProblem, state: EtasState, followers: FloatArray) -> None:
    """Best wait scale for the expected followers by wait, shape ``(memory + 1,)``, at the present ratios."""
    least = problem.settings.distance_metres[0]

    def gain(days: float) -> float:
        exposed = state.same * problem.exposure(least, days) + state.near * problem.exposure(
            state.near_metres, days
        )
        return float(followers[1:] @ np.log(problem.waits(days)[1:]) - exposed)

    state.wait_days = _best(gain, problem.settings.wait_days, state.wait_days)


def _move_distance(problem: EtasProblem, state: EtasState, followers: FloatArray) -> None:
    """Best distance scale for the expected near followers by ring, shape ``(reach,)``, at the present ratio."""

    def gain(metres: float) -> float:
        exposed = state.near * problem.exposure(metres, state.wait_days)
        return float(followers @ np.log(problem.distance(metres)) - exposed)

    state.near_metres = _best(gain, problem.settings.near_bounds, state.near_metres)


def _best(gain: Callable[[float], float], bounds: tuple[float, float], present: float) -> float:
    """The scale within its bounds that gains most, never less than the present one."""
    found = minimize_scalar(
        lambda log: -gain(float(np.exp(log))),
        bounds=(np.log(bounds[0]), np.log(bounds[1])),
        method="bounded",
        options={"xatol": _TOLERANCE},
    )
    scale = float(np.exp(found.x))
    return scale if gain(scale) > gain(present) else present


def background_alone(problem: EtasProblem, state: EtasState) -> float:
    """Log-likelihood of the same background without triggering."""
    columns = densities(problem.sums, problem.area_m2, problem.first, problem.second, problem.same_day)
    columns *= problem.rate[:, None]
    shares = state.background * len(columns) / state.background.sum()
    for _ in range(_MIXTURE_STEPS * 10):
        shares = shares * (columns.T @ (1 / (columns @ shares)))
    return float(np.log(columns @ shares).sum() - shares.sum())
