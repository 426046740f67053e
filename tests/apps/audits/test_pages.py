"""Pages of audits, over HTTP."""

import hashlib

import pytest
from django.test import Client

from audits.models import AuditRun, ResidentTable
from audits.services.run_audit import run_audit
from tests.apps.audits.test_run_audit import EVEN, WEST
from tests.cast import City
from tests.factories.forecasts import add_plan, add_run

pytestmark = pytest.mark.usefixtures("residents")


@pytest.fixture
def plan_audit(city: City, residents: ResidentTable) -> AuditRun:
    """Return the audit of a plan of Central that leans to the west."""
    plan = add_plan(city, add_run(city, flagged=EVEN), places=WEST)
    return run_audit(subject_kind="plan", subject_digest=plan.digest, by=city.scheduler)


def test_the_page_says_the_verdict_first_and_every_figure_with_its_interval(
    city: City, client: Client, plan_audit: AuditRun
) -> None:
    client.force_login(city.dev)
    page = client.get(f"/audits/{plan_audit.pk}/").content.decode()
    assert page.index(plan_audit.sentence) < page.index("<table")
    assert "Residents below poverty" in page
    assert "What counting alone would have done" in page
    assert page.count("<svg") >= 2


def test_the_list_links_to_the_audit(city: City, client: Client, plan_audit: AuditRun) -> None:
    client.force_login(city.chloe)
    page = client.get("/audits/").content.decode()
    assert f'href="/audits/{plan_audit.pk}/"' in page


def test_the_report_has_the_digest_that_the_record_holds(
    city: City, client: Client, plan_audit: AuditRun
) -> None:
    client.force_login(city.dev)
    data = client.get(f"/audits/{plan_audit.pk}/report.json").content
    assert hashlib.sha256(data).hexdigest() == plan_audit.report_digest


def test_a_supervisor_reads_audits_of_her_own_district_only(
    city: City, client: Client, plan_audit: AuditRun
) -> None:
    client.force_login(city.ben)
    assert client.get(f"/audits/{plan_audit.pk}/").status_code == 200
    client.force_login(city.bea)
    assert client.get(f"/audits/{plan_audit.pk}/").status_code == 403
    assert f"/audits/{plan_audit.pk}/" not in client.get("/audits/").content.decode()


def test_nobody_else_reads_an_audit(city: City, client: Client, plan_audit: AuditRun) -> None:
    addresses = ["/audits/", f"/audits/{plan_audit.pk}/", f"/audits/{plan_audit.pk}/report.json"]
    assert {client.get(each).status_code for each in addresses} == {302}
    client.force_login(city.eve)
    assert {client.get(each).status_code for each in addresses} == {403}


def test_an_audit_that_does_not_exist_is_not_found(city: City, client: Client) -> None:
    client.force_login(city.dev)
    assert client.get("/audits/999999/").status_code == 404


def test_an_empty_list_says_when_audits_come(city: City, client: Client) -> None:
    client.force_login(city.dev)
    assert "No audit yet" in client.get("/audits/").content.decode()
