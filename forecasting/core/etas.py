"""Incidents that lead to incidents: a self-exciting point process fitted by bounded, diagnosed EM.

The rate of incidents at place s on day t is (Mohler, Short, Brantingham, Schoenberg & Tita 2011, JASA 106:100,
eq. 2; on crime in the field: Mohler et al. 2015, JASA 110:1399; EM: Veen & Schoenberg 2008, JASA 103:614)

    level(t) x sum_k share_k density_k(s)  +  sum over earlier incidents j of  h(t - t_j) x (a g0 + b g)(|s - s_j|)

with a background mixture (``etas_background``), an exponential wait h, a distance kernel g, and a kernel g0 of
the least distance for repeats at the same place (``etas_kernels``). ``a + b`` is the triggering ratio: expected
direct followers of one incident. Exact repeats and snapped points cannot collapse the kernel, because no kernel
of background or triggering is narrower than the least distance, 40 m: they compete in time only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forecasting.core.etas_em import EtasState, background_alone, fit_by_em
from forecasting.core.etas_problem import EtasProblem, EtasSettings, make_problem
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents

MIN_TRIGGERED = 30
"""Fewest expected followers among the incidents that a kernel may rest on."""

LEAST_GAIN = 6.0
"""Least gain in log-likelihood over the background alone (three more parameters at p about 0.01)."""

AT_BOUND = 0.01
"""A scale within this part of a bound sits on it."""


class EtasReason(StrEnum):
    """Why the fit stopped."""

    CONVERGED = "converged"
    NOT_CONVERGED = "not converged"
    DEGENERATE = "degenerate kernel"
    TOO_FEW = "too few triggered"
    RATIO = "ratio at or above 1"


@dataclass(frozen=True)
class Kernel:
    """The triggering kernel: followers at the same place and near, their distance and wait.

    ``same`` and ``near`` are expected direct followers of one incident; ``near_metres`` the scale of the distance
    (None where only the same place is triggered); ``wait_days`` the scale of the exponential wait.
    """

    same: float
    near: float
    near_metres: float | None
    wait_days: float

    @property
    def ratio(self) -> float:
        """The triggering ratio: expected direct followers of one incident."""
        return self.same + self.near


@dataclass(frozen=True)
class EtasFit:
    """A fitted process and its diagnosis.

    ``background`` shares of the incidents: the even city, the bandwidths, the recent kernel; shape ``(k,)``.
    ``log_likelihoods``: one row per round of declustering, one value per iteration; each row rises (between
    rounds the background changes, so rows do not compare). ``gain``: log-likelihood of the first round above the
    same background without triggering. ``triggered``: expected followers among the incidents. Only where
    ``usable`` may a forecast rest on the kernel; ``sentence`` says why not.
    """

    settings: EtasSettings
    kernel: Kernel
    background: FloatArray
    incidents: int
    pairs: int
    since_days: int
    triggered: float
    gain: float
    log_likelihoods: tuple[tuple[float, ...], ...]
    reason: EtasReason
    sentence: str

    @property
    def usable(self) -> bool:
        """Whether the fit converged inside its bounds."""
        return self.reason is EtasReason.CONVERGED


def fit_etas(
    incidents: Incidents,
    grid: Grid,
    origin: int,
    settings: EtasSettings | None = None,
    *,
    unit_metres: float,
    named: str = "this category",
) -> EtasFit:
    """Fit the process to the incidents inside the grid that were over before ``origin`` (UTC seconds).

    Deterministic: no random start. Every step maximises or raises the likelihood; the mixture shares, the wait and
    the distance are updated in turn (ECM). Three rounds: after each, the pairs found to be related leave the
    background. Edges: followers beyond the boundary, after the origin, or past reach and memory are allowed for.

    Where the near part runs onto a bound or holds fewer than ``MIN_TRIGGERED`` followers it is left out and the
    same place fitted alone. Then the reason is ``ratio at or above 1``, ``too few triggered``, ``not
    converged``, ``degenerate kernel`` (a scale on its bound) or ``converged``.

    Raises CannotForecast (``too_few_incidents``, ``history_too_short``, ``too_many_pairs``).
    """
    settings = EtasSettings() if settings is None else settings
    problem, ages = make_problem(incidents, grid, origin, settings, unit_metres, named)
    state = fit_by_em(problem, near=True)
    if not _near_stands(problem, state):
        state = fit_by_em(problem, near=False, start=state)
    number = len(problem.rate)
    kernel = Kernel(state.same, state.near, state.near_metres if state.near else None, state.wait_days)
    triggered = number - float(state.background.sum())
    gain = state.trace[0][-1] - background_alone(problem, state)
    reason = _reason(state, settings, triggered, gain)
    return EtasFit(
        settings,
        kernel,
        state.background / number,
        number,
        problem.table.nnz,
        int(ages.max()) + 1,
        triggered,
        gain,
        tuple(state.trace),
        reason,
        _sentence(reason, kernel, settings, triggered, gain, named),
    )


def _near_stands(problem: EtasProblem, state: EtasState) -> bool:
    expected = state.near * problem.exposure(state.near_metres, state.wait_days)
    return expected >= MIN_TRIGGERED and not _on_bound(state.near_metres, problem.settings.near_bounds)


def _on_bound(scale: float, bounds: tuple[float, float]) -> bool:
    return scale < bounds[0] * (1 + AT_BOUND) or scale > bounds[1] * (1 - AT_BOUND)


def _reason(state: EtasState, settings: EtasSettings, triggered: float, gain: float) -> EtasReason:
    if state.same + state.near >= 1:
        return EtasReason.RATIO
    if triggered < MIN_TRIGGERED or gain < LEAST_GAIN:
        return EtasReason.TOO_FEW
    if not state.converged:
        return EtasReason.NOT_CONVERGED
    if _on_bound(state.wait_days, settings.wait_days):
        return EtasReason.DEGENERATE
    return EtasReason.CONVERGED


def _sentence(
    reason: EtasReason, kernel: Kernel, settings: EtasSettings, triggered: float, gain: float, named: str
) -> str:
    where = (
        "at the same place"
        if kernel.near_metres is None
        else f"{kernel.same:.0%} at the same place, {kernel.near:.0%} near, at {kernel.near_metres:.0f} m"
    )
    said = f"an incident of {named} leads to {kernel.ratio:.3f} others ({where}), wait scale {kernel.wait_days:.1f} d"
    low, high = settings.wait_days
    return {
        EtasReason.CONVERGED: f"Converged: {said}.",
        EtasReason.NOT_CONVERGED: f"Not converged after {settings.iterations} iterations: so far {said}.",
        EtasReason.DEGENERATE: f"Not used, the wait sits on its bound ({low:g} to {high:g} days): {said}.",
        EtasReason.TOO_FEW: f"Not used, too few triggered: {triggered:.0f} followers, log-likelihood {gain:.1f} "
        f"above a background alone; it takes {MIN_TRIGGERED} and {LEAST_GAIN:g}.",
        EtasReason.RATIO: f"Not used, each incident would lead to {kernel.ratio:.2f} others, without end.",
    }[reason]
