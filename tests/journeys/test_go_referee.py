"""An independent implementation judges what we publish: Go's checksum-database packages, where Debian's Go is there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from governance import published_log, stored_log
from governance.core.checkpoint import Checkpoint as State
from governance.core.checkpoint import signed
from governance.core.cosignature import CosigningKey, cosign
from governance.core.merkle import leaf_hash
from governance.models import LedgerEntry
from governance.tasks import publish_log
from tests.apps.governance.test_sign_checkpoint import write_entries

REFEREE = Path(__file__).resolve().parent.parent / "referee"
GO_PACKAGES = Path("/usr/share/gocode")  # where Debian's golang-golang-x-mod-dev puts them


@pytest.fixture(scope="module")
def referee(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the referee, or skip by name where there is no Go."""
    if not shutil.which("go") or not (GO_PACKAGES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("no Go: apt-get install golang-go golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("referee")
    there = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_PACKAGES), "GOCACHE": str(folder / "cache")}
    subprocess.run(["go", "build", "-o", str(folder / "referee"), "."], cwd=REFEREE, env=there, check=True)
    return folder / "referee"


@pytest.fixture
def grown(db: None, tmp_path: Path) -> Path:
    """A log published at three sizes, the last of which has a second level of tiles; returns the first checkpoint."""
    write_entries(7)
    publish_log()
    old = tmp_path / "old"
    old.write_text(published_log.published_note() or "")
    for count in (120, 140):
        write_entries(count)
        publish_log()
    return old


def judged(referee: Path, *words: str | Path) -> tuple[int, str]:
    """Ask the referee about the published log; return its exit code and what it said."""
    key = published_log.log_key().verification_key.text
    command = [str(referee), str(published_log.public_folder()), key, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def proof_files(folder: Path, index: int) -> tuple[Path, Path]:
    """Write an entry and its proof as a stranger downloads them."""
    row = LedgerEntry.objects.get(index=index)
    entry, proof = folder / f"{index}.json", folder / f"{index}.tlog-proof"
    entry.write_bytes(bytes(row.leaf))
    proof.write_text(stored_log.entry_proof(row).text)
    return entry, proof


def test_go_agrees_with_our_checkpoints_tiles_entries_and_proofs(
    referee: Path, grown: Path, tmp_path: Path
) -> None:
    size = LedgerEntry.objects.count()
    words: list[str | Path] = ["-old", grown]
    for index in (0, 6, 7, 126, 127, 128, 200, 255, 256, size - 1):
        words += ["-proof", *proof_files(tmp_path, index)]
    assert judged(referee, *words) == (0, f"agreed: {size} entries, 1 signatures, 10 proofs\n")


def test_go_reads_our_cosignatures(referee: Path, grown: Path) -> None:
    witness = CosigningKey("witness.example/w", bytes(range(32)))
    file = published_log.public_folder() / "checkpoint"
    note = file.read_text()
    body = note.rpartition("\n\n")[0] + "\n"
    file.write_text(note + cosign(body, witness, 1_767_225_600).line)
    code, said = judged(referee, "-cosigner", witness.cosigner_key.text)
    assert (code, "2 signatures" in said) == (0, True), said


def test_go_sees_an_edited_entry_a_broken_tile_and_another_history(
    referee: Path, grown: Path, tmp_path: Path
) -> None:
    public = published_log.public_folder()
    bundle, edge = public / "tile/entries/000", next((public / "tile/0/001.p").iterdir())
    for file, complaint in (
        (bundle, "entry 0"),
        (public / "tile/0/000", "entry 0"),
        (edge, "inconsistent tile"),
    ):
        whole = file.read_bytes()
        file.write_bytes(whole[:10] + bytes([whole[10] ^ 1]) + whole[11:])
        code, said = judged(referee)
        assert (code, complaint in said) == (1, True), said
        file.write_bytes(whole)
    entry, proof = proof_files(tmp_path, 3)
    entry.write_bytes(entry.read_bytes().replace(b"done", b"none"))
    assert judged(referee, "-proof", entry, proof)[0] == 1
    size = LedgerEntry.objects.count()
    other = State(published_log.log_key().name, size - 1, leaf_hash(b"another history"))
    grown.write_text(signed(other, published_log.log_key()))
    code, said = judged(referee, "-old", grown)
    assert (code, "the consistency" in said) == (1, True), said
