"""Who is told what, in which words, and that the words can hold nothing of what must stay inside."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.holds import Scope
from governance.core.notices import (
    AUDIENCE,
    GLASS,
    HOLDS,
    KINDS,
    LAST_DAY,
    OUTCOMES,
    PASSING,
    SCOPES,
    TROUBLES,
    About,
    Listener,
    Occasion,
    Words,
    is_duty,
    is_soon_over,
    letter,
    told,
    words_of,
)
from governance.core.roles import Permission, Role
from governance.core.stages import DEFAULT_STAGES

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def listener(person: int, *, mail: bool = True, board: bool = False, **more: bool) -> Listener:
    return Listener(person, more.get("service", False), more.get("active", True), mail, board)


def test_everybody_is_told_who_is_a_person_with_an_open_account_and_did_not_do_it_herself() -> None:
    people = [listener(1), listener(2, mail=False), listener(3, service=True), listener(4, active=False)]
    assert told(Occasion.VOTE_WAITS, [*people, listener(5)], besides=[5]) == {1: True, 2: False}


def test_an_email_can_be_declined() -> None:
    for occasion in set(Occasion) - GLASS:
        assert told(occasion, [listener(1, mail=False)]) == {1: False}


def test_break_glass_reaches_everybody_by_email_and_holds_every_member_of_the_board() -> None:
    for occasion in GLASS:
        assert told(occasion, [listener(1, mail=False)]) == {1: True}
    for occasion in HOLDS:
        assert told(occasion, [listener(1, mail=False, board=True), listener(2, mail=False)]) == {
            1: True,
            2: False,
        }


def test_the_board_may_decline_everything_else() -> None:
    assert not [each for each in set(Occasion) - GLASS - HOLDS if is_duty(each, on_board=True)]


@pytest.mark.parametrize("hours", [1, 12, 24, 96, 24 * 30])
def test_soon_is_the_last_quarter_of_its_time_and_at_most_a_day(hours: int) -> None:
    end = NOON + timedelta(hours=hours)
    last = min(timedelta(hours=hours) / 4, LAST_DAY)
    assert is_soon_over(NOON, end, end - last)
    assert is_soon_over(NOON, end, end - timedelta(seconds=1))
    assert not is_soon_over(NOON, end, end - last - timedelta(seconds=1))
    assert not is_soon_over(NOON, end, end)


def test_every_occasion_has_words_and_those_without_named_people_an_audience() -> None:
    for occasion in Occasion:
        said = words_of(occasion, About())
        assert said.title
        assert said.sentence.endswith(".")
    named = PASSING | {Occasion.SETTLED, Occasion.ROLE_GRANTED}
    assert set(AUDIENCE) == set(Occasion) - named


def test_the_board_hears_of_every_hold_and_break_glass() -> None:
    for occasion in (*HOLDS, Occasion.BREAK_GLASS):
        assert Permission.DECIDE_POLICY in AUDIENCE[occasion]


def test_every_kind_and_scope_that_the_house_knows_has_words() -> None:
    assert set(DEFAULT_STAGES) <= set(KINDS)
    assert {each.value for each in Scope} == set(SCOPES)


def test_a_vote_is_asked_for_with_number_and_deadline() -> None:
    said = words_of(Occasion.VOTE_WAITS, About("plan", 12, until="Friday 14 June, 16:40"))
    assert said.title == "Your vote is asked for on a deployment plan"
    assert said.sentence == (
        "Request 12, a deployment plan, waits for your vote until Friday 14 June, 16:40. What nobody decides by then "
        "expires."
    )


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_author_is_told_what_became_of_it_and_what_she_does_next(outcome: str) -> None:
    happened, then = OUTCOMES[outcome]
    said = words_of(Occasion.SETTLED, About("recipe", 3, outcome))
    assert happened in said.title
    assert said.sentence == f"Request 3, a forecast recipe, {happened}. {then}"


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_alarm_says_what_is_wrong(trouble: str) -> None:
    assert TROUBLES[trouble] in words_of(Occasion.LOG_ALARM, About(trouble)).sentence


def test_a_role_is_named_by_its_title() -> None:
    said = words_of(Occasion.ROLE_GRANTED, About(Role.BOARD_MEMBER.value))
    assert said.title == "You were given a role: Board member"


HOSTILE = st.text(st.characters(codec="utf-8"), min_size=12, max_size=60)


@given(st.sampled_from(list(Occasion)), HOSTILE, HOSTILE, st.integers(0, 2**40))
def test_a_word_that_is_on_no_list_is_not_said(
    occasion: Occasion, kind: str, outcome: str, number: int
) -> None:
    """A district, a place or what somebody wrote cannot reach an e-mail, even if it is handed in by mistake."""
    said = words_of(occasion, About(kind, number, outcome))
    known = {
        words_of(occasion, About("", number, "")).sentence,
        words_of(occasion, About("", number, "")).title,
    }
    assert {said.title, said.sentence} == known


@given(
    st.sampled_from(list(Occasion)),
    st.sampled_from([*KINDS, *SCOPES, *TROUBLES, *Role, ""]),
    st.sampled_from(["", *OUTCOMES]),
)
def test_a_title_is_one_line(occasion: Occasion, kind: str, outcome: str) -> None:
    said = words_of(occasion, About(kind, 1, outcome, "Friday 14 June, 16:40"))
    assert said.title.isprintable()
    assert len(said.title) <= 78


def test_a_letter_holds_the_sentence_the_link_and_how_to_decline() -> None:
    said = letter(Words("T", "A vote waits."), link="https://x/notices/1/", is_replay=False, by_duty=False)
    assert said.startswith("A vote waits.\n\nRead it after signing in:\nhttps://x/notices/1/\n")
    assert "You can choose" in said
    assert "replay" not in said


def test_a_letter_that_duty_requires_and_one_from_a_replay_say_so() -> None:
    said = letter(Words("T", "S."), link="l", is_replay=True, by_duty=True)
    assert "cannot be switched off" in said
    assert "nothing in it is live" in said
