"""Try a draft on past windows of one category, beside its rivals; the last category completes the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from forecasting.core.backtest import run_backtest
from forecasting.core.bakeoff import (
    DRAFT,
    IN_FORCE,
    BakeoffVerdict,
    bakeoff_figures,
    bakeoff_windows,
    contenders,
    judge_bakeoff,
    overall,
    overall_sentence,
)
from forecasting.core.fingerprint import table_bytes
from forecasting.core.limits import CannotForecast, as_refusal
from forecasting.core.manifest import canonical_bytes, seed_for
from forecasting.core.pipeline import make_forecast
from forecasting.core.recipe import Recipe as RecipeBody
from forecasting.core.recipe import check_features, recipe_digest, recipe_from_dict
from forecasting.core.run_tables import cell_columns
from forecasting.core.training import City, surfaces_for
from forecasting.core.windows import Window
from forecasting.core.wording import incidents_of
from forecasting.models import Extract, RecipeEvaluation, RecipeTrial
from forecasting.selectors.extracts import incidents_in
from forecasting.selectors.geography import city_of
from forecasting.selectors.profiles import reporting_delay
from forecasting.selectors.recipes import BACKTEST
from forecasting.selectors.runs import recipe_in_force
from governance import clock
from governance.artifacts import store_artifact
from governance.core.holds import Subject
from governance.core.refusals import Reason, Refused
from governance.core.roles import Permission
from governance.holds import check_not_held
from governance.ledger import record
from governance.permissions import check
from governance.selectors import policy_in_force
from governance.services.attach_evidence import attach_evidence

if TYPE_CHECKING:
    from forecasting.core.incidents import Incidents
    from governance.models import User
    from governance.selectors import PolicyInForce

FORMAT = "lamplight-bakeoff/1"


@dataclass(frozen=True)
class _Made:
    """What one bake-off came to; ``cells`` is empty where there was too little to forecast from."""

    verdict: str
    sentence: str
    figures: dict[str, Any]
    cells: bytes = b""


@transaction.atomic
def evaluate_recipe(
    *, evaluation: RecipeEvaluation, category: str, extract: Extract, by: User
) -> RecipeTrial:
    """Score a draft of one category on the ordered windows, from an extract sealed as of the order.

    Beside it run all-history counts, decayed counts, kernel density and the recipe in force, on the same cells and
    windows. With the last category the verdict of all is attached as evidence. Done twice, it is one trial. Only
    whoever runs forecasts and audits does it, which no person does: the schedule alone makes evidence about a
    draft. Raises Refused(NOT_PERMITTED | DIGEST_CHANGED | BAD_INPUT | OUTSIDE_POLICY | TOO_LARGE | ON_HOLD).
    """
    draft = evaluation.draft
    jurisdiction = draft.jurisdiction
    role = check(by, Permission.RUN_FORECASTS, jurisdiction)
    check(by, Permission.RUN_AUDITS, jurisdiction)
    if not by.is_service:  # one who holds the one role and was lent the other is a person all the same
        raise Refused(
            Reason.NOT_PERMITTED, "Only the schedule tries a draft: order its evaluation and wait for it."
        )
    known = RecipeTrial.objects.filter(evaluation=evaluation, category=category).first()
    if known is not None:
        return known
    with as_refusal():
        recipe = recipe_from_dict(draft.body)
    _check(evaluation, recipe, category, extract)
    subject = Subject(frozenset({draft.digest}), category=category)
    check_not_held(
        jurisdiction, subject
    )  # an extract of a category on hold is sealed where one waits for its score
    policy = policy_in_force(jurisdiction)
    check_features(recipe.to_dict(), policy.terms.prohibited_features)
    city = city_of(jurisdiction, recipe.cell_metres, policy.terms.shifts)
    made, report = _compute(evaluation, recipe, category, extract, city, policy)
    entry = record(
        action="recipe.tried",
        subject_kind="recipe",
        subject=draft.digest,
        by=by,
        role=role,
        jurisdiction=jurisdiction,
        policy_version=policy.version,
        outcome=made.verdict,
        detail={
            "category": category,
            "windows": evaluation.windows,
            "report": report,
            "extract": extract.digest,
        },
    )
    check_not_held(jurisdiction, subject)  # once more, with the log locked: trying took long
    trial = RecipeTrial.objects.create(
        evaluation=evaluation,
        extract=extract,
        category=category,
        verdict=made.verdict,
        sentence=made.sentence,
        figures=made.figures,
        report_digest=report,
        cells_digest=_stored(made.cells, category) if made.cells else "",
        cell=city.grid.cell,
        origin_x=city.grid.origin_x,
        origin_y=city.grid.origin_y,
        tried_at=clock.now(jurisdiction),
        ledger_index=entry.index,
    )
    _conclude(
        evaluation, recipe, by
    )  # the log is locked since `record`: of two last trials one sees the other
    return trial


def _check(evaluation: RecipeEvaluation, recipe: RecipeBody, category: str, extract: Extract) -> None:
    if recipe_digest(recipe) != evaluation.draft.digest:
        raise Refused(
            Reason.DIGEST_CHANGED, "The recipe is not the one whose evaluation was ordered. Draft it anew."
        )
    if category not in recipe.categories:
        raise Refused(Reason.BAD_INPUT, f"The recipe is not about {category.replace('_', ' ')}.")
    if extract.jurisdiction_id != evaluation.draft.jurisdiction_id or extract.as_of != evaluation.as_of:
        raise Refused(
            Reason.BAD_INPUT,
            f"The extract {extract.digest[:12]}… does not hold what was known when the evaluation was ordered, at "
            f"{evaluation.as_of:%d %B %Y %H:%M} UTC. Seal one as of then.",
        )


def _compute(
    evaluation: RecipeEvaluation,
    recipe: RecipeBody,
    category: str,
    extract: Extract,
    city: City,
    policy: PolicyInForce,
) -> tuple[_Made, str]:
    """Return what the bake-off came to, and the digest of its stored report."""
    jurisdiction = evaluation.draft.jurisdiction
    delay = reporting_delay(jurisdiction)
    known_until = int((evaluation.as_of - delay).timestamp())
    windows = bakeoff_windows(known_until, recipe.horizon_days, evaluation.windows, jurisdiction.timezone)
    rival = recipe_in_force(jurisdiction, category, evaluation.as_of)
    rivals = contenders(
        recipe, recipe_from_dict(rival.body) if rival else None, delay_days=delay.total_seconds() / 86_400
    )
    seed = seed_for(jurisdiction.slug, category, "bakeoff", evaluation.draft.digest)
    try:
        made = _bake(incidents_in(extract), city, category, rivals, windows, policy.terms.flag_share, seed)
    except CannotForecast as problem:
        made = _Made(BakeoffVerdict.INSUFFICIENT, problem.message, {"windows": 0, "models": {}, "paired": {}})
    report = {
        "format": FORMAT,
        "jurisdiction": jurisdiction.slug,
        "recipe": evaluation.draft.digest,
        "category": category,
        "extract": extract.digest,
        "as_of": _utc(evaluation.as_of.timestamp()),
        "first": _utc(windows[0].start),
        "last": _utc(windows[-1].end),
        "in_force": rival.digest if rival else None,
        "rivals": {name: each.to_dict() for name, each in rivals.items()},
        "seed": seed,
        "verdict": made.verdict,
        "sentence": made.sentence,
        "figures": made.figures,
    }
    name = f"bake-off of {category}.json"
    return made, store_artifact(canonical_bytes(report), "application/json", name=name).digest


def _bake(
    incidents: dict[str, Incidents],
    city: City,
    category: str,
    rivals: dict[str, RecipeBody],
    windows: tuple[Window, ...],
    flag_share: float,
    seed: int,
) -> _Made:
    if category not in incidents:
        raise CannotForecast(
            "too_few_incidents",
            f"No {incidents_of(category)} were known when the evaluation was ordered, so there is nothing to try it "
            "on. Bring data in, or leave the category out.",
        )
    backtest = run_backtest(incidents, city, category, rivals, windows, seed=seed, progress=_quiet)
    figures = bakeoff_figures(backtest, seed)
    verdict, sentence = judge_bakeoff(figures, incidents_of(category))
    ours = rivals[DRAFT]
    last = make_forecast(
        surfaces_for(incidents, city, ours, category),
        city,
        ours,
        windows[-1],
        flag_area=flag_share * city.grid.total_area,
        seed=seed,
    )
    return _Made(verdict.value, sentence, figures, table_bytes(cell_columns(last, city.grid)))


def _quiet(model: str, done: int, windows: int) -> None:
    """Progress is told by finished categories."""


def _stored(cells: bytes, category: str) -> str:
    return store_artifact(cells, "application/vnd.apache.parquet", name=f"tried cells of {category}").digest


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%MZ}"


def _conclude(evaluation: RecipeEvaluation, recipe: RecipeBody, by: User) -> None:
    """Attach the verdict of all categories once every one of them was tried."""
    trials = list(RecipeTrial.objects.filter(evaluation=evaluation).order_by("category"))
    if {trial.category for trial in trials} < set(recipe.categories):
        return
    verdict = overall([trial.verdict for trial in trials])
    sentence = overall_sentence(verdict, [trial.sentence for trial in trials])
    report = {
        "format": FORMAT,
        "jurisdiction": evaluation.draft.jurisdiction.slug,
        "recipe": evaluation.draft.digest,
        "verdict": verdict,
        "sentence": sentence,
        "reports": {trial.category: trial.report_digest for trial in trials},
        "in_force": IN_FORCE in {name for trial in trials for name in trial.figures["paired"]},
    }
    stored = store_artifact(canonical_bytes(report), "application/json", name="bake-off of a recipe.json")
    attach_evidence(
        subject_digest=evaluation.draft.digest,
        kind=BACKTEST,
        verdict=verdict,
        summary=sentence,
        report_digest=stored.digest,
        jurisdiction=evaluation.draft.jurisdiction,
        by=by,
    )
