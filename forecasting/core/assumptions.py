"""What a scenario is made of: the ground it starts from, what changes, and the assumptions it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from forecasting.core.incidents import FloatArray
from forecasting.core.limits import CannotForecast


@dataclass(frozen=True)
class Assumption:
    """One number that a scenario rests on: its name, what it means, its likely value and range, where it comes from.

    Drawn from a triangle over ``low``, ``value``, ``high`` once per seed; a point where the three are equal.
    """

    name: str
    meaning: str
    low: float
    value: float
    high: float
    source: str

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise CannotForecast(
                "bad_input", f"Assumption {self.name!r}: its value must lie in its range; got {self.low:g}, "
                f"{self.value:g}, {self.high:g}."
            )  # fmt: skip

    def draw(self, uniform: FloatArray) -> FloatArray:
        """Turn uniform numbers (any shape) into draws of this assumption."""
        width = self.high - self.low
        if width == 0:
            return np.full(uniform.shape, self.value)
        return np.asarray(stats.triang.ppf(uniform, (self.value - self.low) / width, self.low, width))

    @property
    def line(self) -> str:
        """How it is printed beside a result."""
        return f"{self.meaning}: {self.value:g} [{self.low:g} to {self.high:g}] ({self.source})"


PREVENTED, MOVED, SPREAD, DISCOVERED = "prevented", "moved", "spread", "discovered"

STANDARD_ASSUMPTIONS: Mapping[str, Assumption] = MappingProxyType(
    {
        each.name: each
        for each in (
            Assumption(
                PREVENTED, "Share of incidents prevented by each doubling of patrol time", 0.0, 0.05, 0.12,
                "judgement; one field trial reports 7.4 % fewer as patrol time grew, Mohler et al. 2015",
            ),
            Assumption(
                MOVED, "Share of the prevented incidents that happen in neighbouring areas instead", 0.0, 0.2, 0.5,
                "judgement; no local evaluation yet",
            ),
            Assumption(
                SPREAD, "Share of an event's extra incidents that falls in neighbouring areas", 0.0, 0.2, 0.4,
                "judgement; no local evaluation yet",
            ),
            Assumption(
                DISCOVERED, "Share of unreported incidents that patrols of today's density find", 0.0, 0.02, 0.05,
                "judgement; near 1 for what only patrols find",
            ),
        )
    }
)  # fmt: skip
"""Starting values; an analyst replaces them by local evidence, and they are printed either way."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The base: areas, expected *recorded* incidents of one category and window, and how much is reported.

    ``recorded`` (shape ``(areas,)``) is the forecast by area; ``reported_share`` (shape ``(areas,)``, above 0 and at
    most 1) is assumed, and with it the true number; ``neighbours`` (shape ``(areas, areas)``, symmetric) says which
    areas touch; ``dispersion`` is the negative binomial's, of an area's true count.
    """

    areas: Sequence[str]
    recorded: FloatArray
    reported_share: FloatArray
    neighbours: NDArray[np.bool_]
    dispersion: float = 0.0


@dataclass(frozen=True)
class PatrolChange:
    """Patrol time in ``areas`` times ``factor`` (> 0)."""

    areas: tuple[str, ...]
    factor: float

    @property
    def line(self) -> str:
        """How it is printed."""
        return f"patrol time x {self.factor:g} in {', '.join(self.areas)}"


@dataclass(frozen=True)
class EventHere:
    """An event that multiplies the incidents of ``areas`` by ``factor`` (>= 1) for ``share`` of the window, (0, 1]."""

    areas: tuple[str, ...]
    factor: float
    share: float

    @property
    def line(self) -> str:
        """How it is printed."""
        return f"an event in {', '.join(self.areas)} (x {self.factor:g} for {self.share:.0%} of the window)"


@dataclass(frozen=True)
class ReportingChange:
    """The share reported in ``areas`` times ``factor`` (> 0; the share stays at most 1)."""

    areas: tuple[str, ...]
    factor: float

    @property
    def line(self) -> str:
        """How it is printed."""
        return f"reporting x {self.factor:g} in {', '.join(self.areas)}"


Change = PatrolChange | EventHere | ReportingChange


@dataclass(frozen=True)
class Scenario:
    """A name and what changes; no changes is the base itself."""

    name: str
    changes: tuple[Change, ...] = ()
