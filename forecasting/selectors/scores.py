"""Scores of past windows: which runs wait for one, and which there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from forecasting.core.fingerprint import digest, table_bytes
from forecasting.core.manifest import seed_for
from forecasting.core.score_history import History, pool_cards
from forecasting.models import ForecastRun, Incident, Scorecard
from forecasting.selectors.delays import score_wait
from forecasting.selectors.extracts import known_in_window
from forecasting.selectors.profiles import reporting_delay
from forecasting.selectors.runs import observed_counts
from governance.stored_log import sealed_at

if TYPE_CHECKING:
    from forecasting.core.incidents import FloatArray
    from governance.models import Jurisdiction

SEEN = 104
"""Windows that scores over time look back on."""

AGAIN = timedelta(days=6)
"""A window is scored again after so long at the earliest, however its reports trickle in: weekly work finds it due."""

LATE = timedelta(days=90)
"""So long after a window late reports and corrections of it make a new score."""


def runs_to_score(jurisdiction: Jurisdiction, moment: datetime) -> list[ForecastRun]:
    """Return the runs whose window and reporting delay are over at a moment and which no score tells the truth of.

    They have none yet, or what is known of their window changed since: late reports and corrections count for
    `LATE` after it.
    """
    over = ForecastRun.objects.filter(
        jurisdiction=jurisdiction, window_end__lte=moment - reporting_delay(jurisdiction)
    )
    unscored = [
        run
        for run in over.filter(scorecards=None).select_related("jurisdiction")
        if run.window_end + score_wait(run).span <= moment
    ]
    return sorted(
        [*unscored, *_changed(over.filter(window_end__gt=moment - LATE), moment)],
        key=lambda run: (run.window_start, run.category),
    )


def _changed(runs: QuerySet[ForecastRun], moment: datetime) -> list[ForecastRun]:
    """Return the scored runs whose cells hold other counts now than in their newest score."""
    newest = Scorecard.objects.filter(run=OuterRef("pk")).order_by("-id")
    learned = Incident.objects.filter(
        Q(known_at__gt=OuterRef("scored"), known_at__lte=moment)
        | Q(superseded_at__gt=OuterRef("scored"), superseded_at__lte=moment),
        jurisdiction=OuterRef("jurisdiction"),
        category=OuterRef("category"),
        occurred_from__lt=OuterRef("window_end"),
        occurred_to__gte=OuterRef("window_start"),
    )
    touched = runs.annotate(
        scored=Subquery(newest.values("scored_at")[:1]), truth=Subquery(newest.values("truth_digest")[:1])
    )
    found = touched.filter(Exists(learned), scored__lte=moment - AGAIN).select_related("jurisdiction")
    return [run for run in found if digest(truth_bytes(observed_at(run, moment))) != run.truth]


def observed_at(run: ForecastRun, moment: datetime) -> FloatArray:
    """Return the counts of a run's cells in its window as they were known at a moment, shape `(n,)`."""
    return observed_counts(run, known_in_window(run, moment))


def was_sealed_before(run: ForecastRun) -> bool:
    """Whether a real-clock city's run stood in a published, cosigned checkpoint before its window opened.

    Cosigned by the quorum of witnesses that the policy of the log asks for, which may be none.
    """
    moment = sealed_at(run.ledger_index)
    real = not run.jurisdiction.is_replay and not run.jurisdiction.clock_offset
    return real and moment is not None and moment < run.window_start


def truth_bytes(observed: FloatArray) -> bytes:
    """Return observed counts by cell as the file a score is made against."""
    return table_bytes({"observed": observed.astype(np.int32)})


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


def scored_categories(jurisdiction: Jurisdiction) -> list[str]:
    """Return the categories of which some forecast has been scored, in alphabetical order."""
    rows = Scorecard.objects.filter(run__jurisdiction=jurisdiction).order_by("run__category")
    return list(rows.values_list("run__category", flat=True).distinct())


def scorings_of(jurisdiction: Jurisdiction, category: str, windows: int) -> list[list[Scorecard]]:
    """Return the scorings of the latest windows of a category, the latest window and scoring first."""
    by_run: dict[int, list[Scorecard]] = {}
    for card in scorecards_in(jurisdiction, category)[: 2 * windows]:
        by_run.setdefault(card.run_id, []).append(card)
    return list(by_run.values())[:windows]


def pooled_history(jurisdiction: Jurisdiction, category: str) -> History | None:
    """Return the newest scores of a category's latest `SEEN` windows together; None while none is scored."""
    return history_of(jurisdiction, category, scorings_of(jurisdiction, category, SEEN))


def history_of(
    jurisdiction: Jurisdiction, category: str, scorings: Sequence[Sequence[Scorecard]]
) -> History | None:
    """Pool the newest card of each window, the latest window first as `scorings_of` returns them."""
    cards = [each[0].figures for each in reversed(scorings)]
    return pool_cards(cards, seed_for(jurisdiction.slug, category, "scores")) if cards else None


def scorecards_in(jurisdiction: Jurisdiction, category: str = "") -> QuerySet[Scorecard]:
    """Return every scoring of every run, of one category if named, the latest window first."""
    rows = Scorecard.objects.filter(run__jurisdiction=jurisdiction).select_related("run")
    rows = rows.filter(run__category=category) if category else rows
    return rows.order_by("-run__window_start", "run__category", "-id")
