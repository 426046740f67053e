"""Bring one file of incidents in: one file, one SHA-256, one batch, one transaction."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import shapely
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from forecasting.core.corrections import SUPERSEDES, corrected_at, settle
from forecasting.core.ingestion import REASON, ROW, RefusalReason, Sorted, known_at, sort_rows
from forecasting.core.placement import Ground, ground_of, misplaced
from forecasting.core.profiles import Profile
from forecasting.core.record_identity import Known, no_prefixes, rows_known
from forecasting.intake.ahead import one_ahead
from forecasting.intake.incident_table import (
    contents_of,
    copy_incidents,
    next_batch_id,
    records_known,
    supersede,
    wait_for_turn,
)
from forecasting.intake.stretches import stretches
from forecasting.models import Batch
from forecasting.selectors.profiles import profile_named
from governance import clock
from governance.artifacts import store_artifact
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import districts_of

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User

Progress = Callable[[int, float], None]  # rows read so far, share of the file read


@dataclass
class Intake:
    """One file on its way in: what stays the same from stretch to stretch, and what adds up."""

    jurisdiction: Jurisdiction
    profile: Profile
    ground: Ground
    district_ids: list[int]
    key: bytes
    batch_id: int
    loaded_at: datetime  # jurisdiction's clock
    latest: datetime  # real time: no incident can be dated after it
    known: Known | None = None  # read while the first stretches are being sorted
    rows: int = 0
    accepted: int = 0
    corrections: int = 0
    unchanged: int = 0
    refused: list[pl.DataFrame] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


@transaction.atomic
def ingest_batch(
    *, jurisdiction: Jurisdiction, path: Path, by: User, progress: Progress | None = None
) -> Batch:
    """Take a file's rows as the jurisdiction's profile says; keep the refused ones with their reasons.

    All of it is stored, or nothing. The same file again returns its batch and changes nothing; the same id in
    a later file supersedes the earlier row and keeps it, unless nothing changed. Ids enter as keyed hashes;
    columns that the profile does not name never enter. Raises Refused(NOT_PERMITTED | NOT_FOUND | BAD_INPUT |
    TOO_LARGE) with file, line and remedy.
    """
    role = check(by, Permission.MANAGE_DATA, jurisdiction)
    wait_for_turn(jurisdiction.pk)
    digest = _file_digest(path)
    known = Batch.objects.filter(jurisdiction=jurisdiction, digest=digest).first()
    if known is not None:
        return known
    intake = _begin(jurisdiction)
    for sorted_, share in one_ahead(_sorted(intake, path)):
        _store(intake, sorted_)
        if progress:
            progress(intake.rows, share)
    _check_whole(intake, path, digest)
    batch = _finish(intake, path, digest)
    record(
        action="batch.ingested",
        subject_kind="batch",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        detail={
            "rows": batch.rows,
            "accepted": batch.accepted,
            "corrections": batch.corrections,
            "unchanged": batch.unchanged,
            "refused": batch.refused,
            "refusals": batch.refusals_digest,
            "profile": batch.profile,
        },
    )
    return batch


def _file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex. Raises Refused(NOT_FOUND)."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise Refused(
            Reason.NOT_FOUND, f"{path} cannot be read: {problem.strerror}. Check the path."
        ) from None


def _begin(jurisdiction: Jurisdiction) -> Intake:
    profile = profile_named(jurisdiction.profile)
    districts = districts_of(jurisdiction)
    shapes = [shapely.from_wkb(bytes(district.boundary.wkb)) for district in districts]
    boundary = shapely.from_wkb(bytes(jurisdiction.boundary.wkb))
    return Intake(
        jurisdiction=jurisdiction,
        profile=profile,
        ground=ground_of(boundary, shapes, crs=profile.place.crs, work_crs=f"EPSG:{jurisdiction.srid}"),
        district_ids=[district.pk for district in districts],
        # A key of its own for each jurisdiction: the same number in two cities gives two identities.
        key=hmac.digest(settings.ID_KEY, f"incident id: {jurisdiction.slug}".encode(), "sha256"),
        batch_id=next_batch_id(),
        loaded_at=clock.now(jurisdiction),
        latest=timezone.now(),
    )


def _sorted(intake: Intake, path: Path) -> Iterator[tuple[Sorted, float]]:
    """Sort the file stretch by stretch, each knowing which ids stood before it."""
    earlier = no_prefixes()
    for stretch in stretches(path, intake.profile):
        sorted_ = sort_rows(
            stretch.raw,
            profile=intake.profile,
            ground=intake.ground,
            key=intake.key,
            earlier=earlier,
            latest=intake.latest,
        )
        earlier = sorted_.earlier
        yield sorted_, stretch.share


def _store(intake: Intake, sorted_: Sorted) -> None:
    """Keep one stretch's refusals, compare the rest with what is known, and store it."""
    accepted = sorted_.accepted
    intake.rows += len(accepted) + len(sorted_.refused)
    intake.refused.append(sorted_.refused)
    intake.reasons.update(sorted_.refused[REASON].to_list())
    intake.known = intake.known or records_known(intake.jurisdiction.pk)
    rows = rows_known(intake.known, accepted["external_id_hash"].to_list())
    accepted = accepted.with_columns(pl.Series(SUPERSEDES, rows).replace(-1, None))
    settled = settle(accepted, contents_of(rows[rows >= 0]))
    known = known_at(
        loaded_at=intake.loaded_at,
        typical_delay_hours=intake.profile.times.typical_delay_hours,
        replay=intake.jurisdiction.is_replay,
    )
    districts = pl.Series(intake.district_ids, dtype=pl.Int64)
    kept = settled.kept.with_columns(
        corrected_at(known, intake.loaded_at).alias("known_at"),
        pl.lit(districts).gather(pl.col("district")).alias("district_id"),
    )
    corrections = kept.filter(pl.col(SUPERSEDES).is_not_null())
    if len(corrections):
        supersede(corrections[SUPERSEDES].to_numpy(), corrections["known_at"])
    copy_incidents(
        kept,
        jurisdiction_id=intake.jurisdiction.pk,
        batch_id=intake.batch_id,
        quality=intake.profile.place.quality,
    )
    intake.accepted += len(kept)
    intake.corrections += len(corrections)
    intake.unchanged += settled.unchanged


def _check_whole(intake: Intake, path: Path, digest: str) -> None:
    """Refuse a file that is wrong as a whole, which shows only at its end."""
    taken = intake.accepted + intake.unchanged
    outside = intake.reasons[RefusalReason.OUT_OF_BOUNDARY]
    name, profile = path.name, intake.jurisdiction.profile
    if misplaced(outside, taken + outside):
        raise Refused(
            Reason.BAD_INPUT,
            f"{name}, line {_first_line(intake, RefusalReason.OUT_OF_BOUNDARY):,}: {outside:,} of "
            f"{taken + outside:,} points lie outside {intake.jurisdiction.name}. The profile {profile} reads "
            f"{intake.profile.place.x} and {intake.profile.place.y} as {intake.profile.place.crs}: correct `crs` in "
            "its [place], or choose this city's file. Nothing was stored.",
        )
    if taken == 0:
        reason, count = intake.reasons.most_common(1)[0]
        raise Refused(
            Reason.BAD_INPUT,
            f"{name}, line {_first_line(intake, reason):,}: not one of {intake.rows:,} rows can be taken; "
            f"{count:,} of them because of {reason.replace('_', ' ')}. Correct the profile {profile} and ingest the "
            "file again. Nothing was stored.",
        )
    if _file_digest(path) != digest:
        raise Refused(
            Reason.BAD_INPUT, f"{name} changed while it was read. Ingest it again. Nothing was stored."
        )


def _first_line(intake: Intake, reason: str) -> int:
    """The line of the first row refused for a reason, where each row is one line below the header."""
    rows = (refused.filter(pl.col(REASON) == reason)[ROW] for refused in intake.refused)
    return next(int(found[0]) for found in rows if len(found)) + 1


def _finish(intake: Intake, path: Path, digest: str) -> Batch:
    """Keep the refusals as one artifact and write the batch's counts."""
    refused = pl.concat(intake.refused)
    kept = ""
    if len(refused):
        file = io.BytesIO()
        refused.write_parquet(file, compression="zstd")
        name = f"refusals of {digest[:12]}.parquet"
        kept = store_artifact(file.getvalue(), "application/vnd.apache.parquet", name=name).digest
    return Batch.objects.create(
        pk=intake.batch_id,
        jurisdiction=intake.jurisdiction,
        profile=intake.jurisdiction.profile,
        filename=path.name[:200],
        digest=digest,
        rows=intake.rows,
        accepted=intake.accepted,
        corrections=intake.corrections,
        unchanged=intake.unchanged,
        refused=len(refused),
        refusals=dict(intake.reasons.most_common()),
        refusals_digest=kept,
    )
