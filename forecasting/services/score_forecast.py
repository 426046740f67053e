"""Score a sealed forecast after its window, beside trivial forecasts, whatever it says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction

from forecasting.core.baselines import faded_counts
from forecasting.core.fingerprint import digest, round_significant
from forecasting.core.incidents import FloatArray
from forecasting.core.manifest import canonical_bytes, read_dispersion
from forecasting.core.pipeline import recipe_as_known
from forecasting.core.recipe import recipe_from_dict
from forecasting.core.scorecard import FORECAST, interval_figures, score_figures
from forecasting.core.training import knowledge_cut
from forecasting.models import Extract, ForecastRun, Scorecard
from forecasting.selectors.delays import Wait, score_wait
from forecasting.selectors.extracts import incidents_in
from forecasting.selectors.runs import grid_of_run, observed_counts, run_cells, run_manifest, window_of
from forecasting.selectors.scores import scorecard_of, truth_bytes, was_sealed_before
from governance import clock
from governance.artifacts import store_artifact
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.ledger import record
from governance.permissions import check

if TYPE_CHECKING:
    from governance.models import User


@transaction.atomic
def score_forecast(*, run: ForecastRun, extract: Extract, by: User) -> Scorecard:
    """Compare what a run sealed with the incidents of its window, as known in a later extract.

    Waits, by the jurisdiction's clock, for the window's end and the reporting delay, measured for the category where
    the export tells. Scored again on the same truth, the newest scorecard is returned; a truth that changed since
    makes a new one. The standing is ``sealed`` only where a checkpoint over the run was signed before its window
    opened, in real time. Raises Refused(NOT_PERMITTED | TOO_EARLY | BAD_INPUT).
    """
    role = check(by, Permission.RUN_FORECASTS, run.jurisdiction)
    moment = clock.now(run.jurisdiction)
    wait = score_wait(run)
    _check_time(run, extract, moment, wait)
    observed = observed_counts(run, incidents_in(extract)[run.category])
    truth = truth_bytes(observed)
    newest = scorecard_of(run)
    if newest is not None and newest.truth_digest == digest(truth):
        return newest
    figures = _figures(run, observed)
    standing = ForecastRun.Standing.SEALED if was_sealed_before(run) else ForecastRun.Standing.RETROSPECTIVE
    body = {"run": run.digest, "truth": digest(truth), "standing": standing.value, "figures": figures}
    card = canonical_bytes(body)
    entry = record(
        action="forecast.scored",
        subject_kind="forecast",
        subject=run.digest,
        by=by,
        role=role,
        jurisdiction=run.jurisdiction,
        detail={
            "extract": extract.digest,
            "standing": standing.value,
            "delay_hours": round(wait.span.total_seconds() / 3600),
            "delay_measured": wait.measured is not None,
        },
        # Salted: whoever tries every cell would find the one incident of a small count under a bare digest.
        text=card.decode(),
    )
    return Scorecard.objects.create(
        run=run,
        standing=standing,
        observed=int(observed.sum()),
        figures=figures,
        truth_digest=store_artifact(truth, "application/vnd.apache.parquet", name="observed counts").digest,
        digest=digest(card),
        scored_at=moment,
        ledger_index=entry.index,
    )


def _check_time(run: ForecastRun, extract: Extract, moment: datetime, wait: Wait) -> None:
    ready = run.window_end + wait.span
    if moment < ready:
        raise Refused(
            Reason.TOO_EARLY,
            f"The window and the usual reporting delay, {wait.said}, end at {ready:%d %B %Y %H:%M} UTC; it is "
            f"{moment:%d %B %Y %H:%M}. Score it then.",
        )
    if extract.jurisdiction_id != run.jurisdiction_id or not ready <= extract.as_of <= moment:
        raise Refused(
            Reason.BAD_INPUT,
            f"The extract {extract.digest[:12]}… is not of this city after {ready:%d %B %Y %H:%M} UTC, so it may "
            "miss incidents. Seal one as of now.",
        )
    if run.category not in extract.categories:
        raise Refused(
            Reason.BAD_INPUT,
            f"The extract {extract.digest[:12]}… does not hold {run.category}. Seal one that does.",
        )


def _figures(run: ForecastRun, observed: FloatArray) -> dict[str, Any]:
    cells, manifest = run_cells(run), run_manifest(run)
    expected, area = cells["expected"].to_numpy(), cells["area"].to_numpy()
    figures = score_figures(
        expected,
        cells["baseline"].to_numpy(),
        observed,
        area,
        cells["flagged"].to_numpy(),
        run.seed,
        _decayed(run, manifest, float(expected.sum())),
    )
    districts = cells["district"].to_numpy().astype(np.str_)
    level = manifest["recipe"]["interval_level"]
    figures[FORECAST].update(
        interval_figures(expected, observed, districts, read_dispersion(manifest), level, run.seed)
    )
    return figures


def _decayed(run: ForecastRun, manifest: dict[str, Any], total: float) -> FloatArray:
    """Return decayed counts as they could be known when the run was made: from its own extract, before its cut."""
    window = window_of(run)
    recipe = recipe_as_known(recipe_from_dict(manifest["recipe"]), window, int(run.as_of.timestamp()))
    past = incidents_in(run.extract)[run.category]
    return round_significant(faded_counts(past, grid_of_run(run), knowledge_cut(window.start, recipe), total))
