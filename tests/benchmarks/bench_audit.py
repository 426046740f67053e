"""How fast a whole audit is: 2,000 draws over 408 areas x 5 groups, beside a reference of the same run.

Run by `make bench`. The references: Fairlearn's own bootstrap of one metric (which draws rows, and is only timed
here), and one sort of ten million numbers, so that a slow machine shows in both.
"""

import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, mean_prediction

from audits.core.audit_table import audit_table
from audits.core.audited import Audited
from audits.core.efficiency import best_flags
from audits.core.groups import GroupTable, group_rows
from audits.core.metrics import METRICS

AREAS, GROUPS, WINDOWS, DRAWS = 408, 5, 12, 2000
WANTED_SECONDS = 5.0
FAIRLEARN_REPEATS = 20


def timed(name: str, work: Callable[[], Any]) -> tuple[Any, float]:
    """Do it, print how long it took, return both."""
    began, used = time.perf_counter(), time.process_time()
    made = work()
    seconds = time.perf_counter() - began
    print(f"  {name:68} {seconds:7.2f} s  ({time.process_time() - used:.2f} s of CPU)", flush=True)
    return made, seconds


def made_up_city(rng: np.random.Generator) -> Audited:
    """A city with everything known of it."""
    residents = rng.integers(500, 8000, AREAS).astype(float)
    shares = rng.beta(0.6, 1.5, (AREAS, GROUPS))
    table = GroupTable(
        tuple(f"{i:03}" for i in range(AREAS)),
        tuple("abcde"[:GROUPS]),
        np.floor(residents[:, None] * shares),
        residents,
    )
    risk = rng.gamma(2, 1, AREAS)[:, None] * np.ones(WINDOWS)
    recorded = rng.poisson(risk).astype(float)
    surface = rng.uniform(0.2, 3, AREAS)
    flagged = (risk + rng.gamma(1, 1, risk.shape) > 5).astype(float)
    return Audited(
        table,
        flagged,
        forecast=risk,
        recorded=recorded,
        counted=np.roll(flagged, 1, axis=1),
        best=best_flags(flagged, surface, recorded),
        arrests=rng.poisson(0.3 * recorded).astype(float),
        minutes=rng.gamma(2, 100, AREAS),
        calls=rng.poisson(20, AREAS).astype(float),
        surface=surface,
        reporting=rng.uniform(0.3, 0.6, AREAS),
    )


def fairlearn_alone(audited: Audited) -> Any:
    """Fairlearn's bootstrap of one metric on the same rows."""
    rows = group_rows(audited.table)
    return MetricFrame(
        metrics=mean_prediction,
        y_true=np.zeros(rows.area.size),
        y_pred=audited.flagged.mean(axis=1)[rows.area],
        sensitive_features=pd.Series(rows.group, name="group"),
        sample_params={"sample_weight": rows.weight},
        n_boot=FAIRLEARN_REPEATS,
        ci_quantiles=[0.025, 0.975],
        random_state=1,
    )


def main() -> None:
    """Measure."""
    audited = made_up_city(np.random.default_rng(1))
    print(
        f"{len(METRICS)} metrics of rows 1-11 and 13-15, {AREAS} areas x {GROUPS} groups x {WINDOWS} windows"
    )
    table, seconds = timed(
        f"audit with {DRAWS:,} draws (wanted: {WANTED_SECONDS:g} s)",
        lambda: audit_table(audited, seed=1, draws=DRAWS),
    )
    margins = audited.table.counts * 0.2
    timed("the same with census margins drawn", lambda: audit_table(audited, seed=1, margins=margins))
    _, sort = timed(
        "reference: one sort of ten million numbers",
        lambda: np.sort(np.random.default_rng(1).random(10_000_000)),
    )
    _, theirs = timed(
        f"reference: Fairlearn's row bootstrap, one metric, {FAIRLEARN_REPEATS} draws",
        lambda: fairlearn_alone(audited),
    )
    print(f"  {'audit / sort':68} {seconds / sort:7.2f}")
    print(
        f"  {'Fairlearn, one metric, per 2,000 draws / audit, all metrics':68} {theirs * 100 / seconds:7.1f}"
    )
    print(f"  {len(table.figures)} figures; not available: {len(table.not_available)}")
    print(f"Most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
