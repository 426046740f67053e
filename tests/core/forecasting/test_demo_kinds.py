"""The constants of the demo city's process."""

from math import hypot
from typing import Any

import numpy as np
import pytest

from forecasting.core.demo_kinds import KINDS, POORER_SIDE, hours_of_week, season_of
from tests.core.forecasting.profile_examples import shipped


def test_the_six_kinds_make_up_all_incidents() -> None:
    assert sum(kind.share for kind in KINDS) == pytest.approx(1)
    assert [kind.category for kind in KINDS if kind.discovered] == ["narcotics"]


def test_the_demo_profile_knows_every_kind() -> None:
    rules = shipped("demo").categories
    assert {kind.label: kind.category for kind in KINDS} == dict(rules.by_source)
    assert rules.police_discovered == {kind.label for kind in KINDS if kind.discovered}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.category)
def test_a_week_and_a_year_add_up(kind: Any) -> None:
    hours = hours_of_week(kind)
    assert hours.shape == (168,)
    assert hours.sum() == pytest.approx(1)
    assert hours.min() > 0
    year = season_of(kind, np.arange(1461))
    assert year.mean() == pytest.approx(1, abs=1e-3)
    assert year.max() == pytest.approx(1 + kind.season, rel=1e-3)


def test_no_kind_breeds_without_end() -> None:
    assert all(0 <= kind.branching < 1 for kind in KINDS)
    assert hypot(*POORER_SIDE) == pytest.approx(1)
