"""What the page of emerging places says: each category's findings, surest first, on a map and in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from forecasting.core.finding_words import figure, once_in, plain_date, probability
from forecasting.core.wording import counted, incidents_of, shortened
from forecasting.pictures import city_lines, findings_picture
from forecasting.selectors.findings import findings_of, latest_finding_runs
from governance import clock
from governance.core.drawing import Markup
from governance.core.drawing_map import Outline
from governance.core.spoken import spoken_moment
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecasting.models import FindingRun
    from governance.models import Jurisdiction

SHOWN = 20


@dataclass(frozen=True)
class Row:
    """One finding as the table shows it."""

    number: int
    label: str
    where: str
    observed: str
    expected: str
    chance: str
    often: str
    sentence: str


@dataclass(frozen=True)
class Section:
    """One category: what was looked at, what was found, and whether near repeat may be used."""

    run: FindingRun
    title: str
    until: str
    lead: str
    rows: tuple[Row, ...]
    more: int
    families: tuple[str, ...]
    classes: tuple[tuple[str, int], ...]
    near: Mapping[str, Any]
    picture: Markup | None
    digest: str


def emerging_context(jurisdiction: Jurisdiction) -> dict[str, Any]:
    """Return everything the page of emerging places shows."""
    lines = city_lines(jurisdiction)
    sections = [_section(run, lines) for run in latest_finding_runs(jurisdiction)]
    sections.sort(key=lambda each: -each.run.found)
    runs = [each.run for each in sections]
    return {
        "jurisdiction": jurisdiction,
        "sections": sections,
        "found": sum(run.found for run in runs),
        "as_of": spoken_moment(clock.local(max(run.as_of for run in runs), jurisdiction)) if runs else "",
        "allowed": len(policy_in_force(jurisdiction).terms.allowed_categories),
    }


def _section(run: FindingRun, lines: Sequence[Outline]) -> Section:
    body = findings_of(run)
    found = [each for family in body["families"] for each in family["findings"]]
    shown = found[:SHOWN]
    words = incidents_of(run.category)
    return Section(
        run=run,
        title=words.capitalize(),
        until=plain_date(date.fromisoformat(body["until"])),
        lead=_lead(len(found), words),
        rows=tuple(_row(number, each) for number, each in enumerate(shown, start=1)),
        more=len(found) - len(shown),
        families=tuple(each["said"] for each in body["families"]),
        classes=tuple((name, len(cells)) for name, cells in body["classes"].items()),
        near=body["near_repeat"],
        picture=findings_picture(run.jurisdiction.name, lines, body, shown)
        if body["classes"] or shown
        else None,
        digest=shortened(run.digest),
    )


def _lead(count: int, words: str) -> str:
    if not count:
        return f"Nothing in {words} stands out beyond chance."
    return f"{counted(count, 'finding', 'findings')} in {words} that chance hardly explains.".capitalize()


def _row(number: int, found: Mapping[str, Any]) -> Row:
    often = found["recurrence_days"]
    return Row(
        number=number,
        label=found["label"],
        where=found["where"],
        observed=figure(found["observed"]),
        expected=figure(round(found["expected"], 1)),
        chance=f"p {probability(found['adjusted'])}",
        often=f"by chance {once_in(often)}" if often else "adjusted for all looked at",
        sentence=found["sentence"],
    )
