"""The four commands of the strangers' verifier: what it says, with which exit code, and that it needs nothing."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.core.canonical import salted_digest
from governance.core.checkpoint import Checkpoint, signed
from governance.core.cosignature import cosign
from governance.core.merkle import leaf_hash
from governance.core.note import Signature, SigningKey
from governance.verifier import verify_lamplight as verifier
from tests.core.verifier.published import (
    LOG,
    NO_WITNESSES,
    NOON,
    STRANGER,
    WITNESSES,
    checkpoint,
    entries,
    entry,
    proof,
    publish,
    put,
    run,
)

FILE = Path(verifier.__file__)
LEAVES = entries(11)
NOTE = checkpoint(LEAVES, WITNESSES[:2])
KEY = WITNESSES[0].cosigner_key.text


@pytest.fixture
def proved(desk: Path) -> Path:
    """Entry 4 of a log of eleven and its proof, on the desk."""
    put(desk / "entry.json", LEAVES[4])
    put(desk / "entry.tlog-proof", proof(4, LEAVES, NOTE))
    return desk


def check_entry(policy: str = "quorum", *more: str) -> tuple[int, str]:
    """Ask for the proof of the entry on the desk."""
    return run("proof", "entry.json", "entry.tlog-proof", "--policy", policy, *more)


# --- proof


def test_an_entry_is_proved_and_read_out(proved: Path) -> None:
    code, said = check_entry()
    assert code == 0
    assert said.startswith("VERIFIED.\n")
    assert "entry 4 of the log log.example.org/decisions" in said
    assert "The witness W1 signed the checkpoint too, on 2026-01-01 00:00:00 UTC." in said
    assert "2 of the 3 witnesses of the policy" in said
    for words in (
        "recorded (UTC): 2026-11-22T16:40Z",
        "role of: board_member",
        "vote.cast",
        "outcome: approved",
    ):
        assert words in said


def test_without_witnesses_the_answer_says_what_that_leaves_open(proved: Path) -> None:
    code, said = check_entry("plain")
    assert code == 0
    assert "not that everybody was told the same" in said
    assert "Lines by witness1.example.org/w, witness2.example.org/w were not counted" in said


def test_a_changed_entry_is_not_proved(proved: Path) -> None:
    put(proved / "entry.json", entry(4, outcome="rejected"))
    code, said = check_entry()
    assert code == 1
    assert "entry.json is not entry 4 of the log" in said


def test_an_entry_that_an_editor_touched_is_told_apart_from_a_forged_one(proved: Path) -> None:
    put(proved / "entry.json", LEAVES[4] + b"\n")
    code, said = check_entry()
    assert code == 1
    assert "line ends at its end" in said


def test_an_entry_that_gives_itself_another_number_is_not_proved(proved: Path) -> None:
    leaves = [*LEAVES[:4], entry(5), *LEAVES[5:]]
    put(proved / "entry.json", leaves[4])
    put(proved / "entry.tlog-proof", proof(4, leaves, checkpoint(leaves)))
    code, said = check_entry("plain")
    assert code == 1
    assert "as entry 4, but calls itself 5" in said


def test_an_entry_of_another_kind_of_log_is_proved_but_not_read_out(proved: Path) -> None:
    put(proved / "entry.json", b"leaf")
    put(proved / "entry.tlog-proof", proof(0, [b"leaf"], checkpoint([b"leaf"])))
    code, said = check_entry("plain")
    assert code == 0
    assert "only its bytes were checked" in said


def test_a_missing_quorum_is_not_verified(proved: Path) -> None:
    put(proved / "entry.tlog-proof", proof(4, LEAVES, checkpoint(LEAVES, WITNESSES[2:])))
    code, said = check_entry()
    assert code == 1
    assert "Not enough witnesses: 1 of the 3" in said


def test_a_checkpoint_by_another_key_is_not_believed(proved: Path) -> None:
    put(proved / "entry.tlog-proof", proof(4, LEAVES, checkpoint(LEAVES, key=STRANGER)))
    code, said = check_entry()
    assert code == 1
    assert "No log of the policy signed the checkpoint in entry.tlog-proof" in said


def test_a_witness_whose_signature_fails_spoils_the_checkpoint(proved: Path) -> None:
    put(proved / "entry.tlog-proof", proof(4, LEAVES, NOTE).replace("\n11\n", "\n12\n"))
    assert check_entry()[0] == 1
    other = checkpoint(LEAVES[:9], WITNESSES).splitlines()[-1]
    put(proved / "entry.tlog-proof", proof(4, LEAVES, f"{NOTE}{other}\n"))
    code, said = check_entry()
    assert code == 1
    assert "The signature of the witness W3" in said


def test_a_proof_of_an_entry_that_the_checkpoint_does_not_cover_is_refused(proved: Path) -> None:
    put(proved / "entry.tlog-proof", proof(4, LEAVES, NOTE).replace("index 4", "index 11"))
    code, said = check_entry()
    assert code == 1
    assert "covers only the first 11 entries" in said


def quantum_witness() -> tuple[str, str]:
    """A witness of the kind that this verifier cannot check: its key line and a signature line."""
    material = bytes([6]) + bytes(1312)
    key_id = hashlib.sha256(b"quantum.example.org\n" + material).digest()[:4]
    key = f"quantum.example.org+{key_id.hex()}+{base64.b64encode(material).decode()}"
    line = base64.b64encode(key_id + bytes(2428)).decode()
    return key, f"\N{EM DASH} quantum.example.org {line}\n"


def test_a_witness_of_a_kind_that_cannot_be_checked_is_named_and_not_counted(proved: Path) -> None:
    key, line = quantum_witness()
    put(proved / "wide", NO_WITNESSES.replace("quorum none", f"witness Q {key}\nquorum none"))
    put(proved / "strict", NO_WITNESSES.replace("quorum none", f"witness Q {key}\nquorum Q"))
    put(proved / "entry.tlog-proof", proof(4, LEAVES, NOTE + line))
    code, said = check_entry("wide")
    assert code == 0
    assert "cannot check (ML-DSA-44). It was not counted" in said
    code, said = check_entry("strict")
    assert code == 2
    assert "depends on lines that could not be counted" in said
    put(proved / "entry.tlog-proof", proof(4, LEAVES, NOTE))
    assert check_entry("strict")[0] == 1


def cosigned_at(moment: int) -> str:
    """The line of the first witness on the checkpoint of the log of eleven, with this time."""
    body = NOTE.rpartition("\n\n")[0] + "\n"
    message = f"cosignature/v1\ntime {moment}\n{body}".encode()
    signature = Ed25519PrivateKey.from_private_bytes(WITNESSES[0].seed).sign(message)
    cosigner = WITNESSES[0].cosigner_key
    return Signature(cosigner.name, cosigner.key_id, moment.to_bytes(8) + signature).line


def check_entry_cosigned_at(desk: Path, *moments: int) -> tuple[int, str]:
    """Ask for the proof under a policy that needs the first witness, who signed at these times."""
    put(desk / "first", NO_WITNESSES.replace("none", "W1\n").replace("quorum", f"witness W1 {KEY}\nquorum"))
    put(desk / "entry.tlog-proof", proof(4, LEAVES, checkpoint(LEAVES) + "".join(map(cosigned_at, moments))))
    return check_entry("first")


@pytest.mark.parametrize("moment", [0, 2**63, 2**64 - 1])
def test_a_cosignature_without_a_possible_time_is_not_good(proved: Path, moment: int) -> None:
    code, said = check_entry_cosigned_at(proved, moment)
    assert code == 1
    assert "The signature of the witness W1" in said
    assert "is not good, or gives no time" in said


@pytest.mark.parametrize("ahead", [2 * 86_400, 10**12, 2**62])
def test_a_cosignature_from_the_future_is_told_and_not_counted(proved: Path, ahead: int) -> None:
    moment = int(time.time()) + ahead
    code, said = check_entry_cosigned_at(proved, moment)
    assert code == 2
    assert "more than a day ahead of this computer's clock. It was not counted." in said
    assert "without them, 0 of the 1 witnesses of the policy signed the checkpoint" in said
    code, said = check_entry_cosigned_at(proved, moment, NOON)
    assert code == 0
    assert "It was not counted." in said
    assert "1 of the 1 witnesses" in said


def test_a_clock_that_is_a_little_ahead_is_forgiven(proved: Path) -> None:
    assert check_entry_cosigned_at(proved, int(time.time()) + 80_000)[0] == 0


def test_the_answer_for_programs_holds_the_facts(proved: Path) -> None:
    code, said = check_entry("quorum", "--json")
    facts = json.loads(said)
    assert (code, facts["result"], facts["exit_code"], facts["entry"]) == (0, "verified", 0, 4)
    assert facts["checkpoint"]["cosigned"] == {"W1": NOON, "W2": NOON + 1}
    assert facts["says"]["action"] == "vote.cast"
    put(proved / "entry.json", b"{}")
    code, said = check_entry("quorum", "--json")
    assert (code, json.loads(said)["result"]) == (1, "not verified")


def test_what_an_entry_says_cannot_steer_the_terminal(proved: Path) -> None:
    leaf = b'{"action":"\\u001b[2J\\u202eVERIFIED\\nVERIFIED"}'
    put(proved / "entry.json", leaf)
    put(proved / "entry.tlog-proof", proof(0, [leaf], checkpoint([leaf])))
    code, said = check_entry("plain")
    assert code == 0
    assert r"what was done: \x1b[2J\u202eVERIFIED\nVERIFIED" in said


# --- text


def test_a_released_text_is_held_against_the_entry(desk: Path) -> None:
    salt = bytes(range(32))
    put(desk / "entry.json", entry(1, text=salted_digest(salt, "Because the street is dark.")))
    put(desk / "text", "Because the street is dark.")
    code, said = run("text", "entry.json", salt.hex(), "text")
    assert (code, said.split("\n")[0]) == (0, "VERIFIED.")
    put(desk / "text", "Because the street is dark.\n")
    code, said = run("text", "entry.json", salt.hex(), "text")
    assert code == 1
    assert "a line end at its end" in said
    put(desk / "text", "Because the street is light.")
    code, said = run("text", "entry.json", salt.hex(), "text")
    assert code == 1
    assert "is not the text" in said
    assert run("text", "entry.json", "00", "text")[0] == 2


def test_an_entry_without_a_text_commits_to_none(desk: Path) -> None:
    put(desk / "entry.json", entry(1))
    put(desk / "text", "anything")
    code, said = run("text", "entry.json", "00" * 32, "text")
    assert code == 1
    assert "commits to no text" in said


# --- checkpoints


def two_checkpoints(*notes: str) -> tuple[int, str]:
    """Compare two checkpoints, with the log in the folder `log`."""
    for name, note in zip(("old", "new"), notes, strict=True):
        put(Path(name), note)
    return run("checkpoints", "old", "new", "--policy", "plain", "--log", "log")


@pytest.mark.parametrize(
    ("old", "new"), [(1, 2), (3, 4), (7, 11), (255, 256), (256, 257), (300, 700), (512, 700), (699, 700)]
)
def test_two_states_of_one_history_are_consistent(desk: Path, old: int, new: int) -> None:
    leaves = entries(700)
    publish(desk / "log", leaves, checkpoint(leaves))
    publish(desk / "log", leaves[:new], checkpoint(leaves[:new]))
    code, said = two_checkpoints(checkpoint(leaves[:old]), checkpoint(leaves[:new]))
    assert code == 0, said
    assert "belong to one history" in said
    assert two_checkpoints(checkpoint(leaves[:new]), checkpoint(leaves[:old]))[0] == 0


@pytest.mark.parametrize("old", [1, 5, 255, 256, 257, 512, 513, 699])
def test_a_rewritten_history_is_proof_of_misconduct(desk: Path, old: int) -> None:
    leaves = entries(700)
    forged = [entry(0, outcome="rejected"), *leaves[1:]]
    publish(desk / "log", forged, checkpoint(forged))
    code, said = two_checkpoints(checkpoint(leaves[:old]), checkpoint(forged))
    assert code == 1
    assert "TWO HISTORIES" in said
    assert "Keep both files unchanged" in said


def test_two_roots_of_one_size_are_two_histories_without_any_log(desk: Path) -> None:
    put(desk / "old", checkpoint(LEAVES))
    put(desk / "new", checkpoint([*LEAVES[:10], b"other"]))
    code, said = run("checkpoints", "old", "new", "--policy", "plain")
    assert code == 1
    assert "TWO HISTORIES" in said
    put(desk / "new", checkpoint(LEAVES))
    assert run("checkpoints", "old", "new", "--policy", "plain")[0] == 0


def test_a_damaged_copy_of_the_log_is_no_proof_of_misconduct(desk: Path) -> None:
    leaves = entries(700)
    publish(desk / "log", leaves, checkpoint(leaves))
    for tile in ("tile/0/000", "tile/1/000.p/2"):
        path = desk / "log" / tile
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        code, said = two_checkpoints(checkpoint(leaves[:5]), checkpoint(leaves))
        path.write_bytes(data)
        assert code == 1
        assert "TWO HISTORIES" not in said
        assert "try another copy" in said


def test_checkpoints_of_different_size_need_the_log(desk: Path) -> None:
    put(desk / "old", checkpoint(LEAVES[:3]))
    put(desk / "new", checkpoint(LEAVES))
    code, said = run("checkpoints", "old", "new", "--policy", "plain")
    assert code == 2
    assert "add --log" in said


def test_an_empty_log_is_continued_by_every_log(desk: Path) -> None:
    put(desk / "old", checkpoint([]))
    put(desk / "new", checkpoint(LEAVES))
    code, said = run("checkpoints", "old", "new", "--policy", "plain")
    assert code == 0
    assert "nothing has to be proved, and no tile was read" in said
    assert "tiles lead" not in said


def two_keys(desk: Path, *more: SigningKey) -> None:
    """A policy that believes two keys of the same log, and two histories: the old with one key, the new with these."""
    put(desk / "both", NO_WITNESSES.replace("quorum", f"log {STRANGER.verification_key.text}\nquorum"))
    forged = [*LEAVES[:10], b"other"]
    lines = [checkpoint(forged, key=key).rpartition("\n\n")[2] for key in more]
    put(desk / "old", checkpoint(LEAVES))
    put(desk / "new", checkpoint(forged, key=STRANGER) + "".join(lines))


def test_one_key_that_signed_two_histories_is_told_apart_from_two_keys(desk: Path) -> None:
    two_keys(desk)
    code, said = run("checkpoints", "old", "new", "--policy", "both")
    assert code == 1
    assert "TWO HISTORIES" in said
    assert "Two keys of your policy signed one each" in said
    assert "own key signed both" not in said
    two_keys(desk, LOG)
    code, said = run("checkpoints", "old", "new", "--policy", "both")
    assert code == 1
    assert "The log's own key signed both" in said


def test_both_checkpoints_need_the_quorum(desk: Path) -> None:
    put(desk / "old", checkpoint(LEAVES))
    put(desk / "new", checkpoint(LEAVES, WITNESSES))
    code, said = run("checkpoints", "old", "new", "--policy", "quorum")
    assert code == 1
    assert "0 of the 3 witnesses of the policy signed old" in said


def test_checkpoints_of_two_logs_cannot_be_compared(desk: Path) -> None:
    other = SigningKey("other.example.org/log", bytes([9]) * 32)
    put(desk / "both", NO_WITNESSES.replace("quorum", f"log {other.verification_key.text}\nquorum"))
    put(desk / "old", checkpoint(LEAVES))
    put(desk / "new", checkpoint(LEAVES, key=other))
    code, said = run("checkpoints", "old", "new", "--policy", "both")
    assert code == 2
    assert "is about the log" in said


# --- the file itself


def imports_of(path: Path) -> set[str]:
    """The top-level names of everything that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(str(node.module).split(".")[0])
    return found


def test_the_verifier_imports_only_the_standard_library() -> None:
    assert imports_of(FILE) <= sys.stdlib_module_names


def test_a_foreign_import_would_be_noticed(tmp_path: Path) -> None:
    put(tmp_path / "other.py", "def later():\n    from cryptography import x509\n")
    assert imports_of(tmp_path / "other.py") == {"cryptography"}
    assert not imports_of(tmp_path / "other.py") <= sys.stdlib_module_names


def test_the_verifier_speaks_a_python_that_is_years_old() -> None:
    ast.parse(FILE.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_file_alone_is_enough(proved: Path) -> None:
    copied = put(proved / "away" / "checker.py", FILE.read_bytes())
    command = [
        sys.executable,
        "-I",
        "-S",
        str(copied),
        "proof",
        "entry.json",
        "entry.tlog-proof",
        "--policy",
        "quorum",
    ]
    done = subprocess.run(command, capture_output=True, env={"PYTHONIOENCODING": "ascii"}, cwd=proved)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"VERIFIED.")
    put(proved / "entry.json", b"{}")
    assert subprocess.run(command, capture_output=True, cwd=proved).returncode == 1


@pytest.mark.parametrize("arguments", [[], ["proof"], ["log", "x"], ["nothing"], ["proof", "a", "b"]])
def test_a_wrong_command_line_is_not_a_verdict(desk: Path, arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2


def test_the_form_of_an_odd_checkpoint_is_checked_after_its_signature(desk: Path) -> None:
    state = Checkpoint(LOG.name, 1, leaf_hash(b"x"), ("extension",))
    note = signed(state, LOG) + cosign(state.body, WITNESSES[0], NOON).line
    for name in ("old", "new"):
        put(desk / name, note)
    assert run("checkpoints", "old", "new", "--policy", "plain")[0] == 0
