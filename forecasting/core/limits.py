"""What the forecasting engine will not compute, and what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from governance.core.refusals import Reason, Refused

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

    ``reason`` is one of ``too_few_incidents``, ``history_too_short``, ``too_few_cells``, ``grid_too_large``,
    ``too_many_pairs``, ``empty_area``, ``bad_window``, ``bad_recipe``, ``bad_input``, ``not_additive``,
    ``category_vanished``, ``gap_in_data``. The message names what was found, what is needed, and the remedy; services
    turn it into a refusal.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


REFUSAL_OF = {
    "too_few_incidents": Reason.TOO_LITTLE_DATA,
    "history_too_short": Reason.TOO_LITTLE_DATA,
    "too_few_cells": Reason.TOO_LITTLE_DATA,
    "category_vanished": Reason.TOO_LITTLE_DATA,
    "gap_in_data": Reason.TOO_LITTLE_DATA,
    "grid_too_large": Reason.TOO_LARGE,
    "too_many_pairs": Reason.TOO_LARGE,
}


@contextmanager
def as_refusal() -> Iterator[None]:
    """Turn what the engine declines into the refusal that pages, the API and commands show."""
    try:
        yield
    except CannotForecast as problem:
        raise Refused(REFUSAL_OF.get(problem.reason, Reason.BAD_INPUT), problem.message) from problem
