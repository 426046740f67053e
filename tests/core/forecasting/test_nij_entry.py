"""An entry for each of the two scores, on a made-up city of feet."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import shapely

from forecasting.core.incidents import Incidents
from forecasting.core.limits import CannotForecast
from forecasting.core.nij import LEAST_FLAGGED, MOST_FLAGGED, Score, score_entry
from forecasting.core.nij_choice import METHODS
from forecasting.core.nij_entry import MadeEntry, cells_to_flag, entry_facts, make_entry
from forecasting.core.nij_layout import Layout, listed_layouts
from forecasting.core.windows import DAY, Window

ORIGIN = 1000 * DAY
WINDOW = Window(ORIGIN, ORIGIN + 28 * DAY)
CITY = shapely.Point(10_000, 10_000).buffer(9_000)
"""Nine square miles, round: the edge trims many cells."""

FOOT = 0.3048


def incidents(size: int = 4000) -> Incidents:
    """Two in five at 150 lasting addresses, the rest anywhere; one day in ten lies after the origin."""
    rng = np.random.default_rng(8)
    x, y = rng.uniform(0, 20_000, (2, size))
    address = rng.uniform(4_000, 16_000, (2, 150))
    hot = rng.random(size) < 0.4
    x[hot], y[hot] = address[:, (150 * rng.random(hot.sum()) ** 2).astype(int)]
    ends = np.sort(rng.integers(0, round(1.1 * ORIGIN), size))
    return Incidents(x, y, ends, ends)


def made_from(known: Incidents, score: Score, **changes: Any) -> MadeEntry:
    given: dict[str, Any] = {
        "days": 28, "score": score, "unit_metres": FOOT, "timezone": "UTC", "delay": 0, "seed": 4, "progress": quiet,
        "layouts": listed_layouts(250.0 if score is Score.PAI else 600.0)[::7], **changes,
    }  # fmt: skip
    boundary = given.pop("boundary", CITY)
    return make_entry(known, boundary, WINDOW, **given)


def quiet(done: int, layouts: int) -> None:
    """Tell nobody how far it is."""


@cache
def entry_for(score: Score) -> MadeEntry:
    return made_from(incidents(), score)


def test_how_many_whole_cells_are_flagged() -> None:
    assert cells_to_flag(Score.PAI) == 112
    assert cells_to_flag(Score.PEI) == 58


def test_for_pai_the_least_area_is_flagged_in_the_smallest_cells() -> None:
    feet, hotspot = entry_for(Score.PAI).entry.square_feet, entry_for(Score.PAI).entry.hotspot
    assert LEAST_FLAGGED <= feet[hotspot].sum() < LEAST_FLAGGED + 62_500
    assert feet.max() == pytest.approx(62_500)


def test_for_pei_the_most_area_is_flagged_in_the_largest_cells() -> None:
    feet, hotspot = entry_for(Score.PEI).entry.square_feet, entry_for(Score.PEI).entry.hotspot
    assert MOST_FLAGGED - 360_000 < feet[hotspot].sum() <= MOST_FLAGGED
    assert feet.max() == pytest.approx(360_000)


@pytest.mark.parametrize("score", list(Score))
def test_the_rules_own_scorer_takes_it_and_it_beats_chance_by_far(score: Score) -> None:
    made, found = entry_for(score), incidents()
    after = (found.ends >= WINDOW.start) & (found.ends < WINDOW.end)
    result = score_entry(made.entry, found.x[after], found.y[after])
    assert result.pai.low > 2
    assert result.hits.total + result.outside == after.sum()


@pytest.mark.parametrize("read", [lambda e: e.pai.value, lambda e: e.pei.value], ids=["PAI", "PEI"])
def test_each_entry_is_the_better_one_at_its_own_score(
    read: Callable[[Any], float], request: pytest.FixtureRequest
) -> None:
    found = incidents()
    after = (found.ends >= WINDOW.start) & (found.ends < WINDOW.end)
    results = {
        score: read(score_entry(entry_for(score).entry, found.x[after], found.y[after])) for score in Score
    }
    wanted = Score(request.node.callspec.id)
    assert max(results, key=results.__getitem__) is wanted


def test_nothing_from_the_window_reaches_its_entry() -> None:
    found = incidents()
    past = found.where(found.ends < ORIGIN)
    assert np.array_equal(made_from(past, Score.PEI).entry.hotspot, entry_for(Score.PEI).entry.hotspot)


def test_the_days_that_are_not_yet_reported_are_not_read() -> None:
    found = incidents()
    known = found.where(found.ends < ORIGIN - 10 * DAY)
    late = made_from(found, Score.PEI, delay=10 * DAY)
    assert np.array_equal(made_from(known, Score.PEI, delay=10 * DAY).entry.hotspot, late.entry.hotspot)


def test_the_facts_say_how_it_was_chosen() -> None:
    made = entry_for(Score.PEI)
    facts = entry_facts(made, Score.PEI)
    assert facts["method"] in METHODS
    assert facts["flagged_cells"] == made.entry.hotspot.sum()
    assert facts["flagged_square_miles"] == pytest.approx(0.74, abs=0.02)
    assert facts["city_square_miles"] == pytest.approx(CITY.area / 5280**2, rel=1e-4)
    past = facts["past"][facts["method"]]
    assert 0 < past["low"] < past["n"] / past["N"] < past["high"] < 1
    assert facts["past"]["decayed_730"]["N"] == past["N"]
    assert facts["past_windows_overlap"] is False


@pytest.mark.parametrize(
    ("known", "changes", "reason"),
    [
        (incidents(20), {}, "too_few_incidents"),
        (incidents().where(incidents().ends > ORIGIN - 200 * DAY), {}, "history_too_short"),
        (incidents(), {"boundary": shapely.box(0, 0, 5000, 5000)}, "bad_input"),
    ],
)
def test_what_cannot_be_entered_is_refused(known: Incidents, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(CannotForecast) as refusal:
        made_from(known, Score.PAI, layouts=[Layout(250.0, 0.0, 0.0, 0.0)], **changes)
    assert refusal.value.reason == reason
