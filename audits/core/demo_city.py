"""Who lives in the demo city: residents by group and area, segregated as real cities are, with planted bias.

Groups live on sides of the city, so that area-cluster intervals are honest about how few neighbourhoods there
are. The planted truth: poverty, and with it black and hispanic residents, lies towards the side that
``forecasting`` calls the poorer one. There, narcotics are found because patrols go there, and robbery and vehicle
theft are more common; residential burglary follows the ring around the centre and single blocks, so it leans to
no group by design (what chance leaves is small). ``forecasting`` never sees these figures.
"""

from collections.abc import Sequence
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from audits.core.groups import GroupTable
from forecasting.core.demo_kinds import POORER_SIDE

Floats = NDArray[np.float64]

GROUPS = ("black", "white", "asian", "hispanic", "below_poverty")
_PER_SQUARE_KM = 4200.0
_EAST_POCKET = (cos(0.1 * pi), sin(0.1 * pi))  # where most asian residents live
_WEST_POCKET = (cos(0.95 * pi), sin(0.95 * pi))  # where many hispanic residents live


def _outward(centres: Floats, surface: Floats) -> Floats:
    """Centres as offsets from the city's middle, in units of the city's radius."""
    offset = centres - np.average(centres, axis=0, weights=surface)
    return np.asarray(offset / np.quantile(np.hypot(*offset.T), 0.95), dtype=np.float64)


def _logistic(score: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-score)), dtype=np.float64)


def _shares(outward: Floats, generator: np.random.Generator) -> dict[str, Floats]:
    """Share of each area's residents in each group; black, white and asian leave room for others."""

    def lean(direction: tuple[float, float]) -> Floats:
        return np.asarray(outward @ np.asarray(direction), dtype=np.float64)

    def chance(spread: float) -> Floats:
        return spread * generator.standard_normal(len(outward))

    poorer = lean(POORER_SIDE)
    black = np.exp(0.1 + 1.6 * poorer + chance(0.35))
    white = np.exp(0.5 - 1.2 * poorer + chance(0.3))
    asian = np.exp(-1.7 + 1.4 * lean(_EAST_POCKET) + chance(0.3))
    everybody = black + white + asian + 0.12
    hispanic = 0.75 * _logistic(-1.9 + 1.6 * lean(_WEST_POCKET) + chance(0.3))
    poverty = 0.6 * _logistic(-0.9 + 0.9 * poorer + chance(0.3))
    return {
        "black": black / everybody,
        "white": white / everybody,
        "asian": asian / everybody,
        "hispanic": hispanic,
        "below_poverty": poverty,
    }


def settle(
    areas: Sequence[str], centres: Floats, surface: Floats, generator: np.random.Generator
) -> GroupTable:
    """Residents by area and group of the demo city; whole persons.

    ``areas``: n codes; ``centres``: shape (n, 2), metres on the projected plane; ``surface``: shape (n,), square
    metres. Same areas and seed, same residents.
    """
    outward = _outward(centres, surface)
    density = (
        _PER_SQUARE_KM * np.exp(0.5 - 0.9 * np.hypot(*outward.T)) * generator.lognormal(0, 0.15, len(areas))
    )
    residents = generator.poisson(density * surface / 1e6)
    shares = _shares(outward, generator)
    counts = np.column_stack([generator.binomial(residents, shares[group]) for group in GROUPS])
    return GroupTable(tuple(areas), GROUPS, counts.astype(np.float64), residents.astype(np.float64))
