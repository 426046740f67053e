"""How a witness can misbehave: what it answers, and how the bytes get onto the wire."""

import time
from http import HTTPStatus

from governance.core.checkpoint import Checkpoint, parse_body
from governance.core.cosignature import CosigningKey, cosign
from governance.core.note import Signature, take_note_apart
from governance.core.witness_protocol import SIZE_TYPE, parse_request
from tests.witness import PLAIN, Response
from tests.witness_server import Handler, Manner, WitnessServer

DROP = 0.005  # seconds between two bytes of a witness that dribbles

# --- what it answers ---------------------------------------------------------------------------------------


def refuses(status: int, body: bytes = b"no\n", content_type: str = PLAIN) -> Manner:
    """Refuse with a status, whatever is asked."""
    return lambda server, asked: (status, content_type, body)


def has_seen(size: int) -> Manner:
    """Claim to have cosigned so many entries last."""
    return refuses(HTTPStatus.CONFLICT, f"{size}\n".encode(), SIZE_TYPE)


def by_another_key(server: WitnessServer, body: bytes) -> Response:
    """Sign under its name and key ID with a key that is not its own."""
    forged = cosign(_text(body), CosigningKey(server.name, bytes(reversed(server.seed))), int(time.time()))
    return HTTPStatus.OK, PLAIN, Signature(server.name, server.key.key_id, forged.signature).line.encode()


def of_a_stranger(server: WitnessServer, body: bytes) -> Response:
    """Pass on a good cosignature of somebody whom nobody asked."""
    stranger = CosigningKey("stranger.example", bytes(reversed(server.seed)))
    return HTTPStatus.OK, PLAIN, cosign(_text(body), stranger, int(time.time())).line.encode()


def over_another_checkpoint(server: WitnessServer, body: bytes) -> Response:
    """Sign a checkpoint that it was not asked about."""
    said = parse_body(_text(body))
    other = Checkpoint(said.origin, said.size + 1, said.root).body
    return HTTPStatus.OK, PLAIN, cosign(other, _own(server), int(time.time())).line.encode()


def in_the_future(server: WitnessServer, body: bytes) -> Response:
    """Date its cosignature two hours ahead."""
    return HTTPStatus.OK, PLAIN, cosign(_text(body), _own(server), int(time.time()) + 7_200).line.encode()


def at_time_zero(server: WitnessServer, body: bytes) -> Response:
    """Date its cosignature at time 0, which no witness may."""
    line = cosign(_text(body), _own(server), 1)
    timeless = Signature(line.name, line.key_id, bytes(8) + line.signature[8:])
    return HTTPStatus.OK, PLAIN, timeless.line.encode()


def garbage(server: WitnessServer, body: bytes) -> Response:
    """Answer with bytes that are no text."""
    return HTTPStatus.OK, PLAIN, bytes(range(256))


def without_end(server: WitnessServer, body: bytes) -> Response:
    """Answer with its cosignature, again and again, for a megabyte."""
    line = cosign(_text(body), _own(server), int(time.time())).line.encode()
    return HTTPStatus.OK, PLAIN, line * (1_000_000 // len(line))


def nothing(server: WitnessServer, body: bytes) -> Response:
    """Agree, and sign nothing."""
    return HTTPStatus.OK, PLAIN, b""


def spoiled(server: WitnessServer, body: bytes) -> Response:
    """Add to its good cosignature one that is not valid."""
    good = cosign(_text(body), _own(server), int(time.time())).line.encode()
    return HTTPStatus.OK, PLAIN, good + by_another_key(server, body)[2]


def _own(server: WitnessServer) -> CosigningKey:
    return CosigningKey(server.name, server.seed)


def _text(body: bytes) -> str:
    return take_note_apart(parse_request(body).note)[0]


# --- how the bytes get onto the wire ------------------------------------------------------------------------


def silent(handler: Handler, wire: bytes) -> None:
    """Accept and say nothing, until the caller hangs up; then answer well, for nobody."""
    handler.connection.settimeout(DROP)
    while not handler.owner_http.closing.is_set():
        try:
            if handler.connection.recv(1) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    handler.owner.gave_up.set()
    handler.wfile.write(wire)


def dribbles_all(handler: Handler, wire: bytes) -> None:
    """Send the headers byte by byte, and then the body likewise."""
    _dribble(handler, wire)


def dribbles_the_body(handler: Handler, wire: bytes) -> None:
    """Send the headers at once and the body byte by byte."""
    head, _, body = wire.partition(b"\r\n\r\n")
    handler.wfile.write(head + b"\r\n\r\n")
    _dribble(handler, body)


def says_wait(handler: Handler, wire: bytes) -> None:
    """Say '100 Continue' over and over before the answer."""
    _dribble(handler, b"HTTP/1.1 100 Continue\r\n\r\n" * 20)
    handler.wfile.write(wire)


def hangs_up(handler: Handler, wire: bytes) -> None:
    """Break off in the middle of the answer."""
    handler.wfile.write(wire[:-20])


def speaks_no_http(handler: Handler, wire: bytes) -> None:
    """Answer in a language that is none."""
    handler.wfile.write(b"\x00\x1b[31m\xff" * 1_000 + b"\r\n\r\n")


def _dribble(handler: Handler, wire: bytes) -> None:
    for place in range(len(wire)):
        if handler.owner_http.closing.wait(DROP):
            return
        try:
            handler.wfile.write(wire[place : place + 1])
        except OSError:
            handler.owner.gave_up.set()
            raise
