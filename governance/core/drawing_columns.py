"""A histogram: upright columns of counts beside the even height that they should have."""

from collections.abc import Sequence
from typing import Final

from governance.core.drawing import Markup, element, figure

WIDTH: Final = 480.0
PLOT: Final = 120.0
FOOT: Final = 22.0
CEILING: Final = 18.0
GAP: Final = 3.0


def draw_columns(*, title: str, counts: Sequence[int], low: str, high: str, even: str) -> Markup:
    """One column for each count, its number above it, and a dashed line at their mean, called `even`.

    `low` and `high` name the two ends of the axis. An empty sequence gives the empty axis.
    """
    mean = sum(counts) / len(counts) if counts else 0.0
    top = max([*counts, mean, 1])
    step = WIDTH / max(len(counts), 1)
    floor = CEILING + PLOT
    parts = [part for i, count in enumerate(counts) for part in _column(count, i * step, step, count / top)]
    level = floor - PLOT * mean / top
    if counts:
        parts.append(element("line", kind="basel", x1=0.0, x2=WIDTH, y1=level, y2=level))
    parts += [
        element("line", kind="grid", x1=0.0, x2=WIDTH, y1=floor, y2=floor),
        element("text", low, kind="ax", x=0.0, y=floor + 16),
        element("text", even, kind="ax", x=WIDTH / 2, y=floor + 16, text_anchor="middle"),
        element("text", high, kind="ax", x=WIDTH, y=floor + 16, text_anchor="end"),
    ]
    return figure(kind="chart", title=title, width=WIDTH, height=floor + FOOT, children=parts)


def _column(count: int, x: float, step: float, share: float) -> list[Markup]:
    height = PLOT * share
    y = CEILING + PLOT - height
    return [
        element("rect", kind="bar", x=x + GAP / 2, y=y, width=step - GAP, height=height),
        element("text", f"{count:,}", kind="ax", x=x + step / 2, y=y - 4, text_anchor="middle"),
    ]
