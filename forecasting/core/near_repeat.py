"""The near-repeat surface (ProMap): recent incidents nearby, the nearer and the more recent the heavier.

Bowers, Johnson & Pease (2004), Prospective Hot-Spotting: The Future of Crime Mapping? British Journal of
Criminology 44:641-658. Whether it may be used for a category and city is for ``knox.knox_test`` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from forecasting.core.grid import Grid
from forecasting.core.incidents import FloatArray, Incidents
from forecasting.core.limits import CannotForecast
from forecasting.core.windows import DAY, history

_WEEK = 7.0


class NearRepeatWeights(Protocol):
    """How much one incident counts: a factor of its distance times a factor of its age."""

    @property
    def reach_metres(self) -> float:
        """An incident farther than this counts nothing."""

    @property
    def memory_days(self) -> float:
        """An incident this old or older counts nothing."""

    def of_distance(self, metres: FloatArray, cell_metres: float) -> FloatArray:
        """Return the factor of each distance (any shape) on a grid of cells with this side."""

    def of_age(self, days: FloatArray) -> FloatArray:
        """Return the factor of each age (any shape)."""


@dataclass(frozen=True)
class OriginalWeights:
    """The weights of 2004: ``1 / (1 + complete half cells) x 1 / (1 + complete weeks)``.

    Within 400 m and two months, read as eight weeks. The distance is counted in complete half cell widths (25 m
    on the paper's cells of 50 m), so the weights hang on the grid, as they did in the paper.
    """

    reach_metres: float = 400.0
    memory_days: float = 56.0

    def of_distance(self, metres: FloatArray, cell_metres: float) -> FloatArray:
        """Return ``1 / (1 + floor(distance / half a cell))``."""
        return np.asarray(1.0 / (1.0 + np.floor(metres / (cell_metres / 2))))

    def of_age(self, days: FloatArray) -> FloatArray:
        """Return ``1 / (1 + floor(weeks))``."""
        return np.asarray(1.0 / (1.0 + np.floor(days / _WEEK)))


@dataclass(frozen=True)
class DecayWeights:
    """The same idea without steps and without the grid: ``0.5^(age / half-life) x exp(-distance / scale)``."""

    scale_metres: float = 150.0
    half_life_days: float = 14.0
    reach_metres: float = 600.0
    memory_days: float = 84.0

    def of_distance(self, metres: FloatArray, cell_metres: float) -> FloatArray:
        """Return ``exp(-distance / scale)``; the cell does not matter."""
        return np.asarray(np.exp(-metres / self.scale_metres))

    def of_age(self, days: FloatArray) -> FloatArray:
        """Return ``0.5 ** (age / half-life)``."""
        return np.asarray(np.exp2(-days / self.half_life_days))


def decay_weights(scale_metres: float | None, half_life_days: float | None) -> DecayWeights:
    """Return a decay of this scale and half-life, cut at 4 scales and 6 half-lives.

    None leaves either as ``DecayWeights`` has it.
    """
    scale = scale_metres or DecayWeights.scale_metres
    half_life = half_life_days or DecayWeights.half_life_days
    return DecayWeights(scale, half_life, 4 * scale, 6 * half_life)


def near_repeat_intensity(
    incidents: Incidents,
    grid: Grid,
    origin: int,
    weights: NearRepeatWeights | None = None,
    *,
    unit_metres: float,
    points: int = 1,
) -> FloatArray:
    """Return the near-repeat intensity of every cell at ``origin`` (UTC seconds), shape ``(n,)``.

    The sum over the incidents over before ``origin`` of their factor of distance (incident to the cell's centre)
    times their factor of age (days from the incident's last possible second to ``origin``); without unit, 0
    where nothing happened within reach and memory. ``weights`` are the original ones unless given. With
    ``points`` > 1 the distance factor is the mean over ``points x points`` even points of the cell, which is
    fairer to large cells. Incidents outside the boundary count where their reach crosses it. CRS units are
    ``unit_metres`` long.

    Raises CannotForecast (``bad_recipe``) unless reach, memory and ``points`` are above 0.
    """
    weights = OriginalWeights() if weights is None else weights
    if not (weights.reach_metres > 0 and weights.memory_days > 0 and points >= 1):
        raise CannotForecast(
            "bad_recipe",
            f"A near-repeat surface needs reach, memory and points above 0; got {weights.reach_metres:g} m, "
            f"{weights.memory_days:g} days, {points}.",
        )
    age = (origin - incidents.ends) / DAY
    recent = history(incidents, origin) & (age < weights.memory_days)
    known = incidents.where(recent)
    across = (known.x - grid.origin_x) / grid.cell - grid.columns.min()
    up = (known.y - grid.origin_y) / grid.cell - grid.rows.min()
    return grid.cells_of(
        _spread(across, up, weights.of_age(age[recent]), grid, weights, grid.cell * unit_metres, points)
    )


def _spread(
    across: FloatArray,
    up: FloatArray,
    masses: FloatArray,
    grid: Grid,
    weights: NearRepeatWeights,
    cell_metres: float,
    points: int,
) -> FloatArray:
    """Lay every incident's weights on the picture of the grid; ``across`` and ``up`` count cells from its corner.

    One pass per neighbour of a cell (offset in rows and columns), over all incidents at once.
    """
    reach = int(np.ceil(weights.reach_metres / cell_metres))
    height, width = grid.shape
    canvas = np.zeros((height + 2) * (width + 2))  # a rim takes what falls outside
    inner = (np.arange(points) + 0.5) / points
    for down in range(-reach, reach + 1):
        row = np.floor(up).astype(np.int64) + down
        for along in range(-reach, reach + 1):
            column = np.floor(across).astype(np.int64) + along
            factor = np.zeros(len(masses))
            for north in inner:
                for east in inner:
                    metres = np.hypot(column + east - across, row + north - up) * cell_metres
                    factor += np.where(
                        metres <= weights.reach_metres, weights.of_distance(metres, cell_metres), 0.0
                    )
            place = (np.clip(row, -1, height) + 1) * (width + 2) + np.clip(column, -1, width) + 1
            canvas += np.bincount(place, masses * factor, minlength=len(canvas))
    return canvas.reshape(height + 2, width + 2)[1:-1, 1:-1] / points**2
