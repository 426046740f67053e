"""Two thousand random deeds, after each of which the real services, the log and an independent model agree."""

import time

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.apps.governance.authority_machine import AuthorityMachine, build_authority_city

STEPS = 50  # rules of one run


def drive(runs: int) -> type[AuthorityMachine]:
    """Let the machine run in the test's database; return it with how much it did."""

    class Machine(AuthorityMachine):
        city = build_authority_city()
        deeds = 0
        told = {}

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
            database=None,
        ),
    )
    return Machine


@pytest.mark.django_db
def test_two_thousand_deeds() -> None:
    started = time.monotonic()
    machine = drive(40)
    print(f"{machine.deeds} deeds in {time.monotonic() - started:.1f} s: {machine.told}")
    assert machine.deeds >= 2_000
