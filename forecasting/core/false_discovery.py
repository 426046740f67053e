"""How many of the findings may be chance: p-values adjusted for having looked in many places at once."""

from __future__ import annotations

import numpy as np

from forecasting.core.incidents import BoolArray, FloatArray
from forecasting.core.limits import CannotForecast

DEFAULT_LEVEL = 0.05
"""Expected share of false findings among those reported, unless a policy says otherwise."""


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """Return adjusted p-values, any shape, in the same order, in [0, 1].

    Findings with an adjusted value of at most ``q`` hold an expected share of at most ``q`` false ones, if the
    tests are independent or positively dependent (Benjamini & Hochberg 1995; Benjamini & Yekutieli 2001,
    theorem 1.2). NaN marks a test that was not made: it stays NaN and is not counted.

    Raises CannotForecast (``bad_input``) when a value is outside [0, 1].
    """
    return _stepped_up(p_values, harmonic=False)


def benjamini_yekutieli(p_values: FloatArray) -> FloatArray:
    """Return adjusted p-values like ``benjamini_hochberg``, valid under any dependence between the tests.

    Each is ``1 + 1/2 + ... + 1/m`` times larger, for ``m`` tests (Benjamini & Yekutieli 2001, theorem 1.3).

    Raises CannotForecast (``bad_input``) when a value is outside [0, 1].
    """
    return _stepped_up(p_values, harmonic=True)


def found(adjusted: FloatArray, level: float = DEFAULT_LEVEL) -> BoolArray:
    """Return which tests are findings at ``level``, shape of ``adjusted``; a test not made is none."""
    return np.asarray(np.nan_to_num(adjusted, nan=2.0) <= level, dtype=np.bool_)


def _stepped_up(p_values: FloatArray, *, harmonic: bool) -> FloatArray:
    flat = np.asarray(p_values, dtype=np.float64).ravel()
    made = np.flatnonzero(~np.isnan(flat))
    _check(flat[made])
    answer = np.full(len(flat), np.nan)
    if len(made):
        order = made[np.argsort(flat[made], kind="stable")]
        ranks = np.arange(1, len(order) + 1)
        penalty = float((1 / ranks).sum()) if harmonic else 1.0
        scaled = flat[order] * (len(order) * penalty) / ranks
        answer[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return answer.reshape(np.shape(p_values))


def _check(p_values: FloatArray) -> None:
    if len(p_values) and (p_values.min() < 0 or p_values.max() > 1):
        worst = float(p_values[np.argmax(np.abs(p_values - 0.5))])
        raise CannotForecast(
            "bad_input", f"A p-value lies between 0 and 1; got {worst:g}. Check the test that gave it."
        )
