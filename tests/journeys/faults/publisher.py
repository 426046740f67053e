"""A program that publishes the log, one turn in each child, so that a test can trace a turn and kill it.

One line in: a child is made, and says its number. One more line in: the child does its turn, and "ended STATUS" comes
out. In between, whoever asked has attached to it. The imports were done before, so a child does nothing but its turn.
"""

import os
import traceback

from governance.tasks import publish_log


def turn() -> int:
    """Do one turn of the schedule's task; 0 when nothing was raised."""
    try:
        publish_log()
    except Exception:  # the traceback is for the test's report
        traceback.print_exc()
        return 1
    return 0


def read_line() -> bytes:
    """Read one line without taking what stands behind it: parent and children share the input."""
    line = b""
    while not line.endswith(b"\n"):
        letter = os.read(0, 1)
        if not letter:
            break
        line += letter
    return line


def say(text: str) -> None:
    """Write one line at once."""
    os.write(1, f"{text}\n".encode())


def main() -> None:
    """Serve turns until the input ends."""
    while read_line():
        child = os.fork()
        if child == 0:
            say(str(os.getpid()))
            read_line()
            os._exit(turn())
        _, status = os.waitpid(child, 0)
        say(f"ended {os.waitstatus_to_exitcode(status)}")
