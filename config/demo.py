"""`make demo`: services, tables, the demo city, one cycle, the site; Ctrl-C stops everything it started."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from config import provision

PYTHON = sys.executable
BIN = Path(PYTHON).parent
ACCOUNTS = provision.VAR / "demo" / "accounts.json"
HOST = "127.0.0.1"
SHOWN_ONCE = ("supervisor", "analyst", "board_member", "board_chair", "auditor", "privacy_officer", "data_steward",
              "administrator")  # fmt: skip


def manage(*words: str) -> None:
    """Run one management command, and stop the demo if it fails."""
    done = subprocess.run([PYTHON, "manage.py", *words], cwd=provision.ROOT, check=False)  # noqa: S603 - our own
    if done.returncode:
        provision.stop_with(f"`manage.py {' '.join(words)}` failed; its message stands above.")


def step(name: str, *words: str) -> None:
    """Run one command and say how long it took."""
    started = time.monotonic()
    provision.say(f"{name} …")
    manage(*words)
    provision.say(f"{name}: done in {time.monotonic() - started:.1f} s")


def migrate_tables() -> None:
    """Bring the tables up to date, with the guards of the record open for just that long."""
    started = time.monotonic()
    # its own process: the addresses were written after this one read its environment
    done = subprocess.run([PYTHON, "-m", "config.migrate"], cwd=provision.ROOT, check=False)  # noqa: S603 - our own
    if done.returncode:
        provision.stop_with("the tables could not be brought up to date; the message stands above.")
    provision.say(f"Tables: done in {time.monotonic() - started:.1f} s")


def show_accounts() -> None:
    """Print one sign-in per role; the passwords were drawn when the city was built."""
    people = json.loads(ACCOUNTS.read_text())
    provision.say("\nSign in with (passwords were drawn for this machine alone):")
    for role in SHOWN_ONCE:
        person = next((each for each in people if each["role"] == role), None)
        if person:
            part = f"{role.replace('_', ' ')}{', ' + person['district'] if person['district'] else ''}"
            provision.say(f"  {part:<24} {person['email']:<28} {person['password']}")
    provision.say(f"All accounts: {ACCOUNTS.relative_to(provision.ROOT)}\n")


def check_port(port: int) -> None:
    """Refuse early when something else listens where the site is to be."""
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port)) == 0:
            provision.stop_with(
                f"something already listens on {HOST}:{port}. Stop it, or choose another port: `make demo PORT=8001`."
            )


def serve(port: int) -> None:
    """Run the site and the schedule until interrupted."""
    workers = [
        [str(BIN / "gunicorn"), "config.wsgi", "--bind", f"{HOST}:{port}", "--workers", "2", "--timeout", "180",
         "--log-level", "warning", "--no-control-socket"],
        [PYTHON, "manage.py", "run_schedule", "--every", "15"],
    ]  # fmt: skip
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = [subprocess.Popen(command, cwd=provision.ROOT) for command in workers]  # noqa: S603 - our own
    provision.say(f"Lamplight is at http://{HOST}:{port}    (Ctrl-C stops it)")
    try:
        os.wait()  # whichever ends first ends the demo; Ctrl-C interrupts the wait
    except KeyboardInterrupt:
        provision.say("\nStopping")
    finally:
        for each in running:
            each.terminate()
        for each in running:
            each.wait(timeout=30)


def main() -> None:
    """Do every step; a second run finds everything there and repeats nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", choices=["yes", "no"], default="yes")
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args()
    if chosen.serve == "yes":
        check_port(chosen.port)
    was_up = provision.services_are_up()
    started = time.monotonic()
    try:
        provision.start(redis=False)
        migrate_tables()
        manage("prepare_demo")
        show_accounts()
        provision.say(f"Ready after {time.monotonic() - started:.0f} s.")
        if chosen.serve == "yes":
            serve(chosen.port)
    except KeyboardInterrupt:
        provision.say("\nStopped")
    finally:
        if not was_up:
            provision.stop()


if __name__ == "__main__":
    main()
