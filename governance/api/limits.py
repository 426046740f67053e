"""How much one answer holds, and how often a visitor may ask."""

from django.conf import settings
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.throttling import AnonRateThrottle


class Page(LimitOffsetPagination):
    """`?limit=` rows from `?offset=`. Whoever pages gives rows a total order, so that none is met twice."""

    default_limit = 100
    max_limit = 500


class VisitorThrottle(AnonRateThrottle):
    """So many requests of one address without an account, then 429 (see `API_VISITOR_RATE`)."""

    def get_rate(self) -> str | None:
        """Read the setting when a request comes, not when the server starts; none means no limit."""
        return settings.API_VISITOR_RATE or None
