"""manage.py forecast: compute one forecast and write its cells to a file, for looking at.

With --nij it writes an entry of the NIJ challenge instead: a shapefile, tuned for PAI or for PEI*.
"""

import json
import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forecasting.core.cell_export import NOT_APPROVED, cells_csv, cells_geojson, globe_polygons
from forecasting.core.lengths import metres_from, square_metres_from
from forecasting.core.nij import Horizon, Score
from forecasting.core.recipe import ISSUABLE
from forecasting.core.written_times import days_from, moment_from
from forecasting.selectors.geography import points_to_globe
from forecasting.services.enter_challenge import ChallengeEntry, enter_challenge
from forecasting.services.explore_forecast import Exploration, explore_forecast
from governance.core.refusals import Refused
from governance.selectors import account, jurisdiction_named

WRITERS = {".geojson": cells_geojson, ".csv": cells_csv}
OWN_CHOICES = {"cell": "152m", "flag_area": None, "model": "blend"}
"""What an entry of the challenge decides by its rules and on past windows, with what stands where nobody asks."""


class Command(BaseCommand):
    """Nothing is issued and nothing may be deployed: plans come from sealed forecasts and need approval."""

    help = "Forecast one category and write every cell (polygon, expected count, interval, rank, flag) to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("jurisdiction", help="short name, as given to add_jurisdiction")
        parser.add_argument(
            "--category", required=True, help="a kind of the taxonomy, like residential_burglary"
        )
        parser.add_argument("--as-of", required=True, help="local date (and time), like 2023-12-01T06:00")
        parser.add_argument(
            "--horizon",
            default="7d",
            help="length of the window in days, like 7d; with --nij 1WK, 2WK, 1MO, 2MO or 3MO",
        )
        parser.add_argument(
            "--nij",
            choices=[each.value for each in Score],
            help="write a challenge entry tuned for this score",
        )
        parser.add_argument("--cell", default=OWN_CHOICES["cell"], help="side of a cell: 152m, 500ft")
        parser.add_argument(
            "--flag-area", help="area to flag: 0.65km2, 0.25mi2 (default: the policy's share)"
        )
        parser.add_argument("--model", default=OWN_CHOICES["model"], choices=ISSUABLE)
        parser.add_argument(
            "--out",
            type=Path,
            required=True,
            help="file to write: .geojson or .csv; with --nij a directory",
        )
        parser.add_argument("--by", metavar="EMAIL", help="the account that asks (default: the scheduler)")
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Compute, write the file and say where it is."""
        began = monotonic()
        try:
            summary = self.enter(options) if options["nij"] else self.compute(options)
        except (Refused, OSError, ValueError) as problem:
            raise CommandError(str(problem)) from problem
        summary["seconds"] = round(monotonic() - began, 2)
        say = self.entry_sentence if options["nij"] else self.sentence
        self.stdout.write(json.dumps(summary) if options["json"] else say(summary))

    def enter(self, options: dict[str, Any]) -> dict[str, Any]:
        """Ask the service for an entry, write its files, return what it says of itself."""
        if [name for name, usual in OWN_CHOICES.items() if options[name] != usual]:
            raise CommandError(
                "--nij sets cells, area and method by the rules and on past windows: leave out --cell, --flag-area "
                "and --model."
            )
        jurisdiction = jurisdiction_named(options["jurisdiction"])
        made = enter_challenge(
            jurisdiction=jurisdiction,
            category=options["category"],
            first=first_day(options["as_of"]),
            horizon=horizon_named(options["horizon"]),
            score=Score(options["nij"]),
            progress=self.progress,
            by=account(options["by"]),
        )
        return made.facts | {"digest": made.digest, "file": str(self.write(options["out"], made))}

    def write(self, folder: Path, made: ChallengeEntry) -> Path:
        """Write the shapefile's parts and the JSON beside them; return the shapefile."""
        facts = made.facts
        stem = folder / f"{facts['category']}_{facts['horizon']}_{facts['score']}"
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, data in made.files.items():
            stem.with_suffix(suffix).write_bytes(data)
        text = json.dumps(facts | {"digest": made.digest}, indent=2)
        stem.with_suffix(".json").write_text(text + "\n")
        return stem.with_suffix(".shp")

    def progress(self, done: int, layouts: int) -> None:
        """Draw a bar on a terminal; elsewhere write a plain line when all layouts are through."""
        if sys.stderr.isatty():
            bar = "#" * (30 * done // layouts)
            self.stderr.write(
                f"\r[{bar:30}] {done}/{layouts} layouts", ending="\n" if done == layouts else ""
            )
        elif done == layouts:
            self.stderr.write(f"{layouts} layouts of cells tried on past windows")

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

    def entry_sentence(self, facts: dict[str, Any]) -> str:
        """Say in words what an entry is and how its choices did on the past."""
        past = facts["past"][facts["method"]]
        return (
            f"{facts['category'].replace('_', ' ').capitalize()}, {facts['first_day']} to {facts['last_day']}, for "
            f"{facts['score']}: {facts['flagged_cells']} of {facts['cells']:,} cells of {facts['cell_feet']:g} ft "
            f"flagged ({facts['flagged_square_miles']:.4f} of {facts['city_square_miles']:.2f} square miles), ranked "
            f"by {facts['method'].replace('_', ' ')}. On the {facts['past_windows']} "
            f"{'overlapping ' if facts['past_windows_overlap'] else ''}past windows it was chosen on: "
            f"n = {past['n']} of N = {past['N']} (at most {past['n*']} in as many cells). "
            f"{NOT_APPROVED.capitalize()}. Written to {facts['file']} in {facts['seconds']:g} s."
        )

    def sentence(self, summary: dict[str, Any]) -> str:
        """Say in words what was done and where it is."""
        return (
            f"{summary['category'].replace('_', ' ').capitalize()}, {summary['days']} days from "
            f"{summary['window_start']}: {summary['expected']:.1f} incidents expected in {summary['cells']:,} cells; "
            f"{summary['flagged_cells']} flagged ({summary['flagged_km2']:g} km2) with "
            f"{summary['expected_in_flagged']:.1f} of them. {NOT_APPROVED.capitalize()}. "
            f"Written to {summary['file']} in {summary['seconds']:g} s."
        )


def horizon_named(written: str) -> Horizon:
    """Return a horizon of the challenge. Raises ValueError with those there are."""
    try:
        return Horizon(written.upper())
    except ValueError:
        known = ", ".join(each.value for each in Horizon)
        raise ValueError(f"--horizon {written}: with --nij write one of {known}") from None


def first_day(written: str) -> date:
    """Return the first day that an entry is scored on. Raises ValueError with an example."""
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise ValueError(
            f"--as-of {written}: with --nij write the first scored day, like 2017-03-01"
        ) from None
