"""Forms of forecasting: what a page sends, read into what the services take."""

from __future__ import annotations

from collections.abc import Mapping

from forecasting.core.plan_body import Place, PlanBody
from forecasting.core.plan_edit import PlaceEdit
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
