"""The hold rule: which hold stops which deed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.core.holds import (
    GOVERNING,
    LIFT_KIND,
    LIVE_SCOPES,
    Scope,
    Stop,
    Subject,
    covers,
    hold_digest,
    holds_on,
    is_stoppable,
    lift_digest,
    public_from,
    refusal_sentence,
    scope_words,
)

RECIPE = "a" * 64
STOPS = {
    Scope.PLAN: Stop(1, Scope.PLAN, "7"),
    Scope.DISTRICT: Stop(2, Scope.DISTRICT, "central"),
    Scope.CATEGORY: Stop(3, Scope.CATEGORY, "robbery"),
    Scope.RECIPE: Stop(4, Scope.RECIPE, RECIPE),
    Scope.EVERYTHING: Stop(5, Scope.EVERYTHING, ""),
}
ABOUT = {
    Scope.PLAN: Subject(plan="7"),
    Scope.DISTRICT: Subject(district="central"),
    Scope.CATEGORY: Subject(category="robbery"),
    Scope.RECIPE: Subject(recipes=frozenset({"b" * 64, RECIPE})),
    Scope.EVERYTHING: Subject(),
}
ELSE = Subject(frozenset({"b" * 64}), plan="77", category="arson", district="north")


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("about", Scope)
def test_a_hold_stops_what_it_names_and_a_hold_on_everything_stops_all(scope: Scope, about: Scope) -> None:
    stopped = covers(STOPS[scope], ABOUT[about])
    assert stopped == (scope is about or scope is Scope.EVERYTHING)


@pytest.mark.parametrize("scope", set(Scope) - {Scope.EVERYTHING})
def test_a_hold_leaves_alone_what_it_does_not_name(scope: Scope) -> None:
    assert not covers(STOPS[scope], ELSE)
    assert not covers(Stop(9, scope, ""), Subject())


def test_all_holds_on_a_deed_are_found_in_their_order() -> None:
    whole = Subject(frozenset({RECIPE}), plan="7", category="robbery", district="central")
    assert holds_on(list(STOPS.values()), whole) == tuple(STOPS.values())
    assert holds_on(list(STOPS.values()), ELSE) == (STOPS[Scope.EVERYTHING],)


def test_how_the_board_governs_is_never_stopped_and_an_unknown_kind_is() -> None:
    assert not [kind for kind in GOVERNING if is_stoppable(kind)]
    assert LIFT_KIND in GOVERNING
    assert all(is_stoppable(kind) for kind in ("plan", "recipe", "something new"))


def test_the_sentence_of_a_refusal_names_the_hold_and_neither_district_nor_plan() -> None:
    said = refusal_sentence([STOPS[Scope.DISTRICT], STOPS[Scope.PLAN]])
    assert said.startswith("Hold 2 on one district (and 1 more) stops this.")
    assert "central" not in said
    assert "quorum" in said
    assert len({scope_words(scope) for scope in Scope}) == len(Scope)


def test_a_digest_changes_with_everything_it_binds() -> None:
    said: dict[str, Any] = {
        "jurisdiction": "rivermark",
        "scope": Scope.DISTRICT,
        "target": "central",
        "salt": "0" * 64,
    }
    others: list[dict[str, Any]] = [
        {"jurisdiction": "x"},
        {"scope": Scope.PLAN},
        {"target": "north"},
        {"salt": "1" * 64},
    ]
    digests = {hold_digest(**{**said, **other}) for other in [{}, *others]}
    assert len(digests) == 5
    assert lift_digest("a" * 64, 1) != lift_digest("a" * 64, 2) != lift_digest("b" * 64, 2)


def test_a_live_scope_opens_when_whatever_was_live_is_over() -> None:
    placed = datetime(2024, 6, 14, 12, tzinfo=UTC)
    assert public_from(placed, timedelta(hours=6)) == placed + timedelta(days=9, hours=6)
    assert {Scope.PLAN, Scope.DISTRICT} == LIVE_SCOPES
    with pytest.raises(ValueError, match="negative"):
        public_from(placed, timedelta(hours=-1))
