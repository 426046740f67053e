"""A test of published data is skipped where the data is absent, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

@pytest.fixture
def vectors():
    pytest.skip("cannot find them")

def test_that_wants_vectors(vectors):
    pass

@pytest.mark.shared_data
@pytest.mark.skip(reason="today not")
def test_that_wants_data():
    pass

@pytest.mark.shared_data
def test_that_gives_up():
    pytest.skip("half way")

@pytest.mark.shared_data
@pytest.mark.xfail(reason="known")
def test_that_is_let_fail():
    assert False

@pytest.mark.skip(reason="of no concern")
def test_that_wants_nothing():
    pass

@pytest.mark.shared_data
def test_that_passes():
    pass
"""


def run(tmp_path: Path, shared: Path) -> subprocess.CompletedProcess[str]:
    sample, settings = tmp_path / "test_sample.py", tmp_path / "pytest.ini"
    sample.write_text(TESTS)
    settings.write_text("[pytest]\nmarkers =\n  shared_data: needs shared data\n")
    plugins = ["-p", "no:django", "-p", "no:cacheprovider", "-p", "tests.conftest"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "-c", str(settings), str(sample)],
        cwd=REPOSITORY,
        env=os.environ | {"LAMPLIGHT_SHARED": str(shared)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_where_the_data_is_absent_its_tests_are_skipped(tmp_path: Path) -> None:
    done = run(tmp_path, tmp_path / "nowhere")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 4 skipped, 1 xfailed" in done.stdout


def test_where_the_data_is_there_a_skipped_test_fails(tmp_path: Path) -> None:
    (tmp_path / "shared" / "vectors" / "tlog").mkdir(parents=True)
    done = run(tmp_path, tmp_path / "shared")
    assert done.returncode == 1, done.stdout
    assert "2 failed, 1 passed, 1 skipped, 2 errors" in done.stdout
    assert "test_that_wants_vectors was skipped although its data is there" in done.stdout


def test_data_without_vectors_excuses_only_the_tests_of_vectors(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    done = run(tmp_path, tmp_path / "shared")
    assert "2 failed, 1 passed, 2 skipped, 1 error" in done.stdout


@pytest.mark.parametrize("command", [".ci/run", "Makefile"])
def test_the_whole_check_says_where_the_data_would_be(command: str) -> None:
    assert "LAMPLIGHT_SHARED" in (REPOSITORY / command).read_text(encoding="utf-8")
