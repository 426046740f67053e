"""Evidence as pages say it: the question it answers, its verdict in words, its sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from governance import selectors
from governance.core.verdicts import WORDS, verdict_words

if TYPE_CHECKING:
    from governance.models import Evidence, Jurisdiction

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "plan_disparity": "Fair?",
        "run_disparity": "Is the whole forecast fair?",
        "forecast_disparity": "Is the whole forecast fair?",
        "recipe_backtest": "Better than counting?",
        "recipe_disparity": "Is it fair who lives in the places it flags?",
        "calibration": "Are its numbers right?",
    }
)


@dataclass(frozen=True)
class EvidenceLine:
    """One piece of evidence as a reader meets it."""

    question: str
    verdict: str
    said: str
    row: Evidence


def evidence_lines(digests: Iterable[str], jurisdiction: Jurisdiction) -> list[EvidenceLine]:
    """Return the newest evidence of each kind on these digests, in their order."""
    rows = [row for digest in digests for row in selectors.evidence_for(digest, jurisdiction).values()]
    return [
        EvidenceLine(_question(row.kind), verdict_words(row.verdict), without_verdict(row.summary), row)
        for row in rows
    ]


def without_verdict(summary: str) -> str:
    """Return an audit's sentence without the verdict it may begin with, which the page shows by itself."""
    first, _, rest = summary.partition(". ")
    return rest if rest and first.startswith(tuple(WORDS.values())) else summary


def _question(kind: str) -> str:
    return QUESTIONS.get(kind, kind.replace("_", " ").capitalize() + "?")
