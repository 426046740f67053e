"""manage.py ingest: bring files of incidents in."""

import json
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from forecasting.models import Batch
from forecasting.services.ingest_batch import ingest_batch
from governance.core.refusals import Refused
from governance.selectors import account, jurisdiction_named

BAR = 30  # characters


class Command(BaseCommand):
    """Ingest files one after the other; each is a batch of its own, stored whole or not at all."""

    help = (
        "Bring files of incidents in (.csv, .csv.gz, .parquet), as the jurisdiction's profile reads them. "
        "Each file is stored whole or not at all; the same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("jurisdiction")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object at the end and nothing else"
        )
        parser.add_argument("--by", help="e-mail of the account that acts (default: the scheduler)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Ingest each file, then say what was done and where it is."""
        started, begun = time.monotonic(), timezone.now()
        batches: list[Batch] = []
        try:
            jurisdiction, by = jurisdiction_named(options["jurisdiction"]), account(options["by"])
            for path in options["files"]:
                progress = None if options["json"] else self.progress_of(path.name)
                batches.append(ingest_batch(jurisdiction=jurisdiction, path=path, by=by, progress=progress))
                if not options["json"]:
                    self.say_batch(batches[-1], again=batches[-1].ingested_at < begun)
        except Refused as refusal:
            done = f" {len(batches)} files before it were stored." if batches else ""
            raise CommandError(f"{refusal.message}{done}") from refusal
        summary = summed_up(batches, time.monotonic() - started)
        self.stdout.write(json.dumps(summary) if options["json"] else spoken(summary))

    def progress_of(self, name: str) -> Callable[[int, float], None]:
        """A bar on a terminal; elsewhere, one line at the start of each file."""
        if sys.stdout.isatty():
            return lambda rows, share: self.draw(name, rows, share)
        self.stdout.write(f"{name}: reading")
        return lambda rows, share: None

    def draw(self, name: str, rows: int, share: float) -> None:
        """Draw the bar over the last one."""
        done = round(BAR * share)
        self.stdout.write(
            f"\r{name}  [{'#' * done}{'.' * (BAR - done)}] {share:4.0%}  {rows:,} rows\x1b[K", ending=""
        )
        self.stdout.flush()

    def say_batch(self, batch: Batch, *, again: bool) -> None:
        """One line about one file; `again`: it was here before."""
        if sys.stdout.isatty():
            self.stdout.write("\r\x1b[K", ending="")
        if again:
            when = f"{batch.ingested_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(
                f"{batch.filename}: the same file as batch {batch.pk} of {when}; nothing changed"
            )
            return
        refused = f", {batch.refused:,} refused" if batch.refused else ""
        changes = f", {batch.corrections:,} corrections, {batch.unchanged:,} unchanged"
        known = changes if batch.corrections or batch.unchanged else ""
        self.stdout.write(
            f"{batch.filename}: batch {batch.pk}, {batch.accepted:,} of {batch.rows:,} rows stored{known}{refused}"
        )


def summed_up(batches: list[Batch], seconds: float) -> dict[str, Any]:
    """What came of all files together."""
    reasons: Counter[str] = Counter()
    for batch in batches:
        reasons.update(batch.refusals)
    fields = ("rows", "accepted", "corrections", "unchanged", "refused")
    totals: dict[str, Any] = {field: sum(getattr(batch, field) for batch in batches) for field in fields}
    return totals | {
        "refusals": dict(reasons.most_common()),
        "seconds": round(seconds, 2),
        "rows_per_second": round(totals["rows"] / seconds) if seconds else 0,
        "batches": [
            {
                "batch": batch.pk,
                "file": batch.filename,
                "sha256": batch.digest,
                "refusals_sha256": batch.refusals_digest,
                **{field: getattr(batch, field) for field in fields},
            }
            for batch in batches
        ],
    }


def spoken(summary: dict[str, Any]) -> str:
    """The totals in words, and where the refused rows are."""
    lines = [
        f"{len(summary['batches'])} files, {summary['rows']:,} rows in {summary['seconds']:.1f} s "
        f"({summary['rows_per_second']:,} rows/s): {summary['accepted']:,} stored, "
        f"{summary['unchanged']:,} known already, {summary['refused']:,} refused."
    ]
    lines += [f"  {count:>9,}  {reason.replace('_', ' ')}" for reason, count in summary["refusals"].items()]
    if summary["refused"]:
        lines.append("See them with: manage.py refusals BATCH --out refused.csv")
    return "\n".join(lines)
