"""The modules that people complete before their first vote."""

import pytest

from governance.core.refusals import Reason, Refused
from governance.core.role_requests import votes
from governance.core.roles import Role
from governance.core.training import MODULES, check_answers, module_for, right_answers


def test_every_role_that_votes_has_a_module_and_no_other_has() -> None:
    assert set(MODULES) == {role for role in Role if votes(role)}
    with pytest.raises(Refused) as refusal:
        module_for(Role.ANALYST)
    assert refusal.value.reason is Reason.NOT_FOUND


@pytest.mark.parametrize("role", list(MODULES))
def test_a_module_is_short_and_asks_three_to_five_questions(role: Role) -> None:
    module = module_for(role)
    assert 3 <= len(module.questions) <= 5
    assert sum(len(part.split()) for part in module.text) < 400
    for question in module.questions:
        assert 0 <= question.right < len(question.answers)
        assert len(set(question.answers)) == len(question.answers)
    assert len({question.right for question in module.questions}) > 1, (
        "one place for all answers gives them away"
    )


@pytest.mark.parametrize("role", list(MODULES))
def test_only_all_right_answers_pass_and_the_wrong_ones_are_named(role: Role) -> None:
    right = list(right_answers(role))
    check_answers(role, right)
    for number in range(len(right)):
        wrong = [*right]
        wrong[number] += 1
        for given in (wrong, right[:number], [*right[:number], None, *right[number + 1 :]]):
            with pytest.raises(Refused, match=f"question .*{number + 1}") as refusal:
                check_answers(role, given)
            assert refusal.value.reason is Reason.BAD_INPUT
    with pytest.raises(Refused, match="each question once"):
        check_answers(role, [*right, 0])
