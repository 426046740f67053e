"""Addresses of forecasting."""

from django.urls import path

from forecasting.views import batches, plans, runs

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
]
