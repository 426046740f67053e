"""Pictures of released tables, drawn once: the same on the page, in print and in the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.core.drawing import Markup, quantile_breaks, reading
from governance.core.drawing_bars import Bar, Limit, draw_bars
from governance.core.drawing_chart import ChartWords, Period, draw_forecast_chart
from governance.core.drawing_frame import Ring
from governance.core.drawing_map import Outline, Shape, draw_key, draw_map

GROUPS = {
    "below_poverty": "Residents below poverty",
    "black": "Black residents",
    "white": "White residents",
    "asian": "Asian residents",
    "hispanic": "Hispanic residents",
}


@dataclass(frozen=True)
class AreaShape:
    """An area's outline in degrees: geography only."""

    code: str
    name: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True)
class Map:
    """A map and the key that goes with it."""

    picture: Markup
    key: Markup


def group_words(group: str) -> str:
    """Name a group the way a table row begins."""
    return GROUPS.get(group, f"Residents: {group.replace('_', ' ')}")


def area_map(
    *,
    title: str,
    rows: Sequence[Mapping[str, Any]],
    shapes: Sequence[AreaShape],
    squeeze: float,
    mine: str = "",
) -> Map:
    """Areas shaded by the incidents expected, the reader's own outlined; outcomes are in the tooltips and table.

    `rows`: rows of a released area table. `squeeze`: see `squeeze_at`. An area without a row is drawn as unknown.
    """
    by_code = {str(row["area"]): row for row in rows}
    drawn = [_shape(shape, by_code.get(shape.code)) for shape in shapes]
    breaks = quantile_breaks(float(row["expected"]) for row in rows)
    own = [Outline(shape.rings, "mine") for shape in shapes if shape.code == mine]
    return Map(
        draw_map(title=title, shapes=drawn, outlines=own, breaks=breaks, squeeze=squeeze),
        draw_key(breaks=breaks, title="Incidents expected, from few to many"),
    )


def _shape(shape: AreaShape, row: Mapping[str, Any] | None) -> Shape:
    if row is None:
        return Shape(shape.rings, None, shape.name)
    return Shape(
        shape.rings,
        float(row["expected"]),
        f"{shape.name}: {reading(float(row['expected']))} expected, {count_words(row['observed'])} reported",
    )


def count_words(count: int | None) -> str:
    """A released count, or that it is hidden."""
    return "hidden" if count is None else f"{count:,}"


def weeks_chart(*, title: str, periods: Sequence[Period], baseline: str = "past reports alone") -> Markup:
    """The forecast of each released window with its interval, and what was reported; a hidden count has no dot."""
    return draw_forecast_chart(
        title=title,
        periods=periods,
        said=ChartWords("forecast and its interval", "reported", baseline),
    )


def audit_bars(table: Mapping[str, Any], limit: float) -> Markup:
    """How often each group lives in the places compared with everybody, with the policy's limit."""
    return draw_bars(
        title=f"How often each group lives in {table['places']}, compared with {table['reference']}. "
        "The table holds the same figures.",
        bars=[_bar(row) for row in table["groups"]],
        limit=Limit(limit, f"the policy asks for at most {limit:.2f}"),
        write=lambda value: f"{value:.2f}",
    )


def _bar(row: Mapping[str, Any]) -> Bar:
    note = f"{row['residents']:,} residents"
    if row["verdict"] == "insufficient":
        return Bar(group_words(str(row["group"])), None, note=note)
    return Bar(group_words(str(row["group"])), row["ratio"], row["low"], row["high"], note)


def hit_bars(figures: Mapping[str, Any], metric: str = "hit_rate_5") -> Markup:
    """Share of incidents found in a small part of the city: the forecast, and past reports alone."""
    labels = (("forecast", "The forecast", "bar"), ("counts", "Past reports alone", "quiet"))
    return draw_bars(
        title="Share of incidents found in 5 % of the city, the forecast beside past reports alone. "
        "The table holds the same figures.",
        bars=[_hit_bar(label, figures[method][metric], tone) for method, label, tone in labels],
        write=lambda value: f"{value * 100:.0f} %",
    )


def _hit_bar(label: str, figure: Mapping[str, Any], tone: Any) -> Bar:
    return Bar(
        label,
        figure["value"],
        figure["low"],
        figure["high"],
        f"{figure['n']} of {figure['N']} incidents",
        tone,
    )
