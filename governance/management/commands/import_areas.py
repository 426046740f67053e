"""manage.py import_areas: bring in areas or streets from GeoJSON."""

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.management.base import BaseCommand, CommandError

from governance.core.refusals import Refused
from governance.core.shapes import ShapesError, read_shapes
from governance.selectors import account, jurisdiction_named
from governance.services.import_areas import NamedShape, import_areas


class Command(BaseCommand):
    """Import named geography of one jurisdiction; importing a file twice adds nothing."""

    help = "Import areas (or streets) from a GeoJSON file in WGS84. Importing a file twice adds nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("jurisdiction")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--kind", choices=["area", "street"], default="area", help="streets name places on plans"
        )
        parser.add_argument(
            "--code-field", default="", help="property with each shape's code (guessed by default)"
        )
        parser.add_argument(
            "--name-field", default="", help="property with each shape's name (guessed by default)"
        )
        parser.add_argument("--by", help="e-mail of the account that acts (default: the scheduler)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Read, store, say how many."""
        try:
            data = options["file"].read_bytes()
            shapes = read_shapes(
                data,
                code_field=options["code_field"],
                name_field=options["name_field"],
                prefix="Area",
                numbered=options["kind"] == "street" and not options["code_field"],
            )
            added = import_areas(
                jurisdiction=jurisdiction_named(options["jurisdiction"]),
                kind=options["kind"],
                shapes=[NamedShape(each.code, each.name, GEOSGeometry(each.geometry)) for each in shapes],
                digest=hashlib.sha256(data).hexdigest(),
                by=account(options["by"]),
            )
        except (Refused, ShapesError, OSError) as problem:
            raise CommandError(f"{options['file'].name}: {problem}") from problem
        self.stdout.write(
            f"{added} new of {len(shapes)} shapes of kind {options['kind']} from {options['file'].name}."
        )
