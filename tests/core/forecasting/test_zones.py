"""Circles of places."""

import numpy as np

from forecasting.core.zones import make_zones

X, Y = np.array([0.0, 1.0, 3.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])
COUNTS = np.array([4, 3, 2, 1])


def test_neighbours_join_by_distance_up_to_the_radius() -> None:
    zones = make_zones(X, Y, COUNTS, radius=2.5, share=1.0)
    assert zones.members[:, 1].tolist() == [1, 0, 3, 2]
    assert zones.totals[:, 1].tolist() == [3, 7, 8, 10]
    assert zones.members[:, 2].tolist() == [2, 1, 4, 4]  # 4 stands for nobody
    assert zones.valid[:, 2].tolist() == [True, True, False, False]


def test_places_at_the_same_distance_enter_together() -> None:
    zones = make_zones(X, Y, COUNTS, radius=1.0, share=1.0)
    assert zones.members[:, 0].tolist() == [0, 1, 3]
    assert zones.valid[:, 0].tolist() == [True, False, True]


def test_a_circle_holds_at_most_its_share_but_one_place_is_always_tried() -> None:
    zones = make_zones(X, Y, np.array([9, 1, 1, 1]), radius=2.5, share=0.5)
    assert zones.valid[0].all()
    assert not (zones.valid[1:] & (zones.totals[1:] > 6)).any()


def test_a_circle_is_blocked_from_the_place_on_that_is_taken() -> None:
    zones = make_zones(X, Y, COUNTS, radius=2.5, share=1.0)
    assert zones.blocked(np.array([0]))[:, 1].tolist() == [False, True, True, True]
    assert zones.places(1, 1).tolist() == [1, 0]


def test_sums_add_up_over_the_circle() -> None:
    zones = make_zones(X, Y, COUNTS, radius=2.5, share=1.0)
    runs = np.array([[1, 10], [2, 20], [3, 30], [4, 40], [0, 0]], dtype=np.int16)
    assert zones.sums(runs)[:, 1].tolist() == [[2, 20], [3, 30], [7, 70], [10, 100]]


def test_two_places_at_one_point_share_every_circle() -> None:
    zones = make_zones(np.zeros(2), np.zeros(2), np.array([1, 1]), radius=1.0, share=1.0)
    assert zones.valid.tolist() == [[False, False], [True, True]]
