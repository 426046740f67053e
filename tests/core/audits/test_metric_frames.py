"""Means over residents by way of Fairlearn, and why its own bootstrap is not used."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, mean_prediction

from audits.core.draws import drawn_cities
from audits.core.groups import GroupTable, group_rows
from audits.core.metric_frames import framed_mean
from audits.core.targeting import targeting_rate_drawn
from tests.core.audits.tiny_city import TABLE


def test_a_mean_over_residents_is_a_ratio_of_sums() -> None:
    """(80 x 1 + 20 x 3) / (80 x 2 + 20 x 4) and (20 + 180) / (40 + 240)."""
    found = framed_mean(TABLE.counts, np.array([1.0, 3.0]), np.array([2.0, 4.0]))
    assert found == pytest.approx([140 / 240, 200 / 280])


def test_a_group_without_residents_has_no_mean() -> None:
    found = framed_mean(np.array([[5.0, 0.0]]), np.array([1.0]), np.array([1.0]))
    assert found[0] == 1
    assert np.isnan(found[1])


def test_fairlearns_own_bootstrap_breaks_areas_apart() -> None:
    """Where every area has the same composition, no choice of areas makes the groups differ.

    Groups then have equal rates in every city drawn area by area. Fairlearn draws area-group rows as if they
    were unrelated, so its groups drift apart and its interval of their ratio is wide: it is not used.
    """
    residents = np.array([100.0, 900.0, 50.0, 10.0, 400.0, 300.0])
    flags = np.array([0.1, 0.9, 0.5, 0.3, 0.0, 0.2])
    table = GroupTable(tuple("abcdef"), ("x", "y"), residents[:, None] * [0.5, 0.25], residents)
    rates = targeting_rate_drawn(drawn_cities(table, np.random.default_rng(1), draws=500), flags[:, None])
    assert rates[:, 0] / rates[:, 1] == pytest.approx(1, abs=1e-12)
    rows = group_rows(table)
    frame = MetricFrame(
        metrics=mean_prediction,
        y_true=np.zeros(rows.area.size),
        y_pred=flags[rows.area],
        sensitive_features=pd.Series(rows.group, name="group"),
        sample_params={"sample_weight": rows.weight},
        n_boot=100,
        ci_quantiles=[0.025, 0.975],
        random_state=1,
    )
    low, high = frame.ratio_ci()
    assert frame.ratio() == pytest.approx(1)
    assert high - low > 0.3
