"""What a plan says, and its digest."""

from dataclasses import replace

import pytest

from forecasting.core.plan_body import plan_digest, read_plan
from tests.core.forecasting.plan_examples import BODY


def test_a_plan_reads_back_as_it_was_written() -> None:
    assert read_plan(BODY.to_dict()) == BODY


def test_the_digest_changes_with_anything_that_is_approved() -> None:
    assert plan_digest(BODY) != plan_digest(replace(BODY, places=BODY.places[:1]))
    assert plan_digest(BODY) != plan_digest(replace(BODY, salt="11" * 32))


def test_hours_count_only_options_with_presence() -> None:
    assert BODY.hours == pytest.approx(1.2)
    softer = replace(BODY.places[1], option="referral")
    assert replace(BODY, places=(BODY.places[0], softer)).hours == pytest.approx(0.6)
