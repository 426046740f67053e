"""Looking for findings: planted ones are found, chance is not, and the level is shared."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from forecasting.core.findings import Findings, Ground, Looking
from forecasting.core.grid import make_grid
from forecasting.core.incidents import Incidents
from forecasting.core.limits import CannotForecast
from forecasting.core.local_days import date_of
from forecasting.core.looking import FAMILIES, STEP_DAYS, STEPS, look_at
from forecasting.core.manifest import canonical_bytes

SIDE, LAST, DAYS = 5000.0, 19_500, 400
QUICK = Looking(simulations=199, stop_after=20, knox_latest=400)


def ground() -> Ground:
    districts = [("west", shapely.box(0, 0, SIDE / 2, SIDE)), ("east", shapely.box(SIDE / 2, 0, SIDE, SIDE))]
    grid = make_grid(shapely.box(0, 0, SIDE, SIDE), 500.0, districts)
    names = [f"Place {number}" for number in range(len(grid))]
    return Ground(grid, names, {"west": "West", "east": "East"}, 1.0, "UTC")


def quiet(seed: int, size: int = 1600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, SIDE, (2, size))
    return x, y, (LAST + 1) * 86_400 - rng.integers(1, DAYS * 86_400, size)


def planted(seed: int, size: int, days: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same, and a burst around (4000, 1000) in the last days."""
    rng = np.random.default_rng(seed + 1)
    x, y, moment = quiet(seed)
    more = (LAST + 1) * 86_400 - rng.integers(1, int(days * 86_400), size)
    return (
        np.append(x, rng.normal(4000, 120, size)),
        np.append(y, rng.normal(1000, 120, size)),
        np.append(moment, more),
    )


def look(rows: tuple[np.ndarray, np.ndarray, np.ndarray], *, categories: int = 2, seed: int = 1) -> Findings:
    x, y, moment = rows
    return look_at(
        Incidents(x, y, moment, moment),
        ground(),
        "robbery",
        last_day=LAST,
        categories=categories,
        rng=np.random.default_rng(seed),
        how=QUICK,
    )


def test_a_cluster_that_goes_on_is_found_where_and_since_when_it_is() -> None:
    made = look(planted(1, 30, 6))
    (cluster,) = made.families[0].findings
    assert (cluster.kind, cluster.district) == ("cluster", "east")
    assert cluster.observed >= 28
    assert cluster.expected < cluster.observed / 4
    assert cluster.last == date_of(LAST).isoformat()
    assert cluster.recurrence_days == pytest.approx(1 / cluster.p_value)
    assert all(6 <= column <= 9 and row <= 3 for column, row in cluster.cells)
    assert f"In and around {cluster.where}, " in cluster.sentence


def test_a_cluster_can_be_found_however_many_categories_share_the_level() -> None:
    made = look(planted(1, 30, 6), categories=20)
    (cluster,) = made.families[0].findings
    assert cluster.p_value <= made.level < 1 / (QUICK.simulations + 1)


def test_a_days_rise_in_one_district_is_found() -> None:
    made = look(planted(1, 40, 0.9))
    (day,) = made.families[1].findings
    assert (day.kind, day.where, day.district) == ("day", "East", "east")
    assert day.observed >= 40
    assert day.adjusted <= made.level
    assert day.recurrence_days is None


def test_a_place_that_turns_hot_is_told_with_its_class() -> None:
    made = look(planted(1, 60, STEP_DAYS - 1))
    labels = {each.label for each in made.families[2].findings}
    assert labels == {"new hot spot"}
    assert (8, 2) in made.classes["new hot spot"] or (7, 1) in made.classes["new hot spot"]
    assert all(each.observed > each.expected for each in made.families[2].findings)


def test_chance_alone_hardly_ever_makes_a_finding() -> None:
    counts = [len(look(quiet(seed), seed=seed).found) for seed in range(15)]
    assert sum(count > 0 for count in counts) <= 2


def test_the_level_is_shared_by_families_and_categories() -> None:
    assert look(quiet(1), categories=4).level == pytest.approx(0.05 / (len(FAMILIES) * 4))


def test_near_repeat_is_judged_on_the_latest_incidents() -> None:
    x, y, moment = quiet(3, 300)
    rng = np.random.default_rng(9)
    close = (
        np.append(x, x + rng.normal(0, 30, 300)),
        np.append(y, y + rng.normal(0, 30, 300)),
        np.append(moment, moment + rng.integers(0, 4 * 86_400, 300)),
    )
    assert look(close).near_repeat["may_use"] is True
    apart = look(quiet(4, 600)).near_repeat
    assert (apart["verdict"], apart["incidents"]) == ("no repeat pattern", QUICK.knox_latest)


def test_what_cannot_be_judged_says_so_and_finds_nothing() -> None:
    made = look(quiet(1, 12))
    assert made.families[0].said.startswith("Not judged. A scan for clusters needs")
    assert made.near_repeat["verdict"] == "not judged"
    assert made.found == ()


def test_nothing_known_is_refused() -> None:
    none = np.empty(0)
    with pytest.raises(CannotForecast, match="Bring data in") as refusal:
        look((none, none, np.empty(0, dtype=np.int64)))
    assert refusal.value.reason == "too_few_incidents"


def test_days_after_the_last_whole_one_are_left_out() -> None:
    x, y, moment = planted(1, 30, 6)
    after = (np.append(x, np.full(50, 100.0)), np.append(y, np.full(50, 100.0)),
             np.append(moment, np.full(50, (LAST + 1) * 86_400 + 3600)))  # fmt: skip
    assert [each.where for each in look(after).found] == [each.where for each in look((x, y, moment)).found]


def test_without_districts_their_days_are_not_judged() -> None:
    x, y, moment = quiet(1)
    made = look_at(
        Incidents(x, y, moment, moment),
        replace(ground(), districts={}),
        "robbery",
        last_day=LAST,
        categories=1,
        rng=np.random.default_rng(1),
        how=QUICK,
    )
    assert made.families[1].said.startswith("Not judged. There are no districts")


def test_the_same_data_and_seed_give_the_same_bytes() -> None:
    first, second = (canonical_bytes(look(planted(1, 30, 6)).to_dict()) for _ in range(2))
    assert first == second
    assert STEPS * STEP_DAYS <= DAYS
