"""Plain words for kinds of incidents and figures."""

from django import template

from forecasting.core.wording import incidents_of
from governance.core.drawing import reading

register = template.Library()


@register.filter
def incidents(category: str) -> str:
    """What several incidents of a category are called."""
    return incidents_of(category)


@register.filter
def figure(value: float) -> str:
    """A figure with about two digits that count."""
    return reading(value)
