"""Everything that must hold before a change lands: `make test`, `make test-slow`, `make bench`."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from config import provision

ROOT = provision.ROOT
BIN = Path(sys.executable).parent
PYTHON = sys.executable
QUICK = [
    ("lint", [PYTHON, "-m", "ruff", "check", "."]),
    ("format", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."]),
    ("import contracts", [str(BIN / "lint-imports"), "--no-cache"]),
    ("types", [PYTHON, "-m", "mypy", "."]),
    ("rules, without Django", [PYTHON, "-m", "pytest", "-q", "-p", "no:django", "tests/core"]),
    (
        "services, pages, journeys",
        [PYTHON, "-m", "pytest", "-q", "-m", "not slow", "tests/apps", "tests/journeys", "tests/browser",
         "tests/test_codebase.py"],
    ),
]  # fmt: skip
SLOW = [
    ("slow suites", [PYTHON, "-m", "pytest", "-q", "-m", "slow", "tests"]),
    ("fuzzing", [PYTHON, "-m", "tests.benchmarks.fuzz_formats", "--seconds", "20"]),
]


def benchmarks() -> list[tuple[str, list[str]]]:
    """Each benchmark is a program of its own, and prints its figures beside a reference workload."""
    found = sorted((ROOT / "tests" / "benchmarks").glob("bench_*.py"))
    return [(path.stem, [PYTHON, "-m", f"tests.benchmarks.{path.stem}"]) for path in found]


def run_all(steps: list[tuple[str, list[str]]]) -> bool:
    """Run every step, also after a failure, so that one run tells everything. Returns whether all passed."""
    failed = []
    for name, command in steps:
        provision.say(f"\n=== {name}")
        started = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - our own commands
        provision.say(
            f"=== {name}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s"
        )
        if code:
            failed.append(name)
    provision.say(
        f"\n{len(steps) - len(failed)} of {len(steps)} checks passed" + ": ".join(["", *failed][:2])
    )
    return not failed


def main() -> None:
    """Start the services, check, stop what was started here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--bench", action="store_true")
    chosen = parser.parse_args()
    steps = benchmarks() if chosen.bench else SLOW if chosen.slow else QUICK
    was_up = provision.services_are_up()
    provision.start(redis=True)
    try:
        passed = run_all(steps)
    finally:
        if not was_up:
            provision.stop()
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
