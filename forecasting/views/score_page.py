"""What the page of scores says: one category's windows together, and one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecasting.core.calibration import BINS
from forecasting.core.score_history import SHARES, History, PooledRate
from forecasting.core.score_words import coverage_sentence, history_sentence
from forecasting.core.scorecard import BASELINE, DECAYED, FORECAST, METHODS, PIT, RANDOM
from forecasting.core.scoring import Estimate
from forecasting.core.wording import incidents_of, percent
from forecasting.selectors.scores import SEEN, history_of, scored_categories, scorings_of
from governance import clock
from governance.core.drawing import Markup, reading
from governance.core.drawing_columns import draw_columns
from governance.core.spoken import spoken_date

if TYPE_CHECKING:
    from forecasting.models import Scorecard
    from governance.models import Jurisdiction

CALLED = {
    FORECAST: "Forecast",
    BASELINE: "Counting all past reports",
    DECAYED: "Counts that fade with age",
    RANDOM: "A map drawn by lot",
}


@dataclass(frozen=True)
class MethodLine:
    """One method over all windows: its hit rate at each share of the area, and the forecast's skill against it."""

    name: str
    rates: tuple[str, ...]
    skill: str
    windows: int


@dataclass(frozen=True)
class WindowLine:
    """One scoring of one window; `earlier` where a newer one has replaced it."""

    card: Scorecard
    begins: str
    expected: str
    found: tuple[str, ...]
    skill: str
    covered: str
    earlier: bool


def scores_context(jurisdiction: Jurisdiction, wanted: str) -> dict[str, Any]:
    """Return everything the page of scores shows: of the wanted category, or of the first one."""
    categories = scored_categories(jurisdiction)
    category = wanted if wanted in categories else next(iter(categories), "")
    scorings = scorings_of(jurisdiction, category, SEEN) if category else []
    history = history_of(jurisdiction, category, scorings)
    return {
        "jurisdiction": jurisdiction,
        "categories": categories,
        "category": category,
        "incidents": incidents_of(category),
        "said": history_sentence(history, incidents_of(category)) if history else "",
        "coverage": coverage_sentence(history) if history else "",
        "sealed": sum(each[0].standing == "sealed" for each in scorings),
        "windows": len(scorings),
        "shares": SHARES,
        "methods": method_lines(history) if history else [],
        "history": history,
        "sharpness": reading(history.sharpness) if history and history.sharpness is not None else "",
        "picture": pit_picture(history) if history and history.coverage else None,
        "bins": [(f"{each / BINS:g}–{(each + 1) / BINS:g}", n) for each, n in enumerate(history.pit.tolist())]
        if history
        else [],
        "lines": window_lines(jurisdiction, scorings),
    }


def method_lines(history: History) -> list[MethodLine]:
    """Return the table of all windows together: the forecast first, then the trivial ones."""
    return [
        MethodLine(
            name=CALLED[method],
            rates=tuple(_rate(history.hits[method][share]) for share in SHARES),
            skill=_skill(history.skill[method]) if method in history.skill else "–",
            windows=history.hits[method][SHARES[0]].windows,
        )
        for method in METHODS
        if method in history.hits
    ]


def _rate(rate: PooledRate) -> str:
    if not rate.total:
        return "–"
    quoted = rate.quoted
    return (
        f"{percent(rate.n / rate.total)} % [{percent(quoted.low)}–{percent(quoted.high)}], "
        f"{rate.n:,} of {rate.total:,}"
    )


def _skill(estimate: Estimate) -> str:
    if estimate.value != estimate.value:
        return "too few windows"
    return f"{estimate.value:.3f} [{estimate.low:.3f} to {estimate.high:.3f}]".replace("-", "−")


def pit_picture(history: History) -> Markup:
    """Draw where the districts' counts fell in their distributions."""
    title = (
        f"Where {int(history.pit.sum()):,} counts of districts fell in their forecast distributions, in ten equal "
        "parts. The table beside holds the same figures."
    )
    return draw_columns(
        title=title,
        counts=history.pit.tolist(),
        low="fewer than forecast",
        high="more than forecast",
        even="even is right",
    )


def window_lines(jurisdiction: Jurisdiction, scorings: Sequence[Sequence[Scorecard]]) -> list[WindowLine]:
    """Return every scoring: the latest window first, an earlier scoring of a window below the newer."""
    return [
        _window_line(jurisdiction, card, earlier=number > 0)
        for cards in scorings
        for number, card in enumerate(cards)
    ]


def _window_line(jurisdiction: Jurisdiction, card: Scorecard, *, earlier: bool) -> WindowLine:
    run, figures = card.run, card.figures
    skill = figures[FORECAST]["skill"]["value"]
    pit = figures[FORECAST].get(PIT)
    return WindowLine(
        card=card,
        begins=spoken_date(clock.local(run.window_start, jurisdiction)),
        expected=f"{reading(run.total)} [{reading(run.total_low)}–{reading(run.total_high)}]",
        found=tuple(_found(figures.get(method)) for method in METHODS),
        skill="–" if skill is None else f"{skill:.2f}".replace("-", "−"),
        covered=f"{pit['n']} of {pit['N']}" if pit else "–",
        earlier=earlier,
    )


def _found(figures: Mapping[str, Mapping[str, Any]] | None) -> str:
    rate = figures["hit_rate_5"]["value"] if figures else None
    return "–" if rate is None else f"{percent(rate)} %"
