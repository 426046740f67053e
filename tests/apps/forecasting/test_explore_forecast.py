"""Looking at a forecast: permitted to those who may see forecasts, and recorded."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from forecasting.models import ForecastRun, Incident
from forecasting.selectors.extracts import incidents_in, known_incidents
from forecasting.services.explore_forecast import explore_forecast
from forecasting.services.seal_extract import seal_extract
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.models import LedgerEntry
from tests.cast import City
from tests.factories.history import CATEGORY, add_history


def explore(city: City, who: str = "ana", **changes: Any) -> Any:
    given: dict[str, Any] = {
        "category": CATEGORY,
        "as_of": clock.now(city.jurisdiction),
        "horizon_days": 7,
        "cell_metres": 150.0,
        "flag_square_metres": None,
        "model": "blend",
        **changes,
    }
    return explore_forecast(jurisdiction=city.jurisdiction, by=getattr(city, who), **given)


def test_a_look_leaves_one_entry_and_no_run(city: City) -> None:
    add_history(city)
    before = LedgerEntry.objects.count()
    seen = explore(city)
    entry = LedgerEntry.objects.latest("index")
    assert LedgerEntry.objects.count() == before + 1
    assert (entry.action, entry.subject) == ("forecast.explored", seen.digest)
    assert not ForecastRun.objects.exists()


def test_what_became_known_later_is_not_seen(city: City) -> None:
    add_history(city)
    past = clock.now(city.jurisdiction) - timedelta(days=30)
    before = explore(city, as_of=past).digest
    add_history(city, days=20, category="robbery")
    assert explore(city, as_of=past).digest == before


def test_an_area_to_flag_is_met_in_square_metres(city: City) -> None:
    add_history(city)
    seen = explore(city, flag_square_metres=100_000.0)
    flagged = seen.city.grid.area[seen.forecast.flagged].sum()
    assert 77_500 < flagged <= 100_000


def test_trees_are_looked_at_with_a_factor_for_every_term(city: City) -> None:
    add_history(city)
    moment = clock.now(city.jurisdiction)
    seen = explore(city, model="boosted", as_of=moment)
    assert {f"factor_{term.name}" for term in seen.recipe.terms} < set(seen.columns)
    assert explore(city, model="boosted", as_of=moment).digest == seen.digest


@pytest.mark.parametrize("who", ["chloe", "dev"])
def test_those_who_may_see_forecasts_may_look(city: City, who: str) -> None:
    add_history(city)
    assert explore(city, who).forecast.total > 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"who": "eve"}, Reason.NOT_PERMITTED),
        ({"category": "jaywalking"}, Reason.NOT_FOUND),
        ({"category": "narcotics"}, Reason.OUTSIDE_POLICY),
        ({"category": "robbery"}, Reason.TOO_LITTLE_DATA),
        ({"cell_metres": 1.0}, Reason.TOO_LARGE),
        ({"model": "oracle"}, Reason.BAD_INPUT),
        ({"model": "forest"}, Reason.OUTSIDE_POLICY),
    ],
)
def test_what_cannot_be_looked_at_is_refused_and_leaves_no_entry(
    city: City, changes: dict[str, Any], reason: Reason
) -> None:
    add_history(city)
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as refusal:
        explore(city, **changes)
    assert refusal.value.reason is reason
    assert LedgerEntry.objects.count() == before


def test_the_future_of_the_citys_clock_is_refused(city: City) -> None:
    with pytest.raises(Refused, match="lies ahead"):
        explore(city, as_of=clock.now(city.jurisdiction) + timedelta(days=1))


def test_a_look_sees_exactly_what_an_extract_of_the_same_moment_holds(city: City) -> None:
    add_history(city)
    moment = clock.now(city.jurisdiction)
    corrected, late = Incident.objects.filter(known_at__lte=moment).order_by("id")[:2]
    Incident.objects.filter(pk=corrected.pk).update(superseded_at=moment)
    Incident.objects.filter(pk=late.pk).update(known_at=moment + timedelta(seconds=1))
    looked = known_incidents(city.jurisdiction, {CATEGORY}, moment)[CATEGORY]
    extract = seal_extract(
        jurisdiction=city.jurisdiction, as_of=moment, categories=[CATEGORY], by=city.scheduler
    )
    sealed = incidents_in(extract)[CATEGORY]
    for one, other in zip(vars(looked).values(), vars(sealed).values(), strict=True):
        assert np.array_equal(one, other)
    assert len(looked) == Incident.objects.filter(known_at__lte=moment, superseded_at=None).count() > 1000
