"""Drift: injected into a real history, told to people, and answered by counts where the policy demands it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from forecasting.core.fallback import fallback_recipe
from forecasting.core.recipe import recipe_digest, recipe_from_dict
from forecasting.models import DriftRun, Fallback, FallbackEnd, ForecastRun
from forecasting.selectors.drift import checks_of, fallback_in_force
from forecasting.selectors.runs import run_manifest
from forecasting.services.check_drift import check_drift
from forecasting.services.end_fallback import end_fallback
from forecasting.services.ingest_batch import ingest_batch
from forecasting.services.start_fallback import start_fallback
from forecasting.tasks import check_drift_due, issue_due
from governance import clock
from governance.core.holds import Scope
from governance.core.notices import Occasion
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry, Notice, User
from governance.services.advance_clock import advance_clock
from governance.services.place_hold import place_hold
from tests.cast import City, build_city
from tests.factories.exports import line, write
from tests.factories.history import CATEGORY, add_history, add_recipe

BURST, LATE = 40, 4  # incidents at one point; weeks whose reports come late
KIND = '"Burglary, residential"'


@pytest.fixture
def demanding(city: City) -> City:
    """Return a city whose policy demands the fallback."""
    return build_city(slug="demanding", policy={"fallback_on_drift": True})


def history_file(city: City, path: Path, *, burst: int = 0, late_days: int = 0, seed: int = 5) -> Path:
    """Write two years of incidents as the city's export has them, with drift in the last weeks."""
    rng = np.random.default_rng(seed)
    now = clock.local(clock.now(city.jurisdiction), city.jurisdiction).replace(tzinfo=None)
    rows = []
    for number in range(2100):
        moment = now - timedelta(days=float(rng.uniform(0.5, 700)))
        age = (now - moment).days
        delay = float(rng.exponential(0.6)) + (late_days if 29 <= age <= 56 else 0)
        point = f"{rng.uniform(-75.199, -75.161):.6f},{rng.uniform(40.001, 40.059):.6f}"
        rows.append(_row(number, moment, delay, point))
    for number in range(burst):
        moment = now - timedelta(days=float(rng.uniform(1.5, 26)))
        rows.append(_row(10_000 + number, moment, 0.2, "-75.170000,40.050000"))
    return write(path, rows)


def _row(number: int, moment: Any, delay: float, point: str) -> str:
    reported = moment + timedelta(days=delay)
    return line(
        number,
        kind=KIND,
        day=f"{moment:%Y-%m-%dT%H:%M:%S}",
        point=point,
        reported=f"{reported:%Y-%m-%dT%H:%M:%S}",
    )


def bring_in(city: City, folder: Path, **drift: int) -> None:
    path = history_file(city, folder / f"{city.jurisdiction.slug}.csv", **drift)
    ingest_batch(jurisdiction=city.jurisdiction, path=path, by=city.scheduler)


def checked(city: City, *, by: User | None = None, category: str = CATEGORY) -> DriftRun:
    return check_drift(jurisdiction=city.jurisdiction, category=category, by=by or city.scheduler)


def verdicts(run: DriftRun) -> dict[str, bool]:
    return {each["name"]: each["breached"] for each in checks_of(run)["checks"]}


def test_a_quiet_city_breaches_nothing_and_tells_nobody(city: City, tmp_path: Path) -> None:
    bring_in(city, tmp_path)
    run = checked(city)
    assert verdicts(run) == dict.fromkeys(
        ("shares", "shares_psi", "geocoding", "reporting_delay", "snap_points"), False
    )
    assert run.breached == []
    assert not run.fallback_due
    assert not Notice.objects.filter(occasion=Occasion.DRIFT).exists()


def test_what_cannot_be_judged_yet_says_why(city: City, tmp_path: Path) -> None:
    bring_in(city, tmp_path)
    unjudged = {each["name"]: each["sentence"] for each in checks_of(checked(city))["unjudged"]}
    assert set(unjudged) == {"skill", "calibration", "total"}
    assert "at least 8 scored windows" in unjudged["skill"]


def test_an_injected_snap_point_burst_is_found_and_told(city: City, tmp_path: Path) -> None:
    bring_in(city, tmp_path, burst=BURST)
    run = checked(city)
    assert "snap_points" in run.breached
    told = {each["name"]: each for each in checks_of(run)["checks"]}["snap_points"]
    assert "exactly one coordinate" in told["sentence"]
    assert told["remedy"]
    people = set(Notice.objects.filter(occasion=Occasion.DRIFT).values_list("user__name", flat=True))
    assert people == {"Ana Analyst", "Ben Supervisor", "Bea Supervisor"}


def test_an_injected_delay_is_found(city: City, tmp_path: Path) -> None:
    bring_in(city, tmp_path, late_days=5)
    run = checked(city)
    assert run.breached == ["reporting_delay"]
    assert (
        "Reports come later" in {e["name"]: e for e in checks_of(run)["checks"]}["reporting_delay"]["remedy"]
    )


def test_a_round_writes_one_entry_and_the_same_knowledge_none(city: City, tmp_path: Path) -> None:
    bring_in(city, tmp_path, burst=BURST)
    before = LedgerEntry.objects.count()
    run = checked(city)
    entry = LedgerEntry.objects.order_by("-index")[0]
    assert (entry.action, entry.subject) == ("drift.checked", run.digest)
    assert checked(city) == run
    assert LedgerEntry.objects.count() == before + 1


def test_a_breach_that_lasts_is_told_once(city: City, tmp_path: Path) -> None:
    bring_in(city, tmp_path, burst=BURST)
    first = checked(city)
    advance_clock(
        jurisdiction=city.jurisdiction, to=clock.now(city.jurisdiction) + timedelta(days=1), by=city.scheduler
    )
    second = checked(city)
    assert second != first
    assert set(second.breached) <= set(first.breached)
    assert Notice.objects.filter(occasion=Occasion.DRIFT, user=city.ana).count() == 1


def test_without_a_policy_that_demands_it_people_decide(city: City, tmp_path: Path) -> None:
    bring_in(city, tmp_path, burst=4 * BURST, late_days=5)
    add_recipe(city)
    assert check_drift_due() == 1
    run = DriftRun.objects.get()
    assert run.fallback_due
    assert not Fallback.objects.exists()
    with pytest.raises(Refused) as refused, transaction.atomic():
        start_fallback(drift_run=run, by=city.scheduler)
    assert refused.value.reason is Reason.OUTSIDE_POLICY


def test_from_a_file_with_drift_to_a_sealed_forecast_by_counts(demanding: City, tmp_path: Path) -> None:
    bring_in(demanding, tmp_path, burst=4 * BURST, late_days=5)
    recipe = add_recipe(demanding)
    assert check_drift_due() == 1
    run, fallback = DriftRun.objects.get(), Fallback.objects.get()
    assert {"snap_points", "reporting_delay"} <= set(run.breached)
    assert (fallback.drift_run, fallback.recipe, fallback.policy_version) == (run, recipe, 1)
    assert Notice.objects.filter(occasion=Occasion.DRIFT, user=demanding.ben).count() == 1
    entry = LedgerEntry.objects.get(action="fallback.started")
    assert (entry.index, entry.subject) == (fallback.ledger_index, fallback.digest)
    issue_due()
    forecast = ForecastRun.objects.get(jurisdiction=demanding.jurisdiction)
    manifest = run_manifest(forecast)
    assert manifest["fallback"] == fallback.digest
    assert manifest["recipe"]["model"] == "counts"
    assert manifest["recipe_digest"] == recipe.digest
    derived = fallback_recipe(recipe_from_dict(recipe.body))
    assert fallback.digest == recipe_digest(derived)
    assert manifest["recipe"] == derived.to_dict()
    again = LedgerEntry.objects.count()
    assert check_drift_due() == 0
    assert LedgerEntry.objects.count() == again


@pytest.fixture
def fallen(demanding: City, tmp_path: Path) -> Fallback:
    """Return a fallback that has begun."""
    bring_in(demanding, tmp_path, burst=4 * BURST, late_days=5)
    add_recipe(demanding)
    check_drift_due()
    return Fallback.objects.get()


def test_a_fallback_ends_when_a_later_round_is_clean(fallen: Fallback, demanding: City) -> None:
    here = demanding.jurisdiction
    with pytest.raises(Refused) as refused, transaction.atomic():
        end_fallback(fallback=fallen, by=demanding.scheduler)
    assert refused.value.reason is Reason.TOO_EARLY
    DriftRun.objects.create(
        jurisdiction=here, category=CATEGORY, as_of=clock.now(here), digest="0" * 64, seed=1, policy_version=1,
        ledger_index=0,
    )  # fmt: skip
    check_drift_due()
    end = FallbackEnd.objects.get()
    assert (end.fallback, end.because) == (fallen, "clean")
    assert LedgerEntry.objects.get(action="fallback.ended").index == end.ledger_index
    assert fallback_in_force(here, CATEGORY) is None
    assert end_fallback(fallback=fallen, by=demanding.scheduler) == end
    issue_due()
    assert "fallback" not in run_manifest(ForecastRun.objects.get(jurisdiction=here))


def test_another_recipe_of_the_boards_ends_it(fallen: Fallback, demanding: City) -> None:
    newer = add_recipe(demanding, model="kde")
    check_drift_due()
    assert FallbackEnd.objects.get().because == "recipe"
    issue_due()
    forecast = ForecastRun.objects.get(jurisdiction=demanding.jurisdiction)
    assert forecast.recipe == newer
    assert "fallback" not in run_manifest(forecast)
    check_drift_due()
    assert Fallback.objects.count() == 1, "the old round does not begin it again"


def test_an_old_round_of_checks_begins_nothing(fallen: Fallback, demanding: City) -> None:
    newer = DriftRun.objects.create(
        jurisdiction=demanding.jurisdiction, category=CATEGORY, as_of=clock.now(demanding.jurisdiction),
        digest="0" * 64, seed=1, policy_version=1, ledger_index=0,
    )  # fmt: skip
    check_drift_due()
    assert FallbackEnd.objects.exists()
    for run in (fallen.drift_run, newer):
        with pytest.raises(Refused) as refused, transaction.atomic():
            start_fallback(drift_run=run, by=demanding.scheduler)
        assert refused.value.reason is Reason.TOO_LATE


def test_a_hold_on_the_category_stops_the_checks(city: City) -> None:
    add_history(city)
    place_hold(
        jurisdiction=city.jurisdiction, scope=Scope.CATEGORY, target=CATEGORY, seen=0, by=city.chloe,
        reason="Residents asked what this is for.",
    )  # fmt: skip
    with pytest.raises(Refused) as refused, transaction.atomic():
        checked(city)
    assert refused.value.reason is Reason.ON_HOLD
    assert check_drift_due() == 0


@pytest.mark.parametrize(
    ("category", "reason"), [("fraud", Reason.OUTSIDE_POLICY), ("robbery", Reason.TOO_LITTLE_DATA)]
)
def test_a_category_that_is_not_allowed_or_has_no_data_is_refused(
    city: City, category: str, reason: Reason
) -> None:
    with pytest.raises(Refused) as refused, transaction.atomic():
        checked(city, category=category)
    assert refused.value.reason is reason


def test_who_may_not_run_forecasts_is_refused(city: City) -> None:
    with pytest.raises(Refused) as refused, transaction.atomic():
        checked(city, by=city.eve)
    assert refused.value.reason is Reason.NOT_PERMITTED
