"""manage.py add_layer: register a file of context, as it was known at a moment."""

import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from forecasting.core.context_subjects import KINDS, SUBJECTS
from forecasting.models import ContextLayer
from forecasting.services.register_layer import register_layer
from governance import clock
from governance.core.refusals import Refused
from governance.selectors import account, jurisdiction_named


class Command(BaseCommand):
    """Register one version of a layer or series; the same content again changes nothing."""

    help = (
        "Register a file of context: points, lines or polygons (.geojson, .csv), or a series by day (.csv, .parquet). "
        "Only shapes, or figures by day and place, are kept; nothing may be about people."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("jurisdiction")
        parser.add_argument("name", help="what the layer is called, like bars or bus_stops")
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", choices=KINDS, required=True)
        parser.add_argument(
            "--subject", choices=SUBJECTS, help="what it is about (default: the name, if it is one of these)"
        )
        parser.add_argument(
            "--as-of",
            help="date (and time) by which it was known, local, like 2023-12-01 or 2023-12-01T16:40 (default: now)",
        )
        parser.add_argument(
            "--crs",
            default="",
            help="system of the coordinates, like EPSG:2272 (default: longitude and latitude)",
        )
        parser.add_argument("--source", required=True, help="who publishes the file, and when it was fetched")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--by", help="e-mail of the account that acts (default: the scheduler)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Register, then say what was kept and where it is."""
        try:
            jurisdiction, by = jurisdiction_named(options["jurisdiction"]), account(options["by"])
            layer = register_layer(
                jurisdiction=jurisdiction,
                layer_name=options["name"],
                subject=options["subject"] or options["name"],
                kind=options["kind"],
                path=options["file"],
                as_of=moment(options["as_of"], jurisdiction.timezone) or clock.now(jurisdiction),
                crs=options["crs"],
                source=options["source"],
                by=by,
            )
        except (Refused, ValueError) as problem:
            raise CommandError(f"{options['file'].name}: {problem}") from problem
        self.stdout.write(json.dumps(told(layer)) if options["json"] else spoken(layer))


def moment(written: str | None, zone: str) -> datetime | None:
    """Read a local date or date and time; None when there is none."""
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)) if written else None


def told(layer: ContextLayer) -> dict[str, Any]:
    """What a script reads."""
    fields = (
        "layer_name",
        "subject",
        "kind",
        "features",
        "left_out",
        "digest",
        "file_digest",
        "ledger_index",
    )
    return {field: getattr(layer, field) for field in fields} | {"as_of": layer.as_of.isoformat()}


def spoken(layer: ContextLayer) -> str:
    """What was done, and where it is."""
    kept = "rows" if layer.kind == ContextLayer.Kind.SERIES else layer.kind
    left = f"; {layer.left_out:,} out of the city's reach were left out" if layer.left_out else ""
    return (
        f"{layer.layer_name}: {layer.features:,} {kept} as of {layer.as_of:%Y-%m-%d %H:%M} UTC{left}. "
        f"SHA-256 {layer.digest}, entry {layer.ledger_index} of the record. See the page Context."
    )
