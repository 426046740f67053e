"""The published test vectors, read in place: LAMPLIGHT_SHARED, by default 'shared' beside the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[3]
TLOG = Path(os.environ.get("LAMPLIGHT_SHARED", REPOSITORY.parent / "shared")) / "vectors" / "tlog"


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """The facts about trees, notes and checkpoints in vectors.json."""
    path = TLOG / "vectors.json"
    if not path.exists():
        pytest.skip("the shared test vectors (vectors/tlog) are absent; set LAMPLIGHT_SHARED to their folder")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def tlog_folder(vectors: dict[str, Any]) -> Path:
    """The folder that holds one JSON file per published probe."""
    return TLOG
