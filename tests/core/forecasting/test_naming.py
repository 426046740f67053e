"""What places are called."""

import numpy as np
from shapely import LineString, box

from forecasting.core.naming import name_places

X, Y = np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 1.0])
STREETS = [("Alder Street", LineString([(0, 0), (3, 0)])), ("Quarry Row", LineString([(8, 0), (10, 0)]))]
AREAS = [("Old Market", box(0, 0, 5, 5)), ("Foundry", box(5, 0, 10, 5))]


def test_a_place_is_named_after_the_nearest_street_and_its_area() -> None:
    assert name_places(X, Y, STREETS, AREAS)[2] == "Quarry Row, Foundry"


def test_two_places_never_share_a_name() -> None:
    names = name_places(X, Y, STREETS, AREAS)
    assert names[:2] == ["Alder Street, Old Market", "Alder Street, Old Market (2)"]


def test_without_layers_a_place_is_named_after_its_position() -> None:
    assert name_places(X, Y, [], [])[0] == "Place 1 E 1 N"
