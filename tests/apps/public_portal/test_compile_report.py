"""Transparency reports: from released tables alone, the same bytes every time."""

import hashlib
import io
from datetime import timedelta

import pikepdf
import pytest

from governance.artifacts import read_artifact
from governance.core.refusals import Reason, Refused
from governance.documents import render_pdf
from governance.models import LedgerEntry
from governance.stored_log import publication_covering
from governance.tasks import publish_log
from public_portal.models import Release, Report
from public_portal.selectors.report import report_context
from public_portal.services.compile_report import compile_report
from public_portal.services.publish_release import publish_release
from public_portal.tasks import publish_due
from tests.apps.public_portal.conftest import Week


@pytest.fixture
def release(closed_week: Week) -> Release:
    """Return a release that a checkpoint covers."""
    city = closed_week.city
    released = publish_release(
        jurisdiction=city.jurisdiction, window_start=closed_week.start, by=city.scheduler
    )
    publish_log()
    return released


def test_a_report_is_a_tagged_pdf_with_one_entry(closed_week: Week, release: Release) -> None:
    before = LedgerEntry.objects.count()
    report = compile_report(release_id=release.pk, by=closed_week.city.scheduler)
    assert LedgerEntry.objects.count() == before + 1
    data = read_artifact(report.pdf_digest)
    assert hashlib.sha256(data).hexdigest() == report.pdf_digest
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        assert "pdfuaid:part" in str(pdf.open_metadata())


def test_the_same_release_and_checkpoint_give_the_same_bytes(closed_week: Week, release: Release) -> None:
    report = compile_report(release_id=release.pk, by=closed_week.city.scheduler)
    context = report_context(release, publication_covering(release.ledger_index))
    again = render_pdf("public_portal/report_document.html", context, created=release.released_at)
    assert hashlib.sha256(again).hexdigest() == report.pdf_digest


def test_a_report_compiled_twice_is_one(closed_week: Week, release: Release) -> None:
    first = compile_report(release_id=release.pk, by=closed_week.city.scheduler)
    before = LedgerEntry.objects.count()
    assert compile_report(release_id=release.pk, by=closed_week.city.scheduler) == first
    assert LedgerEntry.objects.count() == before


def test_no_report_before_a_checkpoint_covers_the_release(closed_week: Week) -> None:
    city = closed_week.city
    release = publish_release(
        jurisdiction=city.jurisdiction, window_start=closed_week.start, by=city.scheduler
    )
    with pytest.raises(Refused) as refusal:
        compile_report(release_id=release.pk, by=city.scheduler)
    assert refusal.value.reason is Reason.TOO_EARLY


def test_no_report_of_a_release_that_is_not_there(closed_week: Week) -> None:
    with pytest.raises(Refused) as refusal:
        compile_report(release_id=999, by=closed_week.city.scheduler)
    assert refusal.value.reason is Reason.NOT_FOUND


def test_nobody_without_the_permission_compiles(closed_week: Week, release: Release) -> None:
    for who in ("ana", "ben", "chloe", "dev", "eve"):
        with pytest.raises(Refused) as refusal:
            compile_report(release_id=release.pk, by=getattr(closed_week.city, who))
        assert refusal.value.reason is Reason.NOT_PERMITTED, who


def test_the_task_signs_the_record_and_compiles_what_is_missing(closed_week: Week) -> None:
    assert publish_due() == 1
    report = Report.objects.get()
    assert report.checkpoint_size > report.release.ledger_index
    assert publish_due() == 0
    assert Report.objects.count() == 1
    assert report.release.released_at >= closed_week.run.window_end + timedelta(hours=6)
