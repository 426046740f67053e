"""Backtests over the real table."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from forecasting.core.recipe import COMPARATORS
from forecasting.services.backtest_models import backtest_models
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry
from tests.cast import City
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
