"""The published test vectors, read in place: LAMPLIGHT_SHARED, by default 'shared' beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import vectors_path


@pytest.fixture(scope="session")
def vectors(tlog_folder: Path) -> dict[str, Any]:
    """The facts about trees, notes and checkpoints in vectors.json."""
    found: dict[str, Any] = json.loads((tlog_folder / "vectors.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def tlog_folder() -> Path:
    """The folder of vectors.json, of one JSON file per published probe, and of one published log."""
    folder = vectors_path()
    if not folder.is_dir():
        pytest.skip("the shared test vectors (vectors/tlog) are absent; set LAMPLIGHT_SHARED to their folder")
    return folder
