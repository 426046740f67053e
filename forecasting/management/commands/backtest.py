"""manage.py backtest: score models on past windows, beside the trivial baseline."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from forecasting.core.lengths import metres_from
from forecasting.core.recipe import ISSUABLE, MODELS
from forecasting.core.risk_terrain_model import RISK_TERRAIN
from forecasting.core.written_times import days_from, moment_from
from forecasting.selectors.layers import layer_names
from forecasting.selectors.profiles import reporting_delay
from forecasting.services.backtest_models import backtest_models
from governance.core.refusals import Refused
from governance.selectors import account, jurisdiction_named

if TYPE_CHECKING:
    from governance.models import Jurisdiction

COVERAGES = ("1", "5", "20")


class Command(BaseCommand):
    """Every model sees only what was over at each origin; the baseline always runs along."""

    help = "Backtest models on rolling windows: hit rates, PAI, PEI* and deviance, pooled, with intervals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("jurisdiction", help="short name, as given to add_jurisdiction")
        parser.add_argument(
            "--category", required=True, help="a kind of the taxonomy, like residential_burglary"
        )
        parser.add_argument(
            "--from", dest="first", required=True, help="local date (and time) the first window opens"
        )
        parser.add_argument("--windows", type=int, default=26, help="how many adjoining windows")
        parser.add_argument("--horizon", default="28d", help="length of a window in days, like 28d")
        parser.add_argument("--cell", default="152m", help="side of a cell: 152m, 500ft")
        parser.add_argument(
            "--model",
            action="append",
            choices=[*MODELS, RISK_TERRAIN],
            help="repeat it; default: all that may forecast, and the risk terrain where context was known by then",
        )
        parser.add_argument("--by", metavar="EMAIL", help="the account that asks (default: the scheduler)")
        parser.add_argument("--json", action="store_true", help="print all figures as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Compute with progress on the error stream, then print the figures."""
        began = monotonic()
        try:
            jurisdiction = jurisdiction_named(options["jurisdiction"])
            first = moment_from(options["first"], jurisdiction.timezone)
            figures = backtest_models(
                jurisdiction=jurisdiction,
                category=options["category"],
                first=first,
                windows=options["windows"],
                horizon_days=days_from(options["horizon"]),
                cell_metres=metres_from(options["cell"]),
                models=options["model"] or models_for(jurisdiction, first),
                progress=self.progress,
                by=account(options["by"]),
            )
        except (Refused, ValueError) as problem:
            raise CommandError(str(problem)) from problem
        seconds = round(monotonic() - began, 1)
        if options["json"]:
            self.stdout.write(json.dumps(figures | {"seconds": seconds}))
        else:
            self.table(figures, seconds)

    def progress(self, model: str, done: int, windows: int) -> None:
        """Draw a bar on a terminal; elsewhere write a plain line when a model is through."""
        if sys.stderr.isatty():
            bar = "#" * (30 * done // windows)
            self.stderr.write(
                f"\r{model:12} [{bar:30}] {done}/{windows}", ending="\n" if done == windows else ""
            )
        elif done == windows:
            self.stderr.write(f"{model}: {windows} windows scored")

    def table(self, figures: dict[str, Any], seconds: float) -> None:
        """Print one line per model: hits with intervals, deviance, gain over the baseline."""
        self.stdout.write(
            f"{figures['category'].replace('_', ' ').capitalize()}, {figures['jurisdiction']}: {figures['windows']} "
            f"windows of {figures['horizon_days']} days from {figures['first']}, {figures['cells']:,} cells of "
            f"{figures['cell_metres']:g} m. Hit rate n/N at 1, 5 and 20 % of the area (95 % block bootstrap)."
        )
        for model, figure in figures["models"].items():
            deviance = figure["deviance_per_window"]["value"]
            hits = "  ".join(hit_words(figure["hit_rate"][coverage]) for coverage in COVERAGES)
            self.stdout.write(f"{model:12} {hits}  deviance {deviance:.1f} {skill_words(figure)}")
        self.stdout.write(f"Baseline: {figures['baseline']} (all-history counts). {seconds:g} s.")


def models_for(jurisdiction: Jurisdiction, first: datetime) -> list[str]:
    """All models that may forecast; the risk terrain where context was known when the first window opened."""
    known = layer_names(jurisdiction, first - reporting_delay(jurisdiction))
    return [*ISSUABLE, RISK_TERRAIN] if known else list(ISSUABLE)


def hit_words(hit: dict[str, Any]) -> str:
    """Write one hit rate with its n, N and interval."""
    if hit["value"] is None:
        return f"{hit['n']}/{hit['N']} -"
    return f"{hit['n']}/{hit['N']} {hit['value']:.3f} ({hit['low']:.3f}-{hit['high']:.3f})"


def skill_words(figure: dict[str, Any]) -> str:
    """Write the deviance skill against the baseline with its interval."""
    if "against_counts" not in figure:
        return "(the baseline)"
    skill = figure["against_counts"]["deviance_skill"]
    return f"skill {skill['value']:+.3f} ({skill['low']:+.3f} to {skill['high']:+.3f})"
