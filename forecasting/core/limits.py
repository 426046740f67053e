"""What the forecasting engine will not compute, and what to do instead."""

from __future__ import annotations

MAX_CELLS = 2_000_000
"""Largest grid computed in one run; a country is cut into jurisdictions long before this."""

MIN_INCIDENTS = 100
"""Fewest incidents of a category before the origin that a forecast may rest on."""

MIN_TRAINING_INCIDENTS = 30
"""Fewest incidents inside the training windows that coefficients may be fitted on."""

MIN_TRAINING_WINDOWS = 3
"""Fewest training windows that coefficients and dispersion may be fitted on."""


class CannotForecast(ValueError):
    """The engine declines, with a reason a program reads and a sentence a person reads.

    ``reason`` is one of ``too_few_incidents``, ``history_too_short``, ``grid_too_large``,
    ``empty_area``, ``bad_window``, ``bad_recipe``, ``not_additive``. The message names what was
    found, what is needed, and the remedy; services turn it into a refusal.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
