"""Pages of audits: the list, one audit, its report as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audits.selectors import audit_numbered, audits_of
from audits.views.audit_page import audit_context
from governance.artifacts import read_artifact
from governance.core.roles import Permission
from governance.core.verdicts import verdict_words
from governance.permissions import can, check, open_to_signed_in
from governance.selectors import jurisdictions

if TYPE_CHECKING:
    from audits.models import AuditRun

SHOWN = 100


def _visible(request: HttpRequest, audit_id: int) -> AuditRun:
    """Return an audit that this person may read; one of a plan only where she may see the plan."""
    audit = audit_numbered(audit_id)
    if audit is None:
        raise Http404("There is no such audit.")
    check(request.user, Permission.SEE_AUDITS, audit.jurisdiction)
    if audit.district is not None:
        check(request.user, Permission.SEE_PLANS, audit.jurisdiction, audit.district)
    return audit


@open_to_signed_in
@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    """The audits that this person may read, newest first."""
    here = [each for each in jurisdictions() if can(request.user, Permission.SEE_AUDITS, each)]
    if not here:
        for jurisdiction in jurisdictions():
            check(request.user, Permission.SEE_AUDITS, jurisdiction)
    rows = [audit for each in here for audit in audits_of(each)[:SHOWN] if _may_see(request, audit)]
    shown = [(audit, verdict_words(audit.verdict)) for audit in rows]
    return render(
        request, "audits/audits.html", {"audits": shown, "jurisdiction": here[0] if len(here) == 1 else None}
    )


def _may_see(request: HttpRequest, audit: AuditRun) -> bool:
    return audit.district is None or can(
        request.user, Permission.SEE_PLANS, audit.jurisdiction, audit.district
    )


@open_to_signed_in
@require_safe
def audit_page(request: HttpRequest, audit_id: int) -> HttpResponse:
    """One audit: the sentence, the tables, the method."""
    return render(request, "audits/audit.html", audit_context(_visible(request, audit_id)))


@open_to_signed_in
@require_safe
def audit_report(request: HttpRequest, audit_id: int) -> HttpResponse:
    """The report's exact bytes: its SHA-256 is what the record holds."""
    audit = _visible(request, audit_id)
    return HttpResponse(
        read_artifact(audit.report_digest),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="audit-{audit.pk}.json"'},
    )
