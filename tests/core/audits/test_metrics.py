"""The catalogue of metrics."""

import inspect
from functools import partial

import pytest

from audits.core.audited import NAMES
from audits.core.evidence import Floors
from audits.core.metrics import METRICS, Metric


def test_every_row_of_the_table_is_there_but_those_that_are_no_figure() -> None:
    """12 is a simulation; 16 and 17 are how all others are computed and judged."""
    assert {each.row for each in METRICS} == set(range(1, 16)) - {12}


def test_no_two_metrics_share_a_name() -> None:
    assert len({each.name for each in METRICS}) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda each: each.name)
def test_a_metric_names_known_figures_and_says_what_it_means(metric: Metric) -> None:
    function = metric.function.func if isinstance(metric.function, partial) else metric.function
    assert len(inspect.getdoc(function) or "") > 60
    assert set(metric.needs) <= set(NAMES)
    assert all(hasattr(Floors(), name) for name in metric.rests_on)
    positional = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    assert len(positional) == 1 + len(metric.needs)
