"""Means over residents by way of Fairlearn's MetricFrame.

Fairlearn works on individuals. A place-based audit becomes one by writing a row per area and group, weighted
by the residents of that group in that area (`groups.group_rows`); the weighted mean over a group's rows is
then the mean over its residents. A ratio of two sums over residents is such a mean too: with a_i / b_i as the
row's value and N_ig b_i as its weight,

    sum_i N_ig b_i (a_i / b_i) / sum_i N_ig b_i  =  sum_i N_ig a_i / sum_i N_ig b_i

so a targeting rate (b = 1), a true positive rate (b = windows with an incident) and an absolute error all
take the same way. Fairlearn's own bootstrap is never used: it draws these rows one by one, as if an area's
groups were unrelated (`resampling` says what is done instead).
"""

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, mean_prediction
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def framed_mean(counts: Floats, numerator: Floats, denominator: Floats) -> Floats:
    """sum_i N_ig a_i / sum_i N_ig b_i for every group, shape (k,); NaN where the denominator is 0.

    `counts`: shape (n, k), residents. `numerator`, `denominator`: shape (n,), figures of each area, the
    denominator 0 or more and the numerator 0 wherever it is 0.
    """
    n, k = counts.shape
    group = np.repeat(np.arange(k), n)
    weight = (counts * denominator[:, None]).T.reshape(-1)
    value = np.tile(np.divide(numerator, denominator, out=np.zeros(n), where=denominator > 0), k)
    found = np.full(k, np.nan)
    used = weight > 0
    if used.any():
        frame = MetricFrame(
            metrics=mean_prediction,
            y_true=np.zeros(int(used.sum())),  # mean_prediction ignores it; MetricFrame asks for it
            y_pred=value[used],
            sensitive_features=pd.Series(group[used], name="group"),
            sample_params={"sample_weight": weight[used]},
        )
        found[frame.by_group.index.to_numpy(dtype=np.int64)] = frame.by_group.to_numpy(dtype=np.float64)
    return found
