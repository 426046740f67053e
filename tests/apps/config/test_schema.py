"""The API's description, the page drawn from it, and what every endpoint has in common."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from config.endpoints import groups_of, schema
from governance.api.answers import BY_ROLE, PUBLIC
from tests.cast import City
from tests.test_codebase import patterns

API = [
    each
    for each in patterns(get_resolver())
    if str(each.pattern).startswith("api/v1/") and "cls" in vars(each.callback)
]
REFUSED = {"reason", "detail"}


def path_of(pattern: URLPattern) -> str:
    return str(pattern.pattern)


@pytest.fixture
def throttled(settings: Any) -> None:
    """Let a visitor ask three times a minute."""
    cache.clear()
    settings.API_VISITOR_RATE = "3/minute"


def test_the_description_is_valid_and_made_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yml"))
    assert "/api/v1/releases" in (tmp_path / "schema.yml").read_text()


@pytest.mark.parametrize("pattern", API, ids=path_of)
def test_every_endpoint_says_itself_who_may_ask(pattern: URLPattern) -> None:
    assert "permission_classes" in vars(pattern.callback.cls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("pattern", API, ids=path_of)
def test_an_endpoint_that_is_open_reads_no_account(pattern: URLPattern) -> None:
    view = pattern.callback.cls  # type: ignore[attr-defined]
    is_open = [each.__name__ for each in view.permission_classes] == ["AllowAny"]
    assert is_open == (not view.authentication_classes)


def test_every_endpoint_has_its_words_and_its_people() -> None:
    deeds = [deed for deeds in schema()["paths"].values() for deed in deeds.values()]
    assert deeds
    for deed in deeds:
        assert deed["summary"]
        assert deed["description"]
        assert deed["tags"][0] in {PUBLIC, BY_ROLE}


@pytest.mark.parametrize(
    ("form", "media"), [("json", "application/vnd.oai.openapi+json"), ("yaml", "application/vnd.oai.openapi")]
)
def test_the_description_is_served_as_json_and_yaml(client: Client, db: None, form: str, media: str) -> None:
    answer = client.get(reverse("api-schema"), {"format": form})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(media)


def test_the_page_lists_every_endpoint_without_inline_script_or_style(client: Client, db: None) -> None:
    answer = client.get(reverse("api"))
    page = answer.content.decode()
    for path in schema()["paths"]:
        assert f"<code>{path}</code>" in page
    assert not re.search(r"<script(?![^>]*\ssrc=)", page), "scripts come from files, never from the page"
    assert "<style" not in page
    assert " style=" not in page
    assert "<code>decide_plans</code>" in page
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_page_groups_by_who_may_ask_and_names_what_to_send() -> None:
    public, by_role = groups_of(schema())
    assert {each.path for each in public.endpoints} == {
        "/api/v1/checkpoint",
        "/api/v1/comments",
        "/api/v1/complaint-figures",
        "/api/v1/log-status",
        "/api/v1/policies",
        "/api/v1/policy-drafts",
        "/api/v1/public-break-glass",
        "/api/v1/public-holds",
        "/api/v1/record",
        "/api/v1/record/{index}",
        "/api/v1/releases",
        "/api/v1/releases/{number}",
        "/api/v1/releases/{number}/tables",
    }
    (batches,) = [each for each in by_role.endpoints if each.path == "/api/v1/batches"]
    assert [(need.words, need.roles) for need in batches.needs] == [
        ("bring data in and see what was refused", "data steward, service account")
    ]
    (vote,) = [each for each in by_role.endpoints if each.method == "POST" and each.path.endswith("/votes")]
    assert [(each.name, each.choices) for each in vote.body] == [
        ("verdict", "approve, return, reject"),
        ("rationale", ""),
        ("seen_digest", ""),
    ]


def test_the_words_of_a_description_cannot_carry_markup() -> None:
    deed = {"tags": [PUBLIC], "summary": "s", "description": "<b> `<i>`", "responses": {"200": {}}}
    public, _ = groups_of({"paths": {"/x": {"get": deed}}, "components": {"schemas": {}}})
    assert public.endpoints[0].words == "<span>&lt;b&gt; </span><code>&lt;i&gt;</code>"


@pytest.mark.usefixtures("throttled")
def test_a_visitor_who_asks_too_often_is_told_to_wait(client: Client, db: None) -> None:
    asked = [client.get(reverse("api-record")) for _ in range(4)]
    assert [each.status_code for each in asked] == [200, 200, 200, 429]
    assert asked[-1].json()["reason"] == "throttled"
    assert int(asked[-1].headers["Retry-After"]) > 0


@pytest.mark.usefixtures("throttled")
def test_a_visitor_cannot_escape_the_limit_with_a_header_of_his_own(client: Client, db: None) -> None:
    asked = [client.get(reverse("api-record"), headers={"x-forwarded-for": f"10.0.0.{n}"}) for n in range(4)]
    assert asked[-1].status_code == 429


@pytest.mark.usefixtures("throttled")
def test_somebody_signed_in_is_not_counted_as_a_visitor(client: Client, city: City) -> None:
    client.force_login(city.ana)
    assert {client.get(reverse("api-runs")).status_code for _ in range(5)} == {200}


@pytest.mark.parametrize(
    "pattern",
    [each for each in API if "<int:" not in path_of(each) and "schema" not in path_of(each)],
    ids=path_of,
)
def test_a_method_that_an_endpoint_does_not_have_is_refused_in_the_same_form(
    pattern: URLPattern, client: Client, city: City
) -> None:
    client.force_login(city.ana)
    answer = client.delete(f"/{pattern.pattern}")
    assert answer.status_code == 405
    assert set(answer.json()) == REFUSED


def test_every_refusal_is_json(client: Client, db: None) -> None:
    for name, arguments in (("api-release", [1]), ("api-record-entry", [10**30]), ("api-inbox", [])):
        answer = client.get(reverse(name, args=arguments), headers={"accept": "text/html"})
        assert answer.status_code in {403, 404, 406}
        assert set(json.loads(answer.content)) == REFUSED
