"""What tests of every kind share; nothing here needs Django."""

import os
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Offer the database fixtures wherever Django runs; `pytest -p no:django tests/core` does without both."""
    if config.pluginmanager.hasplugin("django"):
        config.pluginmanager.import_plugin("tests.database")


def shared_folder() -> Path:
    """Return the folder of published vectors and open data, or skip by name."""
    folder = Path(
        os.environ.get("LAMPLIGHT_SHARED", Path(__file__).resolve().parent.parent.parent / "shared")
    )
    if not folder.is_dir():
        pytest.skip(f"shared data is absent: {folder}")
    return folder
