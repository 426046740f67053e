"""What tests of the log share."""

from governance import log_health
from governance.models import LogHealth


def alarm_sentence() -> str:
    """Return why the log is not being signed or published, or a file of it is altered; nothing while all is well."""
    rows = LogHealth.objects.filter(part__in=log_health.PARTS).exclude(problem="").order_by("-part")
    return next((row.problem for row in rows), "")
