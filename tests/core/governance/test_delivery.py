"""How often an e-mail is tried."""

from datetime import UTC, datetime, timedelta

from governance.core.delivery import CLAIM, MOST_ATTEMPTS, PAUSES, is_final, next_attempt

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_an_email_is_tried_a_bounded_number_of_times_ever_more_seldom() -> None:
    moments = [next_attempt(attempts, NOON) for attempts in range(1, MOST_ATTEMPTS + 1)]
    assert moments[-1] is None
    pauses = [each - NOON for each in moments[:-1] if each]
    assert pauses == sorted(pauses) == list(PAUSES)


def test_a_mail_server_that_is_down_from_evening_to_morning_loses_nothing() -> None:
    assert sum(PAUSES, timedelta(0)) > timedelta(hours=14)


def test_no_pause_is_negative_and_a_claim_outlasts_the_first_pause() -> None:
    assert CLAIM > PAUSES[0] > timedelta(0)


def test_only_a_permanent_answer_is_final() -> None:
    assert [code for code in (250, 421, 450, 499, 500, 550, 599, 600) if is_final(code)] == [500, 550, 599]
