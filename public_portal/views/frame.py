"""What every public page shows, and which category it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from governance import clock
from governance.core.spoken import spoken_moment
from public_portal.core.pictures import weeks_chart
from public_portal.selectors.released import Week, periods_of, weeks_of
from public_portal.selectors.report import forecast_section

if TYPE_CHECKING:
    from django.http import HttpRequest

    from governance.models import Jurisdiction

PAGES = (
    ("Your area", "portal-home"),
    ("Decisions", "portal-decisions"),
    ("Holds", "portal-holds"),
    ("Break-glass", "portal-glass"),
    ("Is it fair?", "portal-fairness"),
    ("Does it work?", "portal-scores"),
    ("Policy", "portal-policy"),
    ("Data", "portal-data"),
    ("Check us", "portal-check"),
    ("Object or complain", "complain"),
)
WAITING = (
    "A week becomes public when it is over, every forecast of it has been scored, and the policy’s delay has passed. "
    "Then forecast, outcome, decisions and audit appear here together."
)


def frame(request: HttpRequest, jurisdiction: Jurisdiction) -> dict[str, Any]:
    """Return what every public page of a jurisdiction shows."""
    context: dict[str, Any] = {
        "jurisdiction": jurisdiction,
        "waiting": WAITING,
        "navigation": [
            {
                "label": label,
                "url": reverse(name, args=[jurisdiction.slug]),
                "current": _is_current(request, name),
                "count": 0,
            }
            for label, name in PAGES
        ],
    }
    if not request.user.is_authenticated:
        context["replay"] = _replay(jurisdiction)
    return context


def _is_current(request: HttpRequest, name: str) -> bool:
    here = request.resolver_match.url_name if request.resolver_match else ""
    below = {"portal-area": "portal-home", "portal-complaints": "complain"}
    return name in (here, below.get(here or ""))


def _replay(jurisdiction: Jurisdiction) -> dict[str, str] | None:
    if not jurisdiction.is_replay:
        return None
    what = "a made-up city" if jurisdiction.profile == "demo" else f"past data of {jurisdiction.name}"
    return {
        "what": what,
        "now_text": spoken_moment(clock.local(clock.now(jurisdiction), jurisdiction)),
        "next_text": "",
    }


def category_context(request: HttpRequest, jurisdiction: Jurisdiction, *, area: str = "") -> dict[str, Any]:
    """Return the newest week, the category asked for (else the first), and its chart over all weeks."""
    weeks = weeks_of(jurisdiction)
    if not weeks:
        return {"latest": None}
    latest = weeks[0]
    asked = request.GET.get("category", "")
    category = asked if asked in latest.categories else latest.categories[0]
    periods = periods_of(weeks, category, area)
    return {
        "weeks": weeks,
        "latest": latest,
        "forecast": forecast_section(latest, category, mine=area),
        "categories": [{"category": each, "incidents": latest.incidents(each)} for each in latest.categories],
        "periods": periods,
        "chart": weeks_chart(title=_title(latest, category), periods=periods),
        "area": area,
    }


def _title(latest: Week, category: str) -> str:
    return (
        f"{latest.incidents(category).capitalize()} by week: the forecast with its interval, and what was reported. "
        "The table holds the same figures."
    )
