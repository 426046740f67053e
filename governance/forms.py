"""Forms of governance: what a page sends, read into what the services take."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from governance.core.break_glass import Lowers
from governance.core.holds import Scope
from governance.core.refusals import Reason, Refused
from governance.core.roles import Role
from governance.models import Jurisdiction


def read_target(what: str) -> tuple[Scope, str]:
    """Read what is to be put on hold, as in "category:robbery". Raises Refused(BAD_INPUT)."""
    scope, colon, target = what.partition(":")
    if not colon or scope not in list(Scope):
        raise Refused(Reason.BAD_INPUT, "Choose what is to be stopped. Nothing was stopped.")
    return Scope(scope), target


def read_lowers(text: str) -> Lowers:
    """Read what a break-glass is to ease. Raises Refused(BAD_INPUT)."""
    if text not in list(Lowers):
        raise Refused(Reason.BAD_INPUT, "Choose what is to be eased. Nothing was eased.")
    return Lowers(text)


def read_number(text: str) -> int:
    """Read a whole number from 0. Raises Refused(BAD_INPUT)."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(Reason.BAD_INPUT, "The form lacks a number it was drawn with; open it again.")
    return int(text)


def read_own_role(text: str) -> tuple[Role, str]:
    """Read a role and its district's code or "", as in "supervisor@central". Raises Refused(BAD_INPUT)."""
    role, _, district = text.partition("@")
    if role not in list(Role):
        raise Refused(Reason.BAD_INPUT, "Choose a role of yours from the list. Nothing was lent.")
    return Role(role), district


def read_end_of_day(text: str, jurisdiction: Jurisdiction) -> datetime:
    """Read a date and return the moment at which it ends there. Raises Refused(BAD_INPUT)."""
    try:
        day = date.fromisoformat(text)
        return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(jurisdiction.timezone))
    except (ValueError, OverflowError):
        raise Refused(Reason.BAD_INPUT, "Choose a day, as in 2024-06-30. Nothing was lent.") from None
