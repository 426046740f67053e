"""Forms of forecasting: what a page sends, read into what the services take."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import isfinite, nan

from forecasting.core.plan_body import Place, PlanBody
from forecasting.core.plan_edit import PlaceEdit
from forecasting.core.recipe import Recipe
from forecasting.core.recipe_draft import PARAMETERS, drafted_recipe
from forecasting.core.scenario_request import WHERE, ScenarioRequest
from governance.core.refusals import Reason, Refused


def read_edits(sent: Mapping[str, str], body: PlanBody) -> list[PlaceEdit]:
    """Read the edit form of a plan: one line per place, named by its cell; a line without its tick is dropped.

    Raises Refused(BAD_INPUT) naming the place whose numbers cannot be read.
    """
    return [_edit(sent, place) for place in body.places]


def read_added(sent: Mapping[str, str]) -> list[tuple[int, int]]:
    """Read the cells (column, row) that the form adds, in their order; refuse a name that is no cell."""
    named = [key.removeprefix("add_") for key in sent if key.startswith("add_")]
    return [_cell(name) for name in named]


def field_key(place: Place) -> str:
    """What the fields of a place are called after: its cell, which no edit renumbers."""
    return f"{place.column}_{place.row}"


def _edit(sent: Mapping[str, str], place: Place) -> PlaceEdit:
    key = field_key(place)
    return PlaceEdit(
        column=place.column,
        row=place.row,
        keep=f"keep_{key}" in sent,
        option=sent.get(f"option_{key}", place.option),
        visits=_whole(sent.get(f"visits_{key}", str(place.visits)), place, "visits"),
        minutes=_whole(sent.get(f"minutes_{key}", str(place.minutes)), place, "minutes"),
    )


def _cell(name: str) -> tuple[int, int]:
    try:
        column, row = (int(part) for part in name.split("_"))
    except ValueError:
        raise Refused(Reason.BAD_INPUT, f"“{name}” is not a cell. Nothing was changed.") from None
    return column, row


def _whole(text: str, place: Place, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise Refused(
            Reason.BAD_INPUT,
            f"{place.name}: {what} is a whole number; “{text}” is none. Nothing was changed.",
        )
    return int(text)


def read_scenario(sent: Mapping[str, str], districts: Sequence[str]) -> ScenarioRequest:
    """Read the form of a scenario; `districts`: codes that were ticked for patrols. Per cents become shares.

    Raises Refused(BAD_INPUT) naming the field that cannot be read.
    """
    where = sent.get("reporting_where", "nowhere")
    return ScenarioRequest(
        patrol_districts=tuple(districts),
        patrol_factor=_figure(sent, "patrol_factor", "Patrol time", 2.0),
        event_district=sent.get("event_district", ""),
        event_days=round(_figure(sent, "event_days", "Days of the event", 1.0)),
        event_extra=_figure(sent, "event_extra", "Extra incidents", 50.0) / 100,
        reporting_where=next((word for word in WHERE if word == where), "nowhere"),
        reporting_drop=_figure(sent, "reporting_drop", "Fall in reporting", 20.0) / 100,
        reported_share=_figure(sent, "reported_share", "Share reported today", 60.0) / 100,
        seed=round(_figure(sent, "seed", "Seed", 1.0)),
    )


def _figure(sent: Mapping[str, str], field: str, label: str, standard: float) -> float:
    text = sent.get(field, "").strip()
    if not text:
        return standard
    try:
        value = float(text) if len(text) <= 12 else nan
    except ValueError:
        value = nan
    if not isfinite(value):
        raise Refused(Reason.BAD_INPUT, f"{label} is a number; “{text[:20]}” is none. Nothing was simulated.")
    return value


def read_recipe(sent: Mapping[str, str], categories: Collection[str], allowed: Collection[str]) -> Recipe:
    """Read the form of a draft: a model, its parameters, and half-lives, one a line as "recent 30".

    ``allowed``: categories that the recipe may learn from. Raises Refused(BAD_INPUT | OUTSIDE_POLICY) naming what
    cannot be read, and CannotForecast for what cannot be.
    """
    written = {name: sent.get(name, "").strip() for name in PARAMETERS}
    return drafted_recipe(
        sent.get("model", ""),
        categories,
        related=allowed,
        changes={name: _number(text, PARAMETERS[name].label) for name, text in written.items() if text},
        half_lives=dict(_half_life(line) for line in sent.get("half_lives", "").splitlines() if line.strip()),
    )


def _half_life(line: str) -> tuple[str, float]:
    name, _, days = line.strip().replace("=", " ").rpartition(" ")
    return name.strip(), _number(days, f"The half-life in “{line.strip()[:60]}”")


def _number(text: str, what: str) -> float:
    try:
        value = float(text) if len(text) < 20 else float("nan")
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise Refused(Reason.BAD_INPUT, f"{what}: write a number; “{text[:40]}” is none. Nothing was kept.")
    return value
