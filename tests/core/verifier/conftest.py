"""The published test vectors, and the folder in which a stranger works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import shared_folder
from tests.core.verifier.published import NO_WITNESSES, TWO_OF_THREE, put


@pytest.fixture(scope="session")
def tlog() -> Path:
    """The folder of published vectors."""
    folder = shared_folder() / "vectors" / "tlog"
    if not folder.is_dir():
        pytest.skip("the shared test vectors (vectors/tlog) are absent; set LAMPLIGHT_SHARED to their folder")
    return folder


@pytest.fixture(scope="session")
def vectors(tlog: Path) -> dict[str, Any]:
    """The facts of vectors.json."""
    found: dict[str, Any] = json.loads((tlog / "vectors.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two policies, `plain` and `quorum`, which is also the working directory."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "plain", NO_WITNESSES)
    put(tmp_path / "quorum", TWO_OF_THREE)
    return tmp_path
