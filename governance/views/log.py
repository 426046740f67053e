"""The public record: what stands in the log, and what a stranger needs to check it. Nobody signs in here."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from governance import log_alarms, log_status, published_log, selectors, stored_log, witnesses
from governance.core.canonical import EntryError, parse_leaf
from governance.core.proof import EntryProof
from governance.core.refusals import Reason, Refused
from governance.core.tiles import TileError, parse_tile_path
from governance.models import LedgerEntry
from governance.permissions import open_to_everyone

PAGE = 50
HELD = 10  # seconds for which a cache may answer visitors with a page


@open_to_everyone
@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """How the log stands, what is wrong with it, and its newest entries."""
    entries = stored_log.newest_entries(before=_whole_number(request.GET.get("before", "")), count=PAGE)
    status = log_status.log_status()
    context = {
        "entries": [_row(entry) for entry in entries],
        "older": entries[-1].index if entries and entries[-1].index > 0 else None,
        "status": status,
        "alarm": status.alarms[0] if status.alarms else None,
        "log_alarm": None,  # the page itself says more than the banner
        "log_key": published_log.log_key().verification_key.text,
    }
    return _page(request, "governance/record.html", context)


@open_to_everyone
@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """One entry in plain words, with its proof or the reason why there is none."""
    try:
        row = stored_log.entry_numbered(index)
    except Refused as refusal:
        told = {"index": index, "refusal": refusal, "log_alarm": log_alarms.stopped()}
        return _page(request, "governance/no_entry.html", told, status=404)
    context = {
        "entry": _row(row),
        "leaf": bytes(row.leaf).decode("utf-8", "replace"),
        "text_is_kept": stored_log.kept_text(index) is not None,
        "erasure": stored_log.erasure_of(row),
        "site": _site(request),
        "log_alarm": log_alarms.stopped(),
    }
    return _page(request, "governance/entry.html", context | _proof_of(row))


@open_to_everyone
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """How a stranger checks the record with her own computer."""
    verifier = log_status.verifier_announcement()
    context = {
        "publication": stored_log.last_publication(),
        "verifier": verifier,
        "site": _site(request),
        "log_key": published_log.log_key().verification_key.text,
        "log_alarm": log_alarms.stopped(),
    }
    return _page(request, "governance/check.html", context)


@open_to_everyone
@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest published checkpoint, as it lies in the published folder."""
    note = published_log.published_note()
    if note is None:
        raise Http404("No checkpoint has been published yet.")
    return _plain(note, max_age=5)


@open_to_everyone
@require_safe
def tile(request: HttpRequest, rest: str) -> HttpResponse:
    """One entry bundle or hash tile, as it lies in the published folder; it never changes."""
    try:
        path = published_log.public_folder() / parse_tile_path(f"tile/{rest}").path
        content = path.read_bytes()
    except (TileError, FileNotFoundError) as problem:
        raise Http404(f"There is no published file tile/{rest}.") from problem
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


@open_to_everyone
@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Who witnesses the log: the policy file that a verifier is run with."""
    return _plain(witnesses.policy_text(), max_age=60)


@open_to_everyone
@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The verifier for strangers, byte for byte the file whose SHA-256 stands in the log."""
    file = published_log.verifier_file()
    return _download(file.read_bytes(), "text/x-python; charset=utf-8", file.name)


@open_to_everyone
@require_safe
def entry_leaf(request: HttpRequest, index: int) -> HttpResponse:
    """The exact bytes of one entry."""
    row = stored_log.entry_numbered(index)
    return _download(bytes(row.leaf), "application/json", f"entry-{index}.json")


@open_to_everyone
@require_safe
def entry_proof(request: HttpRequest, index: int) -> HttpResponse:
    """The proof of one entry as a file (c2sp.org/tlog-proof)."""
    proof: EntryProof = stored_log.entry_proof(stored_log.entry_numbered(index))
    return _download(proof.text.encode(), "text/plain; charset=utf-8", f"entry-{index}.tlog-proof")


def _proof_of(row: LedgerEntry) -> dict[str, Any]:
    """Return what a page says of an entry's proof, or the reason why there is none."""
    covering = stored_log.publication_covering(row.index)
    try:
        proof = stored_log.proof_under(covering, row)
    except Refused as refusal:
        return {"why_not": refusal}
    return {"proof": proof, "covering": covering, "cosigners": log_status.cosigners(covering)}


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Draw a page; what a visitor without an account is shown, caches may show the next one."""
    response = render(request, template, context, status=status)
    visitor = not request.user.is_authenticated and not request.COOKIES
    patch_cache_control(response, **({"public": True, "max_age": HELD} if visitor else {"private": True}))
    return response


def _site(request: HttpRequest) -> str:
    """Return this site's address, for commands that are typed elsewhere."""
    return f"{request.scheme}://{request.get_host()}"


def _plain(text: str, *, max_age: int) -> HttpResponse:
    headers = {"Cache-Control": f"public, max-age={max_age}"}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _download(body: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": f"public, max-age={HELD}",
    }
    return HttpResponse(body, content_type=content_type, headers=headers)


def _row(row: LedgerEntry) -> dict[str, Any]:
    """Return what a page says about an entry; the leaf speaks, not the columns beside it."""
    try:
        leaf = parse_leaf(bytes(row.leaf))
    except EntryError:
        leaf = {}
    detail = leaf.get("detail")
    return {
        "index": row.index,
        "recorded_at": row.recorded_at,
        "readable": bool(leaf),
        "leaf": leaf,
        "deed": str(leaf.get("action", "")).replace(".", " ").replace("_", " "),
        "role": selectors.role_title(str(leaf["role"])) if leaf else "",
        "subject_kind": str(leaf.get("subject_kind", "")).replace("_", " "),
        "outcome": str(leaf.get("outcome", "")).replace("_", " "),
        "text_digest": leaf.get("text", ""),
        "detail": [(name.replace("_", " "), value) for name, value in sorted(detail.items())]
        if isinstance(detail, dict)
        else [],
    }


def _whole_number(text: str) -> int | None:
    """Return a page's starting point, None for the newest entry; refuse what is no number."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(
            Reason.BAD_INPUT, "An entry's number is written in plain digits. Start at the newest entry."
        )
    return int(text)
