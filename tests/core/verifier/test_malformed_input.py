"""Whatever a file holds, the verifier answers with a sentence and a code: never a crash, never a false 'verified'."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.core.canonical import salted_digest
from governance.verifier import verify_lamplight as verifier
from tests.core.verifier.published import (
    NO_WITNESSES,
    TWO_OF_THREE,
    WITNESSES,
    checkpoint,
    entries,
    entry,
    proof,
    publish,
    put,
    run,
)

LEAVES = entries(300)
NOTE = checkpoint(LEAVES, WITNESSES)
PROOF = proof(4, LEAVES, NOTE)
SALT = bytes(range(32))
ENTRY = entry(4, text=salted_digest(SALT, "why"))
TILES = ("tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44")
FUZZ = settings(max_examples=60, deadline=None)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of everything, sound."""
    folder = tmp_path_factory.mktemp("room")
    publish(folder / "log", LEAVES, NOTE)
    sound: dict[str, bytes | str] = {
        "entry": LEAVES[4],
        "proof": PROOF,
        "note": NOTE,
        "said": ENTRY,
        "text": "why",
    }
    for name, data in sound.items():
        put(folder / name, data)
    put(folder / "policy", TWO_OF_THREE)
    return folder


def commands(room: Path) -> dict[str, tuple[object, ...]]:
    """Every command over what is in the room, by the file it is about to be given broken."""
    policy = ("--policy", room / "policy")
    return {
        "entry": ("proof", room / "entry", room / "proof", *policy),
        "proof": ("proof", room / "entry", room / "proof", *policy),
        "policy": ("proof", room / "entry", room / "proof", *policy),
        "note": ("log", room / "log", *policy, "--checkpoint", room / "note"),
        "log/checkpoint": ("log", room / "log", *policy),
        "said": ("text", room / "said", SALT.hex(), room / "text"),
        "text": ("text", room / "said", SALT.hex(), room / "text"),
        **{f"log/{name}": ("log", room / "log", *policy) for name in TILES},
    }


NAMES = tuple(commands(Path()))


def answer_to(room: Path, name: str, data: bytes) -> int:
    """Give one file other bytes, ask, and put it back; the answer must be a verdict with a reason."""
    place = room / name
    kept = place.read_bytes()
    put(place, data)
    try:
        code, said = run(*commands(room)[name], "--json")
    finally:
        put(place, kept)
    answer = json.loads(said)
    assert answer["exit_code"] == code
    assert code in (0, 1, 2)
    assert all(sentence for sentence in answer["sentences"])
    assert code == 0 or answer["sentences"][0].endswith((".", ")"))
    assert "Traceback" not in said
    return code


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_sound_to_begin_with(room: Path, name: str) -> None:
    assert answer_to(room, name, (room / name).read_bytes()) == 0


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes_get_a_reason(room: Path, name: str, data: bytes) -> None:
    assert answer_to(room, name, data) in (1, 2)


@pytest.mark.parametrize("name", ["proof", "policy", "note", "log/checkpoint", "said", "entry"])
@FUZZ
@given(data=st.text(st.characters(), max_size=200))
def test_arbitrary_text_gets_a_reason(room: Path, name: str, data: str) -> None:
    assert answer_to(room, name, data.encode("utf-8", "surrogatepass")) in (1, 2)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(cut=st.integers(0, 10_000), drop=st.integers(0, 60), put_in=st.binary(max_size=8))
def test_a_damaged_file_never_gives_another_verified_state(
    room: Path, name: str, cut: int, drop: int, put_in: bytes
) -> None:
    data = (room / name).read_bytes()
    at = cut % (len(data) + 1)
    damaged = data[:at] + put_in + data[at + drop :]
    code = answer_to(room, name, damaged)
    harmless = name in (
        "policy",
        "proof",
        "note",
        "log/checkpoint",
        "said",
    )  # comments, lines of unknown keys
    assert code != 0 or damaged == data or harmless


LINES = st.sampled_from(
    [
        *TWO_OF_THREE.splitlines(),
        "quorum none",
        "quorum W1",
        "group g any W1 W2",
        "group g 1 W3",
        "group h all g W1",
        "group three 4 W1 W2 W3",
        "group three 00 W1",
        "witness W1",
        "log",
        "# nothing",
        " \t ",
        "quorum \u212a",
        "witness none x",
    ]
)


@FUZZ
@given(lines=st.lists(LINES, max_size=12))
def test_any_arrangement_of_policy_lines_gets_a_reason(room: Path, lines: list[str]) -> None:
    answer_to(room, "policy", "\n".join(lines).encode())


@FUZZ
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_an_entry_of_any_json_is_read_out_or_passed_over(room: Path, said: object) -> None:
    leaf = json.dumps(said).encode()
    put(room / "odd", leaf)
    put(room / "odd-proof", proof(0, [leaf], checkpoint([leaf])))
    put(room / "plain", NO_WITNESSES)
    for more in ([], ["--json"]):
        code, told = run("proof", room / "odd", room / "odd-proof", "--policy", room / "plain", *more)
        assert code in (0, 1)
        assert told.isprintable() or set(told) - set("\n") == {each for each in told if each.isprintable()}


@pytest.mark.parametrize(
    "leaf",
    [
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"a":' + b"9" * 60_000 + b"}",
        b'{"a":1,"a":2}',
        b"NaN",
        b'{"a":1e999}',
        b"",
    ],
)
def test_an_entry_that_strains_a_reader_is_still_judged_by_its_bytes(room: Path, leaf: bytes) -> None:
    put(room / "odd", leaf)
    put(room / "odd-proof", proof(0, [leaf], checkpoint([leaf])))
    put(room / "plain", NO_WITNESSES)
    assert run("proof", room / "odd", room / "odd-proof", "--policy", room / "plain")[0] == 0


MALFORMED = {
    "wrong line ends": ("proof", PROOF.replace("\n", "\r\n").encode(), "rewrote its line ends"),
    "another format": ("proof", PROOF.replace("@v1", "@v2").encode(), "it must begin with"),
    "no index": ("proof", PROOF.replace("index 4", "4").encode(), "line 2"),
    "index with a zero": ("proof", PROOF.replace("index 4", "index 04").encode(), "line 2"),
    "a hash cut short": ("proof", PROOF.replace("=\n", "\n", 1).encode(), "line 3"),
    "a signature cut short": ("note", NOTE.strip().encode(), "no signed checkpoint"),
    "a bad signature line": ("note", (NOTE + "- hyphen AAAA\n").encode(), "line 9"),
    "no UTF-8": ("note", NOTE.encode() + b"\xff\n", "line 9"),
    "a control character": ("policy", TWO_OF_THREE.encode() + b"\x00", "line 9"),
    "an unknown line": ("policy", (TWO_OF_THREE + "trust me\n").encode(), "line 9"),
    "a second quorum": ("policy", (TWO_OF_THREE + "quorum none\n").encode(), "line 9"),
    "no quorum": (
        "policy",
        TWO_OF_THREE.replace("quorum three\n", "").encode(),
        "no line that begins with 'quorum'",
    ),
    "no log": ("policy", b"quorum none\n", "names no log"),
    "an unknown member": ("policy", TWO_OF_THREE.replace("W2 W3", "W2 W4").encode(), "line 7"),
    "a member twice": ("policy", TWO_OF_THREE.replace("W2 W3", "W2 W2").encode(), "it counts once"),
    "too many asked for": ("policy", TWO_OF_THREE.replace("three 2", "three 4").encode(), "4 of 3 members"),
    "a wrong letter in a key": ("policy", TWO_OF_THREE.replace("+", "+f", 1).encode(), "line 3"),
}


@pytest.mark.parametrize(("name", "data", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_named_with_the_line(room: Path, name: str, data: bytes, reason: str) -> None:
    place = room / name
    kept = place.read_bytes()
    put(place, data)
    try:
        code, said = run(*commands(room)[name])
    finally:
        put(place, kept)
    assert code == 2
    assert str(place) in said
    assert reason in said


@pytest.mark.parametrize("name", ["entry", "proof", "policy"])
def test_a_missing_file_or_a_folder_is_named(room: Path, name: str) -> None:
    place = room / name
    kept = place.read_bytes()
    place.unlink()
    try:
        code, said = run(*commands(room)[name])
        assert (code, str(place) in said) == (2, True)
        place.mkdir()
        code, said = run(*commands(room)[name])
        assert (code, str(place) in said) == (2, True)
        place.rmdir()
    finally:
        put(place, kept)


def test_a_file_larger_than_it_may_be_is_not_read(room: Path) -> None:
    put(room / "large", b"x" * (verifier.MAX_ENTRY + 1))
    code, said = run("proof", room / "large", room / "proof", "--policy", room / "policy")
    assert code == 2
    assert "larger than the 65,535 bytes" in said
