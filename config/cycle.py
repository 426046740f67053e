"""One turn of the loop for one jurisdiction, step by step; and the step of a replay."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from audits.tasks import audit_pending
from config.replay import next_step
from forecasting.tasks import (
    adopt_approved_recipes,
    check_drift_due,
    close_due,
    execute_approved,
    issue_due_in,
    propose_due_in,
    score_due,
)
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.permissions import check
from governance.services.advance_clock import advance_clock
from governance.tasks import adopt_policies, close_reviews, expire_requests, lift_approved, publish_log
from public_portal.tasks import publish_due

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User

Say = Callable[[str], None]


def quiet(_: str) -> None:
    """Say nothing."""


def timed(say: Say, name: str, step: Callable[[], object]) -> None:
    """Do one step and say how long it took and what came of it."""
    started = time.monotonic()
    result = step()
    say(f"  {name:<28} {result!s:>10}   {time.monotonic() - started:5.1f} s")


def run_cycle(jurisdiction: Jurisdiction, *, say: Say = quiet, scripted: bool = False) -> None:
    """Score, check drift, seal, forecast, audit, propose and audit the proposals; people decide after that.

    Safe to repeat. What is emerging is looked for by the schedule: nobody's decision waits for it.

    `scripted` marks plans that the demo's script is going to decide.
    """
    slug = jurisdiction.slug
    timed(say, "requests expired", expire_requests)
    timed(say, "forecasts scored", score_due)
    # Before the issue: a fallback that begins now counts for this week's forecasts.
    timed(say, "drift checked", check_drift_due)
    timed(say, "forecasts issued", lambda: issue_due_in(slug))
    timed(say, "entries in the public log", publish_log)
    timed(say, "forecasts audited", audit_pending)
    timed(say, "plans proposed", lambda: propose_due_in(slug, scripted=scripted))
    timed(say, "plans audited", audit_pending)
    timed(say, "entries in the public log", publish_log)


def settle(*, say: Say = quiet) -> None:
    """Do everything that follows from decisions and from time: briefings, closures, scores, publications."""
    timed(say, "policies adopted", adopt_policies)
    timed(say, "recipes adopted", adopt_approved_recipes)
    timed(say, "holds lifted", lift_approved)
    timed(say, "reviews closed", close_reviews)
    timed(say, "briefings issued", execute_approved)
    timed(say, "requests expired", expire_requests)
    timed(say, "audits of edited plans", audit_pending)
    timed(say, "plans closed", close_due)
    timed(say, "forecasts scored", score_due)
    timed(say, "releases published", publish_due)
    timed(say, "entries in the public log", publish_log)


def step_replay(jurisdiction: Jurisdiction, *, by: User, say: Say = quiet, scripted: bool = False) -> None:
    """Step a replay to its next decision: last week is settled and published, this week's plans wait.

    Raises Refused(NOT_PERMITTED | OUTSIDE_POLICY).
    """
    check(by, Permission.ADVANCE_CLOCK, jurisdiction)
    if not jurisdiction.is_replay:
        raise Refused(
            Reason.OUTSIDE_POLICY, f"{jurisdiction.name} runs on real time; nobody can step its clock."
        )
    step = next_step(jurisdiction)
    settle(say=say)
    advance_clock(jurisdiction=jurisdiction, to=step.issue_at, by=by)
    run_cycle(jurisdiction, say=say, scripted=scripted)
    advance_clock(jurisdiction=jurisdiction, to=step.decide_at, by=by)
    settle(say=say)
