"""What the page of a forecast says: the run beside its baseline, its ranked places, its score."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasting.core.explain import AREA, describe_term
from forecasting.core.naming import name_places
from forecasting.core.recipe import recipe_from_dict
from forecasting.core.score_words import hits_sentence, pool_hits
from forecasting.core.scorecard import BASELINE, FORECAST
from forecasting.core.stability import OF_TEN, stays_sentence
from forecasting.core.wording import incidents_of, percent, shortened
from forecasting.pictures import run_picture
from forecasting.selectors.drift import is_by_fallback
from forecasting.selectors.geography import named_layer
from forecasting.selectors.runs import interval_level, run_cells, run_manifest
from forecasting.selectors.scores import scorecards_of
from forecasting.views.what_matters import what_matters
from forecasting.views.what_was_tested import what_was_tested
from governance import clock, selectors
from governance.core.drawing import Markup, reading
from governance.core.drawing_bars import Bar, draw_bars, draw_interval
from governance.core.drawing_chart import ChartWords, Period, draw_forecast_chart
from governance.core.spoken import spoken_date, spoken_day, spoken_moment, spoken_window
from governance.views.evidence import evidence_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecasting.core.recipe import Term
    from forecasting.models import ForecastRun, Scorecard
    from governance.models import Jurisdiction

RANKED = 20  # places in the table
SEEN = 16  # windows in the chart of forecasts and counts
TOLD = (
    ("hit_rate_1", "Hit rate, 1 % of area"),
    ("hit_rate_5", "Hit rate, 5 %"),
    ("hit_rate_20", "Hit rate, 20 %"),
    ("pai_5", "PAI, 5 %"),
    ("pei_5", "PEI*, 5 %"),
    ("deviance", "Poisson deviance"),
    ("skill", "Skill against counts"),
    ("total", "Expected in all"),
)
STANDINGS = {
    "sealed": "sealed before its window opened",
    "retrospective": "retrospective: made in a replay or after its window opened",
}


@dataclass(frozen=True)
class Ranked:
    """One of the places that the forecast puts first."""

    rank: int
    name: str
    district: str
    expected: str
    interval: Markup
    span: str
    baseline: str
    main: str
    more: tuple[str, ...]
    stays: str  # "" where ranks were not redrawn


def run_context(run: ForecastRun) -> dict[str, Any]:
    """Return everything the page of a run shows."""
    cells = run_cells(run)
    score = run.scorecards.order_by("-id").first()
    incidents = incidents_of(run.category)
    return {
        "run": run,
        "jurisdiction": run.jurisdiction,
        "incidents": incidents,
        "title": f"{incidents.capitalize()}, {_days(run)}",
        "expected": reading(run.total),
        "low": reading(run.total_low),
        "high": reading(run.total_high),
        "level": percent(interval_level(run)),
        "baseline": reading(run.baseline_total),
        "flagged": _flagged(cells),
        "picture": run_picture(run, cells),
        "beside": run_picture(run, cells, column="baseline"),
        "ranked": ranked_places(run, cells),
        "score": score,
        "bars": score_bars(score) if score else None,
        "score_rows": score_rows(score) if score else [],
        "standing": STANDINGS.get(score.standing, score.standing)
        if score
        else "its window is not scored yet",
        "evidence": evidence_lines([run.digest, run.recipe.digest], run.jurisdiction),
        "digest": shortened(run.digest),
        "as_of": spoken_moment(clock.local(run.as_of, run.jurisdiction)),
        "chart": history_chart(run.jurisdiction, run.category),
        "matters": what_matters(run),
        "by_counts": is_by_fallback(run),
        "tested": what_was_tested(run),
    }


def window_words(run: ForecastRun) -> str:
    """Return the window of a run in local time."""
    here = run.jurisdiction
    return spoken_window(clock.local(run.window_start, here), clock.local(run.window_end, here))


def _days(run: ForecastRun) -> str:
    start, end = (clock.local(moment, run.jurisdiction) for moment in (run.window_start, run.window_end))
    return f"{spoken_day(start)} to {spoken_day(end)}"


def score_line(jurisdiction: Jurisdiction, category: str) -> str:
    """Return how the forecasts of a category did lately, in one sentence; "" while none is scored."""
    cards = scorecards_of(jurisdiction, category)[:26]
    return hits_sentence(pool_hits(card.figures for card in cards), incidents_of(category)) if cards else ""


def score_bars(score: Scorecard) -> Markup:
    """Draw the hit rates of a run beside its baseline's, each with its interval."""
    bars = []
    for metric, words in (("hit_rate_1", "1 %"), ("hit_rate_5", "5 %"), ("hit_rate_20", "20 %")):
        bars.append(_bar(f"Found in {words} of the city", score.figures[FORECAST][metric], quiet=False))
        bars.append(_bar("   counting past reports alone", score.figures[BASELINE][metric], quiet=True))
    title = (
        "Share of the window’s incidents found, forecast beside baseline. The table holds the same figures."
    )
    return draw_bars(title=title, bars=bars, write=percent, unit=" %")


def score_rows(score: Scorecard) -> list[dict[str, str]]:
    """Return the table beside the bars: every figure with its interval and its n, forecast and baseline."""
    ours, theirs = score.figures[FORECAST], score.figures[BASELINE]
    return [
        {"name": name, "ours": _cell(ours.get(metric)), "theirs": _cell(theirs.get(metric))}
        for metric, name in TOLD
    ]


def _cell(figure: Mapping[str, Any] | None) -> str:
    if not figure or figure.get("value") is None:
        return "–"
    low, high = figure.get("low"), figure.get("high")
    interval = "" if low is None or high is None else f" [{low:,.2f}–{high:,.2f}]"
    counted = f", {figure['n']} of {figure['N']}" if "N" in figure else ""
    return f"{figure['value']:,.2f}{interval}{counted}"


def _bar(label: str, figure: Mapping[str, Any], *, quiet: bool) -> Bar:
    return Bar(
        label,
        figure["value"],
        figure["low"],
        figure["high"],
        note=f"{figure['n']} of {figure['N']}",
        tone="quiet" if quiet else "bar",
    )


def history_chart(jurisdiction: Jurisdiction, category: str) -> Markup | None:
    """Draw forecasts with their intervals beside what was recorded, window by window; None before the first score."""
    cards = list(reversed(scorecards_of(jurisdiction, category)[:SEEN]))
    if not cards:
        return None
    periods = [
        Period(
            spoken_date(clock.local(card.run.window_start, jurisdiction)),
            card.run.total,
            card.run.total_low,
            card.run.total_high,
            float(card.observed),
        )
        for card in cards
    ]
    title = f"Forecast and recorded {incidents_of(category)} by window, {len(periods)} windows."
    return draw_forecast_chart(title=title, periods=periods, said=ChartWords(observed="recorded"))


def ranked_places(run: ForecastRun, cells: pl.DataFrame) -> list[Ranked]:
    """Return the places with the highest density, each with the factors that multiply to its figure."""
    top = cells.sort("rank").head(RANKED)
    half = run.cell / 2
    x = (run.origin_x + top["column"] * run.cell + half).to_numpy()
    y = (run.origin_y + top["row"] * run.cell + half).to_numpy()
    names = name_places(x, y, named_layer(run.jurisdiction, "street"), named_layer(run.jurisdiction, "area"))
    districts = {each.code: each.name for each in selectors.districts_of(run.jurisdiction)}
    body = run_manifest(run)["recipe"] if is_by_fallback(run) else run.recipe.body
    terms = {term.name: term for term in recipe_from_dict(body).terms} if body else {}
    scale = max(top["high"].to_list(), default=1.0)
    return [
        _ranked(row, name, districts.get(row["district"], ""), _factors(row, terms), scale)
        for name, row in zip(names, top.iter_rows(named=True), strict=True)
    ]


def _ranked(
    row: Mapping[str, Any], name: str, district: str, factors: tuple[str, ...], scale: float
) -> Ranked:
    return Ranked(
        rank=row["rank"],
        name=name,
        district=district,
        expected=reading(row["expected"]),
        interval=draw_interval(value=row["expected"], low=row["low"], high=row["high"], top=scale),
        span=f"{row['low']:g}–{row['high']:g}",
        baseline=reading(row["baseline"]),
        main=factors[0] if factors else "",
        more=factors[1:],
        stays="" if row["stability"] is None else stays_sentence(row["stability"], flagged=row["flagged"]),
    )


def _factors(row: Mapping[str, Any], terms: Mapping[str, Term]) -> tuple[str, ...]:
    """The factors of one cell, the strongest first, in words."""
    found = {key.removeprefix("factor_"): float(row[key]) for key in row if key.startswith("factor_")}
    ordered = sorted(found.items(), key=lambda item: -abs(log2(item[1])) if item[1] > 0 else 0.0)
    return tuple(f"×{value:.2f} {_said(name, terms)}" for name, value in ordered)


def _said(name: str, terms: Mapping[str, Term]) -> str:
    if name == AREA:
        return "the part of the place that lies inside the city"
    return describe_term(terms[name]) if name in terms else name.replace("_", " ")


def _flagged(cells: pl.DataFrame) -> dict[str, Any]:
    """How many places are flagged, in how much of the area, with how much of what is expected."""
    chosen = cells.filter(pl.col("flagged"))
    steady = chosen["stability"].drop_nulls().to_numpy()
    area, whole = float(chosen["area"].sum()), float(cells["area"].sum())
    expected, total = float(chosen["expected"].sum()), float(cells["expected"].sum())
    return {
        "count": len(chosen),
        "area": percent(area / whole) if whole else "0",
        "expected": percent(expected / total) if total else "0",
        "stays": f"{steady.mean() * OF_TEN:.0f} of {OF_TEN}" if len(steady) else None,
    }
