"""Addresses of audits."""

from django.urls import path

from audits import api
from audits.views import audits

urlpatterns = [
    path("audits/", audits.audit_list, name="audits"),
    path("audits/<int:audit_id>/", audits.audit_page, name="audit"),
    path("audits/<int:audit_id>/report.json", audits.audit_report, name="audit-report"),
    path("api/v1/audits", api.Audits.as_view(), name="api-audits"),
    path("api/v1/audits/<int:audit_id>", api.OneAudit.as_view(), name="api-audit"),
]
