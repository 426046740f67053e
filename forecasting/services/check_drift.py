"""Check whether one category's forecasts or data have drifted; a new breach is told to the people concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from forecasting.core.drift_round import DriftRound, check_all
from forecasting.core.local_days import date_of
from forecasting.core.manifest import canonical_bytes, seed_for
from forecasting.intake.unplaced import unplaced_days
from forecasting.models import DriftRun
from forecasting.selectors.drift import drift_runs
from forecasting.selectors.reports import last_day_known, reports_known, windows_scored
from governance import clock
from governance.artifacts import store_artifact
from governance.core.holds import Subject
from governance.core.notices import Occasion
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.holds import check_not_held
from governance.ledger import record
from governance.permissions import check
from governance.selectors import PolicyInForce, policy_in_force
from governance.telling import tell_now

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User


@transaction.atomic
def check_drift(*, jurisdiction: Jurisdiction, category: str, by: User) -> DriftRun:
    """Make every drift check that scores and incidents allow by now, and keep them with their sentences.

    Analysts and supervisors get a notice when a check is breached that was not in the round before. Where nothing
    changed since the last round, that one is returned and nothing is written. Raises Refused(NOT_PERMITTED |
    OUTSIDE_POLICY | TOO_LITTLE_DATA | ON_HOLD).
    """
    role = check(by, Permission.RUN_FORECASTS, jurisdiction)
    policy = policy_in_force(jurisdiction)
    _check_category(category, policy)
    check_not_held(jurisdiction, Subject(category=category))
    moment = clock.now(jurisdiction)
    until = last_day_known(jurisdiction, moment)
    seed = seed_for(jurisdiction.slug, category, "drift", str(until))
    made = _round(jurisdiction, category, until, seed)
    body = {"v": 1, "jurisdiction": jurisdiction.slug, "category": category, "seed": seed, **made.to_dict()}
    sealed = store_artifact(canonical_bytes(body), "application/json", name=f"drift of {category}")
    before = drift_runs(jurisdiction, category).first()
    if before is not None and before.digest == sealed.digest:
        return before
    entry = record(
        action="drift.checked",
        subject_kind="drift",
        subject=sealed.digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        detail={
            "category": category,
            "checks": len(made.checks),
            "breached": len(made.breached),
            **dict.fromkeys(made.breached, True),
        },
    )
    check_not_held(jurisdiction, Subject(category=category))  # once more, with the log locked
    run = DriftRun.objects.create(
        jurisdiction=jurisdiction,
        category=category,
        as_of=moment,
        breached=list(made.breached),
        fallback_due=made.fallback.due,
        digest=sealed.digest,
        seed=seed,
        policy_version=policy.version,
        ledger_index=entry.index,
    )
    if set(made.breached) - set(before.breached if before else ()):
        tell_now(Occasion.DRIFT, jurisdiction=jurisdiction, subject=f"drift {run.pk}", number=run.pk, by=by)
    return run


def _round(jurisdiction: Jurisdiction, category: str, until: int, seed: int) -> DriftRound:
    moment = clock.now(jurisdiction)
    every = unplaced_days(jurisdiction)
    unplaced = None if every is None else every.get(category, np.empty(0, dtype=np.int64))
    reports = reports_known(jurisdiction, category, moment, unplaced)
    if not len(reports.occurred):
        raise Refused(
            Reason.TOO_LITTLE_DATA,
            f"No incident of {category.replace('_', ' ')} is known in about a year, so drift cannot be judged. Bring "
            "data in with `manage.py ingest`.",
        )
    scored = windows_scored(jurisdiction, category, moment)
    return check_all(reports, scored, date_of(until), np.random.default_rng(seed))


def _check_category(category: str, policy: PolicyInForce) -> None:
    if category not in policy.terms.allowed_categories:
        raise Refused(
            Reason.OUTSIDE_POLICY,
            f"Policy {policy.version} does not allow forecasts of {category.replace('_', ' ')}, so their drift is not "
            "watched. Propose a policy that does.",
        )
