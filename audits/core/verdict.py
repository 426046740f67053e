"""From a metric to a verdict, with the sentence a reader sees.

Being flagged is a burden, so only a *high* ratio breaches. For each group, with ratio r, interval [low, high]
and the policy's threshold t:

    fail           r > t and low > 1: above the threshold, and not by chance
    insufficient   too few residents or areas, or no ratio; r > t and low <= 1: above the threshold, perhaps by
                   chance; high > t and high > 4 low: breach or relief alike
    caution        r <= t < high otherwise: within the threshold, but a breach cannot be excluded
    pass           high <= t: a breach is excluded at the interval's level

A subject's verdict is its worst group's, in the order fail, insufficient, caution, pass: what could not be
judged never passes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from audits.core.groups import phrase
from governance.core.verdicts import verdict_words

if TYPE_CHECKING:  # the table of audits needs the verdicts' names at every start, and never Fairlearn
    from audits.core.disparity import Disparity
    from audits.core.resampling import Interval


class Verdict(StrEnum):
    """What an audit says of a subject."""

    PASS = "pass"  # noqa: S105 -- a verdict, not a password
    CAUTION = "caution"
    INSUFFICIENT = "insufficient"
    FAIL = "fail"


_MILDEST_FIRST = (Verdict.PASS, Verdict.CAUTION, Verdict.INSUFFICIENT, Verdict.FAIL)


@dataclass(frozen=True)
class Standard:
    """What a ratio is held against.

    `ratio_max`: highest disparity ratio the policy allows, e.g. 1.25. `minimum_residents`: people a group
    needs before it is judged. `minimum_areas`: areas where they live, below which resampling areas says
    nothing. `widest`: largest high / low of an interval that still tells breach from relief.
    `least_defined`: least share of bootstrap draws in which the ratio must exist.
    """

    ratio_max: float
    minimum_residents: int
    minimum_areas: int = 5
    widest: float = 4.0
    least_defined: float = 0.9


@dataclass(frozen=True)
class Wording:
    """How the sentence names the places and the reference: "live in `places` ... as often as `reference`"."""

    places: str = "proposed places"
    reference: str = "residents overall"


@dataclass(frozen=True)
class GroupVerdict:
    """The verdict on one group, and `statement`: its sentence without the opening word."""

    group: str
    verdict: Verdict
    statement: str

    @property
    def sentence(self) -> str:
        """Return the sentence a reader sees: "Passes with a caution. Black residents live in ..."."""
        return f"{verdict_words(self.verdict)}. {self.statement}"


@dataclass(frozen=True)
class Judgement:
    """The verdict on the whole subject, its one sentence, and the verdict on each group."""

    verdict: Verdict
    sentence: str
    groups: tuple[GroupVerdict, ...]


def judge(
    disparities: Sequence[Disparity], intervals: Sequence[Interval], standard: Standard, wording: Wording
) -> Judgement:
    """Judge every group and the subject as a whole.

    `disparities` and `intervals` in the same order of groups. Without any group the verdict is insufficient:
    an audit that looked at nobody cannot pass. Raises ValueError where the two differ in length.
    """
    pairs = list(zip(disparities, intervals, strict=True))
    verdicts = tuple(judge_group(disparity, interval, standard, wording) for disparity, interval in pairs)
    if not verdicts:
        return Judgement(
            Verdict.INSUFFICIENT, "Not enough evidence. The policy names no group to compare.", ()
        )
    worst = max((each.verdict for each in verdicts), key=_MILDEST_FIRST.index)
    order = sorted(range(len(verdicts)), key=lambda i: _rank(verdicts[i], disparities[i]), reverse=True)
    return Judgement(worst, _headline([verdicts[i] for i in order]), verdicts)


def judge_group(
    disparity: Disparity, interval: Interval, standard: Standard, wording: Wording
) -> GroupVerdict:
    """Judge one group against the policy's standard; see the module for the rule."""
    missing = _what_is_missing(disparity, interval, standard, wording)
    if missing:
        return GroupVerdict(disparity.group, Verdict.INSUFFICIENT, missing)
    verdict = _verdict(disparity.ratio, interval, standard)
    return GroupVerdict(disparity.group, verdict, _statement(disparity, interval, standard, wording, verdict))


def _verdict(ratio: float, interval: Interval, standard: Standard) -> Verdict:
    if ratio > standard.ratio_max:
        return Verdict.FAIL if interval.low > 1 else Verdict.INSUFFICIENT
    if interval.high <= standard.ratio_max:
        return Verdict.PASS
    if interval.high > standard.widest * interval.low:
        return Verdict.INSUFFICIENT
    return Verdict.CAUTION


def _what_is_missing(disparity: Disparity, interval: Interval, standard: Standard, wording: Wording) -> str:
    """Say what is missing for any comparison, or nothing."""
    who = phrase(disparity.group)
    if disparity.residents < standard.minimum_residents:
        return (
            f"{who} are {disparity.residents:,.0f} here; "
            f"the policy asks for at least {standard.minimum_residents:,} before it judges."
        )
    if disparity.areas < standard.minimum_areas:
        return (
            f"{who} live in only {disparity.areas} areas here; at least {standard.minimum_areas} are needed."
        )
    if math.isnan(disparity.ratio):
        return f"Nobody is recorded as living in {wording.places}, so there is nothing to compare."
    if interval.defined < standard.least_defined:
        return f"Too few of the areas where people live hold {wording.places}, so nothing can be compared."
    return ""


def _statement(
    disparity: Disparity, interval: Interval, standard: Standard, wording: Wording, verdict: Verdict
) -> str:
    often = (
        f"{phrase(disparity.group)} live in {wording.places} {disparity.ratio:.2f} times as often as "
        f"{wording.reference} [{interval.low:.2f}–{interval.high:.2f}]"
    )
    if verdict is Verdict.INSUFFICIENT:
        return f"{often}; that is too uncertain to hold against the policy’s {standard.ratio_max:.2f}."
    return f"{often}; the policy asks for at most {standard.ratio_max:.2f}."


def _rank(verdict: GroupVerdict, disparity: Disparity) -> tuple[int, float]:
    ratio = 0.0 if math.isnan(disparity.ratio) else disparity.ratio
    return _MILDEST_FIRST.index(verdict.verdict), ratio


def _headline(worst_first: Sequence[GroupVerdict]) -> str:
    """Lead with the worst group; where that one could not be judged, add the worst that could."""
    first = worst_first[0]
    judged = [each for each in worst_first if each.verdict is not Verdict.INSUFFICIENT]
    if first.verdict is not Verdict.INSUFFICIENT or not judged:
        return first.sentence
    return f"{first.sentence} Of the groups that could be judged: {judged[0].statement}"
