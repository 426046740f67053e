"""Residents by area and group: the one table every audit starts from.

Groups overlap (a person may be Hispanic, Black and below poverty at once), so no group is ever formed by
subtracting others from the total, and shares of groups need not add up to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EVERYBODY = "all_residents"
"""The name of the reference group: every resident, counted once."""

_PHRASES = {
    EVERYBODY: "Residents overall",
    "below_poverty": "Residents below poverty",
    "black": "Black residents",
    "white": "White residents",
    "asian": "Asian residents",
    "hispanic": "Hispanic residents",
}


@dataclass(frozen=True)
class GroupTable:
    """How many residents each area has, and how many of them belong to each group.

    `areas`: n names. `groups`: k names. `counts`: shape (n, k), residents of each group in each area.
    `residents`: shape (n,), all residents of each area. Counts are persons; they may be fractions where a
    table was clipped to part of an area.

    Raises ValueError where shapes disagree, a name repeats, a count is negative or not finite, a group is
    larger than its area, or a group uses the reserved name `EVERYBODY`.
    """

    areas: tuple[str, ...]
    groups: tuple[str, ...]
    counts: Floats
    residents: Floats

    def __post_init__(self) -> None:
        _refuse_wrong_shapes(self)
        _refuse_wrong_names(self)
        _refuse_wrong_counts(self)

    @property
    def totals(self) -> Floats:
        """Residents of each group over all areas, shape (k,)."""
        return np.asarray(self.counts.sum(axis=0), dtype=np.float64)

    @property
    def everybody(self) -> float:
        """Residents over all areas, each counted once."""
        return float(self.residents.sum())


class GroupRows(NamedTuple):
    """A table unrolled to one row per area and group, for tools that work on individual rows.

    `area`: index into the table's areas. `group`: name of the group. `weight`: residents of that group in
    that area. All three have shape (n * k,).
    """

    area: NDArray[np.int64]
    group: NDArray[np.str_]
    weight: Floats


def choose(table: GroupTable, groups: Sequence[str]) -> GroupTable:
    """Keep only the named groups, in the order given.

    A group that nobody counted gets zeros, so that it is reported as not judged instead of being left out.
    """
    nobody = np.zeros(len(table.areas))
    columns = [
        table.counts[:, table.groups.index(each)] if each in table.groups else nobody for each in groups
    ]
    counts = np.column_stack(columns) if columns else np.zeros((len(table.areas), 0))
    return GroupTable(table.areas, tuple(groups), counts, table.residents)


def within(table: GroupTable, share: Floats) -> GroupTable:
    """Keep the part of each area that lies inside some place, with residents in proportion to surface.

    `share`: shape (n,), part of each area's surface inside the place, 0 (outside) to 1 (whole). Areas with
    share 0 are dropped. Assumes that residents of every group are spread evenly over their area, which is
    the usual areal interpolation and blind to parks, rivers and rail yards.
    """
    if share.shape != table.residents.shape:
        raise ValueError(f"{share.size} shares for {len(table.areas)} areas")
    kept = np.flatnonzero(share > 0)
    factor = share[kept]
    return GroupTable(
        tuple(table.areas[i] for i in kept),
        table.groups,
        table.counts[kept] * factor[:, None],
        table.residents[kept] * factor,
    )


def group_rows(table: GroupTable) -> GroupRows:
    """Unroll the table to (area, group, residents) rows, group by group."""
    return _unrolled(table.groups, table.counts)


def group_rows_with_everybody(table: GroupTable) -> GroupRows:
    """Unroll the table with all residents as one more group, so that the reference takes the same way."""
    return _unrolled((*table.groups, EVERYBODY), np.column_stack([table.counts, table.residents]))


def phrase(group: str) -> str:
    """Name a group the way a sentence begins: "Residents below poverty", "Black residents"."""
    return _PHRASES.get(group, f"Residents in the group “{group.replace('_', ' ')}”")


def _unrolled(groups: tuple[str, ...], counts: Floats) -> GroupRows:
    n, k = counts.shape
    return GroupRows(
        area=np.tile(np.arange(n, dtype=np.int64), k),
        group=np.repeat(np.asarray(groups, dtype=np.str_), n),
        weight=counts.T.reshape(-1),
    )


def _refuse_wrong_shapes(table: GroupTable) -> None:
    expected = (len(table.areas), len(table.groups))
    if table.counts.shape != expected or table.residents.shape != expected[:1]:
        raise ValueError(f"{expected[0]} areas and {expected[1]} groups, but counts {table.counts.shape}")


def _refuse_wrong_names(table: GroupTable) -> None:
    if len(set(table.areas)) < len(table.areas) or len(set(table.groups)) < len(table.groups):
        raise ValueError("an area or a group is named twice")
    if EVERYBODY in table.groups:
        raise ValueError(f"{EVERYBODY} is the reference, not a group")


def _refuse_wrong_counts(table: GroupTable) -> None:
    both = np.column_stack([table.counts, table.residents])
    if not np.isfinite(both).all() or (both < 0).any():
        raise ValueError("residents must be finite and not negative")
    larger = np.argwhere(table.counts > table.residents[:, None] * (1 + 1e-9) + 1e-9)
    if larger.size:
        area, group = larger[0]
        raise ValueError(f"{table.groups[group]} counts more people than live in area {table.areas[area]}")
