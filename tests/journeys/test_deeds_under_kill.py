"""Whoever was told that a deed is done finds it in the log, once, whatever was killed meanwhile."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from config import provision
from governance import published_log
from governance.core.checkpoint import Checkpoint
from tests.journeys.faults import servers
from tests.journeys.faults.proposing import digest_of
from tests.journeys.faults.published_folder import Outsider, entries_of
from tests.journeys.faults.rush import Mortal, Rush, program
from tests.journeys.faults.voting import Supervisor

SEED = 20261122
PLANS = 250  # each of four deeds
KILLS = 7  # of each of the three servers


def at_work(folder: Path, addresses: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which every program of the installation runs."""
    return {
        **os.environ,
        **addresses,
        "LAMPLIGHT_LOG_FOLDER": str(settings.LOG_FOLDER),
        "LAMPLIGHT_ARTIFACTS": str(folder / "artifacts"),
        "LAMPLIGHT_TASKS_IN_LINE": "no",
    }


def manage(environment: Mapping[str, str], *command: str) -> str:
    """Run a program to its end, and return what it said."""
    done = subprocess.run(
        command, env=dict(environment), cwd=provision.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def installation(
    folder: Path, environment: dict[str, str]
) -> Iterator[tuple[list[Mortal], list[Supervisor]]]:
    """Set up the city, a Redis, the site and a worker; yield the two that may be killed, and the people."""
    said = manage(environment, *program("setting_up")).splitlines()
    port = servers.free_port()
    with tempfile.TemporaryDirectory(prefix="lamplight-redis-") as short, ExitStack() as running:
        environment["LAMPLIGHT_BROKER"] = f"redis+socket://{short}/redis"
        site, worker = servers.web(port, environment, folder), servers.worker(environment, folder)
        for each in (servers.redis(Path(short)), site, worker):
            each.start()
            running.callback(each.stop)
        yield [site, worker], [Supervisor(port, email, known_as) for email, known_as in map(str.split, said)]


def published() -> Checkpoint:
    """Return what the published folder says, once an outsider has accepted it."""
    return Outsider(published_log.log_key().verification_key).accepts(published_log.public_folder())


class Reader:
    """Somebody outside, who looks at the published log again and again and remembers what she saw."""

    def __init__(self) -> None:
        self._seen: Checkpoint | None = None

    def __call__(self) -> None:
        if (published_log.public_folder() / "checkpoint").exists():
            outsider = Outsider(published_log.log_key().verification_key, self._seen)
            self._seen = outsider.accepts(published_log.public_folder())


def check_all(rush: Rush, address: str) -> None:
    """Publish what is left; then hold the clients' lists against the log's files, and these against the tables."""
    with psycopg.connect(address) as reader:
        count = reader.execute("SELECT count(*) FROM governance_ledgerentry").fetchone()
        assert count is not None
        rush.wait_for(lambda: published().size == count[0])
        leaves = [json.loads(leaf) for leaf in entries_of(published_log.public_folder(), count[0])]
        check_acknowledged(rush, leaves)
        check_whole(rush, leaves, reader)
    assert json.loads(manage(rush.environment, sys.executable, "manage.py", "verify_ledger", "--json"))[
        "sound"
    ]


def check_acknowledged(rush: Rush, leaves: list[dict[str, Any]]) -> None:
    """Each deed that was acknowledged stands in the log, where it was said to stand, and none stands there twice."""
    assert [leaf["index"] for leaf in leaves] == list(range(len(leaves)))
    assert rush.acknowledged == rush.wanted
    deeds = Counter((leaf["action"], leaf["subject"], leaf["actor"]) for leaf in leaves)
    assert set(deeds.values()) == {1}, "a deed was recorded twice"
    kinds = Counter(leaf["action"] for leaf in leaves)
    assert kinds["request.opened"] == kinds["evidence.attached"] == rush.plans
    assert kinds["vote.cast"] == len(rush.supervisors) * rush.plans
    for plan in rush.proposed:
        digest = digest_of(plan.number)
        assert (leaves[plan.evidence]["action"], leaves[plan.evidence]["subject"]) == (
            "evidence.attached",
            digest,
        )
        for vote in (leaves[each.acknowledged[plan.request]] for each in rush.supervisors):
            assert (vote["action"], vote["subject"], vote["detail"]["request"]) == (
                "vote.cast",
                digest,
                plan.request,
            )


def check_whole(rush: Rush, leaves: list[dict[str, Any]], reader: psycopg.Connection[Any]) -> None:
    """No deed is half done: each entry of a vote has its vote, each approved request both, and none is left open."""
    votes = {index for (index,) in reader.execute("SELECT ledger_index FROM governance_vote")}
    assert votes == {leaf["index"] for leaf in leaves if leaf["action"] == "vote.cast"}
    evidence = {index for (index,) in reader.execute("SELECT ledger_index FROM governance_evidence")}
    assert evidence == {plan.evidence for plan in rush.proposed}
    states = reader.execute("SELECT state, count(*) FROM governance_changerequest GROUP BY state")
    assert dict(states.fetchall()) == {"approved": rush.plans}
    assert reader.execute("SELECT part FROM governance_loghealth WHERE problem <> ''").fetchall() == []


def told(rush: Rush) -> str:
    """Return what happened, in figures."""
    unsure = sum(each.unsure for each in rush.supervisors)
    found = sum(each.found_done for each in rush.supervisors)
    return (
        f"\n{rush.acknowledged} deeds acknowledged, 0 lost, 0 doubled; killed: {dict(Counter(rush.killed))}; over HTTP "
        f"{unsure} answers failed to come, and {found} votes asked for again had been counted"
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_of_a_thousand_deeds_none_is_lost_or_doubled_when_everything_is_killed_again_and_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with servers.cluster() as cluster:
        names = {"DATABASE_URL": "app", "DATABASE_OWNER_URL": "owner", "DATABASE_ADMIN_URL": "admin"}
        environment = at_work(tmp_path, {name: cluster.address(role) for name, role in names.items()})
        manage(environment, sys.executable, "-m", "config.migrate")
        with installation(tmp_path, environment) as (mortals, people):
            rush = Rush(PLANS, people, environment, tmp_path, Reader())
            rush.run([*mortals, cluster], KILLS, SEED, lambda: check_all(rush, cluster.address("app")))
    with capsys.disabled():
        print(told(rush))
