"""Past windows with a planted effect, for the tests of final stages."""

import numpy as np

from forecasting.core.estimators import TrainingWindow
from forecasting.core.incidents import FloatArray
from forecasting.core.recipe import Recipe, Term

TERMS = (Term("recent", 60.0, None, 1.0), Term("near", 365.0, 230.0, 0.02))
RECIPE = Recipe("boosted", ("theft",), TERMS, stage="boosted")


def stepped(features: FloatArray) -> FloatArray:
    """Six times the risk above 1 of the first term, and no other effect."""
    return np.where(features[:, 0] > 1.0, 6.0, 1.0)


def planted(windows: int = 6, cells: int = 3000, seed: int = 5) -> list[TrainingWindow]:
    """Windows whose counts follow the step."""
    rng = np.random.default_rng(seed)
    blocks = []
    for _ in range(windows):
        features = rng.normal(size=(cells, 2))
        exposure = rng.uniform(0.05, 0.15, cells)
        counts = rng.poisson(exposure * stepped(features)).astype(np.float64)
        blocks.append(TrainingWindow(features, exposure, counts))
    return blocks
