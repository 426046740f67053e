"""Compile the transparency report of one release, from released tables alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from governance import clock
from governance.artifacts import store_artifact
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.documents import render_pdf
from governance.ledger import record
from governance.permissions import check
from governance.stored_log import publication_covering
from public_portal.models import Release, Report
from public_portal.selectors.report import report_context

if TYPE_CHECKING:
    from governance.models import User


@transaction.atomic
def compile_report(*, release_id: int, by: User) -> Report:
    """Write the report as a tagged PDF; its bytes depend on the released tables and the checkpoint alone.

    The checkpoint is a published state of the record that holds the release. One report a release: asked
    again, the one there is is returned. Raises Refused(NOT_PERMITTED | NOT_FOUND | TOO_EARLY).
    """
    release = Release.objects.select_related("jurisdiction").filter(pk=release_id).first()
    if release is None:
        raise Refused(
            Reason.NOT_FOUND, f"There is no release {release_id}, so there is nothing to report on."
        )
    role = check(by, Permission.PUBLISH, release.jurisdiction)
    known = Report.objects.filter(release=release).first()
    if known is not None:
        return known
    publication = publication_covering(release.ledger_index)
    if publication is None:
        raise Refused(
            Reason.TOO_EARLY,
            f"No published checkpoint covers entry {release.ledger_index} yet: run `manage.py run_schedule` first.",
        )
    context = report_context(release, publication)
    pdf = render_pdf("public_portal/report_document.html", context, created=release.released_at)
    artifact = store_artifact(pdf, "application/pdf", name=f"report of {release.window_start:%Y-%m-%d}.pdf")
    entry = record(
        action="report.compiled",
        subject_kind="report",
        subject=artifact.digest,
        by=by,
        role=role,
        jurisdiction=release.jurisdiction,
        policy_version=release.policy_version,
        detail={"release": release.digest, "checkpoint_size": publication.checkpoint.size},
    )
    return Report.objects.create(
        release=release,
        pdf_digest=artifact.digest,
        checkpoint_size=publication.checkpoint.size,
        compiled_at=clock.now(release.jurisdiction),
        ledger_index=entry.index,
    )
