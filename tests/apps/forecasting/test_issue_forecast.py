"""Issuing forecasts: sealed before the window, once, and only as policy and recipe allow."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from forecasting.models import Extract, ForecastRun, Incident, Recipe
from forecasting.selectors.runs import run_cells, run_manifest, run_shares
from forecasting.services.issue_forecast import issue_forecast
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry, User
from governance.services.advance_clock import advance_clock
from tests.cast import City
from tests.factories.history import CATEGORY, WINDOW, add_extract, add_history, add_recipe


@pytest.fixture
def recipe(city: City) -> Recipe:
    return add_recipe(city)


@pytest.fixture
def extract(city: City) -> Extract:
    add_history(city)
    return add_extract(city, clock.now(city.jurisdiction) - timedelta(minutes=1))


def issue(
    city: City, recipe: Recipe, extract: Extract, by: User | None = None, **changes: Any
) -> ForecastRun:
    given: dict[str, Any] = {
        "category": CATEGORY,
        "window_start": WINDOW[0],
        "window_end": WINDOW[1],
        **changes,
    }
    return issue_forecast(
        jurisdiction=city.jurisdiction, recipe=recipe, extract=extract, by=by or city.scheduler, **given
    )


def refused(city: City, recipe: Recipe, extract: Extract, **changes: Any) -> Refused:
    before = LedgerEntry.objects.count(), ForecastRun.objects.count()
    with pytest.raises(Refused) as refusal:
        issue(city, recipe, extract, **changes)
    assert (LedgerEntry.objects.count(), ForecastRun.objects.count()) == before
    return refusal.value


def test_a_forecast_is_sealed_with_one_entry_and_its_factors_multiply(
    city: City, recipe: Recipe, extract: Extract
) -> None:
    before = LedgerEntry.objects.count()
    run = issue(city, recipe, extract)
    assert LedgerEntry.objects.count() == before + 1
    entry = LedgerEntry.objects.get(index=run.ledger_index)
    assert (entry.action, entry.subject) == ("forecast.issued", run.digest)
    cells = run_cells(run)
    product = np.full(len(cells), run.base)
    for name in cells.columns:
        if name.startswith("factor_"):
            product = product * cells[name].to_numpy()
    assert product == pytest.approx(cells["expected"].to_numpy(), rel=1e-9)
    assert run.total == pytest.approx(21, rel=0.3)
    assert run.total_low <= run.total <= run.total_high
    assert cells.sort("rank")["flagged"][0]
    stable = cells["stability"].to_numpy()
    assert ((stable >= 0) & (stable <= 1)).all()
    assert stable[cells["rank"].to_numpy() == 1] > 0.9 > stable.mean()
    assert float(cells["area"].filter(cells["flagged"]).sum()) <= 0.05 * float(cells["area"].sum())


def test_the_manifest_names_the_shifts_and_every_source(city: City, recipe: Recipe, extract: Extract) -> None:
    run = issue(city, recipe, extract)
    manifest = run_manifest(run)
    assert manifest["slots"][2]["start"] == int(WINDOW[0].timestamp()) + 16 * 3600
    assert (manifest["cells"], manifest["shares"]) == (run.cells_digest, run.shares_digest)
    assert (manifest["extract"], manifest["recipe_digest"]) == (extract.digest, recipe.digest)
    shares = run_shares(run).filter(run_shares(run)["district"] == "central")
    assert len(shares) == 21
    assert shares["share"].sum() == pytest.approx(1.0, rel=1e-5)


def test_issued_again_the_same_run_comes_back_and_nothing_is_written(
    city: City, recipe: Recipe, extract: Extract
) -> None:
    run = issue(city, recipe, extract)
    before = LedgerEntry.objects.count()
    assert issue(city, recipe, extract) == run
    assert LedgerEntry.objects.count() == before


def test_late_rows_planted_in_the_extract_cannot_change_the_forecast(
    city: City, recipe: Recipe, extract: Extract, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = add_extract(city, WINDOW[1] + timedelta(days=2))
    assert planted.rows > extract.rows
    planted.as_of = extract.as_of
    honest = issue(city, recipe, extract)
    monkeypatch.setattr("forecasting.services.issue_forecast.run_for", lambda *_: None)
    monkeypatch.setattr(ForecastRun.objects, "create", lambda **fields: ForecastRun(**fields))
    tempted = issue(city, recipe, planted)
    assert tempted.cells_digest == honest.cells_digest
    assert tempted.shares_digest == honest.shares_digest


def test_a_window_that_has_opened_is_too_late(city: City, recipe: Recipe, extract: Extract) -> None:
    advance_clock(jurisdiction=city.jurisdiction, to=WINDOW[0] + timedelta(minutes=1), by=city.scheduler)
    refusal = refused(city, recipe, extract)
    assert refusal.reason is Reason.TOO_LATE
    assert "Issue the next window's" in refusal.message


def test_only_those_who_run_forecasts_may_issue(city: City, recipe: Recipe, extract: Extract) -> None:
    for who in ("ben", "chloe", "dev", "eve"):
        assert refused(city, recipe, extract, by=getattr(city, who)).reason is Reason.NOT_PERMITTED, who


def test_a_category_outside_the_policy_is_refused(city: City, recipe: Recipe, extract: Extract) -> None:
    refusal = refused(city, recipe, extract, category="narcotics")
    assert refusal.reason is Reason.OUTSIDE_POLICY
    assert "does not allow forecasts of narcotics" in refusal.message


def test_a_category_outside_the_recipe_is_refused(city: City, recipe: Recipe, extract: Extract) -> None:
    assert "not for vandalism" in refused(city, recipe, extract, category="vandalism").message


def test_a_recipe_that_looks_at_a_category_outside_the_policy_is_refused(
    city: City, recipe: Recipe, extract: Extract
) -> None:
    recipe.body["terms"][0]["category"] = "narcotics"
    refusal = refused(city, recipe, extract)
    assert refusal.reason is Reason.OUTSIDE_POLICY
    assert "looks at incidents of narcotics" in refusal.message


def test_a_category_outside_the_extract_is_refused(city: City, recipe: Recipe, extract: Extract) -> None:
    extract.categories = ["robbery"]
    refusal = refused(city, recipe, extract)
    assert refusal.reason is Reason.BAD_INPUT
    assert "holds robbery, not residential burglary" in refusal.message


def test_a_recipe_nobody_approved_is_refused(city: City, recipe: Recipe, extract: Extract) -> None:
    city.jurisdiction.genesis = {}
    city.jurisdiction.save()
    assert refused(city, recipe, extract).reason is Reason.NOT_APPROVED


def test_a_recipe_past_its_time_is_refused(city: City, recipe: Recipe, extract: Extract) -> None:
    advance_clock(jurisdiction=city.jurisdiction, to=WINDOW[0] + timedelta(days=91), by=city.scheduler)
    start, end = (moment + timedelta(days=98) for moment in WINDOW)
    assert refused(city, recipe, extract, window_start=start, window_end=end).reason is Reason.EXPIRED


def test_an_extract_from_the_future_is_refused(city: City, recipe: Recipe, extract: Extract) -> None:
    refusal = refused(city, recipe, add_extract(city, clock.now(city.jurisdiction) + timedelta(hours=1)))
    assert refusal.reason is Reason.BAD_INPUT
    assert "later moment" in refusal.message


def test_too_few_incidents_are_refused_with_the_remedy(city: City, recipe: Recipe) -> None:
    add_history(city, per_day=0.1)
    refusal = refused(city, recipe, add_extract(city, clock.now(city.jurisdiction)))
    assert refusal.reason is Reason.TOO_LITTLE_DATA
    assert "residential burglary" in refusal.message
    assert "Ingest a longer history" in refusal.message


def without_days(city: City, first: int, last: int) -> None:
    """Forget the incidents of the days from `first` to `last` before now."""
    now = clock.now(city.jurisdiction)
    Incident.objects.filter(
        occurred_from__gt=now - timedelta(days=first), occurred_from__lt=now - timedelta(days=last)
    ).delete()


@pytest.mark.parametrize(
    ("first", "last", "said"), [(40, 0, "still holds them"), (25, 15, "Load the export of these days")]
)
def test_a_category_that_vanished_or_has_a_gap_is_refused_with_the_remedy(
    city: City, recipe: Recipe, first: int, last: int, said: str
) -> None:
    add_history(city)
    without_days(city, first, last)
    refusal = refused(city, recipe, add_extract(city, clock.now(city.jurisdiction)))
    assert refusal.reason is Reason.TOO_LITTLE_DATA
    assert said in refusal.message


def test_a_gap_of_long_ago_stops_nothing(city: City, recipe: Recipe) -> None:
    add_history(city)
    without_days(city, 90, 75)
    run = issue(city, recipe, add_extract(city, clock.now(city.jurisdiction)))
    assert run.category == CATEGORY
