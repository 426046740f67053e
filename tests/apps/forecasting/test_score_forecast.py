"""Scoring: after the window and the delay, beside the baseline, whatever it says."""

import io
import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from django.utils import timezone

from forecasting.core.baselines import faded_counts
from forecasting.core.fingerprint import digest, table_bytes
from forecasting.core.scoring import poisson_deviance
from forecasting.models import Extract, ForecastRun, Incident, Scorecard
from forecasting.selectors.extracts import incidents_in
from forecasting.selectors.runs import grid_of_run, run_cells
from forecasting.services.issue_forecast import issue_forecast
from forecasting.services.score_forecast import score_forecast
from governance import clock
from governance.artifacts import read_artifact
from governance.core.canonical import salted_digest
from governance.core.refusals import Reason, Refused
from governance.models import Checkpoint, LedgerEntry, Publication
from governance.services.advance_clock import advance_clock
from tests.cast import City
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history, add_recipe

READY = WINDOW[1] + timedelta(days=3)


@pytest.fixture
def run(city: City) -> ForecastRun:
    add_history(city)
    return issued(city, WINDOW)


def issued(city: City, window: tuple[datetime, datetime]) -> ForecastRun:
    return issue_forecast(
        jurisdiction=city.jurisdiction,
        recipe=add_recipe(city),
        extract=add_extract(city, clock.now(city.jurisdiction)),
        category=CATEGORY,
        window_start=window[0],
        window_end=window[1],
        by=city.scheduler,
    )


def later(city: City, to: datetime = READY) -> Extract:
    advance_clock(jurisdiction=city.jurisdiction, to=to, by=city.scheduler)
    return add_extract(city, to)


def test_a_score_stands_beside_the_baseline_and_counts_the_windows_incidents(
    city: City, run: ForecastRun
) -> None:
    extract = later(city)
    before = LedgerEntry.objects.count()
    card = score_forecast(run=run, extract=extract, by=city.scheduler)
    assert LedgerEntry.objects.count() == before + 1
    in_window = Incident.objects.filter(occurred_from__gte=WINDOW[0], occurred_from__lt=WINDOW[1]).count()
    assert card.observed == in_window > 10
    ours, theirs = card.figures["forecast"], card.figures["counts"]
    assert ours["hit_rate_5"]["N"] == theirs["hit_rate_5"]["N"] == in_window
    assert ours["hit_rate_5"]["low"] <= ours["hit_rate_5"]["value"] <= ours["hit_rate_5"]["high"]
    assert ours["districts_in_interval"]["N"] == 2
    assert card.standing == "retrospective"


def test_scored_again_on_the_same_truth_nothing_is_written(city: City, run: ForecastRun) -> None:
    card = score_forecast(run=run, extract=later(city), by=city.scheduler)
    before = LedgerEntry.objects.count()
    assert score_forecast(run=run, extract=add_extract(city, READY), by=city.scheduler) == card
    assert LedgerEntry.objects.count() == before


def test_a_truth_that_changed_since_makes_a_new_card_and_keeps_the_old(city: City, run: ForecastRun) -> None:
    first = score_forecast(run=run, extract=later(city), by=city.scheduler)
    late = Incident.objects.filter(occurred_from__gte=WINDOW[0], occurred_from__lt=WINDOW[1]).first()
    assert late is not None
    late.pk, late.known_at = None, READY + timedelta(hours=1)
    late.save()
    second = score_forecast(run=run, extract=later(city, READY + timedelta(days=1)), by=city.scheduler)
    assert second.observed == first.observed + 1
    assert Scorecard.objects.filter(run=run).count() == 2


def test_before_the_window_and_the_delay_are_over_it_is_too_early(city: City, run: ForecastRun) -> None:
    with pytest.raises(Refused, match="Score it then") as refusal:
        score_forecast(run=run, extract=later(city, WINDOW[1]), by=city.scheduler)
    assert refusal.value.reason is Reason.TOO_EARLY
    assert not Scorecard.objects.exists()


def test_an_extract_from_before_the_end_of_the_window_is_refused(city: City, run: ForecastRun) -> None:
    later(city)
    with pytest.raises(Refused, match="may miss incidents"):
        score_forecast(run=run, extract=run.extract, by=city.scheduler)


def test_an_extract_without_the_category_is_refused(city: City, run: ForecastRun) -> None:
    extract = later(city)
    extract.categories = ["robbery"]
    with pytest.raises(Refused, match="does not hold"):
        score_forecast(run=run, extract=extract, by=city.scheduler)


def test_only_those_who_run_forecasts_may_score(city: City, run: ForecastRun) -> None:
    extract = later(city)
    with pytest.raises(Refused) as refusal:
        score_forecast(run=run, extract=extract, by=city.ben)
    assert refusal.value.reason is Reason.NOT_PERMITTED


@pytest.mark.parametrize(("minutes_before", "standing"), [(5, "sealed"), (-5, "retrospective")])
def test_sealed_means_a_checkpoint_published_in_real_time_before_the_window(
    real_clock_city: City, monkeypatch: pytest.MonkeyPatch, minutes_before: int, standing: str
) -> None:
    start = timezone.now() + timedelta(hours=1)
    window = (start, start + timedelta(days=7))
    add_history(real_clock_city, until=timezone.now())
    run = issued(real_clock_city, window)
    moment = start - timedelta(minutes=minutes_before)
    signed = Checkpoint.objects.create(size=run.ledger_index + 1, root=b"", note="", signed_at=moment)
    Publication.objects.create(checkpoint=signed, note="", quorum_met=True, published_at=moment)
    after = window[1] + timedelta(days=3)
    monkeypatch.setattr("governance.clock.timezone.now", lambda: after)
    card = score_forecast(run=run, extract=add_extract(real_clock_city, after), by=real_clock_city.scheduler)
    assert card.standing == standing


def test_without_a_checkpoint_a_real_clock_forecast_was_not_sealed(
    real_clock_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = timezone.now() + timedelta(hours=1)
    add_history(real_clock_city, until=timezone.now())
    run = issued(real_clock_city, (start, start + timedelta(days=7)))
    after = run.window_end + timedelta(days=3)
    monkeypatch.setattr("governance.clock.timezone.now", lambda: after)
    card = score_forecast(run=run, extract=add_extract(real_clock_city, after), by=real_clock_city.scheduler)
    assert card.standing == "retrospective"


def test_the_one_incident_of_a_window_cannot_be_found_from_its_leaf(city: City, run: ForecastRun) -> None:
    in_window = Incident.objects.filter(occurred_from__gte=WINDOW[0], occurred_from__lt=WINDOW[1])
    in_window.exclude(pk=in_window.values("pk")[:1]).delete()
    card = score_forecast(run=run, extract=later(city), by=city.scheduler)
    assert card.observed == 1
    entry = LedgerEntry.objects.get(action="forecast.scored")
    told = bytes(entry.leaf).decode()
    guesses = np.eye(len(run_cells(run)), dtype=np.int32)
    assert not [
        cell for cell, guess in enumerate(guesses) if digest(table_bytes({"observed": guess})) in told
    ]
    assert card.digest not in told
    kept = entry.text
    assert json.loads(bytes(entry.leaf))["text"] == salted_digest(bytes(kept.salt), kept.text)
    assert digest(kept.text.encode()) == card.digest


def test_a_checkpoint_that_was_signed_and_never_published_seals_nothing(
    real_clock_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = timezone.now() + timedelta(hours=1)
    window = (start, start + timedelta(days=7))
    add_history(real_clock_city, until=timezone.now())
    run = issued(real_clock_city, window)
    Checkpoint.objects.create(
        size=run.ledger_index + 1, root=b"", note="", signed_at=start - timedelta(minutes=5)
    )
    after = window[1] + timedelta(days=3)
    monkeypatch.setattr("governance.clock.timezone.now", lambda: after)
    card = score_forecast(run=run, extract=add_extract(real_clock_city, after), by=real_clock_city.scheduler)
    assert card.standing == "retrospective"


def test_every_trivial_forecast_stands_beside_it_and_decayed_counts_know_nothing_later(
    city: City, run: ForecastRun
) -> None:
    card = score_forecast(run=run, extract=later(city), by=city.scheduler)
    assert set(card.figures) == {"forecast", "counts", "decayed", "random"}
    known = incidents_in(run.extract)[CATEGORY]
    gap = (run.window_start - run.as_of).total_seconds()
    cells = run_cells(run)
    faded = faded_counts(known, grid_of_run(run), int(run.window_start.timestamp() - gap), run.total)
    truth = pl.read_parquet(io.BytesIO(read_artifact(card.truth_digest)))["observed"].to_numpy()
    assert card.figures["decayed"]["deviance"]["value"] == pytest.approx(
        poisson_deviance(truth.astype(float), faded), rel=1e-4
    )
    assert card.figures["random"]["hit_rate_20"]["n"] < card.figures["forecast"]["hit_rate_20"]["n"]
    assert card.figures["forecast"]["district_pit"]["N"] == cells["district"].n_unique()


def test_a_truth_that_returns_to_what_it_was_is_scored_anew(city: City, run: ForecastRun) -> None:
    first = score_forecast(run=run, extract=later(city), by=city.scheduler)
    late = Incident.objects.filter(occurred_from__gte=WINDOW[0], occurred_from__lt=WINDOW[1]).first()
    assert late is not None
    late.pk, late.known_at = None, READY + timedelta(hours=1)
    late.save()
    score_forecast(run=run, extract=later(city, READY + timedelta(days=1)), by=city.scheduler)
    late.delete()
    third = score_forecast(run=run, extract=later(city, READY + timedelta(days=2)), by=city.scheduler)
    assert third.truth_digest == first.truth_digest
    assert third.pk > first.pk
