"""The strangers' verifier reads a log from a website, and trusts the site as little as it trusts the log."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from governance.verifier import verify_lamplight as verifier
from tests.core.verifier.published import WITNESSES, checkpoint, entries, publish, put, run

LEAVES = entries(300)
NOTE = checkpoint(LEAVES, WITNESSES)


class Site(ThreadingHTTPServer):
    """A web server that carries a folder at /log/, and can be told to misbehave on one path."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder = folder
        self.odd_path = ""
        self.odd_answer: tuple[int, dict[str, str], bytes] = (200, {}, b"")

    @property
    def address(self) -> str:
        """Where the log is."""
        return f"http://127.0.0.1:{self.server_port}/log"


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Site

    def do_GET(self) -> None:
        """Carry one file."""
        place = self.server.folder / self.path.removeprefix("/log/")
        status, body = 200, b""
        headers: dict[str, str] = {}
        if self.path == self.server.odd_path:
            status, headers, body = self.server.odd_answer
        elif place.is_file():
            body = place.read_bytes()
        else:
            status = 404
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(desk: Path) -> Iterator[Site]:
    """A sound log on a website."""
    server = Site(publish(desk / "log", LEAVES, NOTE))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def check(site: Site, *more: str) -> tuple[int, str]:
    """Check the log of the site."""
    return run("log", site.address, "--policy", "quorum", *more)


def test_a_log_on_a_website_is_whole(site: Site) -> None:
    code, said = check(site)
    assert code == 0, said
    assert "300 entries, none changed" in said


def test_a_copy_of_a_website_is_a_log(site: Site, desk: Path) -> None:
    assert check(site, "--save", "mirror")[0] == 0
    assert run("log", "mirror", "--policy", "quorum")[0] == 0
    assert (desk / "mirror/checkpoint").read_bytes() == NOTE.encode()


def test_two_checkpoints_are_compared_with_a_websites_tiles(site: Site, desk: Path) -> None:
    put(desk / "old", checkpoint(LEAVES[:256], WITNESSES))
    code, said = run("checkpoints", "old", "log/checkpoint", "--policy", "quorum", "--log", site.address)
    assert code == 0, said


def test_a_partial_tile_that_is_gone_is_read_from_the_full_one(site: Site) -> None:
    publish(site.folder, entries(512), NOTE, since=300)
    (site.folder / "tile/0/001.p/44").unlink()
    (site.folder / "tile/entries/001.p/44").unlink()
    assert check(site)[0] == 0


@pytest.mark.parametrize("target", ["http://localhost:1/log/checkpoint", "https://example.org/"])
def test_the_verifier_is_not_led_to_another_site(site: Site, target: str) -> None:
    site.odd_path, site.odd_answer = "/log/checkpoint", (302, {"Location": target}, b"")
    code, said = check(site)
    assert code == 2
    assert "does not go to another site" in said


def test_a_site_cannot_make_us_read_our_own_files(site: Site) -> None:
    site.odd_path, site.odd_answer = "/log/checkpoint", (302, {"Location": "file:///etc/hostname"}, b"")
    assert check(site)[0] == 2


def test_a_site_may_send_us_on_within_itself(site: Site) -> None:
    put(site.folder / "elsewhere", NOTE)
    site.odd_path, site.odd_answer = "/log/checkpoint", (302, {"Location": "/log/elsewhere"}, b"")
    assert check(site)[0] == 0


def test_a_site_that_sends_us_in_circles_is_left(site: Site) -> None:
    site.odd_path, site.odd_answer = "/log/checkpoint", (302, {"Location": "/log/checkpoint"}, b"")
    code, said = check(site)
    assert code == 2
    assert "could not be read" in said


@pytest.mark.parametrize("status", [403, 500, 503])
def test_a_site_that_refuses_is_no_verdict(site: Site, status: int) -> None:
    site.odd_path, site.odd_answer = "/log/tile/0/000", (status, {}, b"")
    code, said = check(site)
    assert code == 2
    assert f"the site answered {status}" in said


def test_a_tile_that_never_ends_is_cut_off(site: Site) -> None:
    site.odd_path, site.odd_answer = "/log/tile/0/000", (200, {}, bytes(1_000_000))
    code, said = check(site)
    assert code == 2
    assert "larger than the 8,192 bytes" in said


def test_an_answer_that_breaks_off_is_noticed(site: Site) -> None:
    site.odd_path, site.odd_answer = "/log/tile/0/000", (200, {"Content-Length": "8192"}, bytes(100))
    code, said = check(site)
    assert code in (1, 2)
    assert "tile/0/000" in said


def test_a_page_that_says_not_found_politely_is_no_checkpoint(site: Site) -> None:
    site.odd_path, site.odd_answer = "/log/checkpoint", (200, {}, b"<html>Not found</html>")
    assert check(site)[0] == 2


def test_an_answer_that_takes_too_long_is_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "DEADLINE", -1)
    code, said = check(site)
    assert code == 2
    assert "took longer" in said


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1:1/log",
        "http://",
        "http://[",
        "http://127.0.0.1:x/",
        "ftp://example.org/log",
        "nowhere",
    ],
)
def test_a_place_that_is_none_is_no_verdict(desk: Path, place: str) -> None:
    code, said = run("log", place, "--policy", "plain")
    assert code == 2
    assert said.startswith("COULD NOT BE CHECKED.\n")
