"""manage.py audit_external: anybody's predictions through the same audit. Neutral formats, no database.

    manage.py audit_external --areas areas.geojson --groups groups.csv --predictions points.csv \
        [--incidents incidents.csv] [--json] [--report out.pdf]

Files (UTF-8; a column that is not recognised is named by an option):

    areas        GeoJSON FeatureCollection of Polygons or MultiPolygons. Each has an id in its properties (geoid, area,
                 area_id, area_code, code or id; --area-id names another). Longitude and latitude unless the file's
                 `crs` or --areas-crs says otherwise.
    groups       CSV, one line for each of these areas: its id, all residents (total_population, population, residents
                 or all_residents), and one column of whole numbers for each group. Groups may overlap. Census names
                 (black_alone, white_alone, asian_alone, hispanic_latino, below_poverty) are recognised; where
                 --columns GROUP=COLUMN ... is given, exactly the groups it names are audited (and area=COLUMN,
                 all_residents=COLUMN name the other two where they are not recognised).
                 Where a group is counted among households, run once more with all_residents=HOUSEHOLDS.
                 --margins GROUP=COLUMN adds census margins of error at 90 %.
    predictions  CSV, either points: longitude and latitude (or x and y with --predictions-crs), one prediction a line
                 or as many as a column `predictions`, `count`, `n` or `weight` says; or cells: the area's id and such
                 a column. --cell-size METRES shares each point out as a square over the areas it touches.
    incidents    the same two forms; optional.

Refused, with the reason: ids that differ between files, coordinates that cannot be of the CRS claimed, more than 5 % of
predictions outside every area (--outside-max), groups larger than their area, totals other than --expect-residents and
--expect-predictions.

Definitions stand in the answer itself (--json) and in `audits.core.external`.
"""

import argparse
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits.core.external import audit_predictions
from audits.core.external_inputs import Options, Reading, Texts, vendor_from
from audits.core.external_report import report_tables, table_lines
from audits.core.resampling import DRAWS
from audits.core.verdict import Standard
from forecasting.core.limits import CannotForecast
from governance.documents import render_pdf

FORMATS = __doc__
KINDS = ("areas", "groups", "predictions", "incidents")


class Command(BaseCommand):
    """Reads the files, asks the core, and writes what it says."""

    help = FORMATS

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        for kind in KINDS:
            parser.add_argument(f"--{kind}", type=Path, required=kind != "incidents", metavar="FILE")
        parser.add_argument("--title", default="", help="what the predictions are, for the report")
        parser.add_argument("--area-id", metavar="PROPERTY")
        parser.add_argument("--areas-crs", metavar="CRS")
        parser.add_argument("--columns", nargs="+", metavar="MEANING=COLUMN", help="of the groups' file")
        parser.add_argument("--margins", nargs="+", metavar="GROUP=COLUMN", help="margins of error at 90 %%")
        for kind in ("predictions", "incidents"):
            parser.add_argument(
                f"--{kind}-columns", nargs="+", metavar="MEANING=COLUMN", help="area=, x=, y=, count="
            )
            parser.add_argument(f"--{kind}-crs", metavar="CRS")
        parser.add_argument("--cell-size", type=float, metavar="METRES", help="side of a prediction's square")
        parser.add_argument("--outside-max", type=float, default=0.05, metavar="SHARE")
        parser.add_argument("--expect-residents", type=float, metavar="N")
        parser.add_argument("--expect-predictions", type=float, metavar="N")
        parser.add_argument(
            "--ratio-max", type=float, default=1.25, help="disparity ratio held against (1.25)"
        )
        parser.add_argument("--minimum-residents", type=int, default=100)
        parser.add_argument("--draws", type=int, default=DRAWS, help="draws of the bootstrap (2000)")
        parser.add_argument(
            "--seed", type=int, help="of the bootstrap; from the files' digests when left out"
        )
        parser.add_argument("--json", action="store_true", help="print everything as JSON")
        parser.add_argument("--report", type=Path, metavar="OUT.pdf", help="write the report as a tagged PDF")
        parser.add_argument(
            "--created", type=datetime.fromisoformat, help="the date the PDF bears; now when left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["draws"] < 100:
            raise CommandError("At least 100 draws are needed for an interval; 2000 are usual.")
        content = {kind: _content(options[kind]) for kind in KINDS if options[kind]}
        files = [
            {"kind": kind, "name": options[kind].name, "sha256": hashlib.sha256(data).hexdigest()}
            for kind, data in content.items()
        ]
        try:
            vendor, inputs = vendor_from(_texts(content), _options(options))
        except CannotForecast as problem:
            raise CommandError(problem.message) from problem
        self._say(
            f"{len(vendor.table.areas)} areas, {len(vendor.table.groups)} groups; {options['draws']} draws ..."
        )
        standard = Standard(options["ratio_max"], options["minimum_residents"])
        seed = options["seed"] if options["seed"] is not None else _seed(files)
        answer, _ = audit_predictions(vendor, seed=seed, standard=standard, draws=options["draws"])
        answer |= {
            "title": options["title"] or options["predictions"].stem,
            "inputs": {"files": files, **inputs},
        }
        if options["report"]:
            self._write_report(options["report"], answer, files, options["created"] or datetime.now(UTC))
        if options["json"]:
            self.stdout.write(json.dumps(answer, sort_keys=True, indent=1, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(table_lines(answer)))

    def _write_report(
        self, path: Path, answer: dict[str, Any], files: list[dict[str, str]], created: datetime
    ) -> None:
        context = report_tables(answer) | {
            "title": answer["title"],
            "files": files,
            "total": f"{answer['predictions']['total']:,.0f}",
            "residents": f"{answer['residents']:,.0f}",
            "inputs": {name: f"{count:,.0f}" for name, count in answer["inputs"]["predictions"].items()},
        }
        pdf = render_pdf("audits/external_report.html", context, created=created)
        try:
            path.write_bytes(pdf)
        except OSError as problem:
            raise CommandError(f"{path} cannot be written: {problem.strerror}.") from problem
        self._say(f"Report: {path} ({len(pdf):,} bytes, SHA-256 {hashlib.sha256(pdf).hexdigest()})")

    def _say(self, line: str) -> None:
        """Tell on the other stream, so that the answer alone stands on standard output."""
        self.stderr.write(line)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem.strerror}.") from problem


def _texts(content: dict[str, bytes]) -> Texts:
    try:
        return Texts(**{kind: data.decode("utf-8-sig") for kind, data in content.items()})
    except UnicodeDecodeError as problem:
        raise CommandError(
            f"A file is not UTF-8 text: {problem.reason} at byte {problem.start}."
        ) from problem


def _options(options: dict[str, Any]) -> Options:
    readings = {
        kind: Reading(
            dict(_pairs(options[f"{kind}_columns"])),
            options[f"{kind}_crs"],
            options["cell_size"] if kind == "predictions" else None,
        )
        for kind in ("predictions", "incidents")
    }
    return Options(
        area_id=options["area_id"],
        areas_crs=options["areas_crs"],
        columns=dict(_pairs(options["columns"])) or None,
        margins=dict(_pairs(options["margins"])),
        outside_max=options["outside_max"],
        expected_residents=options["expect_residents"],
        expected_predictions=options["expect_predictions"],
        **readings,
    )


def _pairs(given: list[str] | None) -> Iterator[tuple[str, str]]:
    for pair in given or ():
        meaning, equals, column = pair.partition("=")
        if not equals or not meaning or not column:
            raise CommandError(f"“{pair}” is not MEANING=COLUMN, for example area=GEOID.")
        yield meaning, column


def _seed(files: list[dict[str, str]]) -> int:
    """A seed that anybody with the same files finds again."""
    return int(hashlib.sha256("".join(file["sha256"] for file in files).encode()).hexdigest()[:12], 16)
