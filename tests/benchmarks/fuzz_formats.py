"""Coverage-guided fuzzing of every reader of the log's formats (atheris, on libFuzzer).

    python -m tests.benchmarks.fuzz_formats [--seconds 60] [reader ...]

Each reader runs in a process of its own, because libFuzzer ends the process it ran in. Prints how often each one ran
and how much of the code it found; fails when anything but a reader's own error, with a sentence, came out.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from config.provision import ROOT
from tests.core.governance.log_parsers import PARSERS

RUNS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
COVERED = re.compile(r"\bcov: (\d+)")
SECONDS = 60


def fuzz(name: str, seconds: int) -> str | None:
    """Run one reader for so many seconds. Prints its figures; returns what came out when it crashed."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.fuzz_one_format", name, str(seconds), folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        kept = len(list(Path(folder).iterdir()))
    runs, covered = RUNS.search(done.stderr), COVERED.findall(done.stderr)
    failed = done.returncode != 0 or runs is None
    print(
        f"{name:16} {int(runs[1]) if runs else 0:10,} runs   {covered[-1] if covered else '?':>6} edges   "
        f"{kept:5,} kept inputs   {'FAILED' if failed else 'sound'}",
        flush=True,
    )
    return done.stdout[-2000:] + done.stderr[-3000:] if failed else None


def main() -> None:
    """Fuzz the readers asked for, all of them by default, and say what was found."""
    names = [parser.name for parser in PARSERS]
    asking = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asking.add_argument("--seconds", type=int, default=SECONDS, help="per reader")
    asking.add_argument("reader", nargs="*", help=f"one of: {', '.join(names)}")
    asked = asking.parse_args()
    unknown = [name for name in asked.reader if name not in names]
    if unknown:
        asking.error(f"no such reader: {', '.join(unknown)}; there are: {', '.join(names)}")
    found = [problem for name in asked.reader or names if (problem := fuzz(name, asked.seconds))]
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
