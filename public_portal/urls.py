"""Addresses of the public portal: nobody signs in here."""

from django.urls import path

from public_portal import api
from public_portal.views import data, home, pages

urlpatterns = [
    path("public/", home.portal, name="portal"),
    path("public/<slug:slug>/", home.portal_home, name="portal-home"),
    path("public/<slug:slug>/areas/<str:code>/", home.area, name="portal-area"),
    path("public/<slug:slug>/decisions/", pages.decisions, name="portal-decisions"),
    path("public/<slug:slug>/holds/", pages.holds, name="portal-holds"),
    path("public/<slug:slug>/break-glass/", pages.break_glass, name="portal-glass"),
    path("public/<slug:slug>/fairness/", pages.fairness, name="portal-fairness"),
    path("public/<slug:slug>/scores/", pages.scores, name="portal-scores"),
    path("public/<slug:slug>/check/", pages.check, name="portal-check"),
    path("public/<slug:slug>/complaints/", pages.complaints, name="portal-complaints"),
    path("public/<slug:slug>/data/", data.data, name="portal-data"),
    path(
        "public/<slug:slug>/data/<int:number>/<slug:kind>-<slug:category>.<str:form>",
        data.table,
        name="portal-table",
    ),
    path("public/<slug:slug>/reports/<int:number>/", data.report, name="portal-report"),
    path("public/<slug:slug>/reports/<int:number>/report.pdf", data.report_pdf, name="portal-report-pdf"),
    path("api/v1/complaint-figures", api.ComplaintFigures.as_view(), name="api-complaint-figures"),
    path("api/v1/releases", api.Releases.as_view(), name="api-releases"),
    path("api/v1/releases/<int:number>", api.OneRelease.as_view(), name="api-release"),
    path("api/v1/releases/<int:number>/tables", api.Tables.as_view(), name="api-release-tables"),
]
