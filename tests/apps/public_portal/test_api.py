"""The public API: what was released, to everybody; what was not, to nobody."""

import csv
import hashlib
import io
import json

import pytest
import rfc8785
from django.test import Client
from django.urls import reverse

from public_portal.models import Release
from public_portal.services.publish_release import publish_release
from tests.apps.public_portal.conftest import WHY, Week
from tests.asking import ask, queries_of, reason_of
from tests.cast import City

PUBLIC_LISTS = ("api-releases", "api-record")


@pytest.fixture
def release(closed_week: Week) -> Release:
    """Return the closed week as it was released."""
    city = closed_week.city
    return publish_release(jurisdiction=city.jurisdiction, window_start=closed_week.start, by=city.scheduler)


def test_nothing_of_a_live_week_is_to_be_had_without_an_account(client: Client, week: Week) -> None:
    assert ask(client, None, reverse("api-releases")).json()["results"] == []
    for name in ("api-release", "api-release-tables"):
        assert reason_of(ask(client, None, reverse(name, args=[1]))) == (404, "not_found")
    said = "".join(ask(client, None, reverse(name)).content.decode() for name in PUBLIC_LISTS)
    for secret in ("Hidden Lane", week.plan.body["salt"], WHY, "central", week.city.ben.name, "expected"):
        assert secret not in said


def test_being_signed_in_opens_nothing_more_here(client: Client, week: Week) -> None:
    for who in (week.city.ana, week.city.eve):
        assert ask(client, who, reverse("api-releases")).json()["results"] == []


def test_a_scored_week_is_not_public_before_it_is_released(client: Client, closed_week: Week) -> None:
    assert ask(client, None, reverse("api-releases")).json()["count"] == 0


def test_a_release_lists_its_tables_and_its_digest_follows_from_theirs(
    client: Client, release: Release
) -> None:
    (row,) = ask(client, None, reverse("api-releases")).json()["results"]
    said = ask(client, None, reverse("api-release", args=[row["id"]])).json()
    digests = {each["digest"] for each in said["tables"]}
    assert {each["kind"] for each in said["tables"]} == {
        "summary",
        "areas",
        "scores",
        "audits",
        "complaints",
        "decisions",
    }
    assert row["digest"] == said["digest"] == release.digest
    whole = ask(client, None, reverse("api-release-tables", args=[row["id"]])).json()["results"]
    assert {hashlib.sha256(rfc8785.dumps(each["body"])).hexdigest() for each in whole} == digests


def test_the_files_of_a_table_are_where_its_row_says(client: Client, release: Release) -> None:
    tables = ask(client, None, reverse("api-release", args=[release.pk])).json()["tables"]
    for table in tables:
        content = client.get(table["json_url"]).content
        assert hashlib.sha256(content).hexdigest() == table["digest"]
    (areas,) = [each for each in tables if each["kind"] == "areas"]
    rows = list(csv.DictReader(io.StringIO(client.get(areas["csv_url"]).content.decode())))
    assert len(rows) == len(json.loads(client.get(areas["json_url"]).content)["rows"])
    assert [each["csv_url"] for each in tables if each["kind"] != "areas"] == [None] * 5


def test_a_small_count_is_null_in_the_api_as_well(client: Client, release: Release) -> None:
    tables = ask(client, None, reverse("api-release-tables", args=[release.pk])).json()["results"]
    (areas,) = [each["body"] for each in tables if each["kind"] == "areas"]
    counts = [row["observed"] for row in areas["rows"]]
    assert None in counts
    assert all(count is None or count == 0 or count >= 5 for count in counts)


def test_no_public_answer_names_a_person_a_place_or_a_salt(
    client: Client, closed_week: Week, release: Release
) -> None:
    addresses = (
        reverse("api-releases"),
        reverse("api-release", args=[release.pk]),
        reverse("api-release-tables", args=[release.pk]),
        reverse("api-record"),
    )
    said = "".join(ask(client, None, each).content.decode() for each in addresses)
    city = closed_week.city
    for secret in (city.ben.name, city.ben.email, "Hidden Lane", closed_week.plan.body["salt"], '"column"'):
        assert secret not in said


def test_releases_are_found_by_city(client: Client, city: City, release: Release) -> None:
    assert ask(client, None, reverse("api-releases"), jurisdiction="rivermark").json()["count"] == 1
    assert reason_of(ask(client, None, reverse("api-releases"), jurisdiction="atlantis")) == (
        404,
        "not_found",
    )
    assert reason_of(ask(client, None, reverse("api-releases"), jurisdiction="a b")) == (422, "bad_input")


def test_public_endpoints_are_only_read(client: Client, release: Release) -> None:
    for address in (reverse("api-releases"), reverse("api-release", args=[release.pk])):
        assert client.post(address).status_code == 405


def test_the_tables_of_a_release_cost_as_much_as_one(client: Client, release: Release) -> None:
    one = queries_of(client, None, reverse("api-release-tables", args=[release.pk]) + "?limit=1")
    assert queries_of(client, None, reverse("api-release-tables", args=[release.pk])) == one
