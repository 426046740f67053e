"""Moments in the jurisdiction's own time, in words; counts as people read them."""

from datetime import datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from governance import clock
from governance.core import spoken
from governance.models import Jurisdiction

register = template.Library()


@register.filter
def moment_in(moment: datetime, jurisdiction: Jurisdiction) -> str:
    """A day and a time, as in "Friday 14 June, 16:40"."""
    return spoken.spoken_moment(clock.local(moment, jurisdiction))


@register.filter
def date_in(moment: datetime, jurisdiction: Jurisdiction) -> str:
    """A date with its year, as in "14 June 2024"."""
    return spoken.spoken_date(clock.local(moment, jurisdiction))


@register.filter
def with_code(sentence: str) -> SafeString:
    """A sentence in which what stands between backticks is set as code."""
    parts = enumerate(sentence.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if number % 2 else part,) for number, part in parts)
    )


@register.filter
def thousands(count: int) -> str:
    """A count with commas."""
    return f"{count:,}"
