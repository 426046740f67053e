"""Downloads: released tables as they are, and transparency reports."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import rfc8785
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.artifacts import read_artifact
from governance.permissions import open_to_everyone
from governance.stored_log import publication_covering
from governance.views.city import jurisdiction_or_404
from public_portal.core.privacy import RULE
from public_portal.selectors.released import report_of, table_named, week_numbered, weeks_of
from public_portal.selectors.report import report_context
from public_portal.views.frame import frame

if TYPE_CHECKING:
    from public_portal.models import PublishedTable

COLUMNS = ("area", "name", "expected", "low", "high", "baseline", "observed")


@open_to_everyone
@require_safe
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Every released table and report, newest first."""
    jurisdiction = jurisdiction_or_404(slug)
    weeks = weeks_of(jurisdiction)
    below = weeks[0].release.suppress_below - 1 if weeks else 4
    context = frame(request, jurisdiction) | {
        "weeks": [(week, report_of(week.release)) for week in weeks],
        "below": below,
        "rule": RULE,
    }
    return render(request, "public_portal/data.html", context)


@open_to_everyone
@require_safe
def table(request: HttpRequest, slug: str, number: int, kind: str, category: str, form: str) -> HttpResponse:
    """One released table: its canonical JSON, whose SHA-256 is its digest, or its rows as CSV."""
    found = table_named(jurisdiction_or_404(slug), number, kind, "" if category == "all" else category)
    if found is None or form not in ("json", "csv") or (form == "csv" and "rows" not in found.body):
        raise Http404("There is no such table.")
    if form == "csv":
        return _file(_csv(found), "text/csv; charset=utf-8", f"{kind}-{category}.csv", found.digest)
    return _file(rfc8785.dumps(found.body), "application/json", f"{kind}-{category}.json", found.digest)


def _csv(found: PublishedTable) -> bytes:
    """The rows as CSV; an empty cell in `observed` means hidden."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _inert(value) for name, value in row.items()} for row in found.body["rows"])
    return text.getvalue().encode()


def _inert(value: object) -> object:
    """Keep a spreadsheet from running a name that looks like a formula (OWASP, CSV injection)."""
    runs = isinstance(value, str) and value.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if runs else value


def _file(content: bytes, media_type: str, name: str, digest: str) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "ETag": f'"{digest}"',
        "Cache-Control": "public, max-age=3600",
    }
    return HttpResponse(content, content_type=media_type, headers=headers)


@open_to_everyone
@require_safe
def report(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A transparency report as a page."""
    jurisdiction = jurisdiction_or_404(slug)
    week = week_numbered(jurisdiction, number)
    if week is None:
        raise Http404("There is no such report.")
    context = frame(request, jurisdiction) | report_context(
        week.release, publication_covering(week.release.ledger_index)
    )
    return render(request, "public_portal/report.html", context | {"report": report_of(week.release)})


@open_to_everyone
@require_safe
def report_pdf(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A transparency report as a PDF."""
    week = week_numbered(jurisdiction_or_404(slug), number)
    found = report_of(week.release) if week else None
    if week is None or found is None:
        raise Http404("There is no such report.")
    name = f"transparency-report-{week.release.window_start:%Y-%m-%d}.pdf"
    return _file(read_artifact(found.pdf_digest), "application/pdf", name, found.pdf_digest)
