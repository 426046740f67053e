"""The way of a request in words."""

import pytest

from governance.core.timeline import (
    digest_before,
    in_order,
    is_about,
    is_delegated,
    revision_of,
    settled_words,
    step_words,
)


def test_an_entry_that_names_another_request_is_not_about_this_one() -> None:
    assert is_about({"detail": {"request": 7}}, 7)
    assert is_about({}, 7)
    assert not is_about({"detail": {"request": 8}}, 7)


def test_a_revision_names_the_digest_that_it_replaced_and_nothing_else_does() -> None:
    assert digest_before({"action": "request.revised", "detail": {"before": "ab"}}) == "ab"
    assert digest_before({"action": "request.opened", "detail": {"before": "ab"}}) == ""
    assert digest_before({"action": "request.revised"}) == ""


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        ({"action": "request.opened"}, "opened the request"),
        ({"action": "vote.cast", "detail": {"verdict": "approve", "stage": "board"}}, "approved"),
        (
            {"action": "vote.cast", "detail": {"verdict": "approve", "stage": "override"}},
            "set the failed audit aside",
        ),
        (
            {"action": "request.revised", "detail": {"revision": 2}},
            "made revision 2; votes on the one before count no more",
        ),
        (
            {"action": "evidence.attached", "subject_kind": "plan_disparity", "outcome": "fail"},
            "attached the evidence “plan disparity”: fails",
        ),
        (
            {"action": "vote.cast", "subject_kind": "after_review", "detail": {"verdict": "reject"}},
            "found it not justified",
        ),
        ({"action": "something.of_tomorrow"}, "did “something of tomorrow”"),
    ],
)
def test_each_step_is_told_in_words_that_follow_a_name(leaf: dict[str, object], words: str) -> None:
    assert step_words(leaf) == words


def test_a_vote_says_what_it_settled() -> None:
    assert settled_words({"action": "vote.cast", "outcome": "approved"}) == "With that it is approved."
    assert settled_words({"action": "vote.cast", "outcome": "open"}) == ""
    assert settled_words({"action": "approval.redeemed", "outcome": "approved"}) == ""


def test_a_vote_in_anothers_place_says_so() -> None:
    assert is_delegated({"detail": {"delegated": True}})
    assert not is_delegated({"detail": {"delegated": False}})


def test_a_revision_is_a_number_or_nothing() -> None:
    assert revision_of({"detail": {"revision": 3}}) == 3
    assert revision_of({"detail": {"revision": "3"}}) is None
    assert revision_of({}) is None


def test_entries_stand_in_order_each_once() -> None:
    assert in_order([(3, {"a": 1}), (1, {}), (3, {"a": 1})]) == [(1, {}), (3, {"a": 1})]
