"""The city that a public address names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from governance.selectors import jurisdictions

if TYPE_CHECKING:
    from governance.models import Jurisdiction


def jurisdiction_or_404(slug: str) -> Jurisdiction:
    """Return a jurisdiction by its slug; raise Http404 where there is none."""
    for each in jurisdictions():
        if each.slug == slug:
            return each
    raise Http404("There is no such city here.")
