"""The witnesses of the log: who they are, by the policy file, and how one is asked for a cosignature."""

import http.client
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from governance import published_log
from governance.core.cosignature import Cosigned
from governance.core.refusals import Reason, Refused
from governance.core.witness_policy import PolicyError, Witness, WitnessPolicy, parse_policy, plain_policy
from governance.core.witness_protocol import Answer, Conflict, WitnessRefused, read_answer, request_body

MOST_BYTES = 65_536  # of an answer; a cosignature has a few hundred
CLOCKS_DIFFER = 3_600  # seconds that a witness's clock may be ahead of ours
SECONDS = 5.0  # for the whole answer of one witness; the next turn asks again


def policy_text() -> str:
    """Return the witness policy as it is published: the operator's file, or the log's key and no quorum."""
    if not settings.LOG_POLICY_FILE:
        return plain_policy(published_log.log_key().verification_key, settings.LOG_URL)
    try:
        return Path(settings.LOG_POLICY_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Refused(
            Reason.BAD_INPUT,
            f"The witness policy cannot be read: {problem}. LAMPLIGHT_LOG_POLICY names its file; without a policy "
            "nothing is published.",
        ) from problem


def policy() -> WitnessPolicy:
    """Return the witness policy, which must speak of this log's key. Raises Refused(BAD_INPUT)."""
    key = published_log.log_key().verification_key
    try:
        said = parse_policy(policy_text())
        if said.log_key(key.name) != key:
            raise PolicyError(
                f"it names another key for {key.name} than the one this log signs with ({key.text})"
            )
    except PolicyError as problem:
        raise Refused(
            Reason.BAD_INPUT,
            f"The witness policy is not usable: {problem}. Nothing is published until it is.",
        ) from problem
    return said


@dataclass(frozen=True)
class Asked:
    """One question to a witness: which checkpoint, and the size it said it had seen before."""

    size: int
    note: str


def ask(witness: Witness, asked: Asked, *, seen: int) -> Cosigned:
    """Ask one witness to cosign, starting from the size we believe it has seen; follow its correction once.

    Raises WitnessRefused with a sentence: not reachable, too slow, a refusal, or an answer that is no cosignature
    of this checkpoint.
    """
    answer = _ask_once(witness, asked, seen)
    if isinstance(answer, Conflict) and answer.size <= asked.size and answer.size != seen:
        answer = _ask_once(witness, asked, answer.size)
    if isinstance(answer, Conflict):
        raise WitnessRefused(
            Answer.INCONSISTENT,
            f"{witness.name} has already cosigned {answer.size} entries of this log, and asks to go on from there; "
            f"the checkpoint has {asked.size}.",
        )
    return answer


def _ask_once(witness: Witness, asked: Asked, seen: int) -> Cosigned | Conflict:
    proof = published_log.tree(asked.size).consistency_proof(seen) if 0 < seen < asked.size else ()
    status, content_type, body = _post(witness, request_body(seen, proof, asked.note))
    key = published_log.log_key().verification_key
    latest = int(time.time()) + CLOCKS_DIFFER
    return read_answer(
        status,
        content_type,
        body,
        checkpoint=asked.note,
        log_key=key,
        witness_key=witness.key,
        not_after=latest,
    )


def _post(witness: Witness, body: bytes) -> tuple[int, str, bytes]:
    """Send one request; redirects are not followed, and neither its size nor its time is left to the witness."""
    deadline = time.monotonic() + SECONDS
    connection = _connection(witness)
    path = f"{urlsplit(witness.url).path.rstrip('/')}/add-checkpoint"
    try:
        connection.request("POST", path, body=body, headers={"Content-Type": "text/plain; charset=utf-8"})
        response = connection.getresponse()
        return response.status, response.headers.get("Content-Type", ""), _read(response, deadline)
    except (OSError, http.client.HTTPException) as problem:
        why = str(problem) or type(problem).__name__
        raise WitnessRefused(
            Answer.NO_ANSWER, f"The witness {witness.name} does not answer: {why}."
        ) from problem
    finally:
        connection.close()


def _connection(witness: Witness) -> http.client.HTTPConnection:
    parts = urlsplit(witness.url)
    kinds: dict[str, type[http.client.HTTPConnection]] = {
        "http": http.client.HTTPConnection,
        "https": http.client.HTTPSConnection,
    }
    if parts.scheme not in kinds or not parts.hostname:
        raise WitnessRefused(
            Answer.NO_ANSWER,
            f"The policy gives the witness {witness.name} no web address (http or https): {witness.url!r}.",
        )
    return kinds[parts.scheme](parts.hostname, parts.port, timeout=SECONDS)


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """Read up to the bound, and not longer than the deadline: a drop a second is no answer."""
    body = b""
    while chunk := response.read1(MOST_BYTES + 1 - len(body)):
        body += chunk
        if len(body) > MOST_BYTES:
            raise http.client.HTTPException(f"an answer of more than {MOST_BYTES} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("the answer takes too long")
    return body
