"""How far inputs give away where a group lives."""

import numpy as np
import pytest

from audits.core.proxy import BLOCKS, LEAST_AREAS, ProxyTest, neighbours, proxy_test

NAMES = ("told", "noise")


def city(n: int = 120, strength: float = 1.0, seed: int = 3) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 10, (n, 2))
    shares = rng.uniform(0, 1, n)
    told = strength * shares + (1 - strength) * rng.uniform(0, 1, n)
    return np.column_stack([told, rng.normal(size=n)]), shares, rng.uniform(500, 5000, n), places


def answer_for(n: int = 120, strength: float = 1.0) -> ProxyTest:
    inputs, shares, residents, places = city(n, strength)
    return proxy_test(inputs, NAMES, shares, residents, places, "group_a", seed=1)


def test_inputs_that_are_the_share_tell_everything_and_the_right_one_carries_it() -> None:
    found = answer_for(strength=1.0)
    assert found.r2 > 0.97
    assert found.carriers[0].name == "told"
    assert found.carriers[0].carries > 0.9
    assert abs(found.carriers[1].carries) < 0.05
    assert "tell much" in found.sentence
    assert "carried by told" in found.sentence


def test_inputs_that_are_noise_tell_nothing() -> None:
    found = answer_for(strength=0.0)
    assert found.r2 < 0.05
    assert found.low < 0.0
    assert "little or nothing" in found.sentence
    assert "carried" not in found.sentence


def test_half_told_lies_between_and_inside_its_interval() -> None:
    found = answer_for(strength=0.6)
    assert answer_for(strength=0.0).r2 < found.r2 < answer_for(strength=1.0).r2
    assert found.low < found.r2 < found.high


def test_a_group_spread_by_district_is_not_told_by_a_map_of_other_districts() -> None:
    """Asked about areas next door, coordinates tell a smooth share; asked about another block, much less."""
    _, _, residents, places = city()
    shares = 0.5 + 0.4 * np.sin(3 * places[:, 0]) * np.cos(3 * places[:, 1])
    found = proxy_test(places, ("x", "y"), shares, residents, places, "group_a", seed=1)
    assert found.r2 < 0.5


def test_the_same_seed_gives_the_same_answer() -> None:
    assert answer_for(80) == answer_for(80)


def test_areas_without_residents_do_not_count() -> None:
    inputs, shares, residents, places = city()
    residents[:40] = 0
    shares[:40] = 1 - shares[:40]
    found = proxy_test(inputs, NAMES, shares, residents, places, "group_a", seed=1)
    assert found.areas == 80
    assert found.r2 > 0.97


def test_blocks_hold_neighbours() -> None:
    places = city()[3]
    blocks = neighbours(places, 1)
    assert set(blocks) == set(range(BLOCKS))
    inside = np.mean([np.ptp(places[blocks == block], axis=0).max() for block in range(BLOCKS)])
    assert inside < 6, "of ten"


def test_too_few_areas_and_a_group_that_is_everywhere_alike_are_refused() -> None:
    inputs, shares, residents, places = city(LEAST_AREAS - 1)
    with pytest.raises(ValueError, match="needs 50 areas"):
        proxy_test(inputs, NAMES, shares, residents, places, "group_a", seed=1)
    inputs, shares, residents, places = city()
    with pytest.raises(ValueError, match="same in every area"):
        proxy_test(inputs, NAMES, np.full_like(shares, 0.2), residents, places, "group_a", seed=1)
