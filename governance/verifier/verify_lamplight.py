#!/usr/bin/env python3
"""Check for yourself what a Lamplight log says: one file, plain Python 3.8 or later, nothing to install.

A Lamplight log is a public list of entries, one for each decision. Nobody should have to believe the people who
keep it: with this program you can tell on your own computer whether an entry really stands in the log, whether
the whole log is unchanged, and whether you and somebody else were shown the same log.

    python3 verify_lamplight.py proof ENTRY.json ENTRY.tlog-proof --policy POLICY
    python3 verify_lamplight.py log FOLDER_OR_URL --policy POLICY [--checkpoint OLD ...] [--save FOLDER]
    python3 verify_lamplight.py checkpoints OLD NEW --policy POLICY [--log FOLDER_OR_URL]
    python3 verify_lamplight.py text ENTRY.json SALT_HEX TEXTFILE

It answers in plain words (or with --json for programs) and with its exit code: 0 verified, 1 NOT verified, 2 could
not be checked because something given to it was missing or unreadable.

POLICY is a small text file that says whom you believe: the log's public key, the witnesses, and how many of them
must have signed. Take it from more than one place: whoever gives you the policy decides what "verified" means.

How to check this file itself. Compute its SHA-256 (`sha256sum verify_lamplight.py`; on a Mac `shasum -a 256`; on
Windows `certutil -hashfile verify_lamplight.py SHA256`) and compare it with the one on the portal and, better, with
the one that the log announced in an entry with the action "verification.announced": download that entry and its
proof from a mirror or from another person's computer. A doctored verifier would call everything verified, so no
program can vouch for itself. It is short enough to be read, and other programs read the same formats.

Sources: RFC 6962 and RFC 9162 section 2.1 (the tree), RFC 8032 (Ed25519), and c2sp.org: signed-note,
tlog-checkpoint, tlog-cosignature (Ed25519), tlog-proof, tlog-policy, tlog-tiles. It shares no code with Lamplight.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Iterable, Iterator, NamedTuple, Sequence, Tuple, Union

VERIFIED, NOT_VERIFIED, NOT_CHECKED = 0, 1, 2
VERDICTS = {VERIFIED: "VERIFIED", NOT_VERIFIED: "NOT VERIFIED", NOT_CHECKED: "COULD NOT BE CHECKED"}
MAX_ENTRY = 65_535  # bytes; an entry bundle keeps the length in two
MAX_NOTE = 1_000_000
MAX_TEXT = 100_000_000
MAX_SIGNATURES = 100
MAX_SIZE = 2**63 - 1
WIDTH = 256  # hashes in a full tile
HASH = 32  # bytes
TIMEOUT = 30  # seconds of silence
DEADLINE = 300  # seconds for one file, from the call to its last byte
AHEAD = 86_400  # seconds by which a witness's clock may be ahead of this computer's
CHUNK = 65_536


class NotVerified(Exception):
    """What was given could be read, and it is not what it claims to be (exit code 1)."""


class NotChecked(Exception):
    """What was given is missing or cannot be read as what it should be (exit code 2)."""


# ---------------------------------------------------------------------------------------------------------------
# Ed25519 signatures (RFC 8032, section 5.1), verification only. A point is (X, Y, Z, T): x = X/Z, y = Y/Z,
# xy = T/Z. Nothing here is secret, so nothing needs to take constant time.

Point = Tuple[int, int, int, int]
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL: Point = (0, 1, 1, 0)


def point_add(one: Point, two: Point) -> Point:
    """The sum of two points."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_double(one: Point) -> Point:
    """Twice a point."""
    x, y, z, _ = one
    a, b = x * x % P, y * y % P
    h = a + b
    e = h - (x + y) * (x + y)
    g = a - b
    f = 2 * z * z + g
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def decode_point(data: bytes) -> Point | None:
    """The point that 32 bytes stand for, or None: only the one canonical spelling of a point counts."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if len(data) != HASH or y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def encode_point(point: Point) -> bytes:
    """The 32 bytes that stand for a point."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(HASH, "little")


def multiples(point: Point) -> list[Point]:
    """0 to 15 times a point."""
    table = [NEUTRAL]
    for _ in range(15):
        table.append(point_add(table[-1], point))
    return table


def usable_point(data: bytes) -> Point | None:
    """The point of a public key, or None for a key of small order, for which anybody can sign."""
    point = decode_point(data)
    if point is None:
        return None
    eightfold = point_double(point_double(point_double(point)))
    return None if eightfold[0] % P == 0 else point


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(HASH, "little")) or NEUTRAL
BASE_TABLE = multiples(BASE)


def signature_is_good(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of this Ed25519 key signed this message (strict: canonical points, S < L)."""
    key = usable_point(public_key)
    if key is None or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    challenge = hashlib.sha512(signature[:32] + public_key + message).digest()
    factor = int.from_bytes(challenge, "little") % ORDER
    table = multiples((P - key[0], key[1], 1, P - key[3]))
    total = NEUTRAL
    # S times the base point minus the challenge times the key, four bits a step
    for shift in range(252, -4, -4):
        for _ in range(4):
            total = point_double(total)
        total = point_add(total, BASE_TABLE[scalar >> shift & 15])
        total = point_add(total, table[factor >> shift & 15])
    return encode_point(total) == signature[:32]


# ---------------------------------------------------------------------------------------------------------------
# The tree (RFC 9162, section 2.1): a list of entries is summed up by one hash, the root.


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_root(hashes: Sequence[bytes]) -> bytes:
    """The root over some hashes; neighbours are joined until one is left, an odd last one waits its turn."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    row = list(hashes)
    while len(row) > 1:
        joined = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        row = joined + row[len(joined) * 2 :]
    return row[0]


def all_hashes(values: Sequence[bytes]) -> bool:
    """Whether all of these have the length of a hash."""
    return all(len(each) == HASH for each in values)


def root_from_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to from a leaf (RFC 9162, section 2.1.3.2); None: a path of wrong length."""
    if not 0 <= index < size or not all_hashes([leaf, *path]):
        return None
    at, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def roots_from_consistency(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots that one path leads to (RFC 9162, section 2.1.4.2, 0 < old < new).

    `path` begins with the hash of the largest full subtree at the end of the old tree, even where a proof in a
    message would leave it out. None: a path of wrong length.
    """
    if not (0 < old < new and path and all_hashes(path)):
        return None
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_root = new_root = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old_root, new_root = node_hash(sibling, old_root), node_hash(sibling, new_root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new_root = node_hash(new_root, sibling)
        at, last = at >> 1, last >> 1
    return (old_root, new_root) if last == 0 else None


def largest_power_below(count: int) -> int:
    """The largest power of two smaller than a count of two or more."""
    return 1 << (count - 1).bit_length() - 1


# ---------------------------------------------------------------------------------------------------------------
# Keys and signed notes (c2sp.org/signed-note)

LOG_KIND, WITNESS_KIND, WITNESS_KIND_ML_DSA = 0x01, 0x04, 0x06
KEY_LENGTHS = {LOG_KIND: 32, WITNESS_KIND: 32, WITNESS_KIND_ML_DSA: 1312}
DASH = "\N{EM DASH} "


class Key(NamedTuple):
    """A named public key; `key_id` are the four bytes by which a signature line refers to it."""

    name: str
    kind: int
    public: bytes
    key_id: bytes


class SignatureLine(NamedTuple):
    """One signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes


class Note(NamedTuple):
    """A text and the lines that sign it, not yet checked."""

    text: bytes
    lines: list[SignatureLine]


def decode_base64(text: str, where: str) -> bytes:
    """Standard base64 in its one canonical spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        data = b""
    if not data or base64.b64encode(data).decode("ascii") != text:
        raise NotChecked(f"{where}: {shorten(text)} is not standard base64.")
    return data


def decode_hash(text: str, where: str) -> bytes:
    """A hash of 32 bytes in base64."""
    data = decode_base64(text, where)
    if len(data) != HASH:
        raise NotChecked(f"{where}: a hash has {HASH} bytes; this one has {len(data)}.")
    return data


def decode_number(text: str, where: str) -> int:
    """A whole number in plain digits."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text) or int(text) > MAX_SIZE:
        raise NotChecked(
            f"{where}: {shorten(text)} is not a whole number in plain digits without leading zero."
        )
    return int(text)


def check_name(name: str, where: str) -> None:
    """The name of a key holds no white space and no '+'."""
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise NotChecked(f"{where}: {shorten(name)} is not the name of a key.")


def parse_key(text: str, where: str) -> Key:
    """A public key as it is published: name+key ID+base64 of its kind and bytes."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise NotChecked(f"{where}: {shorten(text)} is not a public key of the form name+key ID+base64.")
    check_name(parts[0], where)
    material = decode_base64(parts[2], where)
    kind, public = material[0], material[1:]
    if len(public) != KEY_LENGTHS.get(kind):
        raise NotChecked(f"{where}: the key of {parts[0]} is of a kind that this verifier does not know.")
    key_id = hashlib.sha256(parts[0].encode("utf-8") + b"\n" + material).digest()[:4]
    if key_id.hex() != parts[1]:
        raise NotChecked(
            f"{where}: the key ID of {parts[0]} does not belong to its key; a character is wrong."
        )
    if kind != WITNESS_KIND_ML_DSA and usable_point(public) is None:
        raise NotChecked(f"{where}: the key of {parts[0]} is no sound Ed25519 key.")
    return Key(parts[0], kind, public, key_id)


def parse_note(data: bytes, where: str, first_line: int = 1) -> Note:
    """Take a note apart at its last empty line into the text and its signature lines."""
    text = decode_text(data, where)
    head, empty_line, block = text.rpartition("\n\n")
    if not empty_line or not block.endswith("\n"):
        raise NotChecked(
            f"{where} is no signed checkpoint: it must be a text, an empty line and signature lines that "
            "end in line feeds."
        )
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NotChecked(f"{where} has {len(lines)} signature lines; at most {MAX_SIGNATURES} are read.")
    start = first_line + head.count("\n") + 2
    parsed = [parse_signature(line, f"{where}, line {start + at}") for at, line in enumerate(lines)]
    return Note((head + "\n").encode("utf-8"), list(dict.fromkeys(parsed)))


def parse_signature(line: str, where: str) -> SignatureLine:
    """One signature line: a long dash, the key's name, base64 of key ID and signature."""
    name, space, encoded = line[len(DASH) :].partition(" ")
    if not line.startswith(DASH) or not space:
        raise NotChecked(f"{where}: {shorten(line)} is not a signature line.")
    check_name(name, where)
    data = decode_base64(encoded, where)
    if len(data) <= 4:
        raise NotChecked(f"{where}: the signature line of {name} holds no signature.")
    return SignatureLine(name, data[:4], data[4:])


def decode_text(data: bytes, where: str) -> str:
    """UTF-8 text without control characters other than line feeds."""
    if b"\r" in data:
        raise NotChecked(
            f"{where} was changed by a program that rewrote its line ends; download it again, unopened."
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise NotChecked(f"{where}, line {line}: this is not text in UTF-8.") from None
    bad = re.search(r"[\x00-\x09\x0b-\x1f]", text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        raise NotChecked(f"{where}, line {line}: a control character does not belong here.")
    return text


# ---------------------------------------------------------------------------------------------------------------
# The policy: whom you believe (c2sp.org/tlog-policy)


@dataclass
class Policy:
    """The logs and witnesses you believe, and which of the witnesses must have signed.

    Names of witnesses and groups mean something inside the policy only; `groups` gives each group's threshold and
    members, in the order of the file, so that members always come first.
    """

    logs: dict[tuple[str, bytes], Key] = field(default_factory=dict)
    witnesses: dict[bytes, Key] = field(default_factory=dict)
    groups: dict[bytes, tuple[int, list[bytes]]] = field(default_factory=dict)
    members: set[bytes] = field(default_factory=set)
    quorum: bytes | None = None
    digest: str = ""

    def met_by(self, names: Iterable[bytes]) -> bool:
        """Whether these witnesses are enough."""
        agreed = set(names)
        for group, (threshold, members) in self.groups.items():
            if sum(member in agreed for member in members) >= threshold:
                agreed.add(group)
        return self.quorum == b"none" or self.quorum in agreed

    def defines(self, name: bytes) -> bool:
        """Whether a line before this one gave the name to a witness or group."""
        return name in self.witnesses or name in self.groups

    def check_new(self, name: bytes, where: str) -> None:
        """A name is given once, and 'none' is taken."""
        if name == b"none" or self.defines(name):
            raise NotChecked(f"{where}: the name {show(name)} is already taken.")


def parse_policy(data: bytes, where: str) -> Policy:
    """Read a policy file; every line must be one that the format knows."""
    bad = re.search(rb"[^\t\n\x20-\x7e\x80-\xff]", data)
    if bad:
        at = data.count(b"\n", 0, bad.start()) + 1
        raise NotChecked(f"{where}, line {at}: a control character does not belong in a policy.")
    policy = Policy(digest=hashlib.sha256(data).hexdigest())
    for number, line in enumerate(data.split(b"\n"), 1):
        words = [word for word in re.split(rb"[ \t]+", line) if word]
        if words and not words[0].startswith(b"#"):
            parse_policy_line(policy, words, f"{where}, line {number}")
    if policy.quorum is None:
        raise NotChecked(f"{where} has no line that begins with 'quorum'; it must have exactly one.")
    if not policy.logs:
        raise NotChecked(f"{where} names no log; it needs a line 'log' with the log's public key.")
    return policy


def parse_policy_line(policy: Policy, words: list[bytes], where: str) -> None:
    """Take one line of a policy into it."""
    readers = {b"log": take_log, b"witness": take_witness, b"group": take_group, b"quorum": take_quorum}
    reader = readers.get(words[0])
    if reader is None:
        raise NotChecked(
            f"{where}: a line begins with log, witness, group or quorum, not with {show(words[0])}."
        )
    reader(policy, words[1:], where)


def take_log(policy: Policy, words: list[bytes], where: str) -> None:
    """Take a line of the form: log KEY [URL]."""
    if len(words) not in (1, 2):
        raise NotChecked(f"{where}: a log is given as 'log', its public key and, if you like, its address.")
    key = parse_key(decode_text(words[0], where), where)
    if key.kind != LOG_KIND:
        raise NotChecked(f"{where}: the key of {key.name} is not the key of a log (Ed25519, kind 01).")
    if key.public in {known.public for known in policy.logs.values()}:
        raise NotChecked(f"{where}: the key of {key.name} is given twice.")
    policy.logs[key.name, key.key_id] = key


def take_witness(policy: Policy, words: list[bytes], where: str) -> None:
    """Take a line of the form: witness NAME KEY [URL]."""
    if len(words) not in (2, 3):
        raise NotChecked(
            f"{where}: a witness is given as 'witness', a name, its public key and perhaps its address."
        )
    policy.check_new(words[0], where)
    key = parse_key(decode_text(words[1], where), where)
    if key.kind == LOG_KIND:
        raise NotChecked(
            f"{where}: the key of {key.name} is the key of a log, not of a witness (kind 04 or 06)."
        )
    if key.public in {known.public for known in policy.witnesses.values()}:
        raise NotChecked(f"{where}: the key of {key.name} is given twice; a witness counts once.")
    policy.witnesses[words[0]] = key


def take_group(policy: Policy, words: list[bytes], where: str) -> None:
    """Take a line of the form: group NAME all|any|NUMBER MEMBER, with more members."""
    if len(words) < 3:
        raise NotChecked(
            f"{where}: a group is given as 'group', a name, all, any or a number, and its members."
        )
    name, wanted, members = words[0], words[1], words[2:]
    policy.check_new(name, where)
    for member in members:
        if not policy.defines(member):
            raise NotChecked(f"{where}: {show(member)} is not defined on a line before this one.")
        if member in policy.members:
            raise NotChecked(f"{where}: {show(member)} is already a member of a group; it counts once.")
        policy.members.add(member)
    threshold = {b"all": len(members), b"any": 1}.get(wanted)
    if threshold is None:
        threshold = decode_number(wanted.decode("latin-1"), where)
    if not 1 <= threshold <= len(members):
        raise NotChecked(f"{where}: {threshold} of {len(members)} members is not possible.")
    policy.groups[name] = (threshold, members)


def take_quorum(policy: Policy, words: list[bytes], where: str) -> None:
    """Take a line of the form: quorum NAME, or quorum none."""
    if len(words) != 1 or policy.quorum is not None:
        raise NotChecked(f"{where}: a policy has exactly one line 'quorum', with one name or 'none'.")
    if words[0] != b"none" and not policy.defines(words[0]):
        raise NotChecked(f"{where}: {show(words[0])} is not defined on a line before this one.")
    policy.quorum = words[0]


# ---------------------------------------------------------------------------------------------------------------
# Checkpoints: the log's signed statement of its size and root, and what witnesses added


@dataclass
class Checkpoint:
    """A checkpoint whose signatures were checked.

    `keys` are the IDs of the log's keys that signed it; `cosigned` gives the time by witness; `uncounted` says by
    witness why its line does not count; `unknown` names signed but are not in the policy.
    """

    where: str
    data: bytes
    origin: str
    size: int
    root: bytes
    keys: set[bytes] = field(default_factory=set)
    cosigned: dict[bytes, int] = field(default_factory=dict)
    uncounted: dict[bytes, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def open_checkpoint(data: bytes, policy: Policy, where: str, first_line: int = 1) -> Checkpoint:
    """Check that a log of the policy signed this checkpoint, and which witnesses did."""
    note = parse_note(data, where, first_line)
    keys = {(key.name, key.key_id): name for name, key in policy.witnesses.items()}
    signers: list[Key] = []
    opened = Checkpoint(where, data, "", 0, b"")
    for line in note.lines:
        log = policy.logs.get((line.name, line.key_id))
        witness = keys.get((line.name, line.key_id))
        if log is not None:
            check_log_signature(log, note.text, line, where)
            signers.append(log)
        elif witness is not None:
            take_cosignature(opened, policy, witness, note.text, line)
        else:
            opened.unknown.append(line.name)
    if not signers:
        raise NotVerified(
            f"No log of the policy signed {where}. None of its signature lines bears a log key you believe."
        )
    opened.origin, opened.size, opened.root = parse_statement(note.text, where, first_line)
    opened.keys = {key.key_id for key in signers if key.name == opened.origin}
    if not opened.keys:
        raise NotVerified(f"{capital(where)} speaks for {opened.origin}, but is signed by {signers[0].name}.")
    return opened


def check_log_signature(key: Key, text: bytes, line: SignatureLine, where: str) -> None:
    """The signature of a believed log must be good."""
    if not signature_is_good(key.public, text, line.signature):
        raise NotVerified(
            f"The signature of {key.name} on {where} is not good. Either the text was changed after it was "
            "signed, or somebody else signed it (Ed25519)."
        )


def take_cosignature(
    opened: Checkpoint, policy: Policy, witness: bytes, text: bytes, line: SignatureLine
) -> None:
    """Check one witness's line: it signs the time it gives and the whole text (c2sp.org/tlog-cosignature)."""
    key = policy.witnesses[witness]
    if key.kind == WITNESS_KIND_ML_DSA:
        opened.uncounted[witness] = "of a kind that this verifier cannot check (ML-DSA-44)"
        return
    seconds = int.from_bytes(line.signature[:8], "big")
    message = b"cosignature/v1\ntime %d\n" % seconds + text
    good = len(line.signature) == 72 and 0 < seconds <= MAX_SIZE
    if not good or not signature_is_good(key.public, message, line.signature[8:]):
        raise NotVerified(
            f"The signature of the witness {show(witness)} on {opened.where} is not good, or gives no time. A "
            "line that bears a believed name and fails spoils the whole checkpoint."
        )
    if seconds > time.time() + AHEAD:
        opened.uncounted[witness] = f"of {moment(seconds)}, more than a day ahead of this computer's clock"
        return
    opened.cosigned[witness] = max(seconds, opened.cosigned.get(witness, 0))


def parse_statement(text: bytes, where: str, first_line: int) -> tuple[str, int, bytes]:
    """Origin, size and root: the three lines that a checkpoint begins with."""
    lines = text.decode("utf-8")[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise NotChecked(
            f"{where}: a checkpoint has three lines or more, none of them empty: origin, size and root."
        )
    size = decode_number(lines[1], f"{where}, line {first_line + 1}")
    root = decode_hash(lines[2], f"{where}, line {first_line + 2}")
    if size == 0 and root != tree_root([]):
        raise NotVerified(f"{capital(where)} gives an empty log a root that is not the root of nothing.")
    return lines[0], size, root


# ---------------------------------------------------------------------------------------------------------------
# The proof of one entry (c2sp.org/tlog-proof@v1)

PROOF_HEADER = "c2sp.org/tlog-proof@v1"


class Proof(NamedTuple):
    """Where an entry stands, the hashes that lead from it to the root, and the checkpoint with that root."""

    entry: int
    path: list[bytes]
    checkpoint: bytes
    checkpoint_line: int


def parse_proof(data: bytes, where: str) -> Proof:
    """Read a proof file."""
    head, empty_line, checkpoint = data.partition(b"\n\n")
    lines = decode_text(head, where).split("\n")
    if not empty_line or lines[0] != PROOF_HEADER:
        raise NotChecked(f"{where} is no proof: it must begin with '{PROOF_HEADER}' and hold an empty line.")
    at = 1
    if len(lines) > at and lines[at].startswith("extra "):
        decode_base64(lines[at][len("extra ") :], f"{where}, line {at + 1}")
        at += 1
    if len(lines) <= at or not lines[at].startswith("index "):
        raise NotChecked(
            f"{where}, line {at + 1}: a proof says here which entry it is about ('index' and a number)."
        )
    index = decode_number(lines[at][len("index ") :], f"{where}, line {at + 1}")
    rest = list(enumerate(lines))[at + 1 :]
    if len(rest) > 63:
        raise NotChecked(f"{where} has {len(rest)} hashes; a proof has at most 63.")
    path = [decode_hash(line, f"{where}, line {number + 1}") for number, line in rest]
    return Proof(index, path, checkpoint, len(lines) + 2)


# ---------------------------------------------------------------------------------------------------------------
# Where a published log is read from: a folder or a website (c2sp.org/tlog-tiles)


class Folder:
    """A published log as it lies in a folder."""

    def __init__(self, folder: str) -> None:
        self.name = folder

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes of one file, or None where there is none."""
        place = os.path.join(self.name, *path.split("/"))
        return read_file(place, limit) if os.path.exists(place) else None


class SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a website only to itself: elsewhere somebody else would answer."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """Refuse what leads to another host, or from https back to http."""
        old, new = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if new.netloc != old.netloc or new.scheme not in (old.scheme, "https"):
            raise ValueError(f"it sends us on to {newurl}; this verifier does not go to another site")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Website:
    """A published log as a website carries it."""

    def __init__(self, address: str) -> None:
        self.name = address.rstrip("/")
        self.opener = urllib.request.build_opener(SameHost)

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes of one file, or None where the site says that there is none.

        A thread asks, so that a site that neither ends nor falls silent cannot keep us waiting.
        """
        answers: list[bytes | NotChecked | None] = []
        asking = threading.Thread(target=lambda: answers.append(self.ask(path, limit)), daemon=True)
        asking.start()
        asking.join(DEADLINE)
        if not answers:
            raise NotChecked(f"{self.name}/{path} took longer than {DEADLINE} seconds.")
        answer = answers[0]
        if isinstance(answer, NotChecked):
            raise answer
        return answer

    def ask(self, path: str, limit: int) -> bytes | NotChecked | None:
        """What the site answers, or why that is no answer."""
        try:
            with self.opener.open(f"{self.name}/{path}", timeout=TIMEOUT) as answer:
                return self.take(answer, limit)
        except urllib.error.HTTPError as problem:
            problem.close()
            if problem.code in (404, 410):
                return None
            why = f"the site answered {problem.code}"
        except Exception as problem:  # whatever a foreign site can cause, in any Python
            why = str(problem) or type(problem).__name__
        return NotChecked(f"{self.name}/{path} could not be read: {why}.")

    def take(self, answer: Any, limit: int) -> bytes:
        """Read an answer, which must be a file that came whole; ValueError says why it is not."""
        length, data = answer.length, bytearray()
        if answer.status != 200:
            raise ValueError(f"the site answered {answer.status}")
        if length is None and not answer.chunked:
            raise ValueError("the site does not say how long it is, so a part could be missing")
        piece = answer.read1(CHUNK)
        while piece and len(data) <= limit:
            data += piece
            piece = answer.read1(CHUNK)
        if len(data) > limit:
            raise ValueError(f"it is larger than the {limit:,} bytes it may have")
        if length not in (None, len(data)):
            raise ValueError(f"{len(data):,} of its {length:,} bytes came, then the connection was cut")
        if data[:CHUNK].lstrip().lower().startswith((b"<!doctype html", b"<html")):
            raise ValueError("the site answered with a web page instead")
        return bytes(data)


class Copy:
    """A copy of what a check reads.

    It waits in a folder of its own and is put in place by `keep`, so that what did not verify never lies among
    what did.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        try:
            os.makedirs(folder, exist_ok=True)
            self.waiting = tempfile.mkdtemp(prefix=".unverified-", dir=folder)
        except OSError as problem:
            raise NotChecked(f"Nothing can be saved in {folder}: {problem.strerror}.") from None

    def save(self, path: str, data: bytes) -> None:
        """Set the bytes of one file aside."""
        write_file(os.path.join(self.waiting, *path.split("/")), data)

    def keep(self) -> None:
        """Put everything in place; the checkpoint last, so that it never promises what is not there yet."""
        refuse_links(self.folder)
        places = [
            os.path.relpath(os.path.join(folder, name), self.waiting)
            for folder, _, names in os.walk(self.waiting)
            for name in names
        ]
        for place in sorted(places, key=lambda place: place == "checkpoint"):
            target = os.path.join(self.folder, place)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(os.path.join(self.waiting, place), target)

    def set_aside(self) -> str:
        """Keep everything as evidence, apart from what verified; returns where."""
        kept = self.waiting.replace(".unverified-", "disputed-")
        os.rename(self.waiting, kept)
        return kept

    def drop(self) -> None:
        """Remove what is still waiting."""
        shutil.rmtree(self.waiting, ignore_errors=True)


def save_nothing(path: str, data: bytes) -> None:
    """What a check without a copy does with what it reads."""


def refuse_links(folder: str) -> None:
    """A link in a copy would lead to files that are not part of it, and have them overwritten."""
    for inside, folders, files in os.walk(folder):
        for place in (os.path.join(inside, name) for name in (*folders, *files)):
            if os.path.islink(place):
                raise NotChecked(f"{place} is a link to another place; a copy must hold its files itself.")


Source = Union[Folder, Website]
Save = Callable[[str, bytes], None]


def source_at(place: str) -> Source:
    """The folder or website that somebody named."""
    if place.startswith(("http://", "https://")):
        return Website(place)
    if "://" in place:
        raise NotChecked(f"{place} is neither a folder nor an address that begins with http:// or https://.")
    if not os.path.isdir(place):
        raise NotChecked(f"There is no folder {place}; give the folder that holds 'checkpoint' and 'tile'.")
    return Folder(place)


def read_file(place: str, limit: int) -> bytes:
    """The bytes of a file, if it is not larger than it may be; a pipe or device could keep us waiting."""
    if os.path.exists(place) and not os.path.isfile(place):
        raise NotChecked(f"{place} is not a file.")
    try:
        with open(place, "rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as problem:
        raise NotChecked(
            f"{place} could not be read: {getattr(problem, 'strerror', None) or problem}."
        ) from None
    if len(data) > limit:
        raise NotChecked(f"{place} is larger than the {limit:,} bytes it may have.")
    return data


def write_file(place: str, data: bytes) -> None:
    """Write a file and the folders it stands in."""
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)
    except OSError as problem:
        raise NotChecked(f"{place} could not be written: {problem.strerror}.") from None


# ---------------------------------------------------------------------------------------------------------------
# The published log: entries in bundles of 256, hashes in tiles of 256


def tile_path(level: str, index: int, width: int) -> str:
    """Where a tile stands: 1,234,067 is written x001/x234/067, and a tile of 7 ends in .p/7."""
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < WIDTH else "")


class Log:
    """The tiles and entry bundles of a log of a given size; `save` is given what is read, as far as it is used."""

    def __init__(self, source: Source, size: int, save: Save = save_nothing) -> None:
        self.source, self.size, self.save = source, size, save
        self.tiles: dict[tuple[int, int], list[bytes]] = {}

    def fetch(self, level: str, index: int, width: int, limit: int) -> tuple[str, bytes, int]:
        """A tile's path, bytes and width; a partial tile may be gone once the full one is there."""
        for tried in sorted({width, WIDTH}):
            path = tile_path(level, index, tried)
            data = self.source.read(path, limit)
            if data is not None:
                self.save(tile_path(level, index, width), data)
                return path, data, tried
        raise NotChecked(
            f"{tile_path(level, index, width)} is missing from {self.source.name}. The checkpoint promises "
            "it, so ask whoever keeps the log for it."
        )

    def hashes(self, level: int, index: int) -> tuple[str, list[bytes]]:
        """A hash tile: its path and its hashes, as many as a log of this size has there."""
        width = min(WIDTH, (self.size >> 8 * level) - WIDTH * index)
        path, data, found = self.fetch(str(level), index, width, WIDTH * HASH)
        if len(data) != found * HASH:
            raise NotVerified(f"{path} has {len(data)} bytes; a tile of {found} hashes has {found * HASH}.")
        if found > width:
            self.save(tile_path(str(level), index, width), data[: width * HASH])
        return path, [data[at : at + HASH] for at in range(0, width * HASH, HASH)]

    def kept_hashes(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile, read once."""
        if (level, index) not in self.tiles:
            self.tiles[level, index] = self.hashes(level, index)[1]
        return self.tiles[level, index]

    def entries(self, index: int) -> tuple[str, list[bytes]]:
        """An entry bundle: its path and its entries, as many as a log of this size has there."""
        width = min(WIDTH, self.size - WIDTH * index)
        path, data, found = self.fetch("entries", index, width, WIDTH * (MAX_ENTRY + 2))
        entries: list[bytes] = []
        at = 0
        while at < len(data) and len(entries) < found:
            length = int.from_bytes(data[at : at + 2], "big")
            entries.append(data[at + 2 : at + 2 + length])
            at += 2 + length
        if at > len(data) or (at == len(data) and len(entries) < found):
            cut = WIDTH * index + len(entries) - (at > len(data))
            raise NotVerified(f"{path} ends before entry {cut:,} does; it must hold {found} whole entries.")
        if at < len(data):
            raise NotVerified(f"{path} holds more than the {found} entries it should.")
        if found > width:
            used = sum(2 + len(entry) for entry in entries[:width])
            self.save(tile_path("entries", index, width), data[:used])
        return path, entries[:width]

    def root_between(self, start: int, end: int) -> bytes:
        """The root over the entries from `start` to before `end`, a range of the tree, out of hash tiles."""
        count = end - start
        if count & (count - 1):
            middle = start + largest_power_below(count)
            return node_hash(self.root_between(start, middle), self.root_between(middle, end))
        level = (count.bit_length() - 1) // 8
        first, many = start >> 8 * level, count >> 8 * level
        tile = self.kept_hashes(level, first // WIDTH)
        return tree_root(tile[first % WIDTH : first % WIDTH + many])

    def consistency_path(self, old: int) -> list[bytes]:
        """The hashes that lead to the roots of the old and of this size (RFC 9162, section 2.1.4.1)."""
        path, start, end = [], 0, self.size
        while old != end:
            middle = start + largest_power_below(end - start)
            if old <= middle:
                path.append(self.root_between(middle, end))
                end = middle
            else:
                path.append(self.root_between(start, middle))
                start = middle
        path.append(self.root_between(start, end))
        return path[::-1]


class Recount:
    """Recomputes a whole log from its entries and compares every tile on the way.

    `waiting[level]` holds the hashes of the tile that is being filled at that level, from level 1 up.
    """

    def __init__(self, log: Log, sizes: Iterable[int]) -> None:
        self.log, self.sizes = log, sorted(set(sizes))
        self.waiting: list[list[bytes]] = [[]]
        self.filled: list[int] = [0]
        self.roots: dict[int, bytes] = {0: tree_root([])}
        self.announced: dict[tuple[str, str], int] = {}
        self.tiles = 0

    def run(self) -> None:
        """Read all bundles in order; afterwards `roots` has the root at each of the sizes."""
        for index in range((self.log.size + WIDTH - 1) // WIDTH):
            path, entries = self.log.entries(index)
            hashes = [leaf_hash(entry) for entry in entries]
            self.compare_entries(index, path, hashes)
            self.note_announcements(WIDTH * index, entries)
            self.note_roots(WIDTH * index, hashes)
            if len(hashes) == WIDTH:
                self.push(1, tree_root(hashes))
            show_progress(WIDTH * index + len(hashes), self.log.size)
        for level, hashes in enumerate(self.waiting):
            if hashes:
                self.compare_tile(level, hashes)

    def compare_entries(self, index: int, bundle: str, computed: list[bytes]) -> None:
        """Each entry must have the hash that the lowest tile gives for it."""
        path, published = self.log.hashes(0, index)
        self.tiles += 1
        for at, (ours, theirs) in enumerate(zip(computed, published)):
            if ours != theirs:
                raise NotVerified(
                    f"Entry {WIDTH * index + at:,} is not what it was: its bytes in {bundle} do not have "
                    f"the hash that stands for it in {path}. One of the two files was changed or damaged."
                )

    def push(self, level: int, value: bytes) -> None:
        """Hand the root of a full tile to the level above."""
        while len(self.waiting) <= level:
            self.waiting.append([])
            self.filled.append(0)
        self.waiting[level].append(value)
        if len(self.waiting[level]) == WIDTH:
            self.compare_tile(level, self.waiting[level])
            above, self.waiting[level] = tree_root(self.waiting[level]), []
            self.filled[level] += 1
            self.push(level + 1, above)

    def compare_tile(self, level: int, computed: list[bytes]) -> None:
        """A tile of a higher level must hold the roots of the tiles below it."""
        path, published = self.log.hashes(level, self.filled[level])
        self.tiles += 1
        for at, (ours, theirs) in enumerate(zip(computed, published)):
            if ours != theirs:
                first = (self.filled[level] * WIDTH + at) << 8 * level
                raise NotVerified(
                    f"{path} is not what the entries give: hash {at} of it, which stands for the entries "
                    f"from {first:,} to {first + (1 << 8 * level) - 1:,}, was changed or damaged."
                )

    def note_roots(self, start: int, hashes: list[bytes]) -> None:
        """The root at each wanted size that lies in this bundle."""
        for size in self.sizes:
            if start < size <= start + len(hashes):
                root = tree_root(hashes[: size - start])
                for waiting in self.waiting[1:]:
                    root = tree_root([*waiting, root])
                self.roots[size] = root

    def note_announcements(self, start: int, entries: list[bytes]) -> None:
        """Remember which verifiers and policies the log announced."""
        for at, entry in enumerate(entries):
            if b".announced" in entry:
                said = read_entry(entry)
                self.announced[str(said.get("action")), str(said.get("subject"))] = start + at


def show_progress(done: int, size: int) -> None:
    """On a terminal a running percentage; elsewhere a line for each tenth of a large log."""
    if sys.stderr is None or size < 50_000:
        return
    before = max(0, done - WIDTH)
    terminal = sys.stderr.isatty()
    steps = 100 if terminal else 10
    if done * steps // size != before * steps // size:
        end = "\r" if terminal and done < size else "\n"
        print(f"{done * 100 // size} % of {size:,} entries read", end=end, file=sys.stderr, flush=True)


# ---------------------------------------------------------------------------------------------------------------
# Words


@dataclass
class Report:
    """What is told at the end: sentences for people, facts for programs, and what stands against 'verified'."""

    sentences: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    open_questions: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code."""
        if self.wrong:
            return NOT_VERIFIED
        return NOT_CHECKED if self.open_questions else VERIFIED


def plain(text: str) -> str:
    """A text without anything that could steer a terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def shorten(text: str) -> str:
    """A text in quotation marks, cut where it gets long."""
    return f"'{plain(text if len(text) <= 60 else text[:57] + '...')}'"


def show(name: bytes) -> str:
    """A name of the policy, whatever its bytes."""
    return plain(name.decode("utf-8", "backslashreplace"))


def capital(text: str) -> str:
    """A sentence's beginning; the name of a file stays as it is."""
    return "The " + text[4:] if text.startswith("the ") else text


def count(number: int, noun: str, plural: str) -> str:
    """A number and its noun."""
    return f"{number:,} {noun if number == 1 else plural}"


def moment(seconds: int) -> str:
    """A time of day in words, UTC."""
    try:
        said = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    except OverflowError:
        return f"{seconds} seconds after 1 January 1970"
    return said.strftime("%Y-%m-%d %H:%M:%S UTC")


def tell_witnesses(report: Report, checkpoint: Checkpoint, policy: Policy, called: str) -> None:
    """Say who signed a checkpoint, and whether that is what the policy asks for."""
    for name, time_signed in sorted(checkpoint.cosigned.items(), key=lambda pair: pair[1]):
        report.sentences.append(f"The witness {show(name)} signed {called} too, on {moment(time_signed)}.")
    for name, why in checkpoint.uncounted.items():
        report.sentences.append(f"The witness {show(name)} has a line on {called} {why}. It was not counted.")
    if checkpoint.unknown:
        names = ", ".join(sorted(set(checkpoint.unknown)))
        report.sentences.append(f"Lines by {names} were not counted: the policy does not name them.")
    tell_quorum(report, checkpoint, policy, called)


def tell_quorum(report: Report, checkpoint: Checkpoint, policy: Policy, called: str) -> None:
    """Say whether the witnesses of a checkpoint are enough."""
    many = (
        f"{len(checkpoint.cosigned)} of the {len(policy.witnesses)} witnesses of the policy signed {called}"
    )
    if policy.quorum == b"none":
        report.sentences.append(
            f"Your policy asks for no witnesses. So you know what the log says in {called}, but not that "
            "everybody was told the same: compare your checkpoint with one that somebody else was given."
        )
    elif policy.met_by(checkpoint.cosigned):
        report.sentences.append(f"That is enough: {many}, and the quorum of the policy is met.")
    elif policy.met_by([*checkpoint.cosigned, *checkpoint.uncounted]):
        report.open_questions.append(
            f"Whether enough witnesses signed {called} depends on lines that could not be counted: without "
            f"them, {many}."
        )
    else:
        report.wrong.append(
            f"Not enough witnesses: {many}, and the policy asks for more. Without its quorum nobody "
            "independent says that this is the only history."
        )


def facts_of(checkpoint: Checkpoint, policy: Policy) -> dict[str, Any]:
    """A checkpoint for programs."""
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": base64.b64encode(checkpoint.root).decode("ascii"),
        "cosigned": {show(name): seconds for name, seconds in checkpoint.cosigned.items()},
        "not_counted": {show(name): why for name, why in checkpoint.uncounted.items()},
        "quorum_met": policy.met_by(checkpoint.cosigned),
    }


LABELS = (
    ("time", "recorded (UTC)"),
    ("role", "by, in the role of"),
    ("actor", "by, under the pseudonym"),
    ("action", "what was done"),
    ("outcome", "outcome"),
    ("jurisdiction", "jurisdiction"),
    ("subject_kind", "kind of thing it is about"),
    ("subject", "its fingerprint (SHA-256)"),
    ("policy_version", "under policy version"),
    ("text", "fingerprint of a text kept apart (salted SHA-256)"),
    ("index", "number in the log"),
    ("v", "version of the form"),
)


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON in which no name stands twice."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def read_entry(entry: bytes) -> dict[str, Any]:
    """What an entry says; nothing where it is not one flat JSON object with unique names."""
    try:
        said = json.loads(entry.decode("utf-8"), object_pairs_hook=once_each)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and all(map(is_flat, said.values())) else {}


def is_flat(value: Any) -> bool:
    """A word, a number, or an object of words and numbers: entries go no deeper."""
    inside = value.values() if isinstance(value, dict) else [value]
    return not any(isinstance(each, (dict, list)) for each in inside)


def words_of(said: dict[str, Any]) -> Iterator[str]:
    """An entry read out, line by line, best known things first."""
    known = dict(LABELS)
    for name in [*known, *(name for name in said if name not in known)]:
        value = said.get(name)
        if isinstance(value, dict):
            for inner, each in value.items():
                yield f"  {name}, {inner}: {spell(each)}"
        elif name in said:
            yield f"  {known.get(name, name)}: {spell(value)}"


def spell(value: Any) -> str:
    """One value as it is read out."""
    return value if isinstance(value, str) else json.dumps(value)


# ---------------------------------------------------------------------------------------------------------------
# The four commands


def check_proof(args: argparse.Namespace) -> Report:
    """Whether these exact bytes stand in the log."""
    policy = parse_policy(read_file(args.policy, MAX_NOTE), args.policy)
    entry = read_file(args.entry, MAX_ENTRY)
    proof = parse_proof(read_file(args.proof, MAX_NOTE), args.proof)
    checkpoint = open_checkpoint(
        proof.checkpoint, policy, f"the checkpoint in {args.proof}", proof.checkpoint_line
    )
    leads_to = root_from_inclusion(proof.entry, checkpoint.size, leaf_hash(entry), proof.path)
    if leads_to != checkpoint.root:
        raise NotVerified(why_not_included(args, entry, proof, checkpoint))
    said = read_entry(entry)
    if said.get("index", proof.entry) != proof.entry:
        raise NotVerified(
            f"{args.entry} stands in the log as entry {proof.entry}, but calls itself {said['index']}."
        )
    report = Report(
        [
            f"The file {args.entry} is, byte for byte, entry {proof.entry:,} of the log {checkpoint.origin}.",
            f"The log signed a checkpoint over {count(checkpoint.size, 'entry', 'entries')} that covers it: "
            f"{count(len(proof.path), 'hash', 'hashes')} lead from the entry to the signed root (RFC 6962).",
        ],
        {"entry": proof.entry, "checkpoint": facts_of(checkpoint, policy), "says": said},
    )
    tell_witnesses(report, checkpoint, policy, "the checkpoint")
    if said:
        report.sentences += ["The entry says:", *words_of(said)]
    else:
        report.sentences.append(
            "The entry is not a record that this verifier can read out; only its bytes were checked."
        )
    return report


def why_not_included(args: argparse.Namespace, entry: bytes, proof: Proof, checkpoint: Checkpoint) -> str:
    """The most helpful true sentence about a proof that does not lead where it should."""
    if proof.entry >= checkpoint.size:
        return (
            f"The proof is about entry {proof.entry:,}, but its checkpoint covers only the first "
            f"{count(checkpoint.size, 'entry', 'entries')}."
        )
    stripped = leaf_hash(entry.rstrip(b"\r\n"))
    if root_from_inclusion(proof.entry, checkpoint.size, stripped, proof.path) == checkpoint.root:
        return f"{args.entry} has line ends at its end that the entry in the log has not; download it again, unopened."
    return (
        f"{args.entry} is not entry {proof.entry:,} of the log {checkpoint.origin}, or the proof belongs "
        "to another entry. The hashes of the proof do not lead from these bytes to the signed root."
    )


def check_log(args: argparse.Namespace) -> Report:
    """Whether the whole published log is what its checkpoint says, and what earlier ones said."""
    policy = parse_policy(read_file(args.policy, MAX_NOTE), args.policy)
    source = source_at(args.log)
    earlier = [open_checkpoint(read_file(place, MAX_NOTE), policy, place) for place in args.checkpoint]
    if not args.save:
        return recount(source, policy, earlier)
    earlier += saved_checkpoint(args.save, policy)
    copy = Copy(args.save)
    try:
        report = recount(source, policy, earlier, copy.save)
        if report.code == VERIFIED:
            copy.keep()
            report.sentences.append(f"A copy is in {args.save}; next time it will be held against this one.")
        return report
    except NotVerified as problem:
        raise NotVerified(f"{problem} What was read is kept in {copy.set_aside()}.") from None
    finally:
        copy.drop()


def saved_checkpoint(folder: str, policy: Policy) -> list[Checkpoint]:
    """The checkpoint of an earlier copy: the log must still continue it."""
    refuse_links(folder)
    place = os.path.join(folder, "checkpoint")
    if not os.path.lexists(place):
        return []
    return [open_checkpoint(read_file(place, MAX_NOTE), policy, place)]


def recount(source: Source, policy: Policy, earlier: list[Checkpoint], save: Save = save_nothing) -> Report:
    """Recompute a log and hold it against its own checkpoint and earlier ones."""
    where = f"the checkpoint of {source.name}"
    data = source.read("checkpoint", MAX_NOTE)
    if data is None:
        raise NotChecked(
            f"{source.name} has no file 'checkpoint'; give the place that holds 'checkpoint' and 'tile'."
        )
    save("checkpoint", data)
    checkpoint = open_checkpoint(data, policy, where)
    for old in earlier:
        check_order(old, checkpoint)
    log = Log(source, checkpoint.size, save)
    counted = Recount(log, [checkpoint.size, *(old.size for old in earlier)])
    counted.run()
    if counted.roots[checkpoint.size] != checkpoint.root:
        raise NotVerified(
            f"The {checkpoint.size:,} entries of {source.name} are not the ones that {checkpoint.origin} "
            "signed. Entries and tiles agree with each other, but their root is not the one in the "
            "checkpoint."
        )
    for old in earlier:
        if counted.roots[old.size] != old.root:
            raise NotVerified(two_histories(old, checkpoint))
    return tell_log(counted, checkpoint, policy, earlier)


def check_order(old: Checkpoint, new: Checkpoint) -> None:
    """An earlier checkpoint is of the same log, of no more entries, and of equal size only if equal."""
    if old.origin != new.origin:
        raise NotChecked(f"{old.where} is about the log {old.origin}, not about {new.origin}.")
    if old.size == new.size and old.root != new.root:
        raise NotVerified(two_histories(old, new))
    if old.size > new.size:
        raise NotVerified(
            f"{capital(old.where)} covers {old.size:,} entries, {new.where} only {new.size:,}. Either "
            "entries were taken away, or this copy of the log is older than that checkpoint: look again "
            "later, and keep both files."
        )


def two_histories(old: Checkpoint, new: Checkpoint) -> str:
    """The gravest finding, in words that say what to do."""
    cause = "the log was rewritten or shown differently to different people"
    if old.keys & new.keys:
        cause = f"The log's own key signed both, so this is proof that {cause}."
    else:
        cause = f"Two keys of your policy signed one each: {cause}, or one of the keys is not the log's own."
    return (
        f"TWO HISTORIES. Two statements in the name of {new.origin} cannot both be true: in {old.where} and "
        f"in {new.where} the first {count(old.size, 'entry is', 'entries are')} not the same. {cause} Keep "
        "both files unchanged (of a website, --save FOLDER keeps what it shows), make copies, and show them to "
        "the oversight board and to others who keep checkpoints."
    )


def tell_log(counted: Recount, checkpoint: Checkpoint, policy: Policy, earlier: list[Checkpoint]) -> Report:
    """What a sound log is reported as."""
    report = Report(
        [
            f"The log {checkpoint.origin} is whole: {count(checkpoint.size, 'entry', 'entries')}, none "
            "changed, none missing.",
            f"Every entry was hashed, {count(counted.tiles, 'tile was', 'tiles were')} compared, and the "
            "root is the one that the log signed (RFC 6962).",
        ],
        {"checkpoint": facts_of(checkpoint, policy), "earlier": [facts_of(old, policy) for old in earlier]},
    )
    for old in earlier:
        report.sentences.append(
            f"It continues {old.where}: the first {count(old.size, 'entry is', 'entries are')} still the "
            "same."
        )
    tell_witnesses(report, checkpoint, policy, "the checkpoint")
    tell_announced(report, counted, "verification.announced", "this verifier", own_digest())
    tell_announced(report, counted, "witness_policy.announced", "the policy you gave", policy.digest)
    return report


def tell_announced(report: Report, counted: Recount, action: str, what: str, digest: str) -> None:
    """Whether the log itself announced the tools that were used on it; silence where it announced nothing."""
    found = counted.announced.get((action, digest))
    latest = max((index for (done, _), index in counted.announced.items() if done == action), default=None)
    if latest is None:
        return
    if found is None:
        said = f"The log did not announce {what} (SHA-256 {digest}); the one it announced last is in entry {latest:,}."
    elif found < latest:
        said = f"The log announced {what} in entry {found:,}, and another one later, in entry {latest:,}."
    else:
        said = f"The log announced {what} in entry {found:,} (SHA-256 {digest})."
    report.sentences.append(said)


def own_digest() -> str:
    """The SHA-256 of this file."""
    return hashlib.sha256(read_file(os.path.abspath(__file__), MAX_NOTE)).hexdigest()


def check_checkpoints(args: argparse.Namespace) -> Report:
    """Whether two checkpoints are states of one history."""
    policy = parse_policy(read_file(args.policy, MAX_NOTE), args.policy)
    given = [open_checkpoint(read_file(place, MAX_NOTE), policy, place) for place in (args.old, args.new)]
    old, new = sorted(given, key=lambda checkpoint: checkpoint.size)
    check_order(old, new)
    report = Report(facts={"old": facts_of(old, policy), "new": facts_of(new, policy)})
    if old.size == new.size:
        report.sentences.append(
            f"Both checkpoints say the same about {new.origin}: {count(new.size, 'entry', 'entries')} with "
            "one and the same root."
        )
    elif old.size == 0:
        report.sentences.append(
            f"{capital(old.where)} is of the empty log, which every log of {new.origin} continues: nothing has to "
            "be proved, and no tile was read."
        )
    else:
        check_continuation(old, new, args.log)
        report.sentences += [
            f"Both checkpoints belong to one history of {new.origin}: its first "
            f"{count(old.size, 'entry', 'entries')} are "
            f"still the same among {new.size:,}.",
            "The hashes in the log's tiles lead to both signed roots (a consistency proof, RFC 6962).",
        ]
    tell_witnesses(report, old, policy, old.where)
    tell_witnesses(report, new, policy, new.where)
    return report


def check_continuation(old: Checkpoint, new: Checkpoint, place: str | None) -> None:
    """Prove from the log's tiles that the newer state begins with the older one."""
    if place is None:
        raise NotChecked(
            f"The checkpoints cover {old.size:,} and {new.size:,} entries, so the log itself is needed to "
            "compare them: add --log with its folder or address."
        )
    log = Log(source_at(place), new.size)
    roots = roots_from_consistency(old.size, new.size, log.consistency_path(old.size))
    if roots is None or roots[1] != new.root:
        raise NotVerified(
            f"The tiles in {place} are not those of {new.where}, so they prove nothing about {old.where}. "
            "They are damaged, or belong to another history: try another copy of the log, and keep all "
            "files."
        )
    # the new root binds every hash of the path, so this is no accident of a damaged copy
    if roots[0] != old.root:
        raise NotVerified(two_histories(old, new))


def check_text(args: argparse.Namespace) -> Report:
    """Whether this is the text that an entry committed to."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", args.salt):
        raise NotChecked("The salt must be 64 hexadecimal digits, as it is published with the text.")
    said = read_entry(read_file(args.entry, MAX_ENTRY))
    if not said:
        raise NotChecked(
            f"{args.entry} is not an entry: it must be one JSON object, unchanged as it was downloaded."
        )
    if "text" not in said:
        raise NotVerified(f"{args.entry} commits to no text, so no text can be the one it speaks of.")
    text, salt = read_file(args.text, MAX_TEXT), bytes.fromhex(args.salt)
    if hashlib.sha256(salt + text).hexdigest() != said["text"]:
        raise NotVerified(why_another_text(args, salt, text, said))
    return Report(
        [
            f"{args.text} is, byte for byte, the text that {args.entry} committed to.",
            "The SHA-256 of salt and text is the one in the entry. That the entry itself stands in the "
            "log is another "
            "question: use the command 'proof'.",
        ],
        {"digest": said["text"], "entry": said},
    )


def why_another_text(args: argparse.Namespace, salt: bytes, text: bytes, said: dict[str, Any]) -> str:
    """The most helpful true sentence about a text that is not the committed one."""
    if hashlib.sha256(salt + text.rstrip(b"\r\n")).hexdigest() == said["text"]:
        return (
            f"{args.text} has a line end at its end that the recorded text has not; remove it and try again."
        )
    return (
        f"{args.text} is not the text that {args.entry} committed to, or the salt is not the right one. "
        "The SHA-256 of salt and text is another one than in the entry."
    )


# ---------------------------------------------------------------------------------------------------------------
# The command line


def build_parser() -> argparse.ArgumentParser:
    """The four commands and what each is given."""
    parser = argparse.ArgumentParser(
        description="Check a Lamplight log for yourself.",
        epilog="Exit code: 0 verified, 1 NOT verified, 2 could not be checked.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="answer for programs")
    believing = argparse.ArgumentParser(add_help=False, parents=[shared])
    believing.add_argument(
        "--policy", required=True, help="file that says whom you believe (c2sp.org/tlog-policy)"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True

    proof = commands.add_parser("proof", parents=[believing], help="is this entry in the log?")
    proof.add_argument("entry", metavar="ENTRY.json", help="the entry, unchanged as downloaded")
    proof.add_argument("proof", metavar="ENTRY.tlog-proof", help="its proof")
    proof.set_defaults(run=check_proof)

    log = commands.add_parser("log", parents=[believing], help="is the whole log unchanged?")
    log.add_argument(
        "log", metavar="FOLDER_OR_URL", help="the published log: it holds 'checkpoint' and 'tile'"
    )
    log.add_argument(
        "--checkpoint", action="append", default=[], metavar="OLD", help="an earlier checkpoint you kept"
    )
    log.add_argument("--save", metavar="FOLDER", help="keep a copy, and hold the log against it next time")
    log.set_defaults(run=check_log)

    pair = commands.add_parser(
        "checkpoints", parents=[believing], help="do two checkpoints tell one history?"
    )
    pair.add_argument("old", metavar="OLD", help="a checkpoint")
    pair.add_argument("new", metavar="NEW", help="another checkpoint of the same log")
    pair.add_argument("--log", metavar="FOLDER_OR_URL", help="the published log, if the two differ in size")
    pair.set_defaults(run=check_checkpoints)

    text = commands.add_parser("text", parents=[shared], help="is this the text that an entry speaks of?")
    text.add_argument("entry", metavar="ENTRY.json", help="the entry, unchanged as downloaded")
    text.add_argument("salt", metavar="SALT_HEX", help="the published salt, 64 hexadecimal digits")
    text.add_argument("text", metavar="TEXTFILE", help="the released text")
    text.set_defaults(run=check_text)
    return parser


def answer(args: argparse.Namespace) -> Report:
    """Run one command; whatever was wrong with what it was given becomes a sentence."""
    try:
        report: Report = args.run(args)
    except NotVerified as problem:
        report = Report(wrong=[str(problem)])
    except NotChecked as problem:
        report = Report(open_questions=[str(problem)])
    except OSError as problem:
        report = Report(open_questions=[f"A file could not be read or written: {problem}."])
    except KeyboardInterrupt:
        report = Report(open_questions=["You stopped the check before it was done."])
    return report


def print_report(report: Report, as_json: bool) -> None:  # noqa: FBT001 - a switch of the command line
    """Tell people in sentences, programs in JSON."""
    sentences = [plain(each) for each in (*report.wrong, *report.open_questions, *report.sentences)]
    if as_json:
        result = {"result": VERDICTS[report.code].lower(), "exit_code": report.code, "sentences": sentences}
        print(json.dumps({**report.facts, **result}, indent=2))
    else:
        print(f"{VERDICTS[report.code]}.", *sentences, sep="\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Check what the command line asks for; returns the exit code."""
    args = build_parser().parse_args(argv)
    report = answer(args)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without Unicode still gets its answer
    print_report(report, args.json)
    return report.code


if __name__ == "__main__":
    sys.exit(main())
