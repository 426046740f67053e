"""Released tables, for pages and downloads. Nothing here can see a number that was not released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance import clock
from governance.core.drawing_chart import Period
from governance.core.drawing_frame import rings_of, squeeze_at
from governance.core.spoken import spoken_date, spoken_moment
from governance.selectors import areas_of
from public_portal.core.pictures import AreaShape
from public_portal.models import PublishedTable, Release, Report

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from governance.models import Jurisdiction

Kind = PublishedTable.Kind


@dataclass(frozen=True)
class Week:
    """One release with its tables by kind and category."""

    release: Release
    when: str
    tables: dict[tuple[str, str], dict[str, Any]]

    @property
    def summary(self) -> dict[str, Any]:
        """What the window was, and the policy it was released under."""
        return self.tables[Kind.SUMMARY, ""]

    @property
    def categories(self) -> list[str]:
        """Categories forecast, those that plans are about first."""
        plans = self.summary["plan_categories"]
        return sorted(self.summary["categories"], key=lambda each: (each not in plans, each))

    @property
    def audits(self) -> list[dict[str, Any]]:
        """Released audits of the window's forecasts and plans."""
        return list(self.tables[Kind.AUDITS, ""]["audits"])

    @property
    def forecast_audits(self) -> list[dict[str, Any]]:
        """Released audits of the forecasts, those that plans are about first."""
        by_digest = {audit["digest"]: audit for audit in self.audits}
        runs = [self.scores(category)["run"] for category in self.categories]
        return [by_digest[run] for run in runs if run in by_digest]

    @property
    def plans(self) -> list[dict[str, Any]]:
        """Released decisions."""
        return list(self.tables[Kind.DECISIONS, ""]["plans"])

    @property
    def complaints(self) -> dict[str, Any] | None:
        """Released figures of complaints; None in a release made before they were counted."""
        return self.tables.get((Kind.COMPLAINTS, ""))

    def areas(self, category: str) -> dict[str, Any]:
        """Forecast and outcome by area."""
        return self.tables[Kind.AREAS, category]

    def scores(self, category: str) -> dict[str, Any]:
        """How the forecast did."""
        return self.tables[Kind.SCORES, category]

    def incidents(self, category: str) -> str:
        """What incidents of a category are called."""
        return str(self.summary["incidents"][category])


def weeks_of(jurisdiction: Jurisdiction) -> list[Week]:
    """Return everything released, newest window first."""
    releases = Release.objects.filter(jurisdiction=jurisdiction).prefetch_related("tables", "report")
    return [week_of(release) for release in releases.select_related("jurisdiction")]


def releases(jurisdiction: Jurisdiction | None = None) -> QuerySet[Release]:
    """Return all releases, of one jurisdiction or of every one."""
    rows = Release.objects.select_related("jurisdiction")
    return rows if jurisdiction is None else rows.filter(jurisdiction=jurisdiction)


def release_numbered(number: int) -> Release | None:
    """Return one release with its tables."""
    return releases().prefetch_related("tables__release__jurisdiction").filter(pk=number).first()


def week_of(release: Release) -> Week:
    """Return one release with its tables."""
    tables = {(table.kind, table.category): table.body for table in release.tables.all()}
    return Week(release, window_words(release), tables)


def week_numbered(jurisdiction: Jurisdiction, number: int) -> Week | None:
    """Return one release by its number."""
    release = (
        Release.objects.filter(jurisdiction=jurisdiction, pk=number).select_related("jurisdiction").first()
    )
    return None if release is None else week_of(release)


def table_named(jurisdiction: Jurisdiction, number: int, kind: str, category: str) -> PublishedTable | None:
    """Return one released table."""
    rows = PublishedTable.objects.filter(release__jurisdiction=jurisdiction, release_id=number)
    return rows.filter(kind=kind, category=category).select_related("release").first()


def newest_complaint_tables() -> QuerySet[PublishedTable]:
    """Return the released figures of complaints, of each jurisdiction the newest."""
    rows = PublishedTable.objects.filter(kind=Kind.COMPLAINTS).select_related("release__jurisdiction")
    newest = rows.order_by("release__jurisdiction", "-release__released_at", "-id").distinct(
        "release__jurisdiction"
    )
    return rows.filter(pk__in=newest.values("pk")).order_by("release__jurisdiction__slug")


def report_of(release: Release) -> Report | None:
    """Return the report of a release, if it was compiled."""
    found: Report | None = getattr(release, "report", None)
    return found


def unreported(jurisdiction: Jurisdiction) -> list[Release]:
    """Return the releases whose report has not been compiled yet, oldest first."""
    return list(Release.objects.filter(jurisdiction=jurisdiction, report=None).order_by("window_start"))


def is_released(jurisdiction: Jurisdiction, window_start: datetime) -> bool:
    """Whether a window was released already."""
    return Release.objects.filter(jurisdiction=jurisdiction, window_start=window_start).exists()


def shown_totals(jurisdiction: Jurisdiction, category: str, before: datetime) -> set[datetime]:
    """Return the starts of earlier released windows whose city total is shown."""
    rows = PublishedTable.objects.filter(
        release__jurisdiction=jurisdiction,
        release__window_start__lt=before,
        kind=Kind.AREAS,
        category=category,
        body__observed__isnull=False,
    )
    return {
        start
        for start, body in rows.values_list("release__window_start", "body")
        if body["observed"] is not None
    }


def window_words(release: Release) -> str:
    """A window in words: "14 June 2024 to 21 June 2024"."""
    start, end = (
        clock.local(each, release.jurisdiction) for each in (release.window_start, release.window_end)
    )
    return f"{spoken_date(start)} to {spoken_date(end)}"


def moment_words(moment: datetime, jurisdiction: Jurisdiction) -> str:
    """A moment in the jurisdiction's own time, in words."""
    return spoken_moment(clock.local(moment, jurisdiction))


def periods_of(weeks: list[Week], category: str, area: str = "") -> list[Period]:
    """Return the released windows as steps of a chart, oldest first: of the city, or of one area."""
    chosen = [week for week in reversed(weeks) if (Kind.AREAS, category) in week.tables]
    return [_period(week, category, area) for week in chosen]


def _period(week: Week, category: str, area: str) -> Period:
    table = week.areas(category)
    label = spoken_date(clock.local(week.release.window_start, week.release.jurisdiction))
    if not area:
        return Period(label, table["expected"], table["low"], table["high"], table["observed"])
    row = next((each for each in table["rows"] if each["area"] == area), None)
    if row is None:
        return Period(label)
    return Period(label, row["expected"], row["low"], row["high"], row["observed"], row["baseline"])


def area_shapes(jurisdiction: Jurisdiction) -> list[AreaShape]:
    """Return the areas' outlines in degrees."""
    return [
        AreaShape(area.code, area.name, rings_of(area.geometry.coords)) for area in areas_of(jurisdiction)
    ]


def squeeze_of(jurisdiction: Jurisdiction) -> float:
    """Return by how much a degree of longitude is shorter than one of latitude here."""
    return squeeze_at(float(jurisdiction.boundary.centroid.y))
