"""What every page shows: whose clock it is, who is signed in, how far the record goes."""

from typing import Any

from django.http import HttpRequest

from governance.selectors import last_checkpoint


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the base template."""
    return {"last_checkpoint": last_checkpoint()}
