"""Verdicts as people read them."""

from governance.core.verdicts import verdict_words


def test_a_verdict_is_said_in_words() -> None:
    assert verdict_words("insufficient") == "Not enough evidence"


def test_a_verdict_that_nobody_named_speaks_for_itself() -> None:
    assert verdict_words("under_review") == "Under review"
