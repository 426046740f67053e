"""The API's description: as a schema for programs, and as lines of a page for people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html_join
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from governance.api.answers import BY_ROLE, PUBLIC
from governance.core.roles import PERMISSION_LABELS, ROLES, Permission, roles_with

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    Node = dict[str, Any]


class Schema(SpectacularAPIView):
    """The OpenAPI description: YAML, or JSON with `?format=json`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


PAGING = frozenset({"limit", "offset"})  # the page explains them once
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Need:
    """A permission in plain words, and the roles that carry it."""

    words: str
    roles: str


@dataclass(frozen=True)
class Parameter:
    """One thing an address may carry."""

    name: str
    words: SafeString
    choices: str


@dataclass(frozen=True)
class Endpoint:
    """One deed of one address."""

    method: str
    path: str
    summary: str
    words: SafeString
    needs: tuple[Need, ...]
    parameters: tuple[Parameter, ...]
    body: tuple[Parameter, ...]
    refusals: str

    @property
    def to_open(self) -> bool:
        """Whether a link can lead there."""
        return self.method == "GET" and "{" not in self.path


@dataclass(frozen=True)
class Group:
    """Endpoints that the same people may use."""

    name: str
    endpoints: tuple[Endpoint, ...]


@lru_cache(maxsize=1)
def schema() -> Node:
    """Return the OpenAPI description of everything under /api/v1; it changes with the code only."""
    return dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


def groups_of(description: Node) -> tuple[Group, ...]:
    """Return every endpoint of a description, by who may use it."""
    bodies = description["components"]["schemas"]
    found = [
        (deed["tags"][0], _endpoint(method, path, deed, bodies))
        for path, deeds in sorted(description["paths"].items())
        for method, deed in deeds.items()
    ]
    return tuple(Group(name, tuple(each for tag, each in found if tag == name)) for name in (PUBLIC, BY_ROLE))


def _endpoint(method: str, path: str, deed: Node, bodies: Node) -> Endpoint:
    asked = [
        each for each in deed.get("parameters", ()) if each["in"] == "query" and each["name"] not in PAGING
    ]
    return Endpoint(
        method=method.upper(),
        path=path,
        summary=deed["summary"],
        words=_marked(deed["description"]),
        needs=_needs(deed["description"]),
        parameters=tuple(
            _parameter(each["name"], each.get("description", ""), each["schema"]) for each in asked
        ),
        body=_body(deed, bodies),
        refusals=", ".join(sorted(code for code in deed["responses"] if code >= "400")),
    )


def _needs(words: str) -> tuple[Need, ...]:
    """Return the permissions that a description names."""
    named = [Permission(word) for word in CODE.findall(words) if word in list(Permission)]
    return tuple(
        Need(PERMISSION_LABELS[each], ", ".join(ROLES[role].title.lower() for role in roles_with(each)))
        for each in named
    )


def _body(deed: Node, bodies: Node) -> tuple[Parameter, ...]:
    if "requestBody" not in deed:
        return ()
    name = deed["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    fields = bodies[name]["properties"].items()
    return tuple(
        _parameter(field, said.get("description", ""), _followed(said, bodies)) for field, said in fields
    )


def _followed(said: Node, bodies: Node) -> Node:
    """Return a field's own schema, or the one it refers to."""
    target: Node = bodies[said["$ref"].rsplit("/", 1)[1]] if "$ref" in said else said
    return target


def _parameter(name: str, words: str, form: Node) -> Parameter:
    return Parameter(name, _marked(words), ", ".join(str(each) for each in form.get("enum", ())))


def _marked(text: str) -> SafeString:
    """Return a text with what stands between backticks as code."""
    parts = [("code" if number % 2 else "span", part) for number, part in enumerate(text.split("`"))]
    return format_html_join("", "<{}>{}</{}>", ((tag, part, tag) for tag, part in parts if part))
