"""Make an entry of the NIJ challenge: nothing is issued, nothing may be deployed; the record keeps that it was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction

from forecasting.core.cell_export import NOT_APPROVED
from forecasting.core.decay_mixture import SURFACES
from forecasting.core.fingerprint import digest
from forecasting.core.limits import as_refusal
from forecasting.core.manifest import canonical_bytes, seed_for
from forecasting.core.nij import Horizon, Score, last_day
from forecasting.core.nij_choice import Progress
from forecasting.core.nij_entry import entry_facts, make_entry
from forecasting.core.nij_shapefile import projection_text, shapefile_parts
from forecasting.core.recipe import check_features
from forecasting.core.taxonomy import check_may_forecast
from forecasting.core.windows import Window, days_later
from forecasting.selectors.extracts import known_incidents
from forecasting.selectors.geography import on_plane
from forecasting.selectors.profiles import reporting_delay
from governance import clock
from governance.core.holds import Subject
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.holds import check_not_held
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force

if TYPE_CHECKING:
    from governance.models import Jurisdiction, User

MOST_AHEAD = timedelta(days=31)
"""How long before its first day an entry may be made."""


@dataclass(frozen=True)
class ChallengeEntry:
    """The files of an entry by suffix, what stands beside them, and the SHA-256 of that."""

    files: dict[str, bytes]
    facts: dict[str, Any]
    digest: str


@transaction.atomic
def enter_challenge(
    *,
    jurisdiction: Jurisdiction,
    category: str,
    first: date,
    horizon: Horizon,
    score: Score,
    progress: Progress,
    by: User,
) -> ChallengeEntry:
    """Make the entry for the local days from ``first`` to the horizon's last, tuned for ``score``.

    It rests on what was known when the first day began, or is known now if that is earlier. Raises
    Refused(NOT_PERMITTED | NOT_FOUND | OUTSIDE_POLICY | TOO_EARLY | TOO_LITTLE_DATA | TOO_LARGE | BAD_INPUT |
    ON_HOLD).
    """
    role = check(by, Permission.SEE_FORECASTS, jurisdiction)
    in_force = policy_in_force(jurisdiction)
    check_may_forecast(category, in_force.terms.allowed_categories)
    check_not_held(jurisdiction, Subject(category=category))
    check_features({"terms": [{"name": name} for name in SURFACES]}, in_force.terms.prohibited_features)
    opens = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(jurisdiction.timezone))
    known_at = _known_at(jurisdiction, opens)
    delay = reporting_delay(jurisdiction) + (opens - known_at)
    last = last_day(first, horizon)
    days, start = (last - first).days + 1, int(opens.timestamp())
    with as_refusal():
        projection = projection_text(jurisdiction.srid)
        made = make_entry(
            known_incidents(jurisdiction, {category}, known_at)[category],
            on_plane(jurisdiction, jurisdiction.boundary),
            Window(start, days_later(start, days, jurisdiction.timezone)),
            days=days,
            score=score,
            unit_metres=jurisdiction.unit_metres,
            timezone=jurisdiction.timezone,
            delay=round(delay.total_seconds()),
            seed=seed_for(jurisdiction.slug, category, "nij", horizon, score, str(start)),
            progress=progress,
        )
    files = shapefile_parts(made.entry, projection, first)
    facts = {
        "status": NOT_APPROVED,
        "jurisdiction": jurisdiction.slug,
        "category": category,
        "score": score.value,
        "horizon": horizon.value,
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "known_at": known_at.isoformat(),
        "crs": f"EPSG:{jurisdiction.srid}",
        **entry_facts(made, score),
        "files": {suffix: digest(data) for suffix, data in files.items()},
    }
    named = digest(canonical_bytes(facts))
    record(
        action="forecast.entered",
        subject_kind="challenge_entry",
        subject=named,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=in_force.version,
        detail={"category": category, "score": score.value, "horizon": horizon.value},
    )
    check_not_held(jurisdiction, Subject(category=category))  # once more, with the log locked
    return ChallengeEntry(files, facts, named)


def _known_at(jurisdiction: Jurisdiction, opens: datetime) -> datetime:
    moment = clock.now(jurisdiction)
    if opens > moment + MOST_AHEAD:
        raise Refused(
            Reason.TOO_EARLY,
            f"{opens:%d %B %Y} lies more than {MOST_AHEAD.days} days ahead: it is {moment:%d %B %Y} in "
            f"{jurisdiction.name}. Choose an earlier --as-of.",
        )
    return min(opens, moment)
