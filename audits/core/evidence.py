"""When there is too little to judge (row 17): denominators first, then intervals. Never a pass.

Each metric names the denominators it rests on (`metrics`), because a group may be large and still have three
recorded incidents. Whatever falls short is "insufficient evidence" and is listed with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audits.core.groups import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audits.core.audited import Audited
    from audits.core.resampling import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Floors:
    """The least that a figure may rest on.

    `residents`: people of the group. `areas`: areas where any of them live. `flagged_areas`: of these, areas
    flagged at all. `incidents`, `calls`, `arrests`: events, shared out by residents. `positives`, `negatives`:
    area-windows with and without an incident where the group lives. `minutes`: minutes of patrol, shared out.
    `defined`: share of bootstrap draws in which the figure exists.
    """

    residents: float = 100
    areas: float = 5
    flagged_areas: float = 1
    incidents: float = 20
    calls: float = 20
    arrests: float = 20
    positives: float = 5
    negatives: float = 5
    minutes: float = 60
    defined: float = 0.9


_WORDS = {
    "residents": ("people", "are {found} here"),
    "areas": ("areas", "live in {found} areas"),
    "flagged_areas": ("flagged areas", "live in {found} flagged areas"),
    "incidents": ("incidents", "have {found} recorded incidents to their share"),
    "calls": ("calls", "have {found} calls to their share"),
    "arrests": ("arrests", "have {found} arrests to their share"),
    "positives": ("cases", "live in areas with an incident in {found} cases"),
    "negatives": ("cases", "live in areas without an incident in {found} cases"),
    "minutes": ("minutes", "have {found} minutes of patrol to their share"),
}


def denominators(audited: Audited) -> dict[str, Floats]:
    """What there is to rest a figure on, by name, each of shape (k,); names as in `Floors`.

    A figure that is not known gives no entry.
    """
    table = audited.table
    lives = (table.counts > 0).astype(np.float64)
    share = table.counts / np.where(table.residents > 0, table.residents, np.inf)[:, None]
    found = {
        "residents": table.totals,
        "areas": lives.sum(axis=0),
        "flagged_areas": (audited.flagged.sum(axis=1) > 0) @ lives,
    }
    if audited.recorded is not None:
        found["incidents"] = audited.recorded.sum(axis=1) @ share
        found["positives"] = (audited.recorded > 0).sum(axis=1) @ lives
        found["negatives"] = (audited.recorded == 0).sum(axis=1) @ lives
    if audited.arrests is not None:
        found["arrests"] = audited.arrests.sum(axis=1) @ share
    if audited.calls is not None:
        found["calls"] = audited.calls @ share
    if audited.minutes is not None:
        found["minutes"] = audited.minutes @ share
    return {name: np.asarray(value, dtype=np.float64) for name, value in found.items()}


def what_is_missing(
    group: str,
    rests_on: Sequence[str],
    found: Mapping[str, float],
    value: float,
    interval: Interval,
    floors: Floors,
) -> str:
    """Say why a figure of a group cannot be judged, or nothing where it can."""
    for name in rests_on:
        least = float(getattr(floors, name))
        if found[name] < least:
            unit, words = _WORDS[name]
            what = words.format(found=f"{found[name]:,.0f}")
            return f"{phrase(group)} {what}; at least {least:,.0f} {unit} are needed."
    if not np.isfinite(value):
        return f"For {_small(group)} there is nothing to divide by."
    if interval.defined < floors.defined:
        return (
            f"For {_small(group)} the figure exists in only {interval.defined:.0%} of the resampled cities: "
            "too few areas carry it."
        )
    return ""


def _small(group: str) -> str:
    words = phrase(group)
    return words[0].lower() + words[1:] if words.startswith("Residents") else words
