"""Random deeds, after each of which the real services, the log and an independent model of authority agree.

2,000 deeds in every run, always the same ones; 50,000 with `make test-slow`, other ones each time: the seed is printed,
and LAMPLIGHT_MACHINE_SEED repeats it. LAMPLIGHT_MACHINE_DEEDS says how many.
"""

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from typing import Any

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import get_state_machine_test

from tests.apps.governance.authority_checks import build_authority_city
from tests.apps.governance.authority_machine import AuthorityMachine

RULES_OF_A_RUN = 50
QUICK = 2_000
MANY = int(os.environ.get("LAMPLIGHT_MACHINE_DEEDS", "50000"))
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def drive(deeds: int, *, first_seed: int = 1, shrink: bool = True) -> type[AuthorityMachine]:
    """Let the machine do so many deeds in a new city, seed after seed; return it with what it did."""

    class Machine(AuthorityMachine):
        city = build_authority_city()
        deeds = 0
        told = {}

    for number in count(first_seed):
        seed(number)(get_state_machine_test(Machine, settings=settings_of_a_seed(shrink=shrink)))()
        if Machine.deeds >= deeds:
            return Machine
    raise AssertionError("unreachable")


def settings_of_a_seed(*, shrink: bool) -> settings:
    return settings(
        max_examples=10,
        stateful_step_count=RULES_OF_A_RUN,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        verbosity=Verbosity.normal if shrink else Verbosity.quiet,
        database=None,
        report_multiple_bugs=False,
    )


def timed(deeds: int, **how: Any) -> type[AuthorityMachine]:
    started = time.monotonic()
    machine = drive(deeds, **how)
    told = ", ".join(f"{action} {count}" for action, count in sorted(machine.told.items()))
    print(
        f"{machine.deeds} deeds in {time.monotonic() - started:.0f} s left {sum(machine.told.values())} entries: {told}"
    )
    return machine


def test_two_thousand_deeds_leave_exactly_the_entries_and_the_states_that_they_should(
    fresh_database: str,
) -> None:
    machine = timed(QUICK)
    assert machine.deeds >= QUICK
    assert machine.told["approval.redeemed"] >= 20, "a machine that carries nothing out proves nothing"
    assert {"approval.reached", "glass.broken", "hold.lifted", "role.granted"} <= machine.told.keys()
    assert len(machine.told) >= 20, "and one that does only a few kinds of things proves little"


@pytest.mark.slow
def test_fifty_thousand_deeds_at_random(fresh_database: str) -> None:
    first_seed = int(os.environ.get("LAMPLIGHT_MACHINE_SEED", secrets.randbelow(2**32)))
    print(f"LAMPLIGHT_MACHINE_SEED={first_seed}")
    assert timed(MANY, first_seed=first_seed).deeds >= MANY


# --- the machine itself can fail ------------------------------------------------------------------------------


def nothing(*_: object, **__: object) -> None:
    """Check nothing, record nothing."""


def never_expired(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda proposal, *rest, now: real(proposal, *rest, now=LONG_AGO)


def any_digest(real: Callable[..., Any]) -> Callable[..., Any]:
    """Count votes on former revisions as if they were on this one."""
    return lambda ballots, rule, digest: real(
        [replace(each, digest=digest) for each in ballots], rule, digest
    )


def any_time(real: Callable[..., Any]) -> Callable[..., Any]:
    """Let a break-glass never end by the clock."""
    return lambda glass, digest, now: glass is not None and real(glass, digest, min(now, glass.opened_at))


def on_this_revision(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda request: real(request).filter(digest=request.digest)


MUTANTS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "an author votes": ("core.approval.check_apart", lambda _: nothing),
    "a delegate is a second person": ("break_glass.linked_with", lambda _: lambda *_: frozenset()),
    "one person counts in two stages": ("core.approval._used", lambda _: lambda *_: False),
    "an expired request takes votes": ("services.cast_vote.check_standing", never_expired),
    "an expired approval is redeemed": ("services.redeem_approval.check_redeemable", never_expired),
    "a hold does not stop a vote": ("services.cast_vote.check_request_not_held", lambda _: nothing),
    "a hold does not stop an execution": (
        "services.redeem_approval.check_request_not_held",
        lambda _: nothing,
    ),
    "who lost her role still counts": ("selectors._still_entitled", lambda _: lambda *_: True),
    "an edit keeps the votes": ("services.cast_vote.decide", any_digest),
    "a failed audit does not matter": ("selectors.with_override", lambda _: lambda rule, _: rule),
    "nobody needs her module": ("services.cast_vote.check_trained", lambda _: nothing),
    "a revocation is not recorded": ("services.revoke_role.record", lambda _: nothing),
    "an expiry is not recorded": ("services.expire_change_request.record", lambda _: nothing),
    "an administrator gives any role": ("services.grant_role.check_can_be_granted", lambda _: nothing),
    "nobody waits for comments": ("services.cast_vote.check_commented", lambda _: nothing),
    "the glass is broken for ever": ("core.break_glass.in_force", any_time),
    "who voted before an edit had no part": ("after_reviews.votes_on", on_this_revision),
    "too few could ever decide": ("services.open_change_request.check_reachable", lambda _: nothing),
}


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_machine_finds_what_is_broken(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    path, broken = MUTANTS[mutant]
    module, name = path.rsplit(".", 1)
    where = import_module(f"governance.{module}")
    monkeypatch.setattr(where, name, broken(getattr(where, name)))
    machines = len(AuthorityMachine.__subclasses__())
    with pytest.raises((AssertionError, DatabaseError)):
        drive(5 * QUICK, shrink=False)
    print(f"{mutant}: found after {AuthorityMachine.__subclasses__()[machines:][0].deeds} deeds")
