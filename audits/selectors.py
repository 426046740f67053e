"""The only bridge from audits' rows to arrays, and the questions that pages and later apps ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits.core.exposure import Geometries
from audits.core.groups import EVERYBODY, GroupTable
from audits.core.verdict import Wording
from audits.models import AuditRun, GroupCount, ResidentTable
from forecasting.selectors.audited import flagged_cells, plan_places, tried_cells
from forecasting.selectors.geography import all_on_plane, on_plane
from forecasting.selectors.plans import body_of, plan_with_digest, plans_of
from forecasting.selectors.recipes import standing_of, standings_evaluated
from forecasting.selectors.runs import run_with_digest, runs_of
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.selectors import areas_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from shapely.geometry.base import BaseGeometry

    from governance.models import District, Jurisdiction


@dataclass(frozen=True)
class Residents:
    """The residents in force: who was counted, by which file, and the areas on the projected plane."""

    source: ResidentTable
    table: GroupTable
    areas: Geometries


@dataclass(frozen=True)
class Subject:
    """What an audit looks at. `proposed` and `counted`: cells in the jurisdiction's projected CRS.

    `counted` is as much surface, flagged by all-history counts alone. `at`: the moment whose policy governs it.
    `salt`: the plan's, so that the report's digest does not give the places away to somebody who guesses them.
    """

    kind: str
    digest: str
    title: str
    jurisdiction: Jurisdiction
    district: District | None
    at: datetime
    proposed: Geometries
    counted: Geometries
    salt: str = ""

    @property
    def wording(self) -> Wording:
        """The words of its sentence."""
        if self.district is None:
            return Wording(places="flagged places", reference="residents overall")
        return Wording(places="proposed places", reference=f"residents of {self.district.name} overall")


def table_in_force(jurisdiction: Jurisdiction) -> ResidentTable | None:
    """Return the newest import of residents."""
    return ResidentTable.objects.filter(jurisdiction=jurisdiction).order_by("-id").first()


def residents_in_force(jurisdiction: Jurisdiction) -> Residents | None:
    """Return the residents of the newest import with their areas; None where nobody was imported yet."""
    source = table_in_force(jurisdiction)
    if source is None:
        return None
    areas = {area.code: area.geometry for area in areas_of(jurisdiction)}
    counts = {
        (code, group): residents
        for code, group, residents in GroupCount.objects.filter(table=source).values_list(
            "area__code", "group", "residents"
        )
    }
    codes = tuple(sorted({code for code, _ in counts}))
    table = GroupTable(
        areas=codes,
        groups=tuple(source.groups),
        counts=np.array(
            [[counts[code, group] for group in source.groups] for code in codes], dtype=np.float64
        ),
        residents=np.array([counts[code, EVERYBODY] for code in codes], dtype=np.float64),
    )
    return Residents(source, table, all_on_plane(jurisdiction, [areas[code] for code in codes]))


def district_shape(district: District) -> BaseGeometry:
    """Return a district's boundary in its jurisdiction's projected CRS."""
    return on_plane(district.jurisdiction, district.boundary)


def subject_of(kind: str, digest: str, jurisdiction: Jurisdiction | None = None) -> Subject:
    """Return what an audit of this digest looks at; the same recipe may be drafted in several jurisdictions.

    Raises Refused(NOT_FOUND | BAD_INPUT).
    """
    if kind == AuditRun.SubjectKind.RECIPE and jurisdiction is not None:
        return _recipe_subject(digest, jurisdiction)
    if kind == AuditRun.SubjectKind.RUN:
        return _run_subject(digest)
    if kind == AuditRun.SubjectKind.PLAN:
        return _plan_subject(digest)
    raise Refused(Reason.BAD_INPUT, f"One can audit a run, a plan or a city’s recipe, not a “{kind}”.")


def _run_subject(digest: str) -> Subject:
    run = run_with_digest(digest)
    if run is None:
        raise Refused(Reason.NOT_FOUND, f"There is no forecast {digest[:12]}…, so there is nothing to audit.")
    cells = flagged_cells(run)
    return Subject(
        kind=AuditRun.SubjectKind.RUN,
        digest=digest,
        title=f"Forecast of {_plain(run.category)} from {_day(run.window_start, run.jurisdiction)}",
        jurisdiction=run.jurisdiction,
        district=None,
        at=run.issued_at,
        proposed=cells.proposed,
        counted=cells.counted,
    )


def _plan_subject(digest: str) -> Subject:
    plan = plan_with_digest(digest)
    if plan is None:
        raise Refused(Reason.NOT_FOUND, f"There is no plan {digest[:12]}…, so there is nothing to audit.")
    cells = plan_places(plan)
    return Subject(
        kind=AuditRun.SubjectKind.PLAN,
        digest=digest,
        title=f"{plan.district.name}, {plan.shift} of {_day(plan.starts_at, plan.jurisdiction)}, "
        f"revision {plan.revision}",
        jurisdiction=plan.jurisdiction,
        district=plan.district,
        at=plan.change_request.opened_at,
        proposed=cells.proposed,
        counted=cells.counted,
        salt=body_of(plan).salt,
    )


def _recipe_subject(digest: str, jurisdiction: Jurisdiction) -> Subject:
    """Return the places that any of the recipe's forecasts of the last window in its evaluation flags."""
    standing = standing_of(jurisdiction, digest)
    if standing is None or standing.evaluation is None or not standing.facts.evaluated:
        raise Refused(
            Reason.NOT_FOUND,
            f"{jurisdiction.name} has no evaluated recipe {digest[:12]}…, so there is nothing to audit. Order its "
            "evaluation first.",
        )
    cells = tried_cells(standing.trials)
    if not cells.proposed.size:
        raise Refused(
            Reason.TOO_LITTLE_DATA,
            f"Nothing could be forecast with the recipe “{standing.title}”, so it flags no place to audit.",
        )
    return Subject(
        kind=AuditRun.SubjectKind.RECIPE,
        digest=digest,
        # The city's name keeps apart the reports of one recipe in two cities.
        title=f"Recipe “{standing.title}” of {jurisdiction.name}, on past windows",
        jurisdiction=jurisdiction,
        district=None,
        at=standing.evaluation.as_of,
        proposed=cells.proposed,
        counted=cells.counted,
    )


def pending(jurisdiction: Jurisdiction) -> list[tuple[str, str]]:
    """Return (kind, digest) of the recipes, forecasts and plans that still need an audit, oldest first.

    One that was never audited needs one; so does one whose window is not over and whose audit used other
    residents than those in force.
    """
    source = table_in_force(jurisdiction)
    moment = clock.now(jurisdiction)
    audited = AuditRun.objects.filter(jurisdiction=jurisdiction)
    once = set(audited.values_list("subject_digest", flat=True))
    lately = set(audited.filter(residents=source).values_list("subject_digest", flat=True))
    plans = plans_of(jurisdiction).order_by("-id")  # by district, the public record's order would name it
    subjects = [
        *((AuditRun.SubjectKind.RUN, run.digest, run.window_end) for run in runs_of(jurisdiction)),
        *((AuditRun.SubjectKind.PLAN, plan.digest, plan.ends_at) for plan in plans),
        # Its windows are past: it is audited once, with the residents of that day.
        *(
            (AuditRun.SubjectKind.RECIPE, each.digest, moment)
            for each in standings_evaluated(jurisdiction)
            if any(trial.cells_digest for trial in each.trials)
        ),
    ]
    return [
        (kind.value, digest)
        for kind, digest, ends_at in reversed(subjects)
        if digest not in (lately if ends_at > moment else once)
    ]


def audits_of(jurisdiction: Jurisdiction) -> QuerySet[AuditRun]:
    """Return all audits, newest first."""
    return AuditRun.objects.filter(jurisdiction=jurisdiction).select_related("district", "residents")


def audit_of(digest: str) -> AuditRun | None:
    """Return the newest audit of one digest."""
    return AuditRun.objects.filter(subject_digest=digest).order_by("-id").first()


def audit_numbered(number: int) -> AuditRun | None:
    """Return one audit by its number."""
    rows = AuditRun.objects.select_related("jurisdiction", "district", "residents")
    return rows.filter(pk=number).first()


def _plain(category: str) -> str:
    return category.replace("_", " ")


def _day(moment: datetime, jurisdiction: Jurisdiction) -> str:
    return f"{clock.local(moment, jurisdiction):%-d %B %Y}"
