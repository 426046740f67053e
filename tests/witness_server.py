"""A witness behind real HTTP on 127.0.0.1 (c2sp.org/tlog-witness v1.0.0), which a test may let misbehave.

    POST <address>/add-checkpoint                                  asks it to cosign
    GET  <address>/<SHA-256 of the log's name in hex>/checkpoint   what it cosigned last, 404 before the first time

It keeps what it cosigned in a folder, made durable before it answers, and knows it again after a restart. A *manner*
says what it answers and a *pace* how the bytes get onto the wire: the bad ones are in `witness_manners`.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from governance.core.checkpoint import parse_body
from governance.core.cosignature import CosignerKey, CosigningKey
from governance.core.note import VerificationKey, take_note_apart
from governance.core.witness_protocol import WitnessProtocolError, parse_request, request_body
from tests.witness import PLAIN, Response, Witness

PREFIX = "/witness"


@dataclass
class Heard:
    """What came over the wire: the method, the path, and the body."""

    method: str
    path: str
    body: bytes = b""


class WitnessServer:
    """One witness and its server; `manner` and `pace` may be changed while it runs."""

    def __init__(self, name: str, seed: bytes, log_keys: Iterable[VerificationKey], folder: Path) -> None:
        self.name, self.seed, self.folder = name, seed, folder
        self.log_keys = tuple(log_keys)
        self.manner: Manner = honest
        self.pace: Pace = at_once
        self.heard: list[Heard] = []
        self.gave_up = threading.Event()  # set when a caller hung up on a slow answer
        self._lock = threading.Lock()
        self._http: _Server | None = None
        self._port = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._wake()

    @property
    def key(self) -> CosignerKey:
        """Return the public key under which its cosignatures count."""
        return CosigningKey(self.name, self.seed).cosigner_key

    @property
    def url(self) -> str:
        """Return the address that stands in a policy."""
        return f"http://127.0.0.1:{self._port}{PREFIX}"

    @property
    def asked_from(self) -> list[int]:
        """Return the sizes from which it was asked to go on, one for each request."""
        asked = [each for each in self.heard if each.method == "POST"]
        return [parse_request(each.body).old_size for each in asked]

    def size(self, origin: str) -> int:
        """Return how many entries of a log it has cosigned."""
        return self._witness.latest(origin)[0]

    def up(self) -> None:
        """Listen; after a pause at the same port as before, with what it kept on disk and nothing else."""
        self._wake()
        self._http = _Server(("127.0.0.1", self._port), Handler)
        self._http.owner, self._port = self, self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Stop listening: callers find nobody at the port."""
        if self._http is not None:
            self._http.closing.set()
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def forget(self) -> None:
        """Lose everything it kept, as a witness whose disk died."""
        for path in self.folder.iterdir():
            path.unlink()
        self._wake()

    def cosigns(self, body: bytes) -> Response:
        """Answer as the specification asks for; to check, to keep and to answer is one step."""
        with self._lock:
            status, kind, said = self._witness.answer(body, int(time.time()))
            if status == HTTPStatus.OK:
                self._keep(parse_request(body).note, said)
            return status, kind, said

    def shows(self, path: str) -> Response:
        """Answer who asks what it cosigned last."""
        name, _, rest = path.removeprefix(f"{PREFIX}/").partition("/")
        file = self.folder / name
        if rest != "checkpoint" or not file.is_file():
            return HTTPStatus.NOT_FOUND, PLAIN, b"nothing was cosigned here\n"
        return HTTPStatus.OK, PLAIN, file.read_bytes()

    def _keep(self, note: str, line: bytes) -> None:
        text, _ = take_note_apart(note)
        name = hashlib.sha256(parse_body(text).origin.encode()).hexdigest()
        staged = self.folder / f"{name}.new"
        with staged.open("wb") as file:
            file.write(note.encode() + line)
            file.flush()
            os.fsync(file.fileno())
        staged.rename(self.folder / name)
        handle = os.open(self.folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)

    def _wake(self) -> None:
        """Start from what is on disk: a kept checkpoint is the first that a fresh witness hears of."""
        self._witness = Witness(self.name, self.seed, self.log_keys)
        for file in self.folder.glob("?" * 64):
            status, _, _ = self._witness.answer(request_body(0, (), file.read_text()), int(time.time()))
            assert status == HTTPStatus.OK, "what it kept is what it cosigned"


Manner = Callable[[WitnessServer, bytes], Response]
Pace = Callable[["Handler", bytes], None]


def honest(server: WitnessServer, body: bytes) -> Response:
    """Do as the specification says."""
    return server.cosigns(body)


def at_once(handler: "Handler", wire: bytes) -> None:
    """Send the whole answer."""
    handler.wfile.write(wire)


class Witnesses:
    """Some witnesses of one log, running, and the policy that names them."""

    def __init__(self, log_key: VerificationKey, folder: Path, names: Iterable[str]) -> None:
        self.log_key, self.policy_file = log_key, folder / "witness-policy"
        self.each = {
            name: WitnessServer(
                f"{name}.example/witness", hashlib.sha256(name.encode()).digest(), [log_key], folder / name
            )
            for name in names
        }
        for server in self.each.values():
            server.up()

    def __getitem__(self, name: str) -> WitnessServer:
        return self.each[name]

    def ask_for(self, needed: str) -> Path:
        """Write a policy that asks for all, any or so many of them ('none': for nobody); return its file."""
        lines = [f"log {self.log_key.text}"]
        lines += [f"witness {name} {each.key.text} {each.url}" for name, each in self.each.items()]
        if needed != "none":
            lines.append(f"group town {needed} {' '.join(self.each)}")
        lines.append(f"quorum {'none' if needed == 'none' else 'town'}")
        self.policy_file.write_text("\n".join(lines) + "\n")
        return self.policy_file

    def down(self) -> None:
        """Stop them all."""
        for server in self.each.values():
            server.down()


# --- the server ----------------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    """Threads that end with their requests."""

    allow_reuse_address = True
    daemon_threads = True
    owner: WitnessServer

    def __init__(self, address: tuple[str, int], handler: type["Handler"]) -> None:
        super().__init__(address, handler)
        self.closing = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers who hung up."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    @property
    def owner_http(self) -> _Server:
        return cast("_Server", self.server)

    @property
    def owner(self) -> WitnessServer:
        return self.owner_http.owner

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.owner.heard.append(Heard("POST", self.path, body))
        if self.path not in (f"{PREFIX}/add-checkpoint", "/moved/add-checkpoint"):
            self._reply((HTTPStatus.NOT_FOUND, PLAIN, b"nothing is here\n"))
            return
        manner = honest if self.path.startswith("/moved") else self.owner.manner
        try:
            self._reply(manner(self.owner, body))
        except WitnessProtocolError as problem:
            self._reply((HTTPStatus.BAD_REQUEST, PLAIN, f"{problem}\n".encode()))

    def do_GET(self) -> None:
        self.owner.heard.append(Heard("GET", self.path))
        self._reply(self.owner.shows(self.path))

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def _reply(self, response: Response) -> None:
        status, content_type, body = response
        lines = [f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}", f"Content-Type: {content_type}"]
        lines += [f"Content-Length: {len(body)}", "Connection: close"]
        if 300 <= status < 400:
            lines.append(f"Location: http://127.0.0.1:{self.server.server_port}/moved/add-checkpoint")  # type: ignore[attr-defined]
        self.close_connection = True
        self.owner.pace(self, "\r\n".join([*lines, "", ""]).encode() + body)
