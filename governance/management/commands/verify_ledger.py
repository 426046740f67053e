"""`manage.py verify_ledger`: recompute the whole log and hold it against every checkpoint."""

import gc
import json
import sys
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from governance import full_verification, stored_log
from governance.core.log_verification import Every, SignedState, Verification
from governance.core.proof import HEADER
from governance.selectors import account
from governance.services.verify_log import verify_log

STEP = 10_000
MAY_KEEP = (
    "SELECT current_setting('transaction_read_only') = 'off' "
    "AND has_table_privilege('governance_logverification', 'INSERT')"
)

GARBAGE_EVERY = 1_000_000
"""Objects made between two looks for rings of objects: entries form none, and there are millions of them."""


class Command(BaseCommand):
    """Exit code 0: everything stands. 1: something does not, and the first bad entry is named. 2: wrong usage."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Checkpoints from elsewhere, how closely to read, and the form of the answer."""
        parser.add_argument(
            "--checkpoint",
            action="append",
            default=[],
            metavar="FILE",
            help="a checkpoint or proof kept outside (from a PDF, a newspaper); may be given more than once",
        )
        parser.add_argument(
            "--full",
            action="store_true",
            help=f"read every entry letter by letter and verify every signature, not one in {full_verification.ONE_IN}",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, tell, and fail loudly."""
        usual = gc.get_threshold()
        gc.freeze()  # what Django loaded stays; looking through it again and again takes a quarter of the whole time
        gc.set_threshold(GARBAGE_EVERY)
        try:
            self.verify(options)
        finally:
            gc.set_threshold(*usual)
            gc.unfreeze()

    def verify(self, options: dict[str, Any]) -> None:
        """Verify and tell; exits with 1 where something does not stand."""
        kept = [_outside_state(name) for name in options["checkpoint"]]
        total = stored_log.size()
        sample: Container[int] = Every() if options["full"] else full_verification.drawn_sample(total)
        found = _verify(kept, sample, self._progress(total))
        self.stdout.write(json.dumps(_as_json(found)) if options["json"] else _as_sentences(found))
        if not found.sound:
            sys.exit(1)

    def _progress(self, total: int) -> Callable[[int], None]:
        """A line that rewrites itself on a terminal, plain lines elsewhere."""
        terminal, last = self.stderr.isatty(), 0

        def told(done: int) -> None:
            nonlocal last
            if done // STEP > last // STEP or (terminal and done >= total):
                text = f"verified {done:,} of {total:,} entries"
                self.stderr.write(
                    f"\r{text}" if terminal else text, ending="" if terminal and done < total else "\n"
                )
            last = done

        return told


def _verify(kept: list[SignedState], sample: Container[int], told: Callable[[int], None]) -> Verification:
    """Verify and keep the result; where nothing may be written, as on a reader's copy, only verify."""
    with connection.cursor() as cursor:
        cursor.execute(MAY_KEEP)
        (may_keep,) = cursor.fetchone()
    if may_keep:
        return verify_log(by=account(None), kept=kept, sample=sample, told=told)
    with transaction.atomic():
        return full_verification.verify(kept=kept, sample=sample, told=told)


def _outside_state(name: str) -> SignedState:
    """Read a checkpoint from a file; of a proof, the checkpoint that it carries."""
    path = Path(name)
    if not path.is_file():
        raise CommandError(
            f"There is no file {name}; --checkpoint wants a file that holds a signed checkpoint or a proof.",
            returncode=2,
        )
    data = path.read_bytes()
    if data.startswith(f"{HEADER}\n".encode()):
        data = data.partition(b"\n\n")[2]
    return SignedState(f"the checkpoint in {path.name}", data)


def _as_json(found: Verification) -> dict[str, Any]:
    return {
        "sound": found.sound,
        "entries": found.size,
        "root": found.root.hex(),
        "checkpoints_confirmed": found.confirmed,
        "entries_signed": found.signed_size,
        "first_bad_entry": found.first_bad_entry,
        "faults": [{"entry": fault.entry, "reason": fault.sentence} for fault in found.faults],
    }


def _as_sentences(found: Verification) -> str:
    if not found.sound:
        lines = [fault.sentence for fault in found.faults]
        return "\n".join(
            ["The record does NOT stand.", *lines, "Keep this database as it is: it is evidence."]
        )
    newer = found.size - found.signed_size
    return (
        f"The record stands: {found.size:,} entries recomputed from their bytes, root {found.root.hex()}, "
        f"all {found.confirmed:,} checkpoints confirmed. Entries newer than the last of them: {newer:,}."
    )
