"""Addresses of forecasting."""

from django.urls import path

from forecasting.api import batches as batches_api
from forecasting.api import cells as cells_api
from forecasting.api import context_layers as context_api
from forecasting.api import plans as plans_api
from forecasting.api import recipes as recipes_api
from forecasting.api import runs as runs_api
from forecasting.api import scenarios as scenarios_api
from forecasting.api import watching as watching_api
from forecasting.views import batches, context_layers, plans, recipes, runs, scenarios, scores, watching

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
    path("context/", context_layers.context_list, name="context"),
    path("scenarios/", scenarios.scenario_list, name="scenarios"),
    path("scenarios/<int:number>/", scenarios.scenario, name="scenario"),
    path("api/v1/scenarios", scenarios_api.Scenarios.as_view(), name="api-scenarios"),
    path("api/v1/scenarios/<int:number>", scenarios_api.Scenario.as_view(), name="api-scenario"),
    path("api/v1/context", context_api.Context.as_view(), name="api-context"),
    path("scores/", scores.score_list, name="scores"),
    path("recipes/", recipes.recipe_list, name="recipes"),
    path("recipes/draft", recipes.draft, name="recipe-draft"),
    path("recipes/<str:digest>/", recipes.recipe_page, name="recipe"),
    path("recipes/<str:digest>/act", recipes.act, name="recipe-act"),
    path("recipes/<str:digest>/card", recipes.card, name="recipe-card"),
    path("api/v1/recipes", recipes_api.Recipes.as_view(), name="api-recipes"),
    path("api/v1/recipes/<str:digest>", recipes_api.OneRecipe.as_view(), name="api-recipe"),
    path("api/v1/recipes/<str:digest>/card", recipes_api.Card.as_view(), name="api-recipe-card"),
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
    path("api/v1/scorecards/pooled", runs_api.PooledScores.as_view(), name="api-pooled-scores"),
    path("api/v1/plans", plans_api.Plans.as_view(), name="api-plans"),
    path("api/v1/plans/<int:request_id>", plans_api.OnePlan.as_view(), name="api-plan"),
    path("api/v1/batches", batches_api.Batches.as_view(), name="api-batches"),
]
