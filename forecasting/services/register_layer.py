"""Register one version of a context layer or series: shapes or figures by day, never anything about people."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import shapely
from django.db import transaction

from forecasting.core.context_series import series_table, series_variables
from forecasting.core.context_shapes import GLOBE, Surroundings, place_shapes
from forecasting.core.context_subjects import SERIES, SUBJECTS, check_subject
from forecasting.core.context_tables import series_bytes, shape_bytes
from forecasting.core.limits import as_refusal
from forecasting.intake.context_file import read_file, read_series_file, read_shape_file
from forecasting.intake.incident_table import wait_for_turn
from forecasting.models import ContextLayer
from forecasting.selectors.geography import on_plane
from forecasting.selectors.layers import newest_version
from governance import clock
from governance.artifacts import store_artifact
from governance.core.approval import plain_text
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check
from governance.selectors import areas_of, districts_of, policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User

PARQUET = "application/vnd.apache.parquet"
LEAST_SOURCE, MOST_SOURCE = 5, 300  # characters


@transaction.atomic
def register_layer(
    *,
    jurisdiction: Jurisdiction,
    layer_name: str,
    subject: str,
    kind: str,
    path: Path,
    as_of: datetime,
    crs: str,
    source: str,
    by: User,
) -> ContextLayer:
    """Keep a file's shapes or figures as the version of a layer that was known at ``as_of``.

    ``kind``: points, lines, polygons or series; ``subject``: one of the closed list; ``crs`` "": longitude and
    latitude, or what the file declares. Only shapes, or figures by day and place, are kept. The newest version's
    content again returns that version and changes nothing. Raises Refused(NOT_PERMITTED | NOT_FOUND | OUTSIDE_POLICY |
    BAD_INPUT | TOO_LARGE | TOO_EARLY | TOO_LATE).
    """
    role = check(by, Permission.MANAGE_DATA, jurisdiction)
    wait_for_turn(jurisdiction.pk)  # of two versions sent at once, the second sees the first
    in_force, source, as_of = policy_in_force(jurisdiction), _source(source), as_of.astimezone(UTC)
    prohibited = in_force.terms.prohibited_features
    _check_moment(jurisdiction, as_of)
    with as_refusal():
        check_subject(layer_name, subject, kind, prohibited=prohibited)
        given = _Given(layer_name, subject, kind, crs, as_of, path.name, read_file(path))
        made = (_series if kind == SERIES else _shapes)(jurisdiction, given, prohibited)
    digest = hashlib.sha256(made.data).hexdigest()
    newest = newest_version(jurisdiction, layer_name)
    if newest is not None and (newest.digest, newest.kind, newest.subject) == (digest, kind, subject):
        return newest
    _check_newer(newest, as_of)
    store_artifact(made.data, PARQUET, name=f"context layer {layer_name}")
    file_digest = hashlib.sha256(given.data).hexdigest()
    entry = record(
        action="layer.registered",
        subject_kind="layer",
        subject=digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=in_force.version,
        detail={
            "subject": subject,
            "kind": kind,
            "as_of": f"{as_of:%Y-%m-%dT%H:%M}Z",
            "features": made.features,
            "left_out": made.left_out,
            "file": file_digest,
        },
        text=f"{layer_name}: {source}",
    )
    return ContextLayer.objects.create(
        jurisdiction=jurisdiction,
        layer_name=layer_name,
        subject=subject,
        kind=kind,
        as_of=as_of,
        source=source,
        filename=path.name[:200],
        file_digest=file_digest,
        digest=digest,
        features=made.features,
        left_out=made.left_out,
        registered_at=clock.now(jurisdiction),
        ledger_index=entry.index,
    )


@dataclass(frozen=True)
class _Given:
    """What somebody wants to register."""

    layer_name: str
    subject: str
    kind: str
    crs: str
    as_of: datetime
    filename: str
    data: bytes


@dataclass(frozen=True)
class _Made:
    """The bytes that are kept, what they hold, and what was out of reach."""

    data: bytes
    features: int
    left_out: int


def _shapes(jurisdiction: Jurisdiction, given: _Given, _prohibited: Collection[str]) -> _Made:
    file = read_shape_file(given.data, given.filename, given.crs)
    placed = place_shapes(file.shapes, given.kind, file.crs, _surroundings(jurisdiction))
    return _Made(shape_bytes(placed.shapes), len(placed.shapes), placed.left_out)


def _series(jurisdiction: Jurisdiction, given: _Given, prohibited: Collection[str]) -> _Made:
    raw = read_series_file(given.data, given.filename)
    check_subject(given.layer_name, given.subject, given.kind, series_variables(raw), prohibited)
    codes = {each.code for each in areas_of(jurisdiction)} | {
        each.code for each in districts_of(jurisdiction)
    }
    last_day = None if SUBJECTS[given.subject].ahead else clock.local(given.as_of, jurisdiction).date()
    crs = given.crs or GLOBE
    table, left_out = series_table(raw, crs, _surroundings(jurisdiction), codes, last_day)
    return _Made(series_bytes(table), len(table), left_out)


def _surroundings(jurisdiction: Jurisdiction) -> Surroundings:
    boundary = on_plane(jurisdiction, jurisdiction.boundary)
    shapely.prepare(boundary)
    return Surroundings(boundary, f"EPSG:{jurisdiction.srid}", jurisdiction.unit_metres)


def _source(source: str) -> str:
    """The source as it is recorded: one line that says where a file comes from."""
    plain = " ".join(plain_text(source).split())
    if not (LEAST_SOURCE <= len(plain) <= MOST_SOURCE and plain.isprintable()):
        raise Refused(
            Reason.BAD_INPUT,
            f"Say in {LEAST_SOURCE} to {MOST_SOURCE} characters where the file comes from: who publishes it, under "
            "which title, and when it was fetched.",
        )
    return plain


def _check_moment(jurisdiction: Jurisdiction, as_of: datetime) -> None:
    moment = clock.now(jurisdiction)
    if as_of > moment:
        raise Refused(
            Reason.TOO_EARLY,
            f"{as_of:%d %B %Y %H:%M} UTC lies ahead: it is {moment:%d %B %Y %H:%M} in {jurisdiction.name}, and nothing "
            "can be known before. Give the moment from which the file was there.",
        )


def _check_newer(newest: ContextLayer | None, as_of: datetime) -> None:
    """Versions follow each other: what was visible at a moment stays what was visible then."""
    if newest is not None and as_of <= newest.as_of:
        raise Refused(
            Reason.TOO_LATE,
            f"The layer “{newest.layer_name}” has a version as of {newest.as_of:%d %B %Y %H:%M} UTC; a newer one "
            "needs a later moment. What was known then stays as it was: give this one another name if it is another "
            "thing.",
        )
