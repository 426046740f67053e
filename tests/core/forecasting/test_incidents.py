"""Incidents as arrays."""

import numpy as np

from forecasting.core.incidents import incidents_from_extract


def test_coordinates_in_tenths_become_units_and_intervals_end_on_their_last_second() -> None:
    incidents = incidents_from_extract(
        np.array([10, 25], dtype=np.int32),
        np.array([-10, 30], dtype=np.int32),
        np.array([100, 200], dtype=np.int64),
        np.array([160, 200], dtype=np.int64),
    )
    assert incidents.x.tolist() == [1.0, 2.5]
    assert incidents.y.tolist() == [-1.0, 3.0]
    assert incidents.ends.tolist() == [159, 200]
    assert len(incidents) == 2


def test_an_interval_written_backwards_is_read_as_its_beginning() -> None:
    one = np.array([1], dtype=np.int32)
    incidents = incidents_from_extract(one, one, np.array([500]), np.array([400]))
    assert incidents.ends.tolist() == [500]


def test_choosing_keeps_the_order() -> None:
    numbers = np.arange(3, dtype=np.int32)
    times = np.array([1, 2, 3], dtype=np.int64)
    chosen = incidents_from_extract(numbers, numbers, times, times).where(np.array([True, False, True]))
    assert chosen.begins.tolist() == [1, 3]
