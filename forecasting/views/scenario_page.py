"""What the pages of scenarios show: the form with what was simulated, and one result side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecasting.core.scenario_request import MOST_EXTRA, NOT_A_FORECAST, WHERE, ScenarioRequest
from forecasting.core.wording import incidents_of, percent
from forecasting.selectors.scenarios import district_names, newest_runs, result_of, scenarios_of
from forecasting.views.run_page import window_words
from governance.core.drawing import Markup, reading
from governance.core.drawing_bars import Bar, draw_bars

if TYPE_CHECKING:
    from forecasting.models import ScenarioRun
    from governance.models import Jurisdiction

LISTED = 50
DRAWN = 6  # districts in the picture, those that a change names first
WHERE_WORDS = {
    "nowhere": "Nowhere: reporting stays as it is",
    "elsewhere": "Elsewhere: in every district without another change",
    "everywhere": "Everywhere",
}


def scenarios_context(
    jurisdiction: Jurisdiction, sent: Mapping[str, str] | None = None, patrols: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the form, with what was sent kept, and the latest simulations."""
    names, runs = district_names(jurisdiction), newest_runs(jurisdiction)
    standard = ScenarioRequest()
    given = {
        "run": "",
        "patrol_factor": f"{standard.patrol_factor:g}",
        "event_district": "",
        "event_days": str(standard.event_days),
        "event_extra": percent(standard.event_extra),
        "reporting_where": standard.reporting_where,
        "reporting_drop": percent(standard.reporting_drop),
        "reported_share": percent(standard.reported_share),
        "seed": str(standard.seed),
        **(sent or {}),
    }
    return {
        "jurisdiction": jurisdiction,
        "runs": [
            {"run": run, "what": incidents_of(run.category), "window": window_words(run)} for run in runs
        ],
        "districts": [(code, name, code in patrols) for code, name in names.items()],
        "where": [(word, WHERE_WORDS[word]) for word in WHERE],
        "most_extra": f"{MOST_EXTRA:.0%}".rstrip("%"),
        "given": given,
        "scenarios": [
            {"scenario": row, "what": incidents_of(row.run.category), "told": told(row.asked, names)}
            for row in scenarios_of(jurisdiction)[:LISTED]
        ],
    }


def told(asked: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Say in a line what was assumed to change."""
    parts = []
    if patrols := asked["patrol_districts"]:
        where = ", ".join(names.get(code, code) for code in patrols)
        parts.append(f"patrol time × {asked['patrol_factor']:g} in {where}")
    if place := asked["event_district"]:
        days = f"{asked['event_days']} day{'' if asked['event_days'] == 1 else 's'}"
        parts.append(f"an event in {names.get(place, place)} on {days}, +{asked['event_extra']:.0%}")
    if asked["reporting_where"] != "nowhere":
        parts.append(f"reporting {asked['reporting_drop']:.0%} lower {asked['reporting_where']}")
    return "; ".join(parts)


def scenario_context(scenario: ScenarioRun) -> dict[str, Any]:
    """Return one result: base and scenario by district with intervals, and everything they rest on."""
    body, here = result_of(scenario), scenario.jurisdiction
    rows = [
        {**row, "said": {name: _cell(row[name]) for name in row if isinstance(row[name], dict)}}
        for row in body["rows"]
    ]
    everywhere = rows[-1]
    return {
        "scenario": scenario,
        "jurisdiction": here,
        "body": body,
        "incidents": incidents_of(scenario.run.category),
        "window": window_words(scenario.run),
        "told": told(scenario.asked, district_names(here)),
        "standing": NOT_A_FORECAST,
        "rows": rows,
        "everywhere": everywhere,
        "sentences": [row["sentence"] for row in rows if row["named"]][:DRAWN],
        "picture": _picture(rows, "true"),
        "beside": _picture(rows, "recorded"),
    }


def _cell(estimate: Mapping[str, float]) -> dict[str, str]:
    return {name: reading(value) for name, value in estimate.items()}


def _picture(rows: Sequence[Mapping[str, Any]], figure: str) -> Markup:
    """Draw base and scenario for the districts that a change names, and for all areas."""
    shown = [*[row for row in rows if row["named"]][:DRAWN], rows[-1]]
    bars = []
    for row in shown:
        bars.append(_bar(f"{row['area']}, as it is", row[f"{figure}_base"], "quiet"))
        bars.append(_bar("   under the scenario", row[figure], "bar"))
    title = "Incidents in the window, base beside scenario, with 90 % intervals. The table holds the same figures."
    return draw_bars(title=title, bars=bars)


def _bar(label: str, estimate: Mapping[str, float], tone: Any) -> Bar:
    return Bar(label, estimate["value"], estimate["low"], estimate["high"], tone=tone)
