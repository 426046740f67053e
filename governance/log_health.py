"""How the parts of the log's machinery are doing, for the pages and for whoever is on call."""

import logging
import re

from django.utils import timezone

from governance.models import LogHealth

log = logging.getLogger("lamplight.log")
SIGNING = "signing"
PUBLISHING = "publishing"
FILES = "files"
PARTS = (SIGNING, PUBLISHING, FILES)  # of our own; the others are witnesses


def witness_part(name: str) -> str:
    """Return the name under which a witness's health is kept."""
    return f"witness {name}"


def report_well(part: str, *, size: int) -> None:
    """Note that a part did its work, and how many entries it agreed to."""
    now = timezone.now()
    well = {"tried_at": now, "succeeded_at": now, "size": size, "problem": "", "failing_since": None}
    LogHealth.objects.update_or_create(part=part, defaults=well)


def report_problem(part: str, sentence: str) -> None:
    """Note that a part did not do its work, and why; an error in the application log the first time."""
    now = timezone.now()
    state, _ = LogHealth.objects.get_or_create(part=part, defaults={"tried_at": now})
    if _without_numbers(state.problem) != _without_numbers(sentence):  # the same trouble at every size is one
        log.error("the log: %s: %s", part, sentence)
    state.tried_at, state.problem = now, sentence
    state.failing_since = state.failing_since or now
    state.save()


def agreed_size(part: str) -> int:
    """Return the size a part last agreed to, 0 if it never did."""
    return LogHealth.objects.filter(part=part).values_list("size", flat=True).first() or 0


def states() -> list[LogHealth]:
    """Return the state of every part, by name."""
    return list(LogHealth.objects.order_by("part"))


def is_failing(part: str) -> bool:
    """Whether a part's last attempt failed."""
    return LogHealth.objects.filter(part=part).exclude(problem="").exists()


def _without_numbers(sentence: str) -> str:
    return re.sub(r"\d+", "", sentence)
