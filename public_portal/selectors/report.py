"""What a transparency report says, from released tables alone: the same for its PDF and its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from governance import clock
from governance.core.approval import ERASED
from governance.core.spoken import spoken_date
from governance.core.verdicts import deed_words, verdict_words
from governance.stored_log import kept_text
from public_portal.core.answers import STANDINGS, STATES, decided
from public_portal.core.pictures import area_map, audit_bars, count_words, group_words, hit_bars
from public_portal.selectors.released import (
    Week,
    area_shapes,
    moment_words,
    squeeze_of,
    week_of,
)

if TYPE_CHECKING:
    from governance.core.drawing import Markup
    from governance.models import Jurisdiction, Publication
    from public_portal.core.pictures import Map
    from public_portal.models import Release

COVERAGES = (("hit_rate_1", "1 %"), ("hit_rate_5", "5 %"), ("hit_rate_20", "20 %"))


@dataclass(frozen=True)
class HitRow:
    """One line of the table of hit rates."""

    share: str
    forecast: str
    forecast_interval: str
    counts: str
    counts_interval: str
    n: int
    total: int


@dataclass(frozen=True)
class GroupRow:
    """One line of an audit's table."""

    group: str
    residents: str
    rate: str
    ratio: str
    interval: str
    verdict: str


@dataclass(frozen=True)
class AuditTable:
    """One table of an audit with its picture."""

    sentence: str
    places: str
    reference: str
    rows: tuple[GroupRow, ...]
    picture: Markup


@dataclass(frozen=True)
class AuditSection:
    """One released audit."""

    title: str
    sentence: str
    verdict: str
    tables: tuple[AuditTable, ...]
    body: dict[str, Any]


@dataclass(frozen=True)
class ForecastSection:
    """What was forecast of one category, and how it turned out."""

    category: str
    incidents: str
    areas: dict[str, Any]
    reported: str
    scores: dict[str, Any]
    standing: str
    hits: tuple[HitRow, ...]
    picture: Markup | None
    map: Map | None


@dataclass(frozen=True)
class VoteLine:
    """Who said what about a plan."""

    role: str
    who: str
    in_entry: str  # the alias under which the entry names the same person
    deed: str
    when: str
    rationale: str
    salt: str
    entry: int


@dataclass(frozen=True)
class DecisionSection:
    """One plan and what was decided."""

    heading: str
    state: str
    body: dict[str, Any]
    votes: tuple[VoteLine, ...]
    covered: str


def report_context(release: Release, publication: Publication | None) -> dict[str, Any]:
    """Return everything a report says about one release."""
    week = week_of(release)
    jurisdiction = release.jurisdiction
    planned = week.summary["plan_categories"]
    about_plans = [week.scores(each)["run"] for each in week.categories if each in planned]
    audits = [(audit["digest"] in about_plans, audit_section(audit)) for audit in week.forecast_audits]
    return {
        "jurisdiction": jurisdiction,
        "release": release,
        "week": week,
        "when": week.when,
        "policy": week.summary["policy"],
        "forecasts": [forecast_section(week, each) for each in week.categories if each in planned],
        "others": [
            forecast_section(week, each, drawn=False) for each in week.categories if each not in planned
        ],
        "decided": decided(week.plans),
        "decisions": [decision_section(plan, jurisdiction) for plan in week.plans],
        "outcome": week.tables["decisions", ""]["outcome"],
        "audits": [section for main, section in audits if main],
        "other_audits": [section for main, section in audits if not main],
        "released": moment_words(release.released_at, jurisdiction),
        "publication": publication,
        "tables": [(table.kind, table.category, table.digest) for table in release.tables.all()],
    }


def forecast_section(week: Week, category: str, *, mine: str = "", drawn: bool = True) -> ForecastSection:
    """Return one category of one week; `drawn`: with its map."""
    areas, scores = week.areas(category), week.scores(category)
    figures = scores["figures"]
    return ForecastSection(
        category=category,
        incidents=week.incidents(category),
        areas=areas,
        reported=count_words(areas["observed"]),
        scores=scores,
        standing=STANDINGS.get(scores["standing"], scores["standing"]),
        hits=hit_rows(figures) if figures else (),
        picture=hit_bars(figures)
        if figures and figures["forecast"]["hit_rate_5"]["value"] is not None
        else None,
        map=map_of(week, category, mine=mine) if drawn else None,
    )


def map_of(week: Week, category: str, *, mine: str = "") -> Map | None:
    """Return the map of one category's forecast; None where no areas were imported."""
    jurisdiction = week.release.jurisdiction
    shapes = area_shapes(jurisdiction)
    if not shapes:
        return None
    title = f"{week.incidents(category).capitalize()} expected by area, {week.when}. The table holds the same figures."
    rows = week.areas(category)["rows"]
    return area_map(title=title, rows=rows, shapes=shapes, squeeze=squeeze_of(jurisdiction), mine=mine)


def hit_rows(figures: dict[str, Any]) -> tuple[HitRow, ...]:
    """Return hit rates of the forecast beside past reports alone, at three shares of the city's surface."""
    rows = []
    for metric, share in COVERAGES:
        ours, theirs = figures["forecast"][metric], figures["counts"][metric]
        rows.append(
            HitRow(
                share,
                _percent(ours),
                _interval(ours),
                _percent(theirs),
                _interval(theirs),
                ours["n"],
                ours["N"],
            )
        )
    return tuple(rows)


def _percent(figure: dict[str, Any]) -> str:
    return "–" if figure["value"] is None else f"{figure['value'] * 100:.0f} %"


def _interval(figure: dict[str, Any]) -> str:
    return "" if figure["low"] is None else f"{figure['low'] * 100:.0f}–{figure['high'] * 100:.0f}"


def audit_section(audit: dict[str, Any]) -> AuditSection:
    """Return one released audit with its tables and pictures."""
    limit = float(audit["policy"]["ratio_max"])
    tables = tuple(
        AuditTable(
            sentence=table["sentence"],
            places=table["places"],
            reference=table["reference"],
            rows=tuple(_group_row(row) for row in table["groups"]),
            picture=audit_bars(table, limit),
        )
        for table in audit["tables"]
    )
    return AuditSection(audit["title"], audit["sentence"], verdict_words(audit["verdict"]), tables, audit)


def _group_row(row: dict[str, Any]) -> GroupRow:
    known = row["ratio"] is not None and row["low"] is not None
    return GroupRow(
        group=group_words(row["group"]),
        residents=f"{row['residents']:,}",
        rate="–" if row["rate"] is None else f"{row['rate'] * 100:.1f} %",
        ratio=f"{row['ratio']:.2f}" if known else "–",
        interval=f"{row['low']:.2f}–{row['high']:.2f}" if known else "",
        verdict=verdict_words(row["verdict"]),
    )


def decision_section(plan: dict[str, Any], jurisdiction: Jurisdiction) -> DecisionSection:
    """Return one decision, with times in the jurisdiction's own zone."""
    starts = datetime.fromisoformat(plan["starts_at"])
    value, low, high = (round(share * 100) for share in plan["covered"])
    return DecisionSection(
        heading=f"{plan['district']}, {plan['shift']} of {_date(starts, jurisdiction)}",
        state=STATES.get(plan["state"], plan["state"]),
        body=plan,
        votes=tuple(_vote_line(each, jurisdiction) for each in _in_order(plan)),
        covered=f"{value} % [{low}–{high}]",
    )


def _in_order(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return votes and what else people did, as it happened; an early release knows of votes only."""
    return sorted([*plan["votes"], *plan.get("acts", ())], key=lambda each: (each["at"], each["entry"]))


def _vote_line(vote: dict[str, Any], jurisdiction: Jurisdiction) -> VoteLine:
    salt, reason = kept_text(vote["entry"]) or (b"", ERASED)
    return VoteLine(
        role=vote["role"],
        who=vote["who"],
        in_entry=vote["in_entry"],
        deed=deed_words(vote["verdict"], vote.get("stage", ""), delegated=vote.get("delegated", False)),
        when=moment_words(datetime.fromisoformat(vote["at"]), jurisdiction),
        rationale=reason,
        salt=salt.hex(),
        entry=vote["entry"],
    )


def _date(moment: datetime, jurisdiction: Jurisdiction) -> str:
    return spoken_date(clock.local(moment, jurisdiction))
