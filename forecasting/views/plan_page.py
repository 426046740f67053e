"""What the page of a plan says, from rows: one sentence, the places, what to know before deciding, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from forecasting.core.plan_body import Place, PlanBody
from forecasting.core.plan_edit import differences
from forecasting.core.prevention import OPTIONS
from forecasting.core.wording import counted, in_words, incidents_of, percent, shortened
from forecasting.models import Plan, PlanClosure
from forecasting.pictures import plan_picture
from forecasting.selectors.plans import body_of, subject_of_plan
from forecasting.selectors.runs import interval_level
from forecasting.views.run_page import score_line
from governance import clock, selectors
from governance.core.approval import check_evidence, is_overridden
from governance.core.drawing import Markup, reading
from governance.core.drawing_bars import draw_interval
from governance.core.roles import Permission
from governance.core.spoken import spoken_day
from governance.core.states import State
from governance.holds import check_not_held, hold_banner
from governance.permissions import can
from governance.views.deciding import deciding_context, may_override, refusal_of
from governance.views.evidence import evidence_lines
from governance.views.way import Station, WayStep, way_steps

if TYPE_CHECKING:
    from governance.models import User

EDITABLE = frozenset({State.OPEN, State.RETURNED, State.APPROVED, State.REVOKED})


@dataclass(frozen=True)
class Row:
    """One line of the table of places."""

    place: Place
    expected: str
    interval: Markup
    factor: str
    reason: str
    more: tuple[str, ...]
    option: str
    softer: tuple[str, ...]

    @property
    def minutes(self) -> int:
        """Officer minutes in the shift."""
        return self.place.total_minutes


@dataclass(frozen=True)
class Covered:
    """A share in whole per cent with its interval."""

    value: str
    low: str
    high: str


def plan_context(plan: Plan, by: User) -> dict[str, Any]:
    """Return everything the page of a plan shows to this person."""
    body, change = body_of(plan), plan.change_request
    return {
        "plan": plan,
        "body": body,
        "title": headline(plan, body),
        "incidents": incidents_of(body.category),
        "covered": Covered(*(percent(share) for share in body.covered)),
        "baseline": percent(body.baseline_covered),
        "picture": plan_picture(plan),
        "rows": place_rows(body),
        "level": percent(interval_level(plan.run)),
        "evidence": evidence_lines([plan.digest, *change.rests_on], plan.jurisdiction),
        "score": score_line(plan.jurisdiction, body.category),
        "changes": changes_since(plan),
        "digest": shortened(plan.digest),
        "steps": steps(plan),
        "holds": hold_banner(plan.jurisdiction, subject_of_plan(plan), by),
        "may_hold": can(by, Permission.DECIDE_POLICY, plan.jurisdiction),
        "public_from": spoken_day(_local(plan, public_from(plan))),
        **decision_context(plan, by),
    }


def headline(plan: Plan, body: PlanBody) -> str:
    """Return the page's heading, as in "Twelve places tonight, 22:00–06:00"."""
    starts, ends = _local(plan, plan.starts_at), _local(plan, plan.ends_at)
    places = counted(len(body.places), "place", "places").capitalize()
    return f"{places} {day_words(starts, _now(plan))}, {starts:%H:%M}–{ends:%H:%M}"


def day_words(starts: datetime, now: datetime) -> str:
    """Return "tonight", "today", or the day of a shift; both in local time."""
    if starts.date() == now.date():
        return "tonight" if starts.hour >= 18 else "today"
    return f"on {spoken_day(starts)}"


def place_rows(body: PlanBody) -> list[Row]:
    """Return the table of places; all intervals share one scale."""
    top = max((place.high for place in body.places), default=1.0)
    return [_row(place, top) for place in body.places]


def _row(place: Place, top: float) -> Row:
    strongest, *others = [*place.reasons, None] if place.reasons else [None]
    option = OPTIONS[place.option]
    return Row(
        place=place,
        expected=reading(place.expected),
        interval=draw_interval(value=place.expected, low=place.low, high=place.high, top=top),
        factor=f"×{strongest.factor:.1f}" if strongest else "",
        reason=strongest.text if strongest else "the city’s average",
        more=tuple(f"×{each.factor:.1f} {each.text}" for each in others if each),
        option=option.sentence,
        softer=tuple(each.sentence for each in OPTIONS.values() if each.softness < option.softness),
    )


def changes_since(plan: Plan) -> list[dict[str, Any]]:
    """Return what each revision changed against the one before, newest first."""
    rows = list(Plan.objects.filter(change_request=plan.change_request).order_by("revision"))
    said = [
        {"revision": later.revision, "said": differences(body_of(earlier), body_of(later))}
        for earlier, later in pairwise(rows)
    ]
    return said[::-1]


def decision_context(plan: Plan, by: User) -> dict[str, Any]:
    """Return whether this person may decide and edit now, and if not, why not."""
    change = plan.change_request
    context = deciding_context(change, by)
    current = change.digest == plan.digest
    if not current:
        context |= {"why_not": "A newer revision has replaced this one.", "may_decide": False}
    return {
        **context,
        "may_edit": current
        and State(change.state) in EDITABLE
        and can(by, Permission.PROPOSE, plan.jurisdiction, plan.district),
        "blocked": _blocked(plan, by),
    }


def _blocked(plan: Plan, by: User) -> str:
    """Return why this person cannot approve it yet; "" when nothing stands in the way."""
    evidence = selectors.evidence_for(plan.digest, plan.jurisdiction)
    verdicts = {kind: row.verdict for kind, row in evidence.items()}
    change = plan.change_request
    rule = selectors.rule_now(change)
    overridden = is_overridden(selectors.ballots_on(change), rule, plan.digest)

    def check() -> None:
        check_not_held(plan.jurisdiction, subject_of_plan(plan))
        check_evidence(rule, verdicts, overridden=overridden or may_override(change, by, rule))

    return refusal_of(check)


def public_from(plan: Plan) -> datetime:
    """Return when the decision opens to everybody: with the release of its forecast's window, after the delay."""
    terms = selectors.policy_in_force(plan.jurisdiction, plan.change_request.opened_at).terms
    return plan.run.window_end + timedelta(hours=terms.publication_delay_hours)


def outcome_sentence(plan: Plan, closure: PlanClosure) -> str:
    """Say what was recorded in the shift, in the district and in the plan's places, beside what was expected."""
    body = body_of(plan)
    places = sum(place.expected for place in body.places)
    seen, inside = in_words(closure.observed).capitalize(), in_words(closure.covered)
    kind, verb = incidents_of(body.category, closure.observed), "was" if closure.observed == 1 else "were"
    return (
        f"{seen} {kind} {verb} recorded in {plan.district.name} in this shift, "
        f"where {reading(body.district_expected)} were expected; "
        f"{inside if closure.covered else 'none'} of them in the plan’s places, "
        f"where {reading(places)} were expected."
    )


def steps(plan: Plan) -> list[WayStep]:
    """Return the way of a plan from proposal to publication: what is done, what is next, when."""
    change, now = plan.change_request, clock.now(plan.jurisdiction)
    decided, executed, opens = change.decided_at, change.executed_at, public_from(plan)
    way = [
        Station("Proposed", change.opened_at, done=True),
        Station("Decided by a named person, with a reason", decided, decided is not None),
        Station("Briefing sheet issued; without an approval there is none", executed, executed is not None),
        Station(
            "Shift over; what was delivered is closed into the record", plan.ends_at, now >= plan.ends_at
        ),
        Station("Decision and outcome open to everybody", opens, now >= opens),
    ]
    return way_steps(way, plan.jurisdiction)


def _local(plan: Plan, moment: datetime) -> datetime:
    return clock.local(moment, plan.jurisdiction)


def _now(plan: Plan) -> datetime:
    return _local(plan, clock.now(plan.jurisdiction))
