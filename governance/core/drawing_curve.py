"""A curve of factors, small enough for a table cell: above the line of 1 it raises, below it lowers."""

from collections.abc import Sequence
from math import log
from typing import Final

from governance.core.drawing import Markup, element, figure, number

SIZE: Final = (120.0, 28.0)
EDGE: Final = 3.0


def draw_curve(*, points: Sequence[tuple[float, float]], title: str) -> Markup:
    """Return pairs (value, factor > 0), by rising value, as a line on a logarithmic scale beside the line of 1.

    The scale holds 1 and reaches as far up as down to the furthest factor; a single point is drawn as a dot.
    """
    width, height = SIZE
    first, span = points[0][0], points[-1][0] - points[0][0]
    reach = max([abs(log(factor)) for _, factor in points] + [1e-9])
    places = [
        (
            EDGE + (width - 2 * EDGE) * ((value - first) / span if span > 0 else 0.5),
            height / 2 - (height / 2 - EDGE) * log(factor) / reach,
        )
        for value, factor in points
    ]
    middle = element("line", kind="grid", x1=0.0, x2=width, y1=height / 2, y2=height / 2)
    line = (
        element("path", kind="pred", d="M" + "L".join(f"{number(x)} {number(y)}" for x, y in places))
        if span > 0
        else element("circle", kind="dot", cx=places[0][0], cy=places[0][1], r=3.5)
    )
    return figure(kind="iv", title=title, width=width, height=height, children=[middle, line])
