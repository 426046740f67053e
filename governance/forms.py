"""Forms of governance: what a page sends, read into what the services take."""

from governance.core.holds import Scope
from governance.core.refusals import Reason, Refused


def read_target(what: str) -> tuple[Scope, str]:
    """Read what is to be put on hold, as in "category:robbery". Raises Refused(BAD_INPUT)."""
    scope, colon, target = what.partition(":")
    if not colon or scope not in list(Scope):
        raise Refused(Reason.BAD_INPUT, "Choose what is to be stopped. Nothing was stopped.")
    return Scope(scope), target


def read_number(text: str) -> int:
    """Read a whole number from 0. Raises Refused(BAD_INPUT)."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(Reason.BAD_INPUT, "The form lacks a number it was drawn with; open it again.")
    return int(text)
