"""How every endpoint answers: page by page, and a refusal with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.cache import add_never_cache_headers
from rest_framework import serializers
from rest_framework.generics import GenericAPIView

from governance.api.limits import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response

PUBLIC = "Open to everybody"
BY_ROLE = "For signed-in roles"


class Problem(serializers.Serializer[Any]):
    """A refusal: the same reason that a page shows and the application log keeps."""

    reason = serializers.CharField(help_text="One word of a closed list.")
    detail = serializers.CharField(help_text="What was refused, where, and what to do.")


REFUSALS = {403: Problem, 404: Problem}


class Endpoint(GenericAPIView[Any]):
    """An endpoint that answers with one value or with one page of rows."""

    pagination_class = Page

    def one(self, value: object) -> dict[str, Any]:
        """Return one value as this endpoint's serializer says it."""
        said: dict[str, Any] = self.get_serializer(value).data
        return said

    def page(self, rows: QuerySet[Any] | Sequence[Any]) -> Response:
        """Answer with the page of rows that was asked for."""
        chosen = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(chosen, many=True).data)


class RoleEndpoint(Endpoint):
    """An endpoint whose answer depends on who asks; nobody in between keeps it."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Forbid caches to keep the answer."""
        final = super().finalize_response(request, response, *args, **kwargs)
        add_never_cache_headers(final)
        return final
