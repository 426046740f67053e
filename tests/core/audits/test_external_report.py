"""What a report on anybody's predictions shows."""

from typing import Any

import numpy as np
import pytest

from audits.core.external import audit_predictions
from audits.core.external_measures import Vendor
from audits.core.external_report import NO_EVIDENCE, report_tables, table_lines, written
from audits.core.groups import GroupTable
from audits.core.verdict import Standard


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    residents = np.full(60, 1000.0)
    black = np.floor(1000 * rng.random(60))
    few = np.zeros(60)
    few[0] = 9
    table = GroupTable(
        tuple(f"{i:02}" for i in range(60)), ("black", "asian"), np.column_stack([black, few]), residents
    )
    vendor = Vendor(table, rng.poisson(2, 60).astype(float), rng.poisson(5, 60).astype(float))
    return audit_predictions(vendor, seed=1, standard=Standard(1.25, 100), draws=200)[0]


def test_a_figure_is_written_with_its_interval_and_a_true_minus_sign() -> None:
    assert written({"value": -0.25, "low": -0.3, "high": 0.1}, signed=True) == "−0.25 [−0.30 to +0.10]"
    assert written({"value": 1.5, "low": None, "high": None}) == "1.50 [– to –]"


def test_too_little_evidence_is_written_instead_of_a_number() -> None:
    assert written({"value": 1.5, "low": 1, "high": 2, "insufficient": "few"}) == NO_EVIDENCE
    assert written({"value": None, "low": None, "high": None}) == NO_EVIDENCE


def test_the_report_has_every_group_in_every_table_and_says_what_is_missing(answer: dict[str, Any]) -> None:
    tables = report_tables(answer)
    assert [len(each["rows"]) for each in tables["tops"]] == [4, 4]
    assert len(tables["lifts"]) == 6
    assert [row["number"] for row in tables["deciles"]] == list(range(1, 11))
    assert tables["associations"][1]["alike"] == NO_EVIDENCE
    assert any("are 9 here" in reason for reason in tables["reasons"])
    assert len(tables["given"]) == 2


def test_the_picture_has_words_for_those_who_cannot_see_it(answer: dict[str, Any]) -> None:
    picture = report_tables(answer)["picture"]
    assert "as a ratio to residents overall: Black residents" in picture
    assert "not enough evidence" in picture


def test_a_terminal_gets_the_verdict_and_a_line_for_each_group(answer: dict[str, Any]) -> None:
    lines = table_lines(answer)
    assert lines[0] == answer["sentence"]
    assert [line.split()[0] for line in lines[3:5]] == ["black", "asian"]
