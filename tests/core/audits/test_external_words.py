"""Definitions and what inputs cannot answer."""

from audits.core.external_words import ALIKE, BY_ID, DEFINITIONS, INCLUSIVE, not_available


def test_every_order_of_equal_counts_is_defined() -> None:
    assert {ALIKE, BY_ID, INCLUSIVE, "spearman", "lift", "top"} <= set(DEFINITIONS)
    assert all(words.endswith(".") for words in DEFINITIONS.values())


def test_what_was_not_given_is_said() -> None:
    alone = not_available(incidents=False, margins=False)
    assert {"given incidents", "census margins"} <= set(alone)
    assert not {"given incidents", "census margins"} & set(not_available(incidents=True, margins=True))
