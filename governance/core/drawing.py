"""SVG text from plain values: the pieces every figure is made of.

A figure is drawn once and goes unchanged to the page, to print and to the PDF. Each element therefore
carries both a class, which the stylesheet may colour (light, dark), and presentation attributes, which hold
wherever no stylesheet does. There is no inline style, so the strict content security policy stands.
Every string that reaches a figure is escaped here; only `Markup` passes unchanged.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from math import floor, isfinite, log10
from typing import Final

CLASSES: Final = 5
FIFTHS: Final = (0.2, 0.4, 0.6, 0.8)
TOP_HEAVY: Final = (0.5, 0.8, 0.95, 0.99)
"""Shares for maps of small cells, where most of a city expects next to nothing."""

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

PAINT: Final[Mapping[str, Mapping[str, str]]] = {
    "r0": {"fill": "#f1f4f3"},
    "r1": {"fill": "#cfe2e1"},
    "r2": {"fill": "#97c1c4"},
    "r3": {"fill": "#4b929b"},
    "r4": {"fill": "#0b5c6b"},
    "unknown": {"fill": "#fdfcf9", "stroke": "#5a636b", "stroke-width": "0.6", "stroke-dasharray": "2 2"},
    "city": {"fill": "#f1f4f3"},
    "area": {"fill": "none", "stroke": "#fdfcf9", "stroke-width": "0.8"},
    "district": {"fill": "none", "stroke": "#5a636b", "stroke-width": "1.1", "stroke-linejoin": "round"},
    "mine": {"fill": "none", "stroke": "#9a5b06", "stroke-width": "2.6", "stroke-linejoin": "round"},
    "place": {"fill": "none", "stroke": "#9a5b06", "stroke-width": "1.4"},
    "leader": {"fill": "none", "stroke": "#9a5b06", "stroke-width": "1.2"},
    "disc": {"fill": "#ffffff", "stroke": "#9a5b06", "stroke-width": "1.6"},
    "number": {"fill": "#1c2126", "font-size": "11", "font-weight": "600", "text-anchor": "middle"},
    "grid": {"stroke": "#d9d6cd", "stroke-width": "1"},
    "ax": {"fill": "#5a636b", "font-size": "12"},
    "words": {"fill": "#1c2126", "font-size": "13"},
    "strong": {"fill": "#1c2126", "font-size": "13", "font-weight": "600"},
    "band": {"fill": "#cfe2e1"},
    "pred": {"fill": "none", "stroke": "#0b5c6b", "stroke-width": "2", "stroke-linejoin": "round"},
    "basel": {"fill": "none", "stroke": "#5a636b", "stroke-width": "1.5", "stroke-dasharray": "4 4"},
    "obs": {"fill": "#1c2126"},
    "bar": {"fill": "#97c1c4"},
    "quiet": {"fill": "#d3d7d9"},
    "whisker": {"fill": "none", "stroke": "#1c2126", "stroke-width": "1.5"},
    "limit": {"fill": "none", "stroke": "#9a5b06", "stroke-width": "2"},
    "dot": {"fill": "#0b5c6b"},
    "reach": {"stroke": "#5a636b", "stroke-width": "1.5"},
}
"""What an element of each kind looks like where there is no stylesheet (light, on paper)."""


class Markup(str):
    """SVG text that is already safe; `__html__` lets a template print it without escaping it again."""

    def __html__(self) -> str:
        """Itself, as Django and Jinja ask for it."""
        return str(self)


def words(text: str) -> Markup:
    """Escaped text; characters that XML forbids are dropped."""
    allowed = "".join(c for c in text if c >= " " or c in "\t\n")
    return Markup(escape(allowed))


def element(tag: str, *children: str, kind: str = "", **attributes: str | float | None) -> Markup:
    """One SVG element of a `kind` of `PAINT`; a child that is not `Markup` is text and is escaped.

    An underscore in an attribute's name stands for a hyphen; numbers lose needless digits; None is left out.
    Raises KeyError for an unknown kind.
    """
    paint = PAINT[kind] if kind else {}
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    given = ({"class": kind} if kind else {}) | dict(paint) | named
    text = "".join(f' {k}="{_attribute(v)}"' for k, v in given.items() if v is not None)
    inside = "".join(c if isinstance(c, Markup) else words(c) for c in children)
    return Markup(f"<{tag}{text}>{inside}</{tag}>" if inside else f"<{tag}{text}/>")


def figure(*, kind: str, title: str, width: float, height: float, children: Iterable[str]) -> Markup:
    """A whole picture: its `title` is what a screen reader, a tooltip and a tagged PDF say instead of it.

    `kind` is the class of the picture (map, chart, bars, iv); `width` and `height` are user units.
    """
    opening = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": kind,
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "width": number(width),
        "height": number(height),
        "role": "img",
        "aria-label": title,
        "font-family": FONT,
        "overflow": "hidden",
    }
    text = "".join(f' {name}="{words(value)}"' for name, value in opening.items())
    inside = "".join(c if isinstance(c, Markup) else words(c) for c in children)
    return Markup(f"<svg{text}>{element('title', title)}{inside}</svg>")


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def reading(value: float) -> str:
    """A figure as a reader sees it: about two digits that count, thousands with commas, a true minus sign."""
    size = abs(value)
    if size == 0:
        return "0"
    small = min(1 - floor(log10(size)), 4) if size < 0.1 else 2
    digits = small if size < 1 else 1 if size < 10 else 0
    return f"{value:,.{digits}f}".replace("-", "−")


def quantile_breaks(values: Iterable[float], shares: Sequence[float] = FIFTHS) -> tuple[float, ...]:
    """Upper limits of all classes but the last: the values below which each of `shares` lies.

    `values`: any unit, values that are not finite are ignored; `shares`: ascending, in (0, 1).
    Linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996). No value at all
    gives zeros, so that an empty map can still be drawn.
    """
    ordered = sorted(v for v in values if isfinite(v))
    if not ordered:
        return (0.0,) * len(shares)
    return tuple(_quantile(ordered, share) for share in shares)


def class_of(value: float, breaks: Sequence[float]) -> int:
    """Which class a value falls in: 0 (lowest) to len(breaks); a value on a limit belongs below it."""
    return bisect_left(breaks, value)


def nice_ticks(top: float, count: int = 4) -> tuple[float, ...]:
    """Round numbers from 0 to the first one not below `top`, in about `count` steps of 1, 2 or 5 x 10^k."""
    if not isfinite(top) or top <= 0:
        return (0.0, 1.0)
    rough = top / count
    power = 10.0 ** floor(log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    steps = int(-(-(top - step * 1e-9) // step))
    return tuple(round(step * i, 10) for i in range(steps + 1))


def _quantile(ordered: Sequence[float], share: float) -> float:
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _attribute(value: str | float) -> str:
    return words(value) if isinstance(value, str) else number(value)
