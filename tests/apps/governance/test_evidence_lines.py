"""Evidence as pages say it."""

import pytest

from governance.views.evidence import evidence_lines, without_verdict
from tests.cast import City


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (
            "Passes with a caution. Residents live there 1.2 times as often.",
            "Residents live there 1.2 times as often.",
        ),
        ("Fails. One group lives there 1.6 times as often.", "One group lives there 1.6 times as often."),
        (
            "Residents live there as often as all. So it is even.",
            "Residents live there as often as all. So it is even.",
        ),
        ("Passes.", "Passes."),
    ],
)
def test_a_verdict_is_not_said_twice(summary: str, said: str) -> None:
    assert without_verdict(summary) == said


def test_a_digest_without_evidence_has_no_lines(city: City) -> None:
    assert evidence_lines(["0" * 64], city.jurisdiction) == []
