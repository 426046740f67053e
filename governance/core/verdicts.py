"""What evidence and people may say, in the words of every page, sentence and report.

The names are those a policy lists as blocking; what earns each of them is the rule of the app that gives evidence.
"""

from collections.abc import Mapping
from types import MappingProxyType

from governance.core.stages import OVERRIDE

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "pass": "Passes",
        "caution": "Passes with a caution",
        "insufficient": "Not enough evidence",
        "fail": "Fails",
    }
)
"""Verdict -> the words a sentence can begin with."""


DEED_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "approve": "approved",
        "return": "returned it",
        "reject": "rejected it",
        "withdrawal": "withdrew it",
        "revocation": "took the approval back",
        "recusal": "stepped back from the decision",
        "break_glass": "broke the glass",
    }
)
"""A vote, or what else somebody does about a request -> the words that follow her name."""
OVERRIDE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "approve": "set the failed audit aside",
        "return": "returned it instead of setting the failed audit aside",
        "reject": "refused to set the failed audit aside",
    }
)


REVIEW_WORDS: Mapping[str, str] = MappingProxyType(
    {"approve": "found it justified", "reject": "found it not justified"}
)
"""What a member of the board says in the after-review of a break-glass."""


def deed_words(said: str, stage: str = "", *, delegated: bool = False) -> str:
    """What somebody did about a request; the board's word on a failed audit is told as such, a delegate's too."""
    words = (OVERRIDE_WORDS if stage == OVERRIDE else DEED_WORDS).get(said, said)
    return f"{words}, in another’s place," if delegated else words


def verdict_words(verdict: str) -> str:
    """Return a verdict as people read it; one without an entry speaks for itself."""
    return WORDS.get(verdict, verdict.replace("_", " ").capitalize())
