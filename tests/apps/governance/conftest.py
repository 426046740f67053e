"""A log that is watched."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance import published_log
from tests.witness_server import Witnesses


@pytest.fixture
def watched(settings: Any, tmp_path: Path) -> Iterator[Witnesses]:
    """Two witnesses, of whom the policy asks for both; publishing waits for them."""
    witnesses = Witnesses(published_log.log_key().verification_key, tmp_path, ("north", "south"))
    settings.LOG_POLICY_FILE = str(witnesses.ask_for("all"))
    settings.LOG_WITHOUT_QUORUM = "wait"
    yield witnesses
    witnesses.down()
