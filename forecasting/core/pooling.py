"""Scores over many windows, with intervals that respect that neighbouring windows are alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.core.incidents import FloatArray, IntArray
from forecasting.core.scoring import COVERAGES, UNDEFINED, Estimate, Hits, WindowScore, wilson_interval

DRAWS = 1000
"""Bootstrap samples behind an interval."""


@dataclass(frozen=True)
class PooledHits:
    """Hits at one coverage over all windows: ``n`` of ``total``.

    ``wilson`` treats incidents as independent; ``bootstrap`` resamples blocks of windows and is the one
    to quote. ``mean`` is the plain mean of the windows' own rates. ``pai`` and ``pei`` are pooled, with
    bootstrap intervals.
    """

    n: int
    total: int
    wilson: Estimate
    bootstrap: Estimate
    mean: float
    pai: Estimate
    pei: Estimate


@dataclass(frozen=True)
class PooledScore:
    """One model over all windows. ``deviance`` is per window; ``bias`` is expected / observed in total."""

    windows: int
    hits: dict[float, PooledHits]
    deviance: Estimate
    bias: float


def block_samples(windows: int, rng: np.random.Generator, draws: int = DRAWS) -> IntArray:
    """Return window numbers, resampled in circular blocks, shape ``(draws, windows)``.

    Blocks are ``ceil(windows ** (1/3))`` long. Neighbouring windows stay together, so an interval
    allows for slow change (Politis & Romano 1992).
    """
    length = int(np.ceil(windows ** (1 / 3)))
    blocks = -(-windows // length)
    starts = rng.integers(0, windows, size=(draws, blocks))
    picks = (starts[:, :, None] + np.arange(length)) % windows
    return picks.reshape(draws, -1)[:, :windows].astype(np.int64)


def ratio_of_sums(top: FloatArray, bottom: FloatArray, samples: IntArray) -> Estimate:
    """Return ``sum(top) / sum(bottom)`` over windows with its bootstrap 95 % interval.

    ``top`` and ``bottom`` have shape ``(windows,)``, ``samples`` shape ``(draws, windows)``.
    Undefined when the bottom sums to 0.
    """
    if not bottom.sum() > 0:
        return UNDEFINED
    below = bottom[samples].sum(axis=1)
    ratios = top[samples].sum(axis=1)[below > 0] / below[below > 0]
    low, high = np.quantile(ratios, (0.025, 0.975))
    return Estimate(float(top.sum() / bottom.sum()), float(low), float(high))


def pool_scores(scores: Sequence[WindowScore], rng: np.random.Generator) -> PooledScore:
    """Pool the windows of one model; at least one window."""
    samples = block_samples(len(scores), rng)
    deviance = np.array([score.deviance for score in scores])
    observed = sum(score.observed for score in scores)
    expected = sum(score.expected for score in scores)
    return PooledScore(
        windows=len(scores),
        hits={share: _pool_hits([score.hits[share] for score in scores], samples) for share in COVERAGES},
        deviance=ratio_of_sums(deviance, np.ones(len(scores)), samples),
        bias=expected / observed if observed else float("nan"),
    )


def _pool_hits(hits: Sequence[Hits], samples: IntArray) -> PooledHits:
    n, total, best = (
        _column(hits, lambda h: h.n),
        _column(hits, lambda h: h.total),
        _column(hits, lambda h: h.best),
    )
    by_area = _column(hits, lambda h: h.total * h.area / h.total_area)
    seen = total > 0
    return PooledHits(
        n=int(n.sum()),
        total=int(total.sum()),
        wilson=wilson_interval(int(n.sum()), int(total.sum())),
        bootstrap=ratio_of_sums(n, total, samples),
        mean=float((n[seen] / total[seen]).mean()) if seen.any() else float("nan"),
        pai=ratio_of_sums(n, by_area, samples),
        pei=ratio_of_sums(n, best, samples),
    )


def _column(hits: Sequence[Hits], read: Callable[[Hits], float]) -> FloatArray:
    return np.array([read(each) for each in hits], dtype=np.float64)


@dataclass(frozen=True)
class Comparison:
    """A model beside the reference, window by window: positive is better than the reference.

    ``hit_rate`` is the difference of pooled hit rates by coverage; ``skill`` is ``1 - D / D_reference``.
    A difference whose interval holds 0 is not a win.
    """

    hit_rate: dict[float, Estimate]
    skill: Estimate


def compare(
    scores: Sequence[WindowScore], reference: Sequence[WindowScore], rng: np.random.Generator
) -> Comparison:
    """Compare a model with the reference on the same windows by a paired block bootstrap."""
    samples = block_samples(len(scores), rng)
    ours = np.array([score.deviance for score in scores])
    theirs = np.array([score.deviance for score in reference])
    ratio = ratio_of_sums(ours, theirs, samples)
    return Comparison(
        hit_rate={share: _difference(scores, reference, share, samples) for share in COVERAGES},
        skill=Estimate(1 - ratio.value, 1 - ratio.high, 1 - ratio.low),
    )


def _difference(
    scores: Sequence[WindowScore], reference: Sequence[WindowScore], share: float, samples: IntArray
) -> Estimate:
    gained = np.array(
        [a.hits[share].n - b.hits[share].n for a, b in zip(scores, reference, strict=True)], dtype=np.float64
    )
    total = np.array([score.observed for score in scores], dtype=np.float64)
    return ratio_of_sums(gained, total, samples)
