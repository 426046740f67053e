"""manage.py forecast: compute one forecast and write its cells to a file, for looking at."""

import json
from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forecasting.core.cell_export import NOT_APPROVED, cells_csv, cells_geojson, globe_polygons
from forecasting.core.lengths import metres_from, square_metres_from
from forecasting.core.recipe import ISSUABLE
from forecasting.core.written_times import days_from, moment_from
from forecasting.selectors.geography import points_to_globe
from forecasting.services.explore_forecast import Exploration, explore_forecast
from governance.core.refusals import Refused
from governance.selectors import account, jurisdiction_named

WRITERS = {".geojson": cells_geojson, ".csv": cells_csv}


class Command(BaseCommand):
    """Nothing is issued and nothing may be deployed: plans come from sealed forecasts and need approval."""

    help = "Forecast one category and write every cell (polygon, expected count, interval, rank, flag) to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("jurisdiction", help="short name, as given to add_jurisdiction")
        parser.add_argument(
            "--category", required=True, help="a kind of the taxonomy, like residential_burglary"
        )
        parser.add_argument("--as-of", required=True, help="local date (and time), like 2023-12-01T06:00")
        parser.add_argument("--horizon", default="7d", help="length of the window in days, like 7d")
        parser.add_argument("--cell", default="152m", help="side of a cell: 152m, 500ft")
        parser.add_argument(
            "--flag-area", help="area to flag: 0.65km2, 0.25mi2 (default: the policy's share)"
        )
        parser.add_argument("--model", default="blend", choices=ISSUABLE)
        parser.add_argument("--out", type=Path, required=True, help="file to write: .geojson or .csv")
        parser.add_argument("--by", metavar="EMAIL", help="the account that asks (default: the scheduler)")
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Compute, write the file and say where it is."""
        began = monotonic()
        try:
            summary = self.compute(options)
        except (Refused, OSError, ValueError) as problem:
            raise CommandError(str(problem)) from problem
        summary["seconds"] = round(monotonic() - began, 2)
        self.stdout.write(json.dumps(summary) if options["json"] else self.sentence(summary))

    def compute(self, options: dict[str, Any]) -> dict[str, Any]:
        """Ask the service, write the file, return the summary."""
        write = WRITERS.get(options["out"].suffix)
        if write is None:
            raise CommandError(
                f"--out {options['out']}: write to a file that ends in {' or '.join(WRITERS)}."
            )
        jurisdiction = jurisdiction_named(options["jurisdiction"])
        as_of = moment_from(options["as_of"], jurisdiction.timezone)
        made = explore_forecast(
            jurisdiction=jurisdiction,
            category=options["category"],
            as_of=as_of,
            horizon_days=days_from(options["horizon"]),
            cell_metres=metres_from(options["cell"]),
            flag_square_metres=square_metres_from(options["flag_area"]) if options["flag_area"] else None,
            model=options["model"],
            by=account(options["by"]),
        )
        facts = self.facts(options, made) | {"window_start": as_of.isoformat()}
        polygons = globe_polygons(made.city.grid, points_to_globe(jurisdiction))
        options["out"].write_bytes(write(made.columns, polygons, facts))
        return facts | {"status": NOT_APPROVED, "file": str(options["out"])}

    def facts(self, options: dict[str, Any], made: Exploration) -> dict[str, Any]:
        """Return what stands beside the cells in the file."""
        grid, forecast = made.city.grid, made.forecast
        flagged = forecast.flagged
        return {
            "jurisdiction": options["jurisdiction"],
            "category": options["category"],
            "model": options["model"],
            "days": made.recipe.horizon_days,
            "cell_metres": round(grid.cell * made.city.unit_metres, 3),
            "cells": len(grid),
            "expected": round(forecast.total, 3),
            "flagged_cells": int(flagged.sum()),
            "flagged_km2": round(float(grid.area[flagged].sum()) * made.city.unit_metres**2 / 1e6, 4),
            "expected_in_flagged": round(float(forecast.expected[flagged].sum()), 3),
            "interval_level": made.recipe.interval_level,
            "incidents_outside_grid": forecast.outside,
            "digest": made.digest,
        }

    def sentence(self, summary: dict[str, Any]) -> str:
        """Say in words what was done and where it is."""
        return (
            f"{summary['category'].replace('_', ' ').capitalize()}, {summary['days']} days from "
            f"{summary['window_start']}: {summary['expected']:.1f} incidents expected in {summary['cells']:,} cells; "
            f"{summary['flagged_cells']} flagged ({summary['flagged_km2']:g} km2) with "
            f"{summary['expected_in_flagged']:.1f} of them. {NOT_APPROVED.capitalize()}. "
            f"Written to {summary['file']} in {summary['seconds']:g} s."
        )
