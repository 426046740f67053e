"""Findings as data: what was looked for in one category, what was found, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from forecasting.core.false_discovery import DEFAULT_LEVEL
from forecasting.core.fingerprint import round_significant
from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray


@dataclass(frozen=True)
class Looking:
    """How findings are looked for. Lengths in metres, times in days; see ``ScanSettings`` for the scan's."""

    cell_metres: float = 500.0
    scan_days: int = 182
    max_radius_metres: float = 1500.0
    max_days: int = 28
    simulations: int = 999
    stop_after: int = 20
    series_days: int = 91
    near_metres: float = 750.0
    knox_latest: int = 4000
    level: float = DEFAULT_LEVEL
    looks_every_days: float = 1.0


STANDARD = Looking()


@dataclass(frozen=True)
class Ground:
    """Where findings lie: a coarse grid, a name for each of its cells, names of districts by code."""

    grid: Grid
    names: Sequence[str]
    districts: Mapping[str, str]
    unit_metres: float
    timezone: str

    @property
    def centres(self) -> tuple[FloatArray, FloatArray]:
        """The middles of the cells, projected CRS, shapes ``(cells,)`` each."""
        grid = self.grid
        x, y = grid.origin_x + (grid.columns + 0.5) * grid.cell, grid.origin_y + (grid.rows + 0.5) * grid.cell
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


@dataclass(frozen=True)
class Finding:
    """One finding. ``cells`` are (column, row) of the coarse grid, ``district`` its code where it is a district's.

    ``p_value`` is the test's own; ``adjusted`` allows for everything the family looked at. ``recurrence_days``: how
    often a cluster this strong appears by chance, None for other kinds. Dates are ISO local days.
    """

    kind: str
    label: str
    where: str
    cells: tuple[tuple[int, int], ...]
    district: str
    first: str
    last: str
    observed: float
    expected: float
    p_value: float
    adjusted: float
    recurrence_days: float | None
    sentence: str


@dataclass(frozen=True)
class Family:
    """One family of tests: what was looked at, and how it went, in a sentence; its findings, the surest first."""

    name: str
    said: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Findings:
    """Everything that was looked for in one category up to the local day ``until``."""

    category: str
    until: date
    level: float
    families: tuple[Family, ...]
    classes: Mapping[str, tuple[tuple[int, int], ...]]
    near_repeat: Mapping[str, Any]

    @property
    def found(self) -> tuple[Finding, ...]:
        """All findings, in the order of the families."""
        return tuple(each for family in self.families for each in family.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, fit for canonical JSON; figures carry six significant digits."""
        return {
            "category": self.category,
            "until": self.until.isoformat(),
            "level": self.level,
            "families": [
                {"name": each.name, "said": each.said, "findings": [_plain(one) for one in each.findings]}
                for each in self.families
            ],
            "classes": {name: [list(cell) for cell in cells] for name, cells in self.classes.items()},
            "near_repeat": dict(self.near_repeat),
        }


def _plain(finding: Finding) -> dict[str, Any]:
    data = asdict(finding) | {"cells": [list(cell) for cell in finding.cells]}
    return {name: _rounded(value) if isinstance(value, float) else value for name, value in data.items()}


def _rounded(value: float) -> float:
    return float(round_significant(np.array(value)))
