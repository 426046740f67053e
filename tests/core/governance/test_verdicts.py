"""Verdicts and deeds as people read them."""

from governance.core.verdicts import deed_words, verdict_words


def test_a_verdict_is_said_in_words() -> None:
    assert verdict_words("insufficient") == "Not enough evidence"


def test_a_verdict_that_nobody_named_speaks_for_itself() -> None:
    assert verdict_words("under_review") == "Under review"


def test_setting_a_failed_audit_aside_is_told_as_such_and_a_delegate_too() -> None:
    assert deed_words("approve") == "approved"
    assert deed_words("approve", "supervisor") == "approved"
    assert deed_words("approve", "override") == "set the failed audit aside"
    assert deed_words("reject", delegated=True) == "rejected it, in another’s place,"
    assert deed_words("recusal") == "stepped back from the decision"
