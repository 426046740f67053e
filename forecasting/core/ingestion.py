"""Raw rows of a city's export to accepted incidents and refusals with reasons.

Nothing is mended in silence: a row is taken as the profile says or refused with the first reason that
applies, in the order of ``RefusalReason``. Only the columns named in the profile are ever looked at.

Local times: a time inside the hour that daylight saving skips is read one hour later, one inside the repeated
hour as the earlier of the two. A report dated before the incident counts as made when it happened.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.core.placement import Ground, Placed, place
from forecasting.core.profiles import JOINER, REFUSAL_COLUMNS, Moment, Profile, Times
from forecasting.core.record_identity import (
    BETWEEN,
    Prefixes,
    keyed_hashes,
    numbered_hashes,
    occurrences,
    prefixes,
    with_found,
)

ROW, REASON = REFUSAL_COLUMNS  # number of the data row in its file, from 1; why it was refused
LIVE_WITHIN = timedelta(days=7)
_AS_READ = "as read: "  # before a column of the file, so that none can pass for one of ours
_DAY = timedelta(days=1) - timedelta(seconds=1)


class RefusalReason(StrEnum):
    """Why a row was refused; the earliest that applies is given."""

    MISSING_ID = "missing_id"
    REPEATED_ID = "repeated_id"
    UNPARSABLE_DATE = "unparsable_date"
    DATE_IN_FUTURE = "date_in_future"
    ENDS_BEFORE_START = "ends_before_start"
    UNKNOWN_CATEGORY = "unknown_category"
    MISSING_POINT = "missing_point"
    OUT_OF_BOUNDARY = "out_of_boundary"


@dataclass(frozen=True)
class Sorted:
    """One stretch of a file, sorted.

    ``accepted``: row, external_id_hash (16 bytes), category, found_by, occurred_from, occurred_to,
    reported_at (UTC, microseconds), x, y (int32, tenths of a unit of the working CRS), longitude, latitude,
    district (index into the ground's districts, null = none). ``refused``: row, reason, and the profile's
    kept columns as text. ``earlier``: what to hand to the next stretch of the same file.
    """

    accepted: pl.DataFrame
    refused: pl.DataFrame
    earlier: Prefixes


def _read(column: str) -> pl.Expr:
    """A column of the file: stripped text, null where empty."""
    return pl.col(_AS_READ + column)


def _local(moment: Moment) -> pl.Expr:
    """The local date and time, null where it cannot be read."""
    text = pl.concat_str([_read(column) for column in moment.columns], separator=" ")
    return text.str.to_datetime(moment.format, time_unit="us", strict=False)


def _utc(local: pl.Expr, zone: str) -> pl.Expr:
    """UTC of a local time; see the module's head for the two odd hours of the year."""
    there = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    skipped = local.dt.offset_by("1h").dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return there.fill_null(skipped).dt.convert_time_zone("UTC")


def _ends(times: Times) -> pl.Expr:
    """The latest local moment at which it can have happened."""
    start = pl.col("start")
    if times.whole_days:
        return start.dt.truncate("1d") + _DAY
    end = pl.col("end").fill_null(start) if times.occurred_to else start
    unknown = pl.col("category").is_in(times.midnight_unknown) & (start.dt.truncate("1d") == start)
    return pl.when(unknown.fill_null(value=False)).then(start + _DAY).otherwise(end)


def _given(moment: Moment) -> pl.Expr:
    """Whether the export gives this moment at all."""
    return pl.any_horizontal([_read(column).is_not_null() for column in moment.columns])


def _with_times(rows: pl.DataFrame, times: Times) -> pl.DataFrame:
    """Adds occurred_from, occurred_to, reported_at (UTC) and ``undated``: a given moment cannot be read."""
    moments = {"start": times.occurred_from, "end": times.occurred_to, "told": times.reported}
    given = {name: moment for name, moment in moments.items() if moment}
    rows = rows.with_columns(_local(moment).alias(name) for name, moment in given.items())
    undated = [pl.col(name).is_null() & _given(moment) for name, moment in given.items()]
    told = pl.col("told") if times.reported else pl.lit(None, dtype=pl.Datetime("us"))
    return rows.with_columns(
        _utc(pl.col("start"), times.zone).alias("occurred_from"),
        _utc(_ends(times), times.zone).alias("occurred_to"),
        _utc(told, times.zone).alias("reported_at"),
        undated=pl.any_horizontal([pl.col("start").is_null(), *undated]),
    ).with_columns(
        pl.max_horizontal(pl.col("reported_at").fill_null(pl.col("occurred_to")), pl.col("occurred_from"))
    )


def _with_category(rows: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Adds ``category`` and ``found_by``, null where the profile does not know the source text."""
    rules = profile.categories
    values = [_read(column).fill_null("") for column in rules.columns]
    rows = rows.with_columns(source=pl.concat_str(values, separator=JOINER))
    known = rows.select("source", *values).unique("source")
    keys = [rules.rule_for(row) for row in known.drop("source").rows()]
    kinds = pl.DataFrame(
        {
            "source": known["source"],
            "category": [rules.by_source[key] if key else None for key in keys],
            "found_by": ["police" if key in rules.police_discovered else "reported" for key in keys],
        },
        schema={"source": pl.String, "category": pl.String, "found_by": pl.String},
    )
    return rows.join(kinds, on="source", how="left", maintain_order="left")


def _identify(
    rows: pl.DataFrame, profile: Profile, key: bytes, earlier: Prefixes
) -> tuple[list[bytes], NDArray[np.int64], Prefixes]:
    """Each row's identity, how often the same stood before, and what the file has shown so far."""
    columns = profile.id_columns or profile.columns_read
    texts = rows.select(pl.concat_str([_read(column).fill_null("") for column in columns], separator=BETWEEN))
    hashes = keyed_hashes(key, texts.to_series().to_list())
    found = prefixes(hashes)
    before = occurrences(found, earlier)
    after = with_found(earlier, found)
    if profile.id_columns:
        return hashes, before, after
    return numbered_hashes(key, hashes, before), np.zeros_like(before), after


def _number(column: str) -> pl.Expr:
    return _read(column).cast(pl.Float64, strict=False).fill_null(float("nan"))


def _points(rows: pl.DataFrame, profile: Profile) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points in the file's system; NaN where there is none. (0, 0) is how many exports say "none"."""
    columns = (profile.place.x, profile.place.y)
    x, y = (rows.select(_number(column)).to_series().to_numpy().copy() for column in columns)
    absent = ~(np.isfinite(x) & np.isfinite(y)) | ((x == 0) & (y == 0))
    x[absent] = y[absent] = np.nan
    return x, y


def _flags(column: pl.Series) -> NDArray[np.bool_]:
    return column.fill_null(value=False).to_numpy()


def _reasons(
    rows: pl.DataFrame, profile: Profile, before: NDArray[np.int64], placed: Placed, latest: datetime
) -> pl.Series:
    """The first reason against each row; null = accepted."""
    missing_id = [_read(column).is_null() for column in profile.id_columns]
    future = pl.max_horizontal("occurred_from", *(["reported_at"] if profile.times.reported else [])) > latest
    tests = {
        RefusalReason.MISSING_ID: _flags(rows.select(pl.any_horizontal(missing_id)).to_series())
        if missing_id
        else np.zeros(len(rows), dtype=bool),
        RefusalReason.REPEATED_ID: before > 0,
        RefusalReason.UNPARSABLE_DATE: _flags(rows["undated"]),
        RefusalReason.DATE_IN_FUTURE: _flags(rows.select(future).to_series()),
        RefusalReason.ENDS_BEFORE_START: _flags(rows["occurred_to"] < rows["occurred_from"]),
        RefusalReason.UNKNOWN_CATEGORY: rows["category"].is_null().to_numpy(),
        RefusalReason.MISSING_POINT: np.isnan(placed.longitude),
        RefusalReason.OUT_OF_BOUNDARY: ~placed.inside,
    }
    chosen = np.select(list(tests.values()), list(range(len(tests))), default=-1)
    names = pl.Series([reason.value for reason in tests], dtype=pl.String)
    return pl.select(pl.lit(names).gather(pl.lit(pl.Series(chosen).replace(-1, None)))).to_series()


def _accepted(rows: pl.DataFrame, hashes: list[bytes], placed: Placed) -> pl.DataFrame:
    columns = [ROW, "category", "found_by", "occurred_from", "occurred_to", "reported_at", REASON]
    district = pl.Series(placed.district).replace(-1, None)
    return (
        rows.select(columns)
        .with_columns(
            pl.Series("external_id_hash", hashes, dtype=pl.Binary),
            pl.Series("x", placed.x),
            pl.Series("y", placed.y),
            pl.Series("longitude", placed.longitude),
            pl.Series("latitude", placed.latitude),
            district.alias("district"),
        )
        .filter(pl.col(REASON).is_null())
        .drop(REASON)
    )


def sort_rows(
    raw: pl.DataFrame, *, profile: Profile, ground: Ground, key: bytes, earlier: Prefixes, latest: datetime
) -> Sorted:
    """Sort one stretch of a file into incidents and refusals.

    ``raw``: text columns of ``profile.columns_read`` and ``row``; ``key``: secret of the identity hash;
    ``earlier``: what the file has shown before this stretch (``no_prefixes()`` at first); ``latest``: aware
    moment after which a date lies in the future.
    """
    text = pl.col(profile.columns_read).str.strip_chars()
    rows = raw.select(ROW, pl.when(text != "").then(text).name.prefix(_AS_READ))
    rows = _with_times(_with_category(rows, profile), profile.times)
    hashes, before, after = _identify(rows, profile, key, earlier)
    placed = place(ground, *_points(rows, profile))
    rows = rows.with_columns(_reasons(rows, profile, before, placed, latest).alias(REASON))
    kept = [_read(column).alias(column) for column in profile.kept_in_refusals]
    refused = rows.filter(pl.col(REASON).is_not_null()).select(ROW, REASON, *kept)
    return Sorted(_accepted(rows, hashes, placed), refused, after)


def when_and_what(refused: pl.DataFrame, profile: Profile) -> pl.DataFrame | None:
    """Read back what refused rows still tell: reason, category, occurred_from (UTC); null where it cannot be read.

    ``refused``: as `sort_rows` gives them. None where the profile keeps neither date nor category of a refused row.
    """
    needed = {*profile.times.occurred_from.columns, *profile.categories.columns}
    if not needed <= set(profile.kept_in_refusals) or not needed <= set(refused.columns):
        return None
    texts = [
        (pl.col(name) if name in refused.columns else pl.lit(None, dtype=pl.String)).alias(_AS_READ + name)
        for name in profile.columns_read
    ]
    rows = _with_times(_with_category(refused.select(REASON, *texts), profile), profile.times)
    return rows.select(REASON, "category", "occurred_from")


def known_at(*, loaded_at: datetime, typical_delay_hours: float, replay: bool) -> pl.Expr:
    """When a row counts as known, from its ``reported_at``.

    A live row (real clock, reported within a week of the load) is known when it is loaded; a backfilled one
    when such a row is typically known, so that a replay cannot see what nobody could have seen.
    """
    typical = pl.col("reported_at") + timedelta(hours=typical_delay_hours)
    if replay:
        return typical
    live = pl.col("reported_at") > loaded_at - LIVE_WITHIN
    return pl.when(live).then(pl.lit(loaded_at).dt.convert_time_zone("UTC")).otherwise(typical)
