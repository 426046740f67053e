"""A city on real time: its forecast is in a signed checkpoint before the window opens, and scored after it."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import connections
from django.utils import timezone

from config.cycle import run_cycle, settle
from config.management.commands.build_demo_city import on_globe_of
from forecasting.core.demo_city import Size, make_demo_city
from forecasting.core.recipe import recipe_digest, standard_recipe
from forecasting.models import ForecastRun, Scorecard
from forecasting.selectors.scores import was_sealed_before
from forecasting.services.adopt_recipe import adopt_recipe
from forecasting.services.ingest_batch import ingest_batch
from governance import clock
from governance.models import Checkpoint
from governance.selectors import scheduler_account
from governance.services.add_jurisdiction import Outline, Place, add_jurisdiction
from governance.stored_log import publication_covering

CATEGORIES = ("residential_burglary", "vandalism")
YEARS = 2


class RealTime:
    """Real time, that a test may let pass."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        return self.moment

    def at(self, moment: datetime) -> None:
        """Let time pass until a moment."""
        assert moment >= self.moment
        self.moment = moment


@pytest.fixture
def real_time(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    """Time as Django tells it: the seam at which a test can wait for a week."""
    now = RealTime(timezone.now().replace(minute=0, second=0, microsecond=0))
    monkeypatch.setattr(timezone, "now", now)
    return now


def test_a_forecast_sealed_before_its_window_is_scored_as_sealed(
    fresh_database: str, real_time: RealTime, tmp_path: Path
) -> None:
    by = scheduler_account()
    start = real_time.moment
    size = Size(
        start=(start - timedelta(days=365 * YEARS)).date(), areas=12, days=365 * YEARS + 14, incidents=20_000
    )
    city = make_demo_city(size, np.random.default_rng(7))
    recipe = standard_recipe("blend", CATEGORIES, cell_metres=200.0, reporting_delay_days=0.25)
    here = add_jurisdiction(
        place=Place("rivermark", "Rivermark", "demo", 32618, 1.0, "America/New_York"),
        districts=[Outline(each.code, each.name, on_globe_of(each)) for each in city.geography.districts],
        policy={"plan_categories": ["residential_burglary"], "allowed_categories": list(CATEGORIES)},
        recipe_digests=[recipe_digest(recipe)],
        people=[],
        by=by,
    )
    adopt_recipe(jurisdiction=here, name="Log-linear blend", recipe=recipe, by=by)
    known, later = tmp_path / "known.csv", tmp_path / "later.csv"
    happened = city.incidents.filter(city.incidents["reported"] < start.strftime("%Y-%m-%dT%H:%M:%S"))
    happened.write_csv(known)
    city.incidents.write_csv(later)
    ingest_batch(jurisdiction=here, path=known, by=by)

    run_cycle(here)
    run = ForecastRun.objects.get(category="residential_burglary")
    assert run.window_start > clock.now(here)
    publication = publication_covering(run.ledger_index)
    assert publication is not None
    assert publication.quorum_met
    assert publication.published_at <= run.window_start
    assert was_sealed_before(run)
    assert not Scorecard.objects.exists()

    real_time.at(run.window_end + timedelta(days=2))
    ingest_batch(jurisdiction=here, path=later, by=by)
    settle()
    score = Scorecard.objects.get(run=run)
    assert score.standing == "sealed"
    assert score.observed > 0
    connections.close_all()


def test_a_checkpoint_signed_after_the_window_opened_seals_nothing(demo: object) -> None:
    run = ForecastRun.objects.order_by("window_start")[0]
    assert Checkpoint.objects.exists()
    assert not was_sealed_before(run), "a replay's forecast is retrospective, whatever was signed when"
