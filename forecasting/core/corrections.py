"""What a row means for a record that is known already: nothing new, or a correction."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

CONTENT = ("category", "found_by", "occurred_from", "occurred_to", "reported_at", "x", "y")
SUPERSEDES = "supersedes"  # id of the row that this one takes the place of; null = a new record


@dataclass(frozen=True)
class Settled:
    """The rows to keep, each with the row it supersedes (or null), and how many say nothing new."""

    kept: pl.DataFrame
    unchanged: int


def settle(accepted: pl.DataFrame, known: pl.DataFrame) -> Settled:
    """Compare accepted rows with the rows they would supersede.

    `accepted`: as `ingestion.sort_rows` gives them, with `supersedes`; `known`: id and ``CONTENT`` of those
    rows. A row whose content is the same in all of ``CONTENT`` changes nothing and is dropped.
    """
    if known.is_empty():
        return Settled(accepted, 0)
    before = known.rename({column: f"before: {column}" for column in CONTENT})
    both = accepted.join(before, left_on=SUPERSEDES, right_on="id", how="left", maintain_order="left")
    same = pl.all_horizontal(pl.col(column) == pl.col(f"before: {column}") for column in CONTENT)
    kept = both.filter(~same.fill_null(value=False)).select(accepted.columns)
    return Settled(kept, len(accepted) - len(kept))


def corrected_at(known_at: pl.Expr, loaded_at: datetime) -> pl.Expr:
    """When a row counts as known: a correction not before its load, for until then the earlier row stood."""
    later = pl.max_horizontal(known_at, pl.lit(loaded_at).dt.convert_time_zone("UTC"))
    return pl.when(pl.col(SUPERSEDES).is_null()).then(known_at).otherwise(later)
