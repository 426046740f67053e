"""Verdicts and the sentences a reader sees."""

import math

import pytest

from audits.core.disparity import Disparity
from audits.core.resampling import Interval
from audits.core.verdict import Standard, Verdict, Wording, judge, judge_group
from governance.core.verdicts import WORDS

STANDARD = Standard(ratio_max=1.25, minimum_residents=500)


def group(
    ratio: float, *, name: str = "below_poverty", residents: float = 9000, areas: int = 40
) -> Disparity:
    return Disparity(name, residents, areas, 0.1 * ratio, 0.1, ratio, 0.1 * ratio - 0.1)


def interval(low: float, high: float, defined: float = 1.0) -> Interval:
    return Interval(low, high, 0.95, defined)


def verdict_of(ratio: float, low: float, high: float) -> Verdict:
    return judge_group(group(ratio), interval(low, high), STANDARD, Wording()).verdict


@pytest.mark.parametrize(
    ("ratio", "low", "high", "expected"),
    [
        (1.02, 0.91, 1.13, Verdict.PASS),
        (0.40, 0.05, 0.90, Verdict.PASS),  # wide, but relief all along: a low ratio is no burden
        (1.25, 1.25, 1.25, Verdict.PASS),  # "at most 1.25" allows 1.25
        (1.18, 0.97, 1.41, Verdict.CAUTION),
        (1.30, 0.95, 1.70, Verdict.INSUFFICIENT),  # above the threshold, perhaps by chance: never a pass
        (1.20, 1.10, 1.30, Verdict.CAUTION),  # more often for sure, but not above the threshold
        (1.60, 1.20, 2.10, Verdict.FAIL),
        (1.26, 1.01, 1.50, Verdict.FAIL),
        (1.40, 0.30, 2.90, Verdict.INSUFFICIENT),
        (3.00, 0.00, 9.00, Verdict.INSUFFICIENT),
        (5.00, 1.10, 9.00, Verdict.FAIL),  # wide, but above 1 all along
    ],
)
def test_ratio_interval_and_threshold_make_the_verdict(
    ratio: float, low: float, high: float, expected: Verdict
) -> None:
    assert verdict_of(ratio, low, high) is expected


def test_the_sentence_says_how_often_how_sure_and_what_the_policy_asks() -> None:
    found = judge_group(group(1.18), interval(0.97, 1.41), STANDARD, Wording())
    assert found.sentence == (
        "Passes with a caution. Residents below poverty live in proposed places 1.18 times as often as "
        "residents overall [0.97–1.41]; the policy asks for at most 1.25."
    )


def test_the_sentence_names_the_places_and_the_reference_it_was_given() -> None:
    wording = Wording(places="flagged places", reference="residents of Central overall")
    found = judge_group(group(1.6, name="black"), interval(1.2, 2.1), STANDARD, wording)
    assert found.sentence == (
        "Fails. Black residents live in flagged places 1.60 times as often as residents of Central overall "
        "[1.20–2.10]; the policy asks for at most 1.25."
    )


def test_a_small_group_is_not_judged_however_good_its_ratio() -> None:
    found = judge_group(group(1.0, name="asian", residents=212), interval(1, 1), STANDARD, Wording())
    assert found.verdict is Verdict.INSUFFICIENT
    assert found.sentence == (
        "Not enough evidence. "
        "Asian residents are 212 here; the policy asks for at least 500 before it judges."
    )


def test_a_group_in_few_areas_is_not_judged() -> None:
    found = judge_group(group(2.0, areas=4), interval(1.5, 2.5), STANDARD, Wording())
    assert found.sentence == (
        "Not enough evidence. Residents below poverty live in only 4 areas here; at least 5 are needed."
    )


def test_places_where_nobody_lives_are_not_a_pass() -> None:
    found = judge_group(group(math.nan), interval(math.nan, math.nan, 0), STANDARD, Wording())
    assert found.sentence == (
        "Not enough evidence. "
        "Nobody is recorded as living in proposed places, so there is nothing to compare."
    )


def test_flags_that_most_resamples_miss_are_not_judged() -> None:
    found = judge_group(group(1.0), interval(0.9, 1.1, defined=0.89), STANDARD, Wording())
    assert found.verdict is Verdict.INSUFFICIENT
    assert "Too few of the areas" in found.sentence


def test_a_wide_interval_says_why_it_cannot_be_judged() -> None:
    found = judge_group(group(1.4), interval(0.3, 2.9), STANDARD, Wording())
    assert found.sentence.endswith("[0.30–2.90]; that is too uncertain to hold against the policy’s 1.25.")


def test_the_worst_group_speaks_for_the_subject() -> None:
    judged = judge(
        [group(1.0, name="white"), group(1.6, name="black"), group(1.9, name="hispanic")],
        [interval(0.9, 1.1), interval(1.2, 2.1), interval(1.4, 2.4)],
        STANDARD,
        Wording(),
    )
    assert judged.verdict is Verdict.FAIL
    assert judged.sentence.startswith("Fails. Hispanic residents live in proposed places 1.90 times")
    assert [each.verdict for each in judged.groups] == [Verdict.PASS, Verdict.FAIL, Verdict.FAIL]


def test_a_group_that_could_not_be_judged_never_lets_the_subject_pass() -> None:
    judged = judge(
        [group(1.0, name="white"), group(0.8, name="asian", residents=10)],
        [interval(0.9, 1.1), interval(0.7, 0.9)],
        STANDARD,
        Wording(),
    )
    assert judged.verdict is Verdict.INSUFFICIENT
    assert judged.sentence == (
        "Not enough evidence. "
        "Asian residents are 10 here; the policy asks for at least 500 before it judges. "
        "Of the groups that could be judged: White residents live in proposed places 1.00 times as often as "
        "residents overall [0.90–1.10]; the policy asks for at most 1.25."
    )


def test_an_audit_of_nobody_is_not_a_pass() -> None:
    assert judge([], [], STANDARD, Wording()).verdict is Verdict.INSUFFICIENT


def test_every_disparity_needs_its_interval() -> None:
    with pytest.raises(ValueError, match="shorter"):
        judge([group(1.0)], [], STANDARD, Wording())


def test_every_verdict_has_its_words_and_no_other() -> None:
    assert set(WORDS) == {verdict.value for verdict in Verdict}
