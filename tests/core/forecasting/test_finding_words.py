"""Pieces of a finding's sentence."""

from datetime import date

import pytest

from forecasting.core.finding_words import figure, how_sure, once_in, plain_date, probability


def test_a_date_is_written_as_people_do() -> None:
    assert plain_date(date(2024, 5, 3)) == "3 May 2024"


@pytest.mark.parametrize(
    ("days", "words"),
    [(1.0, "every day"), (12.2, "once in twelve days"), (40, "once in 40 days"), (1000, "once in 2.7 years"),
     (36_525, "once in 100 years")],
)  # fmt: skip
def test_a_recurrence_interval_in_words(days: float, words: str) -> None:
    assert once_in(days) == words


def test_small_figures_keep_a_decimal_and_large_ones_do_not() -> None:
    assert [figure(each) for each in (4.0, 4.26, 1234.5, 0.04)] == ["4", "4.3", "1,234", "0.0"]


def test_probabilities_are_short() -> None:
    assert [probability(each) for each in (0.0004, 0.0123, 0.25)] == ["below 0.001", "0.012", "0.25"]


def test_how_sure_says_how_many_were_looked_at_and_how_many_are_chance() -> None:
    assert how_sure(0.01, 60) == (
        "60 series were looked at; of findings at least this strong, at most 1 in 100 is expected to be chance "
        "(adjusted p 0.010)."
    )
    assert "within chance" in how_sure(0.9, 60)
