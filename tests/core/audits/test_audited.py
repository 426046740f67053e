"""What an audit may know of one map."""

import numpy as np
import pytest

from audits.core.audited import Audited
from tests.core.audits.tiny_city import TABLE, column


def test_predictions_are_the_flags_where_a_vendor_gives_none() -> None:
    audited = Audited(TABLE, column(1, 0))
    assert audited.figure("targeted") is audited.flagged
    assert audited.figure("recorded") is None


def test_calls_stand_by_window_where_that_is_needed() -> None:
    audited = Audited(TABLE, column(1, 0), calls=np.array([3.0, 4.0]))
    stacked = audited.figure("calls_by_window")
    assert stacked is not None
    assert stacked.tolist() == [[3], [4]]
    assert Audited(TABLE, column(1, 0)).figure("calls_by_window") is None


def test_figures_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"recorded incidents have shape \(3, 1\), but \(2, 1\)"):
        Audited(TABLE, column(1, 0), recorded=column(1, 2, 3))
    with pytest.raises(ValueError, match="flags have shape"):
        Audited(TABLE, np.array([1.0, 0.0]))


def test_figures_are_numbers_and_flags_are_shares() -> None:
    with pytest.raises(ValueError, match="minutes of patrol must be numbers, 0 or more"):
        Audited(TABLE, column(1, 0), minutes=np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="flags are shares of an area"):
        Audited(TABLE, column(1.5, 0))
