"""What the other apps hold about closed windows, before treatment. Only services call this, never a page."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import shapely

from audits.selectors import audit_of
from forecasting.core.intervals import group_intervals
from forecasting.core.manifest import read_dispersion
from forecasting.selectors.geography import all_on_plane
from forecasting.selectors.plans import body_of, closure_of, plans_of
from forecasting.selectors.runs import run_cells, run_manifest, runs_of
from forecasting.selectors.scores import scorecard_of
from governance.artifacts import read_artifact
from governance.break_glass import row_of
from governance.core.approval import is_overridden
from governance.core.roles import Role
from governance.ledger import actor_name
from governance.selectors import acts_on, areas_of, ballots_on, role_title, rule_now, votes_on
from public_portal.core.area_table import AreaFigures
from public_portal.core.privacy import is_public

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from numpy.typing import NDArray

    from forecasting.models import ForecastRun, Plan, Scorecard
    from governance.models import Area, Jurisdiction, RequestAct, Vote


@dataclass(frozen=True)
class ClosedWindow:
    """One window past its end and delay: its runs, each with its newest score, and the plans made within it."""

    start: datetime
    end: datetime
    runs: tuple[tuple[ForecastRun, Scorecard], ...]
    plans: tuple[Plan, ...]


def closed_windows(jurisdiction: Jurisdiction, moment: datetime, delay: timedelta) -> list[ClosedWindow]:
    """Return the windows that may be public at `moment` and whose runs are all scored, oldest first."""
    by_window: dict[datetime, list[ForecastRun]] = {}
    for run in runs_of(jurisdiction):
        by_window.setdefault(run.window_start, []).append(run)
    plans = list(plans_of(jurisdiction).order_by("starts_at", "district__code", "id"))
    windows = [_closed(runs, plans, moment, delay) for _, runs in sorted(by_window.items())]
    return [window for window in windows if window is not None]


def _closed(
    runs: list[ForecastRun], plans: list[Plan], moment: datetime, delay: timedelta
) -> ClosedWindow | None:
    numbers = {run.pk for run in runs}
    made = tuple(plan for plan in plans if plan.run_id in numbers)
    end = max(run.window_end for run in runs)
    last = max([end, *(plan.ends_at for plan in made)])
    if not is_public(last, delay, moment):
        return None
    scored = [(run, card) for run in runs if (card := scorecard_of(run)) is not None]
    if len(scored) < len(runs):
        return None
    scored.sort(key=lambda pair: pair[0].category)
    return ClosedWindow(runs[0].window_start, end, tuple(scored), made)


def area_figures(run: ForecastRun, card: Scorecard) -> list[AreaFigures]:
    """Return forecast, baseline and outcome of each area.

    A cell belongs to the area that holds its centre, else to the nearest, for forecast and outcome alike; so
    the areas add up to the city exactly.
    """
    cells = run_cells(run)
    areas = areas_of(run.jurisdiction)
    if not areas:
        return [_whole_city(run, card)]
    owner = area_of_cells(run, cells, areas)
    observed = pl.read_parquet(io.BytesIO(read_artifact(card.truth_digest)))["observed"].to_numpy()
    sums = {
        name: np.bincount(owner, weights=values, minlength=len(areas))
        for name, values in (
            ("expected", cells["expected"].to_numpy()),
            ("baseline", cells["baseline"].to_numpy()),
            ("observed", observed),
        )
    }
    intervals = _intervals(run, cells, np.array([area.code for area in areas])[owner])
    return [
        AreaFigures(
            area=area.code,
            name=area.name,
            expected=float(sums["expected"][index]),
            low=intervals.get(area.code, (0, 0))[0],
            high=intervals.get(area.code, (0, 0))[1],
            baseline=float(sums["baseline"][index]),
            observed=round(float(sums["observed"][index])),
        )
        for index, area in enumerate(areas)
    ]


def _whole_city(run: ForecastRun, card: Scorecard) -> AreaFigures:
    """Without imported areas the city itself is the only one."""
    return AreaFigures(
        area="all",
        name=run.jurisdiction.name,
        expected=run.total,
        low=round(run.total_low),
        high=round(run.total_high),
        baseline=run.baseline_total,
        observed=card.observed,
    )


def area_of_cells(run: ForecastRun, cells: pl.DataFrame, areas: list[Area]) -> NDArray[np.int64]:
    """Return the index of each cell's area, shape `(n,)`: the one that holds its centre, else the nearest."""
    shapes = all_on_plane(run.jurisdiction, [area.geometry for area in areas])
    centres = shapely.points(
        run.origin_x + (cells["column"].to_numpy() + 0.5) * run.cell,
        run.origin_y + (cells["row"].to_numpy() + 0.5) * run.cell,
    )
    tree = shapely.STRtree(shapes)
    owner = np.asarray(tree.nearest(centres), dtype=np.int64)
    inside, holder = tree.query(centres, predicate="within")
    owner[inside[::-1]] = holder[::-1]  # where two areas overlap, the first one counts
    return owner


def _intervals(run: ForecastRun, cells: pl.DataFrame, codes: NDArray[np.str_]) -> dict[str, tuple[int, int]]:
    manifest = run_manifest(run)
    level = float(manifest["recipe"]["interval_level"])
    return group_intervals(cells["expected"].to_numpy(), codes, read_dispersion(manifest), level)


def outcome_of(plans: Sequence[Plan]) -> tuple[int, int] | None:
    """Return incidents during the shifts of closed plans: in their places, and elsewhere in their districts."""
    closures = [closure for plan in plans if (closure := closure_of(plan)) is not None]
    if not closures:
        return None
    covered = sum(closure.covered for closure in closures)
    return covered, sum(closure.observed for closure in closures) - covered


def decision(plan: Plan) -> dict[str, Any]:
    """Return who decided what about a plan, and why; places as counts and minutes by area, people as pseudonyms."""
    body = body_of(plan)
    audit = audit_of(plan.digest)
    return {
        "plan": plan.digest,
        "district": plan.district.name,
        "category": body.category,
        "shift": plan.shift,
        "starts_at": plan.starts_at.isoformat(),
        "ends_at": plan.ends_at.isoformat(),
        "state": plan.change_request.state,
        "revision": plan.revision,
        "scripted": plan.change_request.scripted,
        "places": len(body.places),
        "hours": round(body.hours, 2),
        "covered": list(body.covered),
        "baseline_covered": body.baseline_covered,
        "overridden": _overridden(plan),
        "audit": {"verdict": audit.verdict, "sentence": audit.sentence} if audit else None,
        "votes": [_vote(vote) for vote in votes_on(plan.change_request)],
        "acts": [*(_act(act) for act in acts_on(plan.change_request)), *_glass(plan)],
        "areas": _places_by_area(plan),
    }


def _overridden(plan: Plan) -> bool:
    """Whether the board's quorum set the failed audit of just this revision aside."""
    change = plan.change_request
    return is_overridden(ballots_on(change), rule_now(change), plan.digest)


def _vote(vote: Vote) -> dict[str, Any]:
    """Return a vote by its entry; its reason is read from beside the entry when shown, where it can be erased."""
    return {
        "revision": vote.revision,
        "verdict": vote.verdict,
        "stage": vote.stage,
        "delegated": vote.on_behalf_of_id is not None,
        "role": role_title(vote.role),
        "who": vote.user.pseudonym,
        "in_entry": actor_name(vote.user, Role(vote.role), vote.digest),
        "at": vote.cast_at.isoformat(),
        "entry": vote.ledger_index,
    }


def _act(act: RequestAct) -> dict[str, Any]:
    """Return what somebody did to the plan's request beside voting, in the form of a vote."""
    return {
        "revision": act.revision,
        "verdict": act.deed,
        "role": role_title(act.role),
        "who": act.user.pseudonym,
        "in_entry": actor_name(act.user, Role(act.role), act.digest),
        "at": act.done_at.isoformat(),
        "entry": act.ledger_index,
    }


def _glass(plan: Plan) -> list[dict[str, Any]]:
    """Return who broke the glass for the plan's request, if anybody did, in the form of a vote."""
    row = row_of(plan.change_request)
    if row is None:
        return []
    return [
        {
            "revision": row.revision,
            "verdict": "break_glass",
            "role": role_title(row.role),
            "who": row.opened_by.pseudonym,
            "in_entry": actor_name(row.opened_by, Role(row.role), row.digest),
            "at": row.opened_at.isoformat(),
            "entry": row.ledger_index,
        }
    ]


def _places_by_area(plan: Plan) -> list[dict[str, Any]]:
    places = body_of(plan).places
    areas = areas_of(plan.jurisdiction)
    if not areas:
        return []
    cells = pl.DataFrame({"column": [each.column for each in places], "row": [each.row for each in places]})
    owner = area_of_cells(plan.run, cells, areas).tolist()
    return [
        {
            "area": areas[index].code,
            "name": areas[index].name,
            "places": owner.count(index),
            "minutes": sum(each.total_minutes for each, at in zip(places, owner, strict=True) if at == index),
        }
        for index in sorted(set(owner))
    ]


def audit_report(digest: str) -> dict[str, Any] | None:
    """Return the newest audit of a run or plan as released: verdict, tables, digests; never the plan's salt."""
    audit = audit_of(digest)
    if audit is None:
        return None
    report = json.loads(read_artifact(audit.report_digest))
    return {
        "subject": audit.subject_kind,
        "digest": digest,
        "title": audit.title,
        "verdict": audit.verdict,
        "sentence": audit.sentence,
        "policy": report["policy"],
        "residents": report["residents"],
        "interval": report["interval"],
        "tables": report["tables"],
        "report": audit.report_digest,
        "entry": audit.ledger_index,
    }
