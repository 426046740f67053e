"""The final stages beside one another on Portland: deviance, seconds, and how exactly each is explained.

    python -m tests.benchmarks.bench_stages [--windows 4]

Thefts of vehicles on 500-ft cells, windows of 28 days spread evenly over 26 from 4 March 2015. Seconds are processor
time of one forecast: fit, explanation and intervals, the features being known. Speed stands beside a reference
workload timed in the same run. Skipped by name where the open data is absent.
"""

import argparse
import sys
import time

import numpy as np

from forecasting.core.boosting import Boosted
from forecasting.core.incidents import FloatArray
from forecasting.core.pipeline import make_forecast
from forecasting.core.recipe import ISSUABLE, MODELS, standard_recipe
from forecasting.core.scoring import poisson_deviance
from forecasting.core.training import surfaces_for
from tests.benchmarks.bench_forecast import DATA
from tests.benchmarks.bench_peers import Trial, portland

CATEGORY, SEED = "motor_vehicle_theft", 1
FEW_SECONDS, EXACT = 10.0, 1e-9
"""Wanted of every model that may forecast; a comparator may take its time."""


def trial_of(trial: Trial, model: str, windows: int) -> tuple[list[float], list[float], float]:
    """Forecast evenly spread windows; return deviances, seconds and the largest error of the factors."""
    recipe = standard_recipe(model, (CATEGORY,), related=tuple(trial.incidents))
    surfaces = surfaces_for(trial.incidents, trial.city, recipe, CATEGORY)
    deviances, seconds, error = [], [], 0.0
    for number in np.linspace(0, len(trial.windows) - 1, windows).astype(int):
        window = trial.windows[number]
        for cut in (window.start - 28 * 86_400 * back for back in range(14)):
            surfaces.features(cut)
        began = time.process_time()
        made = make_forecast(surfaces, trial.city, recipe, window, flag_area=0.0, seed=SEED)
        seconds.append(time.process_time() - began)
        deviances.append(poisson_deviance(surfaces.counts(window.start, window.end), made.expected))
        if isinstance(made.training.stage, Boosted):
            error = max(error, misfit(made.training.stage, surfaces.features(window.start)))
    return deviances, seconds, error


def misfit(stage: Boosted, features: FloatArray) -> float:
    """Return how far base times factors strays from the risk, relative, at worst."""
    product = stage.base * np.prod(list(stage.factors(features).values()), axis=0)
    return float(np.abs(product / stage.risk(features) - 1).max())


def reference() -> float:
    """Sort five million numbers; return the seconds."""
    numbers = np.random.default_rng(1).random(5_000_000)
    began = time.process_time()
    np.sort(numbers)
    return time.process_time() - began


def main() -> None:
    """Measure, print, and say what was missed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--windows", type=int, default=4)
    windows = asked.parse_args().windows
    if not (DATA / "portland").exists():
        print("skipped: Portland's open data is not here")
        return
    trial, missed = portland(26), []
    print(f"reference (sorting five million numbers): {reference():.2f} s; {len(trial.city.grid):,} cells")
    for model in MODELS:
        deviances, seconds, error = trial_of(trial, model, windows)
        said = f"   factors miss by {error:.1g} at most (wanted: {EXACT:g})" if model == "boosted" else ""
        print(
            f"  {model:8} deviance {np.mean(deviances):7.1f} a window   {max(seconds):5.1f} s{said}",
            flush=True,
        )
        slow = model in ISSUABLE and max(seconds) > FEW_SECONDS
        missed += [model] if slow or error > EXACT else []
    if missed:
        sys.exit(f"bench_stages: missed by {', '.join(missed)}")


if __name__ == "__main__":
    main()
