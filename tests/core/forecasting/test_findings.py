"""Findings as data."""

from datetime import date

import numpy as np
import shapely

from forecasting.core.findings import Family, Finding, Findings, Ground
from forecasting.core.grid import make_grid
from forecasting.core.manifest import canonical_bytes

FOUND = Finding(
    "cluster", "cluster", "Mill Lane", ((3, 4), (3, 5)), "east", "2024-06-01", "2024-06-07",
    12.0, 1.23456789, 0.001, 0.001, 1000.0, "A sentence.",
)  # fmt: skip


def test_they_are_written_as_plain_data_with_six_significant_digits() -> None:
    made = Findings(
        "robbery", date(2024, 6, 7), 0.01, (Family("clusters", "Looked.", (FOUND,)), Family("days", "Looked.")),
        {"new hot spot": ((3, 4),)}, {"verdict": "no repeat pattern"},
    )  # fmt: skip
    body = made.to_dict()
    assert body["families"][0]["findings"][0]["expected"] == 1.23457
    assert body["families"][0]["findings"][0]["cells"] == [[3, 4], [3, 5]]
    assert body["classes"] == {"new hot spot": [[3, 4]]}
    assert b"2024-06-07" in canonical_bytes(body)
    assert made.found == (FOUND,)


def test_the_middles_of_the_cells_are_those_of_the_grid() -> None:
    grid = make_grid(shapely.box(0, 0, 1000, 500), 500.0)
    x, y = Ground(grid, ("a", "b"), {}, 1.0, "UTC").centres
    assert np.column_stack([x, y]).tolist() == [[250.0, 250.0], [750.0, 250.0]]
