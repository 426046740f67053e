"""What a model card is made from: the recipe, its evaluation, its runs' scores, its audits and its approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecasting.core.limits import as_refusal
from forecasting.core.model_card import CardSource, model_card
from forecasting.core.recipe import recipe_from_dict
from forecasting.selectors.recipes import Standing, runs_of_recipe, scores_of_recipe
from governance.core.approval import Verdict
from governance.selectors import votes_on

if TYPE_CHECKING:
    from datetime import datetime

    from forecasting.models import Scorecard


def card_of(standing: Standing) -> dict[str, Any]:
    """Return the model card of a recipe as plain data. Raises Refused(BAD_INPUT) for a body that is no recipe."""
    with as_refusal():
        recipe = recipe_from_dict(standing.body)
    scores = scores_of_recipe(standing.recipe) if standing.recipe else []
    return model_card(
        CardSource(
            title=standing.title,
            jurisdiction=standing.jurisdiction.name,
            recipe=recipe,
            digest=standing.digest,
            state=standing.state.value,
            data=_data(standing),
            trials=[
                {
                    "category": each.category,
                    "verdict": each.verdict,
                    "sentence": each.sentence,
                    "figures": each.figures,
                    "report": each.report_digest,
                }
                for each in standing.trials
            ],
            scores=[_score(each) for each in scores],
            evidence=[
                {
                    "kind": kind,
                    "verdict": row.verdict,
                    "sentence": row.summary,
                    "report": row.report_digest,
                    "entry": row.ledger_index,
                }
                for kind, row in sorted(standing.evidence.items())
            ],
            approval=_approval(standing),
            digests=_digests(standing, scores),
        )
    )


def _data(standing: Standing) -> dict[str, Any]:
    """The span of the data: of the evaluation, and of the forecasts that were issued with it."""
    runs = runs_of_recipe(standing.recipe) if standing.recipe else []
    extract = standing.trials[0].extract if standing.trials else None
    return {
        "categories": standing.categories,
        "evaluated_as_of": _utc(standing.evaluation.as_of) if standing.evaluation else None,
        "evaluated_on_rows": extract.rows if extract else None,
        "windows": standing.evaluation.windows if standing.evaluation else None,
        "forecasts": len(runs),
        "first_window": _utc(runs[-1].window_start) if runs else None,
        "last_window": _utc(runs[0].window_end) if runs else None,
        "last_as_of": _utc(max(run.as_of for run in runs)) if runs else None,
    }


def _score(card: Scorecard) -> dict[str, Any]:
    return {
        "category": card.run.category,
        "window_start": _utc(card.run.window_start),
        "window_end": _utc(card.run.window_end),
        "standing": card.standing,
        "figures": card.figures,
        "digest": card.digest,
    }


def _approval(standing: Standing) -> dict[str, Any]:
    """Who agreed to it and until when; at genesis nobody voted."""
    request, recipe, retirement = standing.request, standing.recipe, standing.retirement
    votes = votes_on(request) if request else []
    agreed = [each for each in votes if each.verdict == Verdict.APPROVE and each.digest == standing.digest]
    return {
        "at_genesis": standing.digest in standing.jurisdiction.genesis.get("recipe", []),
        "request": request.pk if request else None,
        "request_state": request.state if request else None,
        "approved_by": [each.user.name for each in agreed],
        "decided_at": _utc(request.decided_at) if request and request.decided_at else None,
        "valid_until": _utc(recipe.valid_until) if recipe else None,
        "retired_at": _utc(retirement.retired_at) if retirement else None,
    }


def _digests(standing: Standing, scores: list[Scorecard]) -> dict[str, str]:
    extracts = {each.extract.digest for each in standing.trials}
    return {
        "recipe": standing.digest,
        **{f"extract_{number}": each for number, each in enumerate(sorted(extracts), 1)},
        **{f"bake_off_{each.category}": each.report_digest for each in standing.trials},
        **{f"evidence_{kind}": row.report_digest for kind, row in sorted(standing.evidence.items())},
        **({"newest_score": scores[-1].digest} if scores else {}),
    }


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}"
