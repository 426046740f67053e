"""What evidence may say, in the words of every page, sentence and report.

The names are those a policy lists as blocking; what earns each of them is the rule of the app that gives evidence.
"""

from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "pass": "Passes",
        "caution": "Passes with a caution",
        "insufficient": "Not enough evidence",
        "fail": "Fails",
    }
)
"""Verdict -> the words a sentence can begin with."""


def verdict_words(verdict: str) -> str:
    """Return a verdict as people read it; one without an entry speaks for itself."""
    return WORDS.get(verdict, verdict.replace("_", " ").capitalize())
