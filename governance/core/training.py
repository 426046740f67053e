"""What a person reads and answers before her first vote: one short module per role that votes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from governance.core.refusals import Reason, Refused
from governance.core.roles import Role


@dataclass(frozen=True)
class Question:
    """A question with its answers; `right` is the place of the right one, counted from 0."""

    asked: str
    answers: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Module:
    """A role's text and questions. Whoever changes them raises `version`: everybody reads the new one."""

    version: int
    text: tuple[str, ...]
    questions: tuple[Question, ...]


_EXACTLY = Question(
    "You vote on a request, and its author edits it before it is decided. What happens to your vote?",
    (
        "It counts for the edited text too.",
        "It no longer counts: a vote binds to exactly what you saw, and the edit is a new revision.",
        "It counts half.",
    ),
    1,
)
_AUTHOR = Question(
    "You proposed something yourself, and your colleagues ask you to vote so that it passes tonight. May you?",
    (
        "Yes, if the reason is good.",
        "Yes, through a colleague who votes for me.",
        "No. An author never votes.",
    ),
    2,
)
_BOARD = Module(
    1,
    (
        "You vote on policies, on forecast recipes, on audits that are to be overridden and on who gets a role that "
        "votes. Nothing you approve is carried out by the vote itself: the scheduler does it later, after it has "
        "checked again that everybody who approved still holds her role.",
        "A vote binds to the SHA-256 of exactly what the page showed you. If the text changes, read and vote again. "
        "You count once, whatever roles you hold, and you never vote on what you proposed or on a role for yourself.",
        "Before you agree to a new person: do you know that there is such a person, and who she is? An account costs "
        "an administrator a minute. Your vote is what keeps one person from becoming two.",
        "Your reason is recorded and opens to the public. Write what convinced you; name no resident and no address.",
        "A forecast is about places. It says where reports are likely, not who did anything. A failed or missing "
        "audit is a reason to return or to reject, not a formality.",
    ),
    (
        _EXACTLY,
        _AUTHOR,
        Question(
            "An administrator asks the board to make a new account a board member. What do you find out first?",
            (
                "Whether the account is a real person other than those who already vote.",
                "Nothing; administrators answer for accounts.",
                "Whether the account has signed in.",
            ),
            0,
        ),
        Question(
            "Who reads the reason that you write beside your vote?",
            ("Only the board.", "Nobody; it is a formality.", "The board now, and the public later."),
            2,
        ),
    ),
)
_SUPERVISOR = Module(
    1,
    (
        "You decide the plans of your own district. Nobody is sent anywhere without your approval or that of "
        "another supervisor of the district, and your reason is recorded with it.",
        "A plan lists places with the expected number of reports, an interval that says how sure that is, and the "
        "reasons. It says nothing about any person. Being near a listed place is no ground to stop anybody.",
        "You may edit first. Where you only take away (drop a place, shorten a stop, choose a softer option) you "
        "still decide; where you add, you become an author, and somebody else decides.",
        "Reports reflect who reports and where officers already are. The audit compares districts and groups; "
        "where it fails or is missing, the plan cannot be approved as it is.",
        "What you do not decide expires, and then nothing happens. That is a proper outcome.",
    ),
    (
        _EXACTLY,
        Question(
            "A place is on the plan. What does that say about the people who are there tonight?",
            (
                "They are more likely to be offenders.",
                "Nothing. The forecast counts reports at places and knows no person.",
                "They should be asked for their papers.",
            ),
            1,
        ),
        Question(
            "You add a place to a plan. Who may approve the new revision?",
            (
                "Another person who is entitled and not an author.",
                "You, because it is your district.",
                "Nobody.",
            ),
            0,
        ),
        Question(
            "No supervisor decides a plan before it expires. What happens?",
            (
                "It is carried out as proposed.",
                "An administrator approves it.",
                "Nothing: nobody is sent anywhere.",
            ),
            2,
        ),
    ),
)

MODULES: Mapping[Role, Module] = MappingProxyType(
    {Role.SUPERVISOR: _SUPERVISOR, Role.BOARD_MEMBER: _BOARD, Role.BOARD_CHAIR: _BOARD}
)


def module_for(role: Role) -> Module:
    """The module of a role; refused for a role that never votes."""
    try:
        return MODULES[role]
    except KeyError:
        raise Refused(
            Reason.NOT_FOUND, "This role does not vote, so there is no module to complete."
        ) from None


def right_answers(role: Role) -> tuple[int, ...]:
    """The places of the right answers, in the order of the questions."""
    return tuple(question.right for question in module_for(role).questions)


def check_answers(role: Role, answers: Sequence[int | None]) -> None:
    """Refuse answers of which one is wrong or missing, naming the questions (counted from 1), not the answers."""
    right = right_answers(role)
    given = [*answers, *[None] * (len(right) - len(answers))]
    wrong = [str(number) for number, (a, b) in enumerate(zip(given, right, strict=False), 1) if a != b]
    if wrong or len(given) > len(right):
        which = f"question {', '.join(wrong)}" if wrong else "each question once"
        raise Refused(
            Reason.BAD_INPUT,
            f"Not all answers are right yet: read the text again, then answer {which} anew. Nothing was recorded; "
            "you may try as often as you like.",
        )
