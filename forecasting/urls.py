"""Addresses of forecasting."""

from django.urls import path

from forecasting.api import batches as batches_api
from forecasting.api import cells as cells_api
from forecasting.api import plans as plans_api
from forecasting.api import runs as runs_api
from forecasting.api import watching as watching_api
from forecasting.views import batches, plans, runs, watching

urlpatterns = [
    path("plans/", plans.plan_list, name="plans"),
    path("plans/<int:request_id>/", plans.plan_page, name="plan"),
    path("plans/<int:request_id>/decide", plans.decide_plan, name="plan-decide"),
    path("plans/<int:request_id>/edit", plans.edit_plan_page, name="plan-edit"),
    path("plans/<int:request_id>/briefing.pdf", plans.briefing_file, {"kind": "pdf"}, name="plan-briefing"),
    path(
        "plans/<int:request_id>/briefing.geojson",
        plans.briefing_file,
        {"kind": "geojson"},
        name="plan-geojson",
    ),
    path("data/<int:batch_id>/refusals.csv", batches.refusals_file, name="batch-refusals"),
    path("forecasts/", runs.run_list, name="runs"),
    path("forecasts/<int:run_id>/", runs.run_page, name="run"),
    path("forecasts/<int:run_id>/explore", runs.explore_run, name="run-explore"),
    path("emerging/", watching.emerging_page, name="emerging"),
    path("drift/", watching.drift_page, name="drift"),
    path("data-quality/", watching.quality_page, name="data-quality"),
    path("api/v1/findings", watching_api.Findings.as_view(), name="api-findings"),
    path("api/v1/drift", watching_api.Drift.as_view(), name="api-drift"),
    path("api/v1/data-quality", watching_api.DataQuality.as_view(), name="api-data-quality"),
    path("api/v1/forecasts", runs_api.Runs.as_view(), name="api-runs"),
    path("api/v1/forecasts/<int:run_id>", runs_api.Run.as_view(), name="api-run"),
    path("api/v1/forecasts/<int:run_id>/cells", cells_api.Cells.as_view(), name="api-cells"),
    path("api/v1/forecasts/<int:run_id>/cells.geojson", cells_api.CellsOnMap.as_view(), name="api-cells-map"),
    path("api/v1/scorecards", runs_api.Scorecards.as_view(), name="api-scorecards"),
    path("api/v1/plans", plans_api.Plans.as_view(), name="api-plans"),
    path("api/v1/plans/<int:request_id>", plans_api.OnePlan.as_view(), name="api-plan"),
    path("api/v1/batches", batches_api.Batches.as_view(), name="api-batches"),
]
