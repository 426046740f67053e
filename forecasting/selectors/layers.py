"""Context as it was known at a moment: the newest version of each layer and series up to then."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from forecasting.core.context_series import Series
from forecasting.core.context_subjects import SERIES
from forecasting.core.context_tables import layer_in, series_in
from forecasting.core.layers import Layer
from forecasting.models import ContextLayer
from governance.artifacts import read_artifact
from governance.core.refusals import Reason, Refused

if TYPE_CHECKING:
    from governance.models import Jurisdiction


def versions_known(jurisdiction: Jurisdiction, as_of: datetime) -> list[ContextLayer]:
    """Return the version of every layer and series that is visible at a moment, in the order of their names."""
    rows = ContextLayer.objects.filter(jurisdiction=jurisdiction, as_of__lte=as_of)
    return list(rows.order_by("layer_name", "-as_of").distinct("layer_name"))


def layer_names(
    jurisdiction: Jurisdiction, as_of: datetime, prohibited: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the names of the layers visible at a moment, without those that a policy prohibits by name or subject."""
    return tuple(
        row.layer_name
        for row in versions_known(jurisdiction, as_of)
        if row.kind != SERIES and not {row.layer_name, row.subject} & set(prohibited)
    )


def check_layers_allowed(
    jurisdiction: Jurisdiction, as_of: datetime, names: Collection[str], prohibited: Collection[str]
) -> None:
    """Refuse layers that a policy prohibits by what they are about, whatever they are called. Raises OUTSIDE_POLICY."""
    known = versions_known(jurisdiction, as_of) if names else []
    if wrong := [row for row in known if row.layer_name in names and row.subject in prohibited]:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"The policy in force prohibits {wrong[0].subject.replace('_', ' ')} in a forecast, and the layer "
            f"“{wrong[0].layer_name}” is about that. Propose a recipe without, or a policy that allows it.",
        )


def layers_known(
    jurisdiction: Jurisdiction, as_of: datetime, names: Collection[str] | None = None
) -> dict[str, Layer]:
    """Return the layers visible at a moment by name, in the projected CRS; of these ``names`` only, if given.

    Raises Refused(NOT_FOUND | DIGEST_CHANGED) where a file is missing or altered.
    """
    if names is not None and not names:
        return {}
    return {
        row.layer_name: layer_in(
            read_artifact(row.digest), row.layer_name, row.kind, int(row.as_of.timestamp())
        )
        for row in versions_known(jurisdiction, as_of)
        if row.kind != SERIES and (names is None or row.layer_name in names)
    }


def layer_digests(jurisdiction: Jurisdiction, as_of: datetime, names: Collection[str]) -> dict[str, str]:
    """Return the digest of each of these layers as it is visible at a moment: what names them in a manifest."""
    if not names:
        return {}
    return {
        row.layer_name: row.digest for row in versions_known(jurisdiction, as_of) if row.layer_name in names
    }


def series_known(
    jurisdiction: Jurisdiction, as_of: datetime, names: Collection[str] | None = None
) -> dict[str, Series]:
    """Return the series visible at a moment by name; of these ``names`` only, if given."""
    return {
        row.layer_name: series_in(read_artifact(row.digest), row.layer_name, int(row.as_of.timestamp()))
        for row in versions_known(jurisdiction, as_of)
        if row.kind == SERIES and (names is None or row.layer_name in names)
    }


def newest_version(jurisdiction: Jurisdiction, layer_name: str) -> ContextLayer | None:
    """Return the newest version of a name, whatever the moment."""
    return (
        ContextLayer.objects.filter(jurisdiction=jurisdiction, layer_name=layer_name)
        .order_by("-as_of")
        .first()
    )


def context_of(jurisdiction: Jurisdiction) -> QuerySet[ContextLayer]:
    """Return every version of every layer and series, the newest of each name first."""
    return ContextLayer.objects.filter(jurisdiction=jurisdiction).order_by("layer_name", "-as_of")
