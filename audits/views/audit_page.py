"""What the page of an audit says: the verdict's sentence first, the table, the picture, the method last."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audits.core.groups import phrase
from audits.core.verdict import Verdict
from governance import clock
from governance.artifacts import read_artifact
from governance.core.drawing_bars import Bar, Limit, draw_bars
from governance.core.spoken import spoken_date
from governance.core.verdicts import verdict_words

if TYPE_CHECKING:
    from audits.models import AuditRun
    from governance.core.drawing import Markup

HEADINGS = {"proposed": "Who lives there", "counting_alone": "What counting alone would have done"}


@dataclass(frozen=True)
class Row:
    """One group's line, as people read it."""

    group: str
    residents: str
    rate: str
    ratio: str
    interval: str
    verdict: str
    sentence: str


@dataclass(frozen=True)
class Section:
    """One table of the report with its picture."""

    heading: str
    sentence: str
    places: str
    reference: str
    reference_rate: str
    rows: tuple[Row, ...]
    picture: Markup


def audit_context(audit: AuditRun) -> dict[str, Any]:
    """Return everything the page shows."""
    report = json.loads(read_artifact(audit.report_digest))
    limit = float(report["policy"]["ratio_max"])
    return {
        "jurisdiction": audit.jurisdiction,
        "audit": audit,
        "report": report,
        "when": spoken_date(clock.local(audit.audited_at, audit.jurisdiction)),
        "sections": [section_of(table, limit) for table in report["tables"]],
        "limit": f"{limit:.2f}",
        "people": f"{report['residents']['people']:,}",
        "draws": f"{report['interval']['draws']:,}",
        "level": f"{report['interval']['level']:.0%}",
    }


def section_of(table: dict[str, Any], limit: float) -> Section:
    """Return one of the report's tables, ready to show."""
    groups = table["groups"]
    return Section(
        heading=HEADINGS[table["name"]],
        sentence=table["sentence"],
        places=table["places"],
        reference=table["reference"],
        reference_rate=_percent(next((row["reference_rate"] for row in groups), None)),
        rows=tuple(_row(row) for row in groups),
        picture=draw_bars(
            title=f"How often each group lives in {table['places']}, compared with {table['reference']}. "
            "The table below holds the same figures.",
            bars=[_bar(row) for row in groups],
            limit=Limit(limit, f"the policy asks for at most {limit:.2f}"),
            write=lambda value: f"{value:.2f}",
        ),
    )


def _row(row: dict[str, Any]) -> Row:
    known = row["ratio"] is not None and row["low"] is not None
    return Row(
        group=phrase(row["group"]),
        residents=f"{row['residents']:,}",
        rate=_percent(row["rate"]),
        ratio=f"{row['ratio']:.2f}" if known else "–",
        interval=f"{row['low']:.2f}–{row['high']:.2f}" if known else "",
        verdict=verdict_words(row["verdict"]),
        sentence=row["sentence"],
    )


def _bar(row: dict[str, Any]) -> Bar:
    judged = row["verdict"] != Verdict.INSUFFICIENT
    note = f"{row['residents']:,} residents in {row['areas']} areas"
    if not judged:
        return Bar(phrase(row["group"]), None, note=note)
    return Bar(phrase(row["group"]), row["ratio"], row["low"], row["high"], note)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %"
