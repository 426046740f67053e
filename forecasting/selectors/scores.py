"""Scores of past windows: which runs wait for one, and which there are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from forecasting.models import ForecastRun, Scorecard
from forecasting.selectors.profiles import reporting_delay
from governance.stored_log import sealed_at

if TYPE_CHECKING:
    from governance.models import Jurisdiction


def runs_to_score(jurisdiction: Jurisdiction, moment: datetime) -> list[ForecastRun]:
    """Return the runs whose window and typical delay are over at a moment and which have no score yet."""
    over = ForecastRun.objects.filter(
        jurisdiction=jurisdiction, window_end__lte=moment - reporting_delay(jurisdiction), scorecards=None
    )
    return list(over.order_by("window_start", "category"))


def was_sealed_before(run: ForecastRun) -> bool:
    """Whether a real-clock city's run stood in a published, cosigned checkpoint before its window opened.

    Cosigned by the quorum of witnesses that the policy of the log asks for, which may be none.
    """
    moment = sealed_at(run.ledger_index)
    real = not run.jurisdiction.is_replay and not run.jurisdiction.clock_offset
    return real and moment is not None and moment < run.window_start


def scorecard_with(run: ForecastRun, truth_digest: str) -> Scorecard | None:
    """Return the score of a run against exactly this truth."""
    return Scorecard.objects.filter(run=run, truth_digest=truth_digest).first()


def scorecard_of(run: ForecastRun) -> Scorecard | None:
    """Return the newest score of a run."""
    return Scorecard.objects.filter(run=run).order_by("-id").first()


def scorecards_of(jurisdiction: Jurisdiction, category: str) -> list[Scorecard]:
    """Return the newest score of every scored window of a category, the latest window first."""
    rows = Scorecard.objects.filter(run__jurisdiction=jurisdiction, run__category=category).select_related(
        "run"
    )
    newest = {card.run_id: card for card in rows.order_by("run__window_start", "id")}
    return list(reversed(newest.values()))


def scorecards_in(jurisdiction: Jurisdiction, category: str = "") -> QuerySet[Scorecard]:
    """Return every scoring of every run, of one category if named, the latest window first."""
    rows = Scorecard.objects.filter(run__jurisdiction=jurisdiction).select_related("run")
    rows = rows.filter(run__category=category) if category else rows
    return rows.order_by("-run__window_start", "run__category", "-id")
