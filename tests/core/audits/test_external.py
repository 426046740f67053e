"""A vendor's predictions through the whole audit."""

import json

import numpy as np
import pytest

from audits.core.external import audit_predictions
from audits.core.external_measures import Vendor
from audits.core.external_words import ALIKE
from audits.core.groups import GroupTable
from audits.core.verdict import Standard

STANDARD = Standard(1.25, 100)


def vendor(seed: int = 1, tilt: float = 2.0) -> Vendor:
    rng = np.random.default_rng(seed)
    residents = rng.integers(500, 3000, 120).astype(float)
    share = rng.beta(0.6, 0.8, 120)
    few = np.zeros(120)
    few[:3] = 20
    counts = np.column_stack([np.floor(residents * share), np.floor(residents * (1 - share)), few])
    table = GroupTable(tuple(f"{i:03}" for i in range(120)), ("black", "white", "asian"), counts, residents)
    return Vendor(table, rng.poisson(np.exp(tilt * share)).astype(float))


def test_the_answer_is_plain_and_the_same_every_time() -> None:
    answer, judgement = audit_predictions(vendor(), seed=3, standard=STANDARD, draws=200)
    assert answer == audit_predictions(vendor(), seed=3, standard=STANDARD, draws=200)[0]
    assert json.loads(json.dumps(answer)) == answer
    assert answer["verdict"] == judgement.verdict.value
    assert answer["areas"]["in_a_band"] == 6


def test_every_figure_has_its_interval_round_it() -> None:
    answer, _ = audit_predictions(vendor(), seed=3, standard=STANDARD, draws=400)
    black = answer["groups"][0]
    for figure in (
        black["spearman"][ALIKE],
        black["top_5_percent"][ALIKE]["ratio"],
        black["lift"][ALIKE]["most"],
    ):
        assert figure["low"] < figure["value"] < figure["high"]


def test_predictions_that_follow_a_group_fail() -> None:
    answer, _ = audit_predictions(vendor(tilt=4), seed=3, standard=STANDARD, draws=400)
    assert answer["groups"][0]["verdict"]["verdict"] == "fail"
    assert "the most targeted 5 % of areas" in answer["sentence"]


def test_a_group_too_small_is_never_a_pass() -> None:
    answer, _ = audit_predictions(vendor(tilt=0), seed=3, standard=STANDARD, draws=200)
    asian = answer["groups"][2]
    assert asian["verdict"]["verdict"] == "insufficient"
    assert "are 60 here" in asian["spearman"][ALIKE]["insufficient"]


def test_census_margins_are_drawn_where_they_are_given() -> None:
    plain = vendor()
    unsure = Vendor(plain.table, plain.predictions, None, 0.5 * plain.table.counts)
    widths = [
        (lambda each: each["high"] - each["low"])(
            audit_predictions(one, seed=3, standard=STANDARD, draws=300)[0]["groups"][0]["spearman"][ALIKE]
        )
        for one in (plain, unsure)
    ]
    answer, _ = audit_predictions(unsure, seed=3, standard=STANDARD, draws=100)
    assert answer["interval"]["census_margins"] is True
    lift = answer["groups"][0]["lift"][ALIKE]["most"]
    assert abs(lift["conservative"]) <= abs(lift["value"])
    assert "conservative" not in answer["groups"][0]["above_median_share"]
    assert widths[0] != pytest.approx(widths[1])
