"""The two kernels of the self-exciting process: how long followers wait, and how far away they happen.

Both are tables: waits in whole days, distances in rings of one metre. Hours of the day follow people's routines
and many exports carry only a date, so nothing finer than a day is read as cause and follower. Both are cut (at
``memory`` and ``reach``) and hold all their mass inside.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from scipy.signal import fftconvolve

from forecasting.core.incidents import FloatArray
from forecasting.core.kernels import LEAST_COVERAGE

POWER = 1.5
"""Exponent of the power kernel ``(1 + (r / scale)^2)^-POWER``: its tail falls with the cube of the distance."""

_SAMPLES = 4  # per side of a bin, when a kernel is laid on bins
_DEEPEST = -600.0  # log of the least density told apart from 0; keeps 0 x log 0 finite


class DistanceShape(StrEnum):
    """Form of the distance kernel."""

    GAUSSIAN = "gaussian"
    POWER = "power"


def wait_weights(scale_days: float, memory: int) -> FloatArray:
    """Return the share of followers that come after k whole days, shape ``(memory + 1,)``, sum 1.

    Exponential: proportional to ``exp(-k / scale_days)`` for k = 1 ... memory, and 0 for k = 0, because two
    incidents of one day have no order (and are often one incident recorded twice).
    """
    weights = np.exp(-np.arange(memory + 1) / scale_days)
    weights[0] = 0.0
    return np.asarray(weights / weights.sum())


def distance_density(shape: DistanceShape, scale_metres: float, reach: int) -> FloatArray:
    """Return the density of followers per square metre in each ring, shape ``(reach,)``.

    Ring r holds distances [r, r + 1) metres. Gaussian: ``scale_metres`` is the standard deviation along each
    axis (Mohler et al. 2011); power: ``(1 + r^2 / scale^2)^-1.5`` (Ogata 1998's form). The densities times the
    rings' areas sum to 1.
    """
    middle = np.arange(reach) + 0.5
    if shape is DistanceShape.GAUSSIAN:
        log = -(middle**2) / (2 * scale_metres**2)
    else:
        log = -POWER * np.log1p(middle**2 / scale_metres**2)
    log = np.maximum(log - log.max(), _DEEPEST)
    return np.asarray(np.exp(log) / (np.exp(log) * ring_areas(reach)).sum())


def ring_areas(reach: int) -> FloatArray:
    """Return the area of each ring in square metres, shape ``(reach,)``."""
    return np.asarray(np.pi * np.diff(np.arange(reach + 1.0) ** 2))


def on_bins(density: FloatArray, bin_metres: float) -> FloatArray:
    """Return the mass of a radial density on square bins around the middle one: odd square shape, sum 1.

    ``density`` comes from ``distance_density``; each bin is the mean of 4 x 4 points in it.
    """
    half = int(np.ceil(len(density) / bin_metres))
    points = (np.arange((2 * half + 1) * _SAMPLES) + 0.5) / _SAMPLES - half - 0.5
    metres = np.hypot(points[:, None], points[None, :]) * bin_metres
    sampled = np.interp(metres, np.arange(len(density)) + 0.5, density, right=0.0)
    mass = sampled.reshape(2 * half + 1, _SAMPLES, 2 * half + 1, _SAMPLES).sum(axis=(1, 3))
    return np.asarray(mass / mass.sum())


def spread(picture: FloatArray, kernel: FloatArray) -> FloatArray:
    """Return a picture convolved with a kernel of bins, same shape; what leaves the picture is lost."""
    return np.maximum(fftconvolve(picture, kernel, mode="same"), 0.0)


def mass_inside(inside: FloatArray, density: FloatArray, bin_metres: float) -> FloatArray:
    """Return, per bin, the share of a kernel centred there that lies inside the boundary, (0, 1].

    ``inside`` (rows, columns) is the share of each bin inside. This is the edge correction: followers beyond
    the boundary happen and are not recorded.
    """
    return np.clip(spread(inside, on_bins(density, bin_metres)), LEAST_COVERAGE, 1.0)
