"""Boosted trees: planted truth, exact factors, the same trees every time."""

import json
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from forecasting.core.boosting import Boosted, fit_boosted, least_rows, tree_digest
from forecasting.core.estimators import TrainingWindow
from forecasting.core.incidents import FloatArray
from forecasting.core.scoring import poisson_deviance
from forecasting.core.stages import fit_log_linear
from tests.core.forecasting.stage_examples import RECIPE, planted, stepped

FRESH = np.random.default_rng(99).normal(size=(2000, 2))


def fitted(blocks: list[TrainingWindow] | None = None) -> Boosted:
    return fit_boosted(blocks or planted(), RECIPE, 1)


def missed(risk: FloatArray) -> float:
    truth = stepped(FRESH)
    return poisson_deviance(truth, risk * (truth.sum() / risk.sum()))


def test_the_factors_multiply_to_the_risk_on_every_cell() -> None:
    stage = fitted()
    product = stage.base * np.prod(list(stage.factors(FRESH).values()), axis=0)
    assert product == pytest.approx(stage.risk(FRESH), rel=1e-9)
    assert (stage.risk(FRESH) > 0).all()


def test_a_term_without_effect_has_factors_near_one_and_the_step_has_both_sides() -> None:
    factors = fitted().factors(FRESH)
    assert np.abs(np.log(factors["near"])).mean() < 0.05
    above, below = factors["recent"][FRESH[:, 0] > 1.2], factors["recent"][FRESH[:, 0] < 0.8]
    assert above.mean() / below.mean() == pytest.approx(6.0, rel=0.2)


def test_a_planted_step_is_recovered_better_than_by_the_log_linear_stage() -> None:
    straight = fit_log_linear(planted(), replace(RECIPE, stage="loglinear"), 1)
    assert missed(fitted().risk(FRESH)) < 0.2 * missed(straight.risk(FRESH))


def test_more_past_incidents_never_lower_a_forecast() -> None:
    stage = fitted()
    for term in (0, 1):
        ladder = np.zeros((200, 2))
        ladder[:, term] = np.linspace(-3, 3, 200)
        assert (np.diff(stage.risk(ladder)) >= 0).all()


def test_the_same_windows_give_the_same_trees_whatever_the_threads() -> None:
    with threadpool_limits(1):
        alone = fitted()
    with threadpool_limits(2):
        crowded = fitted()
    assert alone.facts() == crowded.facts()
    assert np.array_equal(alone.risk(FRESH), crowded.risk(FRESH))
    assert all(
        np.array_equal(alone.factors(FRESH)[name], crowded.factors(FRESH)[name])
        for name in ("recent", "near")
    )


def test_the_last_bits_of_a_feature_choose_no_split() -> None:
    rng = np.random.default_rng(2)
    even = [replace(block, features=np.round(block.features, 1)) for block in planted()]
    trembling = [replace(block, features=block.features + rng.normal(0, 1e-13, (3000, 2))) for block in even]
    assert tree_digest(fitted(trembling).model) == tree_digest(fitted(even).model)


def test_one_incident_more_makes_other_trees() -> None:
    blocks = planted()
    more = [replace(blocks[0], counts=blocks[0].counts + np.eye(1, 3000)[0]), *blocks[1:]]
    assert tree_digest(fitted(more).model) != tree_digest(fitted(blocks).model)


def test_the_facts_name_the_parameters_and_the_trees_and_fit_into_json() -> None:
    facts = fitted().facts()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["stage"] == "boosted"
    assert facts["parameters"]["min_samples_leaf"] == 45
    assert len(facts["trees"]) == 64


def test_a_leaf_of_a_small_table_still_holds_twenty_rows() -> None:
    assert (least_rows(100), least_rows(208_000)) == (20, 520)
