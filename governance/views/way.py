"""The way of a request that has stations of its own: which are behind it, which is next, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from governance import clock
from governance.core.spoken import spoken_moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from governance.models import Jurisdiction


class Station(NamedTuple):
    """What happens to a request, when it did or will, and the word before that moment while it lies ahead."""

    said: str
    at: datetime | None
    done: bool
    word: str = "by"


@dataclass(frozen=True)
class WayStep:
    """One station as a page shows it; `next` marks the first that lies ahead."""

    said: str
    when: str
    word: str
    done: bool
    next: bool


def way_steps(stations: Sequence[Station], jurisdiction: Jurisdiction) -> list[WayStep]:
    """Return the stations in their order, moments by the jurisdiction's clock."""
    ahead = next((i for i, each in enumerate(stations) if not each.done), len(stations))
    return [
        WayStep(
            said=each.said,
            when=spoken_moment(clock.local(each.at, jurisdiction)) if each.at else "",
            word="" if each.done else each.word,
            done=each.done,
            next=i == ahead,
        )
        for i, each in enumerate(stations)
    ]
