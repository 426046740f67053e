"""What each kind of term adds to the blend on Portland, paired window by window, and what it costs.

    python -m tests.benchmarks.bench_terms [--windows 26] [--only near,etas]

Burglary and vehicle theft on 500-ft cells, windows of 28 days from 4 March 2015. Every blend stands beside the one
of surfaces alone (``plain``): skill is by how much less deviance, with the interval of a paired block bootstrap.
Skipped by name where the open data is absent.
"""

import argparse
import time
from dataclasses import replace

import numpy as np

from forecasting.core.backtest import run_backtest
from forecasting.core.pooling import compare
from forecasting.core.recipe import BLEND_TERMS, Recipe, Term, standard_recipe
from forecasting.core.term_kinds import TESTED, TermKind
from tests.benchmarks.bench_forecast import DATA, WANTED_DEVIANCE, silent
from tests.benchmarks.bench_peers import portland

PLAIN = tuple(term for term in BLEND_TERMS if term.kind not in TESTED)
NEAR, ETAS = (
    next(term for term in BLEND_TERMS if term.kind is kind) for kind in (TermKind.NEAR_REPEAT, TermKind.ETAS)
)
FLOATING = Term("floating", 730.0, None, 0.05, kind=TermKind.FLOATING)
BLENDS: dict[str, tuple[Term, ...]] = {
    "default": BLEND_TERMS,
    "near": (*PLAIN, NEAR),
    "etas": (*PLAIN, ETAS),
    "floating": (*PLAIN, FLOATING),
    "in place of own": (*(term for term in PLAIN if term.name != "steady"), FLOATING),
}


def recipe_of(category: str, terms: tuple[Term, ...], related: tuple[str, ...]) -> Recipe:
    """Return the standard blend of a category with these terms in place of its own surfaces."""
    made = standard_recipe("blend", (category,), related=related)
    return replace(made, terms=(*terms, *made.terms[len(BLEND_TERMS) :]))


def measure(category: str, windows: int, only: tuple[str, ...]) -> None:
    """Print one line a blend."""
    trial = portland(windows)
    related = tuple(trial.incidents)
    blends = {"plain": PLAIN, **{name: terms for name, terms in BLENDS.items() if not only or name in only}}
    scores, seconds = {}, {}
    for name, terms in blends.items():
        began = time.process_time()
        recipes = {
            "counts": standard_recipe("counts", (category,)),
            name: recipe_of(category, terms, related),
        }
        made = run_backtest(
            trial.incidents, trial.city, category, recipes, trial.windows, seed=1, progress=silent
        )
        scores[name], seconds[name] = made.scores[name], time.process_time() - began
    print(f"Portland, {category}, {windows} x 28 days (wanted deviance: below {WANTED_DEVIANCE[category]:g})")
    for name, rows in scores.items():
        told = compare(rows, scores["plain"], np.random.default_rng(1))
        hits = "  ".join(
            f"{share:.0%} {gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
            for share, gain in told.hit_rate.items()
        )
        deviance = float(np.mean([row.deviance for row in rows]))
        print(
            f"  {name:16} deviance {deviance:8.2f}  skill {told.skill.value:+.3%} [{told.skill.low:+.3%}, "
            f"{told.skill.high:+.3%}]  hits {hits}  {seconds[name]:.0f} s",
            flush=True,
        )


def main() -> None:
    """Measure both categories."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=26)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    if not (DATA / "portland").is_dir():
        print("Portland: skipped, no open data")
        return
    for category in WANTED_DEVIANCE:
        measure(category, asked.windows, tuple(filter(None, asked.only.split(","))))


if __name__ == "__main__":
    main()
