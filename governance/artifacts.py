"""Content-addressed files: stored once under their SHA-256, checked whenever they are read."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings

from governance.core.refusals import Reason, Refused
from governance.models import Artifact


def artifact_path(digest: str) -> Path:
    """Where the bytes of a digest live."""
    return Path(settings.ARTIFACTS_FOLDER) / digest[:2] / digest


def store_artifact(data: bytes, media_type: str, *, name: str) -> Artifact:
    """Keep `data` and return its row; the same bytes are kept once.

    The file is complete and synced before its row commits. A crash in between leaves a file that nobody
    names, which is harmless: the next attempt finds it under the same digest.
    """
    digest = hashlib.sha256(data).hexdigest()
    path = artifact_path(digest)
    if not path.exists():
        _write_whole(path, data)
    artifact, _ = Artifact.objects.get_or_create(
        digest=digest, defaults={"name": name, "media_type": media_type, "size": len(data)}
    )
    return artifact


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    # Until this rename the digest's path does not exist, so no reader ever sees half a file.
    Path(file.name).replace(path)


def read_artifact(digest: str) -> bytes:
    """Return the bytes behind a digest; a missing or altered file is refused, never served."""
    path = artifact_path(digest)
    if not path.exists():
        raise Refused(
            Reason.NOT_FOUND, f"The file {digest[:12]}… is not in the artifact store. Restore it from backup."
        )
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise Refused(
            Reason.DIGEST_CHANGED,
            f"The stored file {digest[:12]}… no longer has its digest. Restore it from backup.",
        )
    return data
