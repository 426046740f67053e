"""The strangers' verifier reads a log from a website, and trusts the site as little as it trusts the log."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from governance.core.merkle import leaf_hash
from governance.core.tiles import encode_bundle
from governance.verifier import verify_lamplight as verifier
from tests.core.verifier.published import WITNESSES, checkpoint, entries, entry, publish, put, run

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
        self.dripped: tuple[bytes, bytes] | None = None  # what is sent at once, and what again and again
        self.closing = threading.Event()

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
        if self.path == self.server.odd_path and self.server.dripped:
            return self.drip(*self.server.dripped)
        if self.path == self.server.odd_path:
            status, headers, body = self.server.odd_answer
        elif place.is_file():
            body = place.read_bytes()
        else:
            status = 404
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, first: bytes, then: bytes) -> None:
        """Never fall silent, and come to no end for ten seconds."""
        with contextlib.suppress(OSError):
            self.wfile.write(first)
            for _ in range(1000):
                self.wfile.write(then)
                if self.server.closing.wait(0.01):
                    return

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(desk: Path) -> Iterator[Site]:
    """A sound log on a website."""
    server = Site(publish(desk / "log", LEAVES, NOTE))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.closing.set()
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


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000", "tile/entries/000"])
@pytest.mark.parametrize("length", [100, 0])
def test_an_answer_that_breaks_off_is_no_verdict(site: Site, path: str, length: int) -> None:
    body = (site.folder / path).read_bytes()
    site.odd_path, site.odd_answer = f"/log/{path}", (200, {"Content-Length": str(len(body))}, body[:length])
    code, said = check(site)
    assert code == 2
    assert f"{path} could not be read: {length} of its {len(body):,} bytes came" in said


def test_an_answer_in_pieces_is_read_to_its_end(site: Site) -> None:
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(NOTE.encode()), NOTE.encode())
    site.odd_path = "/log/checkpoint"
    site.odd_answer = (200, {"Content-Length": "", "Transfer-Encoding": "chunked"}, body)
    assert check(site)[0] == 0
    for cut in (body[:-5], body[:-50], body[:2]):
        site.odd_answer = (*site.odd_answer[:2], cut)
        assert check(site)[0] == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((206, {}, bytes(100)), "the site answered 206"),
        ((200, {"Content-Length": ""}, bytes(100)), "a part could be missing"),
        ((200, {}, b"<html>Not found</html>"), "a web page instead"),
        ((200, {}, b"\n<!DOCTYPE HTML>\n<title>Sign in</title>"), "a web page instead"),
    ],
)
def test_what_is_not_the_whole_file_is_no_verdict(
    site: Site, answer: tuple[int, dict[str, str], bytes], reason: str
) -> None:
    site.odd_path, site.odd_answer = "/log/tile/0/000", answer
    code, said = check(site)
    assert code == 2
    assert reason in said


@pytest.mark.parametrize("body", [bytes(100), bytes(8192)])
def test_a_whole_file_with_wrong_bytes_is_not_verified(site: Site, body: bytes) -> None:
    site.odd_path, site.odd_answer = "/log/tile/0/000", (200, {}, body)
    assert check(site)[0] == 1


def test_a_page_that_says_not_found_politely_is_no_checkpoint(site: Site) -> None:
    site.odd_path, site.odd_answer = "/log/checkpoint", (200, {}, b"<html>Not found</html>")
    assert check(site)[0] == 2


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 8192\r\n\r\n", b"a"),
    ],
    ids=["interim answers", "headers", "body"],
)
def test_a_site_that_never_falls_silent_is_left(
    site: Site, monkeypatch: pytest.MonkeyPatch, first: bytes, then: bytes
) -> None:
    monkeypatch.setattr(verifier, "DEADLINE", 0.5)
    site.odd_path, site.dripped = "/log/tile/0/000", (first, then)
    began = time.monotonic()
    code, said = check(site)
    assert code == 2
    assert "tile/0/000 took longer than 0.5 seconds" in said
    assert time.monotonic() - began < 8


def test_a_name_that_is_never_found_is_not_waited_for(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(verifier, "DEADLINE", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: over.wait(5) and [])
    code, said = run("log", "http://log.example.org", "--policy", "plain")
    over.set()
    assert code == 2
    assert "took longer" in said


def test_a_copy_holds_nothing_that_was_not_verified(site: Site, desk: Path) -> None:
    forged = [*LEAVES, *(entry(number, outcome="forged") for number in range(300, 512))]
    for name in ("tile/entries/001", "tile/0/001"):
        (site.folder / f"{name}.p/44").unlink()
    put(site.folder / "tile/entries/001", encode_bundle(forged[256:]))
    put(site.folder / "tile/0/001", b"".join(map(leaf_hash, forged[256:])))
    assert check(site, "--save", "mirror")[0] == 0
    copy = {place.relative_to("mirror").as_posix(): place for place in Path("mirror").rglob("*")}
    assert "tile/entries/001" not in copy
    assert "tile/0/001" not in copy
    assert copy["tile/entries/001.p/44"].read_bytes() == encode_bundle(LEAVES[256:])
    assert copy["tile/0/001.p/44"].read_bytes() == b"".join(map(leaf_hash, LEAVES[256:]))
    assert run("log", "mirror", "--policy", "quorum")[0] == 0


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
