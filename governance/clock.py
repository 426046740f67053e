"""The jurisdiction's time: real time, or a replay of past data at a recorded offset."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from governance.models import Jurisdiction


def now(jurisdiction: Jurisdiction) -> datetime:
    """Return the jurisdiction's present moment, in UTC."""
    return timezone.now() + jurisdiction.clock_offset


def local(moment: datetime, jurisdiction: Jurisdiction) -> datetime:
    """Return a moment in the jurisdiction's own time zone."""
    return moment.astimezone(ZoneInfo(jurisdiction.timezone))
