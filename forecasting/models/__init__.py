"""Tables of forecasting."""

from forecasting.models.batch import Batch
from forecasting.models.context_layer import ContextLayer
from forecasting.models.drift_run import DriftRun, Fallback, FallbackEnd
from forecasting.models.extract import Extract
from forecasting.models.finding_run import FindingRun
from forecasting.models.forecast_run import ForecastRun
from forecasting.models.incident import Incident
from forecasting.models.plan import Briefing, Plan, PlanClosure
from forecasting.models.recipe import Recipe
from forecasting.models.recipe_draft import RecipeDraft, RecipeEvaluation, RecipeRetirement, RecipeTrial
from forecasting.models.scenario_run import ScenarioRun
from forecasting.models.scorecard import Scorecard

__all__ = [
    "Batch",
    "Briefing",
    "ContextLayer",
    "DriftRun",
    "Extract",
    "Fallback",
    "FallbackEnd",
    "FindingRun",
    "ForecastRun",
    "Incident",
    "Plan",
    "PlanClosure",
    "Recipe",
    "RecipeDraft",
    "RecipeEvaluation",
    "RecipeRetirement",
    "RecipeTrial",
    "ScenarioRun",
    "Scorecard",
]
