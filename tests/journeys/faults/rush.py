"""A thousand deeds by several clients at once, while somebody kills the servers under them."""

import random
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from celery import Celery

from config import provision
from tests.journeys.faults.proposing import digest_of
from tests.journeys.faults.servers import PAUSE
from tests.journeys.faults.voting import Supervisor

DEEDS_OF_A_PLAN = 4  # opened, evidence attached, and two votes
LONGEST_WAIT = 0.4  # seconds, from a moment of the plan to the kill, and from the kill to the restart
TURNS_APART = 0.3  # seconds
PATIENCE = 1200.0  # seconds, for all of it


class Mortal(Protocol):
    """A server that can be killed."""

    def crash(self, chance: random.Random) -> str:
        """Kill it or a part of it, and say which."""

    def restart(self) -> None:
        """Start it if it is down."""


def program(name: str, *words: str) -> list[str]:
    """Return the command of one of the programs beside this file."""
    return [sys.executable, "-m", "tests.journeys.faults.run", name, *words]


@dataclass(frozen=True)
class Proposed:
    """A plan whose proposal was acknowledged, and where its evidence stands in the log."""

    number: int
    request: int
    evidence: int


@dataclass
class Rush:
    """What was acknowledged to the clients, and what was killed meanwhile."""

    plans: int
    supervisors: Sequence[Supervisor]
    environment: Mapping[str, str]
    folder: Path
    after_each_kill: Callable[[], None] = lambda: None
    proposed: list[Proposed] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def acknowledged(self) -> int:
        """How many deeds were acknowledged so far."""
        return 2 * len(self.proposed) + sum(len(each.acknowledged) for each in self.supervisors)

    @property
    def wanted(self) -> int:
        """How many deeds there are to be."""
        return DEEDS_OF_A_PLAN * self.plans

    def run(
        self, mortals: Sequence[Mortal], kills_of_each: int, seed: int, check: Callable[[], None]
    ) -> None:
        """Let the clients do all deeds, and kill each server as often as asked, at moments that `seed` picks.

        In the end all servers run, the log is still being published, and everything is checked.
        """
        clients = [threading.Thread(target=self._propose)]
        clients += [threading.Thread(target=self._vote, args=[each]) for each in self.supervisors]
        publishing = threading.Thread(target=self._publish)
        for each in (*clients, publishing):
            each.start()
        try:
            self._kill(list(mortals) * kills_of_each, random.Random(seed))  # noqa: S311 - no secret
            for each in clients:
                each.join(PATIENCE)
                assert not each.is_alive(), (
                    f"{self.acknowledged} of {self.wanted} deeds after {PATIENCE:.0f} s"
                )
            check()
        finally:
            self._ended.set()
            publishing.join()

    def _kill(self, mortals: list[Mortal], chance: random.Random) -> None:
        chance.shuffle(mortals)
        moments = sorted(chance.sample(range(self.wanted // 50, self.wanted * 24 // 25), len(mortals)))
        for moment, mortal in zip(moments, mortals, strict=True):
            self.wait_for(lambda now=moment: self.acknowledged >= now)  # type: ignore[misc]
            PAUSE.wait(LONGEST_WAIT * chance.random())
            self.killed.append(mortal.crash(chance))
            self.after_each_kill()
            PAUSE.wait(LONGEST_WAIT * chance.random())
            mortal.restart()

    def wait_for(self, true: Callable[[], bool]) -> None:
        """Look again and again until it is true."""
        waited = 0.0
        while not true():
            assert waited < PATIENCE, f"{self.acknowledged} of {self.wanted} deeds, killed: {self.killed}"
            PAUSE.wait(0.01)
            waited += 0.01

    def _propose(self) -> None:
        with (self.folder / "proposing.err").open("w") as complaints:
            running = subprocess.Popen(
                program("proposing", str(self.plans)), stdout=subprocess.PIPE, stderr=complaints, text=True,
                env=dict(self.environment), cwd=provision.ROOT,
            )  # fmt: skip
            assert running.stdout is not None
            with running:
                for line in running.stdout:
                    self.proposed.append(Proposed(*map(int, line.split())))

    def _vote(self, supervisor: Supervisor) -> None:
        for number in range(self.plans):
            self.wait_for(lambda now=number: len(self.proposed) > now)  # type: ignore[misc]
            plan = self.proposed[number]
            supervisor.vote(plan.request, digest_of(plan.number))

    def _publish(self) -> None:
        """Ask for a turn over and over, as the schedule does."""
        sender = Celery("sender", broker=self.environment["LAMPLIGHT_BROKER"])
        while not self._ended.wait(TURNS_APART):
            sender.send_task("governance.tasks.publish_log")
        sender.close()
