"""`manage.py verify_ledger`: recompute the whole log and hold it against every checkpoint."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance import stored_log
from governance.core.log_verification import SignedState, StoredEntry, Verification, verify_log
from governance.models import LedgerEntry

STEP = 10_000


class Command(BaseCommand):
    """Exit code 0: everything stands. 1: something does not, and the first bad entry is named."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Checkpoints from elsewhere, and the form of the answer."""
        parser.add_argument(
            "--checkpoint",
            action="append",
            default=[],
            metavar="FILE",
            help="a checkpoint kept outside (from a PDF, a proof, a newspaper); may be given more than once",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, tell, and fail loudly."""
        states = [*stored_log.signed_states(), *map(_outside_state, options["checkpoint"])]
        key = stored_log.log_key().verification_key
        found = verify_log(self._with_progress(stored_log.stored_entries()), states, key)
        self.stdout.write(
            json.dumps(_as_json(found)) if options["json"] else _as_sentences(found, len(states))
        )
        if not found.sound:
            sys.exit(1)

    def _with_progress(self, entries: Iterable[StoredEntry]) -> Iterator[StoredEntry]:
        """Pass the entries on; a line that rewrites itself on a terminal, plain lines elsewhere."""
        total = LedgerEntry.objects.count()
        terminal = self.stderr.isatty()
        for done, entry in enumerate(entries, start=1):
            yield entry
            if done % STEP == 0 or (terminal and done == total):
                text = f"verified {done:,} of {total:,} entries"
                self.stderr.write(
                    f"\r{text}" if terminal else text, ending="" if terminal and done < total else "\n"
                )


def _outside_state(name: str) -> SignedState:
    path = Path(name)
    if not path.is_file():
        raise CommandError(
            f"There is no file {name}; --checkpoint wants a file that holds a signed checkpoint."
        )
    return SignedState(f"the checkpoint in {path.name}", path.read_bytes())


def _as_json(found: Verification) -> dict[str, Any]:
    return {
        "sound": found.sound,
        "entries": found.size,
        "root": found.root.hex(),
        "checkpoints_confirmed": found.confirmed,
        "entries_signed": found.signed_size,
        "first_bad_entry": next((fault.entry for fault in found.faults if fault.entry is not None), None),
        "faults": [{"entry": fault.entry, "reason": fault.sentence} for fault in found.faults],
    }


def _as_sentences(found: Verification, checkpoints: int) -> str:
    if not found.sound:
        lines = [fault.sentence for fault in found.faults]
        return "\n".join(
            ["The record does NOT stand.", *lines, "Keep this database as it is: it is evidence."]
        )
    newer = found.size - found.signed_size
    return (
        f"The record stands: {found.size:,} entries recomputed from their bytes, root {found.root.hex()}, "
        f"{found.confirmed} of {checkpoints} checkpoints confirmed. Entries newer than the last of them: {newer:,}."
    )
