"""Backtests over the real table."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecasting.core.recipe import COMPARATORS
from forecasting.core.risk_terrain_model import RISK_TERRAIN
from forecasting.management.commands.backtest import models_for
from forecasting.selectors.layers import layer_names
from forecasting.services.backtest_models import backtest_models
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry
from tests.cast import City
from tests.factories.context import add_layer, write_points
from tests.factories.history import CATEGORY, add_history


def backtest(city: City, who: str = "ana", **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "category": CATEGORY,
        "first": first(city),
        "windows": 3,
        "horizon_days": 7,
        "cell_metres": 300.0,
        "models": ["blend"],
        "progress": lambda *_: None,
        **changes,
    }
    return backtest_models(jurisdiction=city.jurisdiction, by=getattr(city, who), **given)


def first(city: City) -> datetime:
    return clock.now(city.jurisdiction) - timedelta(days=28)


def test_the_baseline_runs_along_and_one_entry_says_that_somebody_looked(city: City) -> None:
    add_history(city)
    before = LedgerEntry.objects.count()
    figures = backtest(city)
    assert list(figures["models"]) == ["blend", "counts"]
    assert figures["models"]["blend"]["hit_rate"]["5"]["N"] > 30
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert LedgerEntry.objects.count() == before + 1
    assert LedgerEntry.objects.latest("index").action == "backtest.run"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"who": "eve"}, Reason.NOT_PERMITTED),
        ({"category": "jaywalking"}, Reason.NOT_FOUND),
        ({"windows": 9}, Reason.TOO_EARLY),
        ({"windows": 0}, Reason.BAD_INPUT),
        ({"category": "robbery"}, Reason.TOO_LITTLE_DATA),
    ],
)
def test_a_backtest_that_cannot_be_run_is_refused_and_leaves_no_entry(
    city: City, changes: dict[str, Any], reason: Reason
) -> None:
    add_history(city)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        backtest(city, **changes)
    assert refusal.value.reason is reason
    assert LedgerEntry.objects.count() == before


def test_comparators_run_beside_the_models_that_may_forecast(city: City) -> None:
    add_history(city)
    models = ("boosted", "glm", *COMPARATORS)
    figures = backtest(city, models=models)["models"]
    assert list(figures) == [*models, "counts"]
    assert all(0 < figures[model]["deviance_per_window"]["value"] < 1000 for model in models)
    assert all(0.5 < figures[model]["expected_over_observed"] < 2 for model in models)


def add_bars(city: City, tmp_path: Path, days: int) -> None:
    """Register bars all over the city, as they were known so many days ago."""
    rng = np.random.default_rng(4)
    points = np.column_stack([rng.uniform(-75.199, -75.161, 60), rng.uniform(40.001, 40.059, 60)])
    as_of = clock.now(city.jurisdiction) - timedelta(days=days)
    add_layer(city, write_points(tmp_path / "bars.geojson", points.tolist()), as_of=as_of)


def test_the_risk_terrain_stands_beside_the_others_where_layers_were_known(
    city: City, tmp_path: Path
) -> None:
    add_history(city)
    add_bars(city, tmp_path, days=300)
    figures = backtest(city, models=["risk_terrain"])
    assert list(figures["models"]) == ["counts", "risk_terrain"]
    made = figures["models"]["risk_terrain"]
    assert made["hit_rate"]["5"]["N"] == figures["models"]["counts"]["hit_rate"]["5"]["N"]
    assert made["districts_in_interval"]["N"] == 6
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_a_layer_that_was_not_known_at_the_origins_is_not_looked_at(city: City, tmp_path: Path) -> None:
    add_history(city)
    add_bars(city, tmp_path, days=1)
    with pytest.raises(Refused, match="none was known by then"):
        backtest(city, models=["risk_terrain"])
    start = first(city)
    assert RISK_TERRAIN not in models_for(city.jurisdiction, start)
    assert RISK_TERRAIN in models_for(city.jurisdiction, clock.now(city.jurisdiction))


def test_a_layer_that_the_policy_prohibits_since_is_not_looked_at(city: City, tmp_path: Path) -> None:
    add_bars(city, tmp_path, days=300)
    now = clock.now(city.jurisdiction)
    assert layer_names(city.jurisdiction, now) == ("bars",)
    assert (
        layer_names(city.jurisdiction, now, ("bars",))
        == layer_names(city.jurisdiction, now, ("venues",))
        == ()
    )
