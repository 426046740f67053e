"""What tests of every kind share; nothing here needs Django."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

VECTOR_FIXTURES = {"vectors", "tlog_folder"}


def pytest_configure(config: pytest.Config) -> None:
    """Offer the database fixtures wherever Django runs; `pytest -p no:django tests/core` does without both."""
    if config.pluginmanager.hasplugin("django"):
        config.pluginmanager.import_plugin("tests.database")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test fail that was skipped, or expected to fail, although the published data it needs is there."""
    report = yield
    needed = _data_needed_by(item)
    if report.skipped and needed is not None and needed.is_dir():
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} was skipped although its data is there ({needed}): {report.longrepr}"
        )
    return report


def shared_path() -> Path:
    """Return where published vectors and open data lie, if anywhere: LAMPLIGHT_SHARED, or beside the repository."""
    return Path(os.environ.get("LAMPLIGHT_SHARED", Path(__file__).resolve().parent.parent.parent / "shared"))


def vectors_path() -> Path:
    """Return where the published vectors of transparency logs lie, if anywhere."""
    return shared_path() / "vectors" / "tlog"


def shared_folder() -> Path:
    """Return the folder of published vectors and open data, or skip by name."""
    folder = shared_path()
    if not folder.is_dir():
        pytest.skip(f"shared data is absent: {folder}")
    return folder


def _data_needed_by(item: pytest.Item) -> Path | None:
    if VECTOR_FIXTURES & set(getattr(item, "fixturenames", ())):
        return vectors_path()
    return shared_path() if item.get_closest_marker("shared_data") else None
