"""The API of audits: the list, and one with its report."""

import hashlib
import json

import pytest
from django.test import Client
from django.urls import reverse

from audits.models import AuditRun
from audits.services.run_audit import run_audit
from governance.artifacts import read_artifact
from tests.apps.audits.test_run_audit import EVEN, WEST
from tests.asking import ask, queries_of, reason_of
from tests.cast import City
from tests.factories.forecasts import add_plan, add_run

pytestmark = pytest.mark.usefixtures("residents")


@pytest.fixture
def plan_audit(city: City, residents: object) -> AuditRun:
    """Return the audit of a plan of Central."""
    plan = add_plan(city, add_run(city, flagged=EVEN), places=WEST)
    return run_audit(subject_kind="plan", subject_digest=plan.digest, by=city.scheduler)


@pytest.fixture
def run_audited(city: City, residents: object) -> AuditRun:
    """Return the audit of a whole forecast."""
    run = add_run(city, flagged=EVEN, category="robbery")
    return run_audit(subject_kind="run", subject_digest=run.digest, by=city.scheduler)


def test_an_audit_comes_with_the_report_that_has_its_digest(
    client: Client, city: City, plan_audit: AuditRun
) -> None:
    said = ask(client, city.dev, reverse("api-audit", args=[plan_audit.pk])).json()
    stored = read_artifact(plan_audit.report_digest)
    assert said["sentence"] == plan_audit.sentence
    assert said["report"] == json.loads(stored)
    assert said["report_digest"] == hashlib.sha256(stored).hexdigest()


def test_a_supervisor_reads_audits_of_her_own_districts_plans_and_of_whole_forecasts(
    client: Client, city: City, plan_audit: AuditRun, run_audited: AuditRun
) -> None:
    seen = {
        name: {
            each["id"] for each in ask(client, getattr(city, name), reverse("api-audits")).json()["results"]
        }
        for name in ("ana", "ben", "bea", "chloe", "dev")
    }
    both = {plan_audit.pk, run_audited.pk}
    assert seen == {"ana": both, "ben": both, "bea": {run_audited.pk}, "chloe": both, "dev": both}
    refused = ask(client, city.bea, reverse("api-audit", args=[plan_audit.pk]))
    assert reason_of(refused) == (403, "not_permitted")
    assert (
        refused.json()["detail"]
        in ask(client, city.bea, reverse("audit", args=[plan_audit.pk])).content.decode()
    )


def test_visitors_and_accounts_without_a_role_read_none(
    client: Client, city: City, plan_audit: AuditRun
) -> None:
    for address in (reverse("api-audits"), reverse("api-audit", args=[plan_audit.pk])):
        assert reason_of(ask(client, None, address)) == (403, "not_authenticated")
        assert reason_of(ask(client, city.eve, address)) == (403, "not_permitted")


def test_an_audit_that_does_not_exist_is_not_found(client: Client, city: City) -> None:
    assert reason_of(ask(client, city.dev, reverse("api-audit", args=[999_999]))) == (404, "not_found")


def test_the_list_costs_as_much_with_one_audit_as_with_many(
    client: Client, city: City, plan_audit: AuditRun
) -> None:
    few = queries_of(client, city.dev, reverse("api-audits"))
    for category in ("robbery", "vandalism"):
        run = add_run(city, flagged=EVEN, category=category)
        run_audit(subject_kind="run", subject_digest=run.digest, by=city.scheduler)
    assert ask(client, city.dev, reverse("api-audits")).json()["count"] == 3
    assert queries_of(client, city.dev, reverse("api-audits")) == few
