"""manage.py risk_terrain: what goes with more incidents near it, and how many times more."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forecasting.core.lengths import metres_from
from forecasting.core.risk_terrain_model import SPAN_DAYS
from forecasting.core.written_times import moment_from
from forecasting.services.explore_risk_terrain import explore_risk_terrain
from governance import clock
from governance.core.refusals import Refused
from governance.selectors import account, jurisdiction_named


class Command(BaseCommand):
    """A table of relative risks with their intervals; nothing is issued."""

    help = "Which registered layers go with more incidents near them: relative risks with 95 % intervals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("jurisdiction", help="short name, as given to add_jurisdiction")
        parser.add_argument("--category", required=True, help="a kind of the taxonomy, like robbery")
        parser.add_argument("--as-of", help="local date (and time); default: the jurisdiction's present")
        parser.add_argument("--days", type=int, default=SPAN_DAYS, help="of incidents before it")
        parser.add_argument("--cell", default="152m", help="side of a cell: 152m, 500ft")
        parser.add_argument("--by", metavar="EMAIL", help="the account that asks (default: the scheduler)")
        parser.add_argument("--json", action="store_true", help="print all figures as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Learn, then print one line per factor."""
        began = monotonic()
        try:
            here = jurisdiction_named(options["jurisdiction"])
            asked = options["as_of"]
            figures = explore_risk_terrain(
                jurisdiction=here,
                category=options["category"],
                as_of=moment_from(asked, here.timezone) if asked else clock.now(here),
                cell_metres=metres_from(options["cell"]),
                days=options["days"],
                by=account(options["by"]),
            )
        except (Refused, ValueError) as problem:
            raise CommandError(str(problem)) from problem
        seconds = round(monotonic() - began, 1)
        self.stdout.write(
            json.dumps(figures | {"seconds": seconds}) if options["json"] else spoken(figures, seconds)
        )


def spoken(figures: dict[str, Any], seconds: float) -> str:
    """Say what was learned: a line per factor, or that nothing goes with more than chance."""
    head = (
        f"{figures['category'].replace('_', ' ').capitalize()}, {figures['jurisdiction']}: {figures['incidents']:,} "
        f"incidents of {figures['days']} days in {figures['cells']:,} cells of {figures['cell_metres']:g} m; "
        f"{len(figures['layers'])} layers looked at in {figures['considered']} ways."
    )
    lines = [
        f"  {each['sentence'][0].upper()}{each['sentence'][1:]}; {each['incidents']:,} incidents in {each['cells']:,} "
        "cells there."
        for each in figures["factors"]
    ]
    none = ["  No layer goes with more or fewer incidents than chance and crowding explain."]
    foot = f"It says what goes together, not why. Intervals of 95 % for the factors kept. {seconds:g} s."
    return "\n".join([head, *(lines or none), foot])
