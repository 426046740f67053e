"""Forecasts and plans that happen by themselves: rows in a state, each deed safe to repeat."""

from forecasting.tasks.forecasts import (
    DAYS,
    LEAD,
    issue_due,
    issue_due_in,
    issue_now,
    issue_one,
    score_due,
    score_due_in,
    score_one,
)
from forecasting.tasks.plans import close_due, execute_approved, propose_due, propose_due_in
from forecasting.tasks.recipes import adopt_approved_recipes, evaluate_drafts, evaluate_one
from forecasting.tasks.watching import (
    check_drift_due,
    check_drift_due_in,
    check_one,
    look_at_one,
    look_for_findings_due,
    look_for_findings_due_in,
)

__all__ = [
    "DAYS",
    "LEAD",
    "adopt_approved_recipes",
    "check_drift_due",
    "check_drift_due_in",
    "check_one",
    "close_due",
    "evaluate_drafts",
    "evaluate_one",
    "execute_approved",
    "issue_due",
    "issue_due_in",
    "issue_now",
    "issue_one",
    "look_at_one",
    "look_for_findings_due",
    "look_for_findings_due_in",
    "propose_due",
    "propose_due_in",
    "score_due",
    "score_due_in",
    "score_one",
]
