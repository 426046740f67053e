"""Groups and models beside one another: a dot with its interval for a table cell, bars for a whole figure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from governance.core.drawing import Markup, element, figure, number, reading

WIDTH: Final = 480.0
BAR_ROW: Final = 46.0
NOTE_LINE: Final = 16.0
BAR_SPAN: Final = WIDTH - 2.0
MINI: Final = (120.0, 14.0)


@dataclass(frozen=True)
class Bar:
    """One row: a value (None: not enough evidence), its interval, its n in `note`; quiet: a comparison."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""
    tone: Literal["bar", "quiet"] = "bar"


@dataclass(frozen=True)
class Limit:
    """A line across all bars: a policy's threshold, or parity."""

    value: float
    label: str


def draw_interval(*, value: float, low: float, high: float, top: float) -> Markup:
    """A dot with its interval on a scale from 0 to `top`: small enough for a table cell."""
    width, height = MINI
    scale = (width - 8) / top if top > 0 else 0.0
    x0, x, x1 = (4 + min(max(v, 0.0), top) * scale for v in (low, value, high))
    parts = [
        element("line", kind="reach", x1=x0, x2=max(x1, x0 + 1), y1=height / 2, y2=height / 2),
        element("circle", kind="dot", cx=x, cy=height / 2, r=3.5),
    ]
    title = f"{reading(value)}, interval {reading(low)} to {reading(high)}"
    return figure(kind="iv", title=title, width=width, height=height, children=parts)


def draw_bars(
    *,
    title: str,
    bars: Sequence[Bar],
    limit: Limit | None = None,
    write: Callable[[float], str] = reading,
    unit: str = "",
) -> Markup:
    """Horizontal bars with their intervals, one row each: label and figures above the bar, its note below.

    `limit` is drawn across all rows; `write` turns a value into what the reader sees (a percentage, a ratio), and
    `unit` follows the value, not the ends of its interval.
    """
    reach = [v for b in bars for v in (b.value, b.high) if v is not None]
    top = max([*reach, limit.value if limit else 0.0, 1e-12])
    scale = BAR_SPAN / (top * 1.02)
    row = BAR_ROW + (NOTE_LINE if any(b.note for b in bars) else 0.0)
    parts = [
        part
        for i, bar in enumerate(bars)
        for part in _bar_row(bar, row * i, scale, _figures(bar, write, unit))
    ]
    if limit:
        parts += _limit_mark(limit, scale, row, len(bars))
    height = max(row * len(bars) + (18.0 if limit else 0.0), 1.0)
    return figure(kind="bars", title=title, width=WIDTH, height=height, children=parts)


def _bar_row(bar: Bar, y: float, scale: float, figures: str) -> list[Markup]:
    parts = [
        element("text", bar.label, kind="words", x=0.0, y=y + 14),
        element("text", figures, kind="strong", x=WIDTH, y=y + 14, text_anchor="end"),
    ]
    if bar.note:
        parts.append(element("text", bar.note, kind="ax", x=0.0, y=y + 49))
    if bar.value is None:
        return parts
    parts.append(
        element("rect", kind=bar.tone, x=0.0, y=y + 21, width=max(bar.value * scale, 1.0), height=12.0)
    )
    if bar.low is not None and bar.high is not None:
        parts.append(_whisker(bar.low * scale, bar.high * scale, y + 27))
    return parts


def _figures(bar: Bar, write: Callable[[float], str], unit: str) -> str:
    if bar.value is None:
        return "not enough evidence"
    interval = "" if bar.low is None or bar.high is None else f" [{write(bar.low)}–{write(bar.high)}]"
    return f"{write(bar.value)}{unit}{interval}"


def _whisker(x0: float, x1: float, y: float) -> Markup:
    ends = "".join(f"M{number(x)} {number(y - 4)}v8" for x in (x0, x1))
    return element("path", kind="whisker", d=f"M{number(x0)} {number(y)}H{number(x1)}{ends}")


def _limit_mark(limit: Limit, scale: float, row: float, count: int) -> list[Markup]:
    """One stroke per bar, never through the words above it; its label below the last."""
    x, bottom = limit.value * scale, row * count
    strokes = "".join(f"M{number(x)} {number(row * i + 18)}v18" for i in range(count))
    anchor = "end" if x > WIDTH / 2 else "start"
    return [
        element("path", kind="limit", d=strokes),
        element("text", limit.label, kind="ax", x=x, y=bottom + 10, text_anchor=anchor),
    ]
