"""The published log: files that any web server can carry (c2sp.org/tlog-tiles), and the last state let out.

    LOG_FOLDER/public/checkpoint          the newest published checkpoint, with its cosignatures
    LOG_FOLDER/public/tile/...            entry bundles and hash tiles; written once, never changed
    LOG_FOLDER/signed                     the last checkpoint that anybody outside may have seen; not served

The folder lies outside the database on purpose: a database that comes back from an older backup is smaller than what
the folder says, and that is how it is noticed.
"""

import os
import shutil
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import connection

from governance.core.checkpoint import Checkpoint, CheckpointError, open_checkpoint, parse_body
from governance.core.merkle import HASH_BYTES
from governance.core.note import SigningKey
from governance.core.refusals import Reason, Refused
from governance.core.tiles import (
    ENTRIES,
    HEIGHT,
    MAX_LEVEL,
    TILE_WIDTH,
    Tile,
    TileError,
    TileTree,
    decode_bundle,
    new_tiles,
)
from governance.models import Checkpoint as Signed

GIVEN_OUT = (
    ("the published checkpoint", "public/checkpoint"),
    ("the checkpoint last sent to the witnesses", "signed"),
)
KEEP = "Keep the database and the published folder as they are: they are evidence."


def log_key() -> SigningKey:
    """Return the key that signs checkpoints; its public half is what strangers verify with."""
    return SigningKey(settings.LOG_ORIGIN, settings.LOG_SEED)


def public_folder() -> Path:
    """Return the folder that a web server carries at /log/."""
    return Path(settings.LOG_FOLDER) / "public"


def verifier_file() -> Path:
    """Return the verifier that strangers download; its SHA-256 is announced in the log."""
    return Path(__file__).parent / "verifier" / "verify_lamplight.py"


def one_operator_at_a_time() -> None:
    """Let one process at a time sign and publish, until its transaction ends. Deeds go on meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('lamplight.log'))")


# --- what was given out -----------------------------------------------------------------------------------


def published_note() -> str | None:
    """Return the newest published checkpoint as it lies in the folder."""
    return _read_text(public_folder() / "checkpoint")


def notes_given_out() -> list[tuple[str, str]]:
    """Return the notes that people or witnesses may hold, each with the name a reader knows it by."""
    notes = [(name, _read_text(Path(settings.LOG_FOLDER) / file)) for name, file in GIVEN_OUT]
    return [(name, note) for name, note in notes if note is not None]


def opened(name: str, note: str) -> Checkpoint:
    """Return what one of our own notes says. Raises Refused(INCONSISTENT_LOG) when it is not genuine."""
    try:
        return open_checkpoint(note, log_key().verification_key)
    except CheckpointError as problem:
        raise Refused(Reason.INCONSISTENT_LOG, f"Of {name}: it is not genuine. {problem} {KEEP}") from problem


def check_not_behind(index: int) -> None:
    """Refuse to number an entry that was already given out under this number: this database is an older one.

    Reads sizes alone, without signatures: it is asked at every deed. Raises Refused(INCONSISTENT_LOG).
    """
    for name, file in GIVEN_OUT:
        size = _size_given_out(name, f"{settings.LOG_FOLDER}/{file}")
        if index < size:
            raise Refused(
                Reason.INCONSISTENT_LOG,
                f"Nothing was recorded and nothing was done: {name} covers {size} entries, and this database holds "
                f"only {index}. It is an older copy. Restore the newer one, or let the board decide how the log goes "
                "on (`manage.py propose_recovery`, or /record/recovery/).",
            )


def _size_given_out(name: str, path: str) -> int:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return 0
    return _size_in(name, path, found.st_ino, found.st_ctime_ns)


@lru_cache(maxsize=8)
def _size_in(name: str, path: str, _inode: int, _changed: int) -> int:
    """Read the size once for each state of the file: every rename gives it another inode and time."""
    try:
        return parse_body((_read_text(Path(path)) or "").rpartition("\n\n")[0] + "\n").size
    except CheckpointError as problem:
        raise Refused(Reason.INCONSISTENT_LOG, f"Of {name}: {problem} {KEEP}") from problem


def let_out(note: str) -> None:
    """Remember, before anybody outside sees it, that this checkpoint is about to be seen.

    A crash after this and before the publication leaves a state that nobody may have seen; the next turn
    publishes the same one, since the same entries give the same bytes.
    """
    path = Path(settings.LOG_FOLDER) / "signed"
    if _read_text(path) != note:
        _write(path, note.encode())
    else:
        _make_durable(path.parent)  # it may have been renamed just before a crash


# --- tiles ------------------------------------------------------------------------------------------------


def write_once(tile: Tile, data: bytes) -> None:
    """Write one tile, or find it there with the same bytes. Raises Refused(INCONSISTENT_LOG) if it differs.

    A crash before the rename leaves a file ending in .new, which nobody asks for and the next turn overwrites;
    a crash after it leaves a whole tile, which the next turn finds.
    """
    path = public_folder() / tile.path
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        _write(path, data)
        return
    if there != data:
        raise Refused(
            Reason.INCONSISTENT_LOG,
            f"The published file {tile.path} holds other bytes than this database gives. Nothing was "
            f"overwritten. {KEEP}",
        )
    _make_durable(path.parent)  # it may have been renamed just before a crash


def read_tile(tile: Tile) -> bytes:
    """Return a hash tile's bytes, from the full tile where the partial one is gone. Raises OSError, TileError."""
    return _read_tile(tile)[: tile.width * HASH_BYTES]


def read_entries(index: int, width: int) -> list[bytes]:
    """Return the first `width` leaves of entry bundle `index`. Raises FileNotFoundError, TileError."""
    tile = Tile(ENTRIES, index, width)
    partial = public_folder() / tile.path
    if partial.exists():
        return decode_bundle(partial.read_bytes(), width)
    return decode_bundle((public_folder() / tile.full.path).read_bytes(), TILE_WIDTH)[:width]


def is_complete(size: int) -> bool:
    """Whether every file of the log of that size is there and as long as it must be; `check_files` reads them."""
    return all(_has_its_length(tile) or _has_its_length(tile.full) for tile in new_tiles(0, size))


def _has_its_length(tile: Tile) -> bool:
    try:
        length = (public_folder() / tile.path).stat().st_size
    except FileNotFoundError:
        return False
    return length > 0 if tile.level == ENTRIES else length == tile.width * HASH_BYTES


def tree(size: int) -> TileTree:
    """Return the published tree of that size, read from its tiles as needed."""
    return TileTree(size, read_tile)


def leads_to(size: int, root: bytes) -> bool:
    """Whether every file of the log of that size is there, and its hashes lead to this root."""
    try:
        return is_complete(size) and tree(size).root == root
    except (FileNotFoundError, TileError):
        return False


def published_size() -> int:
    """Return how many entries the published checkpoint covers. Raises Refused(INCONSISTENT_LOG)."""
    note = published_note()
    return opened("the published checkpoint", note).size if note else 0


def ready_checkpoint() -> Signed | None:
    """Return the newest signed checkpoint that may be shown to anybody: all that it promises lies in the folder.

    A newer one may be signed already, by another turn that is still writing its tiles or was killed over it.
    """
    rows = Signed.objects.filter(size__gte=published_size()).order_by("-size")
    return next((row for row in rows if leads_to(row.size, bytes(row.root))), None)


def remove_partial_tiles(before: int, now: int) -> None:
    """Remove the partial tiles that full ones have replaced as the log grew; readers fall back to the full tile.

    Called after the publication: until then somebody may follow the older checkpoint to them. A crash in between
    leaves files that are right and no longer needed.
    """
    for level in range(ENTRIES, MAX_LEVEL // HEIGHT + 1):
        span = TILE_WIDTH ** (max(level, 0) + 1)
        for index in range(before // span, now // span):
            partial = public_folder() / f"{Tile(level, index).path}.p"
            shutil.rmtree(partial, ignore_errors=True)


def publish(note: str) -> None:
    """Put the checkpoint into its place: from this rename on, the public sees the new state.

    Every tile it needs was durable before; a crash on either side of the rename leaves a whole, valid log.
    """
    if published_note() != note:
        _write(public_folder() / "checkpoint", note.encode())
    else:
        _make_durable(public_folder())  # it may have been renamed just before a crash


def _read_tile(tile: Tile) -> bytes:
    path, width = public_folder() / tile.path, tile.width
    if not path.exists():
        path, width = public_folder() / tile.full.path, TILE_WIDTH
    data = path.read_bytes()
    if len(data) != width * HASH_BYTES:
        raise TileError(f"The published file {tile.path} has {len(data)} bytes, not {width * HASH_BYTES}.")
    return data


def _read_text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as problem:
        raise Refused(Reason.INCONSISTENT_LOG, f"The file {path.name} is not text. {KEEP}") from problem


def _write(path: Path, data: bytes) -> None:
    """Stage, make durable, rename, make the name durable."""
    _make_folder(path.parent)
    staged = path.with_name(f"{path.name}.new")
    with staged.open("wb") as file:  # truncates what a crash may have left
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # an error here leaves the old state in place
    staged.rename(path)
    _make_durable(path.parent)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
    elif any(folder.iterdir()):
        return
    _make_durable(folder.parent)  # also of an empty one: it may have been made just before a crash


def _make_durable(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
