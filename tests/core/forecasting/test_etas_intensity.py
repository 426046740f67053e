"""The self-exciting surface for many moments, by hand and beside the exact expectation."""

import numpy as np
import pytest

from forecasting.core.etas import fit_etas
from forecasting.core.etas_forecast import expect_etas
from forecasting.core.etas_intensity import AHEAD_DAYS, SETTINGS, EtasSurfaces, followers_to_come
from forecasting.core.etas_kernels import wait_weights
from forecasting.core.windows import DAY, Window
from tests.core.forecasting.point_examples import at_days, self_exciting, square
from tests.core.forecasting.test_etas_forecast import given

CUT = 400 * DAY
INCIDENTS = self_exciting(np.random.default_rng(3), ratio=0.3, background=1500, days=430, hills=3)


def test_followers_still_to_come_by_hand() -> None:
    waits = wait_weights(5.0, 90)
    made = followers_to_come(5.0, 90)
    assert made.shape == (91,)
    assert made[0] == pytest.approx(waits[1 : AHEAD_DAYS + 1].sum())
    assert made[3] == pytest.approx(waits[4 : AHEAD_DAYS + 4].sum())
    assert made[90] == 0


def test_one_incident_by_hand() -> None:
    surfaces = EtasSurfaces(square(), at_days([2000], [2000], [399.5]), 1.0)
    made = surfaces.intensity(given(0.4, 0.2, 0.6), CUT)
    to_come = (0.4 + 0.2) * wait_weights(5.0, 90)[1 : AHEAD_DAYS + 1].sum() / AHEAD_DAYS
    assert made.sum() == pytest.approx(0.6 + to_come, rel=0.01)
    assert made.argmax() in square().locate(np.array([1990.0, 2010.0]), np.array([1990.0, 2010.0]))


def test_it_agrees_with_the_exact_expectation_of_the_week() -> None:
    fit = fit_etas(INCIDENTS, square(), CUT, SETTINGS, unit_metres=1.0)
    assert fit.usable
    made = EtasSurfaces(square(), INCIDENTS, 1.0).intensity(fit, CUT)
    exact = expect_etas(
        fit, INCIDENTS, square(), Window(CUT, CUT + AHEAD_DAYS * DAY), unit_metres=1.0, own=False
    )
    assert made.sum() * AHEAD_DAYS == pytest.approx(exact.total.sum(), rel=0.02)
    assert np.corrcoef(made, exact.total)[0, 1] > 0.995


def test_one_fit_or_another_the_kept_background_is_the_same() -> None:
    surfaces = EtasSurfaces(square(), INCIDENTS, 1.0)
    fits = [given(0.1, 0.2, 0.7), given(0.2, 0.0, 0.8)]
    first = [surfaces.intensity(fit, CUT) for fit in fits]
    fresh = [EtasSurfaces(square(), INCIDENTS, 1.0).intensity(fit, CUT) for fit in reversed(fits)]
    assert np.array_equal(first[0], fresh[1])
    assert np.array_equal(first[1], fresh[0])


def test_only_what_was_over_before_the_moment_is_seen_and_no_past_is_nothing() -> None:
    known = INCIDENTS.where(INCIDENTS.ends < CUT)
    assert len(known) < len(INCIDENTS)
    made = [
        EtasSurfaces(square(), each, 1.0).intensity(given(0.1, 0.2, 0.7), CUT) for each in (known, INCIDENTS)
    ]
    assert np.array_equal(made[0], made[1])
    assert not EtasSurfaces(square(), INCIDENTS, 1.0).intensity(given(0.1, 0.2, 0.7), -DAY).any()
