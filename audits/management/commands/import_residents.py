"""manage.py import_residents JURISDICTION FILE.csv."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits.services.import_residents import import_residents
from governance.core.refusals import Refused
from governance.selectors import account, jurisdiction_named


class Command(BaseCommand):
    """Reads the file and calls the service."""

    help = "Bring in residents by area and group from a census file (CSV, one row per imported area)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("jurisdiction")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--columns",
            nargs="+",
            metavar="MEANING=COLUMN",
            help="where the file's column names are not recognised: area=..., all_residents=..., GROUP=...",
        )
        parser.add_argument(
            "--by", metavar="EMAIL", help="the account that acts; the scheduler's when left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            table = import_residents(
                jurisdiction=jurisdiction_named(options["jurisdiction"]),
                filename=path.name,
                data=_content(path),
                columns=_columns(options["columns"]),
                by=account(options["by"]),
            )
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(
            f"{table.residents:,} residents of {table.areas} areas in {len(table.groups)} groups "
            f"({', '.join(table.groups)}); record entry {table.ledger_index}."
        )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem.strerror}.") from problem


def _columns(pairs: list[str] | None) -> dict[str, str] | None:
    if not pairs:
        return None
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise CommandError(f"“{wrong[0]}” is not MEANING=COLUMN, for example area=GEOID.")
    return dict(pair.split("=", 1) for pair in pairs)
