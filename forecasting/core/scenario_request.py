"""A scenario as somebody asks for it, and its result as it is kept: everything it rests on, and every figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from forecasting.core.assumptions import Change, EventHere, PatrolChange, ReportingChange, Scenario
from forecasting.core.limits import CannotForecast
from forecasting.core.scenario import Comparison, scenario_sentence, side_by_side
from forecasting.core.scoring import Estimate

Where = Literal["nowhere", "elsewhere", "everywhere"]
WHERE: tuple[Where, ...] = ("nowhere", "elsewhere", "everywhere")
SEEDS = 400
"""Draws behind each interval."""

LEAST_FACTOR, MOST_FACTOR = 0.25, 8.0
MOST_EXTRA = 5.0
LARGEST_SEED = 2**31 - 1
NAME = "Scenario"
NOT_A_FORECAST = "This is a simulation, not a forecast; nothing in production reads it."


@dataclass(frozen=True)
class ScenarioRequest:
    """What should be assumed to change.

    ``patrol_districts`` (codes) get ``patrol_factor`` times today's patrol time. In ``event_district`` (a code, ""
    for no event) incidents rise by the share ``event_extra`` on ``event_days`` days of the window. Reporting falls
    by the share ``reporting_drop`` ``nowhere``, ``everywhere``, or ``elsewhere``: in the districts that none of the
    changes above names. ``reported_share`` of incidents is assumed to be reported today; ``seed`` is the first
    of ``SEEDS`` draws.
    """

    patrol_districts: tuple[str, ...] = ()
    patrol_factor: float = 2.0
    event_district: str = ""
    event_days: int = 1
    event_extra: float = 0.5
    reporting_where: Where = "nowhere"
    reporting_drop: float = 0.2
    reported_share: float = 0.6
    seed: int = 1

    @property
    def seeds(self) -> range:
        """The seeds of all draws."""
        return range(self.seed, self.seed + SEEDS)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, every field present."""
        return {**asdict(self), "patrol_districts": list(self.patrol_districts)}


def changes_of(asked: ScenarioRequest, districts: Mapping[str, str], days: int) -> tuple[Change, ...]:
    """Return the changes in terms of the districts' names; ``districts``: code -> name, ``days``: of the window.

    Raises CannotForecast (``bad_input``) naming what cannot be, and when nothing would change.
    """
    _check(asked, districts, days)
    changes: list[Change] = []
    if asked.patrol_districts:
        changes.append(
            PatrolChange(tuple(districts[code] for code in asked.patrol_districts), asked.patrol_factor)
        )
    if asked.event_district:
        changes.append(
            EventHere((districts[asked.event_district],), 1 + asked.event_extra, asked.event_days / days)
        )
    if areas := _where_reporting_falls(asked, districts):
        changes.append(ReportingChange(areas, 1 - asked.reporting_drop))
    if not changes:
        raise CannotForecast(
            "bad_input",
            "Nothing would change: choose districts with more patrols, an event, or where reporting falls.",
        )
    return tuple(changes)


def _where_reporting_falls(asked: ScenarioRequest, districts: Mapping[str, str]) -> tuple[str, ...]:
    if asked.reporting_where == "nowhere":
        return ()
    named = {*asked.patrol_districts, asked.event_district} if asked.reporting_where == "elsewhere" else set()
    left = tuple(name for code, name in districts.items() if code not in named)
    if not left:
        raise CannotForecast(
            "bad_input",
            "Reporting should fall elsewhere, but every district has another change already. Choose “everywhere”, or "
            "leave a district out above.",
        )
    return left


def _check(asked: ScenarioRequest, districts: Mapping[str, str], days: int) -> None:
    unknown = sorted({*asked.patrol_districts, asked.event_district} - {"", *districts})
    wrong = [
        said
        for holds, said in (
            (not unknown, f"there is no district {', '.join(unknown)[:80]}"),
            (
                len(set(asked.patrol_districts)) == len(asked.patrol_districts),
                "a district is named twice",
            ),
            (
                LEAST_FACTOR <= asked.patrol_factor <= MOST_FACTOR,
                f"patrol time is multiplied by {LEAST_FACTOR:g} to {MOST_FACTOR:g}",
            ),
            (1 <= asked.event_days <= days, f"an event lasts 1 to {days} days, as long as the window does"),
            (0 < asked.event_extra <= MOST_EXTRA, f"an event adds more than 0 and up to {MOST_EXTRA:.0%}"),
            (asked.reporting_where in WHERE, f"reporting falls {', '.join(WHERE)}"),
            (0 < asked.reporting_drop < 1, "reporting falls by more than 0 % and less than 100 %"),
            (0.05 <= asked.reported_share <= 1, "the share reported today is 5 % to 100 %"),
            (0 <= asked.seed <= LARGEST_SEED, f"the seed is a whole number from 0 to {LARGEST_SEED}"),
        )
        if not holds
    ]
    if wrong:
        raise CannotForecast("bad_input", f"This scenario cannot be simulated: {'; '.join(wrong)}.")


def scenario_of(changes: Sequence[Change]) -> Scenario:
    """Return the one scenario that is set beside the base."""
    return Scenario(NAME, tuple(changes))


def scenario_body(
    comparison: Comparison, asked: ScenarioRequest, sources: Mapping[str, Any], what: str
) -> dict[str, Any]:
    """Return the result as plain data, fit for canonical JSON; ``what``: "thefts of vehicles".

    Figures are rounded to 6 significant digits. ``sources`` names what it started from (city, run, window).
    """
    rows = side_by_side(comparison, 1)
    named = {area for change in comparison.outcomes[1].scenario.changes for area in change.areas}
    return {
        "v": 1,
        "standing": NOT_A_FORECAST,
        **sources,
        "asked": asked.to_dict(),
        "changes": [change.line for change in comparison.outcomes[1].scenario.changes],
        "stated": list(comparison.stated),
        "assumptions": [asdict(each) for each in comparison.assumptions],
        "seeds": [comparison.seeds[0], comparison.seeds[-1]],
        "dispersion": _figure(comparison.ground.dispersion),
        "rows": [
            {
                "area": row.area,
                "named": row.area in named,
                "sentence": scenario_sentence(row, what),
                **{name: _estimate(getattr(row, name)) for name in FIGURES},
            }
            for row in rows
        ],
    }


FIGURES = ("recorded_base", "recorded", "recorded_change", "true_base", "true", "true_change")
"""What each row of a result says, with its interval."""


def _estimate(estimate: Estimate) -> dict[str, float]:
    return {name: _figure(getattr(estimate, name)) for name in ("value", "low", "high")}


def _figure(value: float) -> float:
    return float(f"{value:.6g}")
