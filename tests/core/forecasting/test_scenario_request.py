"""A scenario as it is asked for, and its result as it is kept."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import rfc8785

from forecasting.core.assumptions import EventHere, Ground, PatrolChange, ReportingChange
from forecasting.core.limits import CannotForecast
from forecasting.core.scenario import simulate
from forecasting.core.scenario_request import (
    FIGURES,
    NOT_A_FORECAST,
    SEEDS,
    ScenarioRequest,
    changes_of,
    scenario_body,
    scenario_of,
)

DISTRICTS = {"h": "Harbour", "m": "Mill", "d": "Dock"}
ALL_THREE = ScenarioRequest(("h",), 2.0, "m", 2, 0.5, "elsewhere", 0.2, seed=7)


def test_patrols_here_an_event_there_and_fewer_reports_elsewhere() -> None:
    assert changes_of(ALL_THREE, DISTRICTS, 8) == (
        PatrolChange(("Harbour",), 2.0),
        EventHere(("Mill",), 1.5, 0.25),
        ReportingChange(("Dock",), 0.8),
    )


def test_everywhere_is_everywhere_and_nowhere_changes_nothing() -> None:
    (change,) = changes_of(ScenarioRequest(reporting_where="everywhere"), DISTRICTS, 7)
    assert change == ReportingChange(("Harbour", "Mill", "Dock"), 0.8)
    with pytest.raises(CannotForecast, match="Nothing would change"):
        changes_of(ScenarioRequest(), DISTRICTS, 7)


def test_elsewhere_has_to_be_somewhere() -> None:
    with pytest.raises(CannotForecast, match="every district has another change"):
        changes_of(replace(ALL_THREE, patrol_districts=("h", "d")), DISTRICTS, 7)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"patrol_districts": ("x",)}, "there is no district x"),
        ({"event_district": "x"}, "there is no district x"),
        ({"patrol_districts": ("h", "h")}, "named twice"),
        ({"patrol_factor": 0.0}, "multiplied by 0.25 to 8"),
        ({"event_days": 9}, "1 to 8 days"),
        ({"event_extra": 6.0}, "up to 500%"),
        ({"reporting_where": "here"}, "nowhere, elsewhere, everywhere"),
        ({"reporting_drop": 1.0}, "less than 100 %"),
        ({"reported_share": 0.0}, "5 % to 100 %"),
        ({"seed": -1}, "whole number from 0"),
    ],
)
def test_what_cannot_be_is_refused_and_named(changes: dict[str, object], told: str) -> None:
    with pytest.raises(CannotForecast, match=told):
        changes_of(replace(ALL_THREE, **changes), DISTRICTS, 8)  # type: ignore[arg-type]


def test_the_kept_result_states_everything_and_repeats_to_the_byte() -> None:
    ground = Ground(
        tuple(DISTRICTS.values()), np.array([40.0, 30.0, 20.0]), np.full(3, 0.6), np.zeros((3, 3), np.bool_)
    )
    scenario = scenario_of(changes_of(ALL_THREE, DISTRICTS, 7))

    def body() -> dict[str, Any]:
        made = simulate(ground, [scenario], ALL_THREE.seeds)
        return scenario_body(made, ALL_THREE, {"run": "abc"}, "thefts")

    kept = body()
    assert rfc8785.dumps(kept) == rfc8785.dumps(body())
    assert kept["standing"] == NOT_A_FORECAST
    assert kept["seeds"] == [7, 6 + SEEDS]
    assert kept["asked"] == ALL_THREE.to_dict()
    stated = kept["stated"]
    assert isinstance(stated, list)
    assert any("judgement" in line for line in stated)
    assert any("60% to 60%" in line for line in stated)
    rows = kept["rows"]
    assert isinstance(rows, list)
    assert [(row["area"], row["named"]) for row in rows] == [
        ("Harbour", True),
        ("Mill", True),
        ("Dock", True),
        ("All areas", False),
    ]
    assert all(set(FIGURES) <= set(row) for row in rows)
    assert rows[0]["true_change"]["value"] < 0 < rows[1]["true_change"]["value"]
