"""The pages about forecasting, side by side above each of them."""

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()

SECTIONS = (
    ("Forecasts", "runs"),
    ("Scores", "scores"),
    ("Recipes", "recipes"),
    ("Emerging places", "emerging"),
    ("Drift", "drift"),
    ("Data", "data-quality"),
    ("Scenarios", "scenarios"),
    ("Context", "context"),
)
"""What a page is called, and the name of its address."""


@register.inclusion_tag("forecasting/sections.html", takes_context=True)
def forecast_sections(context: dict[str, Any]) -> dict[str, Any]:
    """Links to the other pages about forecasting; the one that is open is marked."""
    path = context["request"].path
    return {
        "sections": [
            {"label": label, "url": reverse(name), "current": path == reverse(name)}
            for label, name in SECTIONS
        ]
    }
