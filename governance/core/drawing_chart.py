"""A forecast beside what happened: the expected count with its band, observed dots, the baseline dashed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from governance.core.drawing import Markup, element, figure, nice_ticks, number, reading

WIDTH: Final = 480.0
LEFT: Final = 40.0
RIGHT: Final = 12.0
PLOT: Final = 170.0
CEILING: Final = 14.0
LEGEND_LINE: Final = 20.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Period:
    """One step of time: expected count with its interval, observed count, baseline (None: not known)."""

    label: str
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    observed: float | None = None
    baseline: float | None = None


@dataclass(frozen=True)
class ChartWords:
    """What the legend calls the parts of a forecast chart, in the reader's language."""

    expected: str = "forecast and 90 % interval"
    observed: str = "reported"
    baseline: str = "counts alone"


def draw_forecast_chart(*, title: str, periods: Sequence[Period], said: ChartWords | None = None) -> Markup:
    """Expected counts with their band, observed dots and the baseline's dashed line, from 0 upwards.

    The legend names only what the periods hold. An empty sequence gives the empty axes.
    """
    ticks = nice_ticks(max((v for p in periods for v in _known(p)), default=0.0))
    across, up = _scale_x(len(periods)), _scale_y(ticks[-1])
    legend = _legend(periods, said or ChartWords())
    parts = [
        *_axis(ticks, up),
        *_bands(periods, across, up),
        *_curve(periods, "baseline", "basel", across, up),
        *_curve(periods, "expected", "pred", across, up),
        *_dots(periods, across, up),
        *_dates(periods, across),
        *legend,
    ]
    height = CEILING + PLOT + 30 + (LEGEND_LINE * 3 if legend else 0)
    return figure(kind="chart", title=title, width=WIDTH, height=height, children=parts)


def _known(period: Period) -> list[float]:
    values = (period.expected, period.high, period.observed, period.baseline)
    return [v for v in values if v is not None]


def _scale_x(count: int) -> Callable[[int], float]:
    """A single period stands in the middle."""
    span = WIDTH - LEFT - RIGHT
    return lambda i: LEFT + span / 2 if count < 2 else LEFT + 8 + (span - 16) * i / (count - 1)


def _scale_y(top: float) -> Callable[[float], float]:
    return lambda value: CEILING + PLOT * (1 - max(value, 0.0) / top)


def _axis(ticks: Sequence[float], up: Callable[[float], float]) -> list[Markup]:
    lines = [element("line", kind="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=up(t), y2=up(t)) for t in ticks]
    return lines + [
        element("text", _tick(t), kind="ax", x=LEFT - 8, y=up(t) + 4, text_anchor="end") for t in ticks
    ]


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0")


def _bands(
    periods: Sequence[Period], across: Callable[[int], float], up: Callable[[float], float]
) -> list[Markup]:
    return [_band(run, across, up) for run in _runs(periods, "low") if run]


def _band(
    run: Sequence[tuple[int, Period]], across: Callable[[int], float], up: Callable[[float], float]
) -> Markup:
    """The interval of consecutive periods; one period alone gets a narrow strip."""
    half = 6.0 if len(run) == 1 else 0.0
    upper = [(across(i) + side, up(p.high or 0.0)) for i, p in run for side in _sides(half)]
    lower = [
        (across(i) + side, up(p.low or 0.0)) for i, p in reversed(run) for side in reversed(_sides(half))
    ]
    return element("path", kind="band", d=f"M{_join([*upper, *lower], 'L')}Z")


def _sides(half: float) -> tuple[float, ...]:
    return (-half, half) if half else (0.0,)


def _curve(
    periods: Sequence[Period],
    field: str,
    kind: str,
    across: Callable[[int], float],
    up: Callable[[float], float],
) -> list[Markup]:
    """One line per unbroken run; a period alone is a short stroke."""
    drawn = []
    for run in _runs(periods, field):
        points = [(across(i), up(getattr(p, field))) for i, p in run]
        if len(points) == 1:
            x, y = points[0]
            points = [(x - 6, y), (x + 6, y)]
        drawn.append(element("polyline", kind=kind, points=_join(points, " ")))
    return drawn


def _runs(periods: Sequence[Period], field: str) -> list[list[tuple[int, Period]]]:
    """Consecutive periods that have a value in `field`, with their positions."""
    there = groupby(enumerate(periods), key=lambda item: getattr(item[1], field) is not None)
    return [list(run) for known, run in there if known]


def _dots(
    periods: Sequence[Period], across: Callable[[int], float], up: Callable[[float], float]
) -> list[Markup]:
    return [
        element(
            "circle",
            element("title", f"{p.label}: {reading(p.observed)}"),
            kind="obs",
            cx=across(i),
            cy=up(p.observed),
            r=4.0,
        )
        for i, p in enumerate(periods)
        if p.observed is not None
    ]


def _dates(periods: Sequence[Period], across: Callable[[int], float]) -> list[Markup]:
    """The first and the last period are named; the table beside the chart names them all."""
    if len(periods) < 2:
        return [_date(p.label, across(0), "middle") for p in periods]
    last = len(periods) - 1
    return [
        _date(periods[0].label, across(0) - 8, "start"),
        _date(periods[last].label, across(last) + 8, "end"),
    ]


def _date(label: str, x: float, anchor: str) -> Markup:
    return element("text", label, kind="ax", x=x, y=CEILING + PLOT + 20, text_anchor=anchor)


def _legend(periods: Sequence[Period], said: ChartWords) -> list[Markup]:
    entries = [
        (_swatch_expected, said.expected, any(p.expected is not None for p in periods)),
        (_swatch_observed, said.observed, any(p.observed is not None for p in periods)),
        (_swatch_baseline, said.baseline, any(p.baseline is not None for p in periods)),
    ]
    there = [(swatch, label) for swatch, label, present in entries if present]
    first = CEILING + PLOT + 44
    return [
        part
        for row, (swatch, label) in enumerate(there)
        for part in _entry(swatch(first + LEGEND_LINE * row), label, first + LEGEND_LINE * row)
    ]


def _entry(swatch: Iterable[Markup], label: str, y: float) -> list[Markup]:
    return [*swatch, element("text", label, kind="ax", x=LEFT + 28, y=y + 4)]


def _swatch_expected(y: float) -> list[Markup]:
    band = element("rect", kind="band", x=LEFT, y=y - 6, width=20.0, height=12.0)
    return [band, element("line", kind="pred", x1=LEFT, x2=LEFT + 20, y1=y, y2=y)]


def _swatch_observed(y: float) -> list[Markup]:
    return [element("circle", kind="obs", cx=LEFT + 10, cy=y, r=4.0)]


def _swatch_baseline(y: float) -> list[Markup]:
    return [element("line", kind="basel", x1=LEFT, x2=LEFT + 20, y1=y, y2=y)]


def _join(points: Iterable[Point], between: str) -> str:
    return between.join(f"{number(x)} {number(y)}" for x, y in points)
