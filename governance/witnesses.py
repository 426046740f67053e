"""The witnesses of the log: who they are, by the policy file, and how one is asked for a cosignature."""

import contextlib
import hashlib
import http.client
import logging
import queue
import re
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from governance import published_log
from governance.core.checkpoint import CheckpointError, open_checkpoint
from governance.core.cosignature import Cosigned
from governance.core.note import open_note
from governance.core.refusals import Reason, Refused
from governance.core.witness_policy import PolicyError, Witness, WitnessPolicy, parse_policy, plain_policy
from governance.core.witness_protocol import Answer, Conflict, WitnessRefused, read_answer, request_body

log = logging.getLogger("lamplight.log")
LONGEST_NAME = 200  # letters; a cosignature is kept under its witness's name
EXCERPT = 120  # letters of what a stranger sent
MOST_BYTES = 65_536  # of an answer; a cosignature has a few hundred
CLOCKS_DIFFER = 3_600  # seconds that a witness's clock may be ahead of ours
SECONDS = (
    5.0  # for one whole answer; in one turn a witness is asked at most twice, and a third time for evidence
)


def policy_text() -> str:
    """Return the witness policy as it is published: the operator's file, or the log's key and no quorum."""
    if not settings.LOG_POLICY_FILE:
        return plain_policy(published_log.log_key().verification_key, settings.LOG_URL)
    try:
        return Path(settings.LOG_POLICY_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Refused(
            Reason.BAD_INPUT,
            f"The witness policy cannot be read ({getattr(problem, 'strerror', None) or 'it is not text'}). "
            "LAMPLIGHT_LOG_POLICY names its file; without a policy nothing is published.",
        ) from problem


def public_policy_text() -> str:
    """Return the policy's text once it was found to be one. Raises Refused(BAD_INPUT)."""
    policy()
    return policy_text()


def policy() -> WitnessPolicy:
    """Return the witness policy, which must speak of this log's key. Raises Refused(BAD_INPUT)."""
    key = published_log.log_key().verification_key
    try:
        said = parse_policy(policy_text())
        if said.log_key(key.name) != key:
            raise PolicyError(
                f"it names another key for {key.name} than the one this log signs with ({key.text})"
            )
        if names := [each.name for each in said.witnesses if len(each.name) > LONGEST_NAME]:
            raise PolicyError(f"the witness's name {names[0]!r} has more than {LONGEST_NAME} letters")
    except PolicyError as problem:
        # The file may be another one, with secrets in it: the public hears the line's number, not its words.
        log.error("the witness policy: %s", problem)
        where = re.match(r"Line \d+", str(problem))
        raise Refused(
            Reason.BAD_INPUT,
            f"The witness policy is not usable{f' ({where[0].lower()})' if where else ''}; the application log says "
            "why. Nothing is published until it is.",
        ) from problem
    return said


@dataclass(frozen=True)
class Asked:
    """One question to a witness: which checkpoint, and how many entries that covers."""

    size: int
    note: str


def ask(witness: Witness, asked: Asked, *, seen: int) -> Cosigned | Conflict:
    """Ask one witness to cosign, starting from the size we believe it has seen; follow its correction once.

    A Conflict is the answer of a witness that has seen more entries than the checkpoint covers. Raises
    WitnessRefused with a sentence: not reachable, too slow, a refusal, or an answer that is no cosignature of
    this checkpoint; INCONSISTENT is the answer of a witness that has seen other entries.
    """
    answer, told = _ask_once(witness, asked, seen), seen
    if isinstance(answer, Conflict) and answer.size <= asked.size and answer.size != seen:
        told = answer.size
        answer = _ask_once(witness, asked, told)
    if isinstance(answer, Conflict) and answer.size == told:
        raise WitnessRefused(
            Answer.INCONSISTENT,
            f"The witness {witness.name} has cosigned {told} entries of this log before, and not the same ones.",
        )
    if isinstance(answer, Conflict) and answer.size < asked.size:
        raise WitnessRefused(
            Answer.FALSE,
            f"The witness {witness.name} names first one size as the last it cosigned, and then another "
            f"({answer.size}); the next turn asks again.",
        )
    return answer


def checkpoint_kept_by(witness: Witness) -> str | None:
    """Return the checkpoint of this log that a witness cosigned last, with our own key's signature and no other line.

    None where it shows none. Asked only of a witness that contradicts us: with the log's signature its word becomes
    evidence. Many witnesses show it under the address at which they are asked
    (GET <address>/<SHA-256 of the log's name>/checkpoint).
    """
    key = published_log.log_key().verification_key
    try:
        _, _, body = _send(witness, "GET", f"{hashlib.sha256(key.name.encode()).hexdigest()}/checkpoint")
        open_checkpoint(body, key)
    except (WitnessRefused, CheckpointError):
        return None
    note = open_note(body, [key])
    return f"{note.text}\n" + "".join(each.line for each in note.verified)


def _ask_once(witness: Witness, asked: Asked, seen: int) -> Cosigned | Conflict:
    proof = published_log.tree(asked.size).consistency_proof(seen) if 0 < seen < asked.size else ()
    status, content_type, body = _send(
        witness, "POST", "add-checkpoint", request_body(seen, proof, asked.note)
    )
    return read_answer(
        status,
        content_type,
        body,
        checkpoint=asked.note,
        log_key=published_log.log_key().verification_key,
        witness_key=witness.key,
        not_after=int(time.time()) + CLOCKS_DIFFER,
    )


# --- over HTTP: neither the place, nor the size, nor the time of an answer is left to a witness --------------


_Response = tuple[int, str, bytes]  # status, content type, body
_CONNECTIONS: dict[str, type[http.client.HTTPConnection]] = {
    "http": http.client.HTTPConnection,
    "https": http.client.HTTPSConnection,
}


def _send(witness: Witness, method: str, path: str, body: bytes = b"") -> _Response:
    """Send one request to the address that the policy gives, and to no other: redirects are not followed."""
    try:
        parts = urlsplit(witness.url)
        if not parts.hostname:
            raise ValueError("the address names no host")
        connection = _CONNECTIONS[parts.scheme](parts.hostname, parts.port, timeout=SECONDS)
        return _Call(connection, method, f"{parts.path.rstrip('/')}/{path}", body).answer()
    except TimeoutError as problem:
        raise _no_answer(witness, f"gave no whole answer within {SECONDS:g} seconds") from problem
    except (OSError, http.client.HTTPException, ValueError, KeyError) as problem:
        why = ascii(str(problem)[:EXCERPT]).strip("'\"") or type(problem).__name__  # it may quote the witness
        raise _no_answer(witness, f"does not answer at {witness.url}: {why}") from problem


def _no_answer(witness: Witness, what: str) -> WitnessRefused:
    return WitnessRefused(Answer.NO_ANSWER, f"The witness {witness.name} {what}. The next turn asks again.")


class _Call(threading.Thread):
    """One request and its answer, in a thread of its own.

    A timeout on a connection begins anew with each drop of bytes, and does not cover the look-up of a name: so
    whoever waits for the answer waits for a fixed time, and then hangs up.
    """

    def __init__(self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes) -> None:
        super().__init__(daemon=True)
        self._connection, self._method, self._path, self._body = connection, method, path, body
        self._said: queue.SimpleQueue[_Response | Exception] = queue.SimpleQueue()
        self._socket: socket.socket | None = None
        self._over = threading.Event()

    def answer(self) -> _Response:
        """Return the whole answer. Raises TimeoutError, OSError, HTTPException and ValueError."""
        self.start()
        try:
            said = self._said.get(timeout=SECONDS)
        except queue.Empty:
            raise TimeoutError from None
        finally:
            self._hang_up()
        if isinstance(said, Exception):
            raise said
        return said

    def run(self) -> None:
        """Ask; whatever comes of it goes to the one who waits."""
        try:
            with contextlib.closing(self._connection):
                self._said.put(self._ask())
        except Exception as problem:
            self._said.put(problem)

    def _ask(self) -> _Response:
        self._connection.connect()
        self._socket = self._connection.sock
        if self._over.is_set():  # nobody waits any more
            raise TimeoutError
        headers = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
        self._connection.request(self._method, self._path, body=self._body or None, headers=headers)
        with self._connection.getresponse() as response:
            body = _read(response)
            return response.status, response.headers.get("Content-Type", ""), body

    def _hang_up(self) -> None:
        self._over.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _read(response: http.client.HTTPResponse) -> bytes:
    body = response.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise http.client.HTTPException(f"an answer of more than {MOST_BYTES} bytes")
    return body
