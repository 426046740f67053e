"""The public record: what stands in the log, and what a stranger needs to check it. Nobody signs in here."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.http import require_safe

from governance import log_alarms, log_status, published_log, selectors, stored_log, witnesses
from governance.core.canonical import EntryError, parse_leaf
from governance.core.refusals import Reason, Refused, status_code
from governance.core.tiles import TileError, parse_tile_path
from governance.models import LedgerEntry
from governance.permissions import open_to_everyone

log = logging.getLogger("lamplight.refusals")
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
PAGE = 50
HELD = 10  # seconds for which a cache may answer visitors with a page
OUTCOMES = {  # of an announced witness policy
    "wait": "publishing waits for the cosignatures that the policy asks for",
    "proceed": "publishing goes on without cosignatures that are missing",
}


def in_plain_text(view: View[P]) -> View[P]:
    """Say no in a sentence without a page around it: a program that fetches a file keeps what it is answered."""

    @wraps(view)
    def answered(request: HttpRequest, /, *arguments: P.args, **named: P.kwargs) -> HttpResponse:
        try:
            return view(request, *arguments, **named)
        except Refused as refusal:
            log.info("refused reason=%s path=%s who=visitor", refusal.reason.value, request.path)
            said, status = refusal.message, status_code(refusal.reason)
        except Http404 as missing:
            said, status = str(missing), 404
        return HttpResponse(
            f"{said}\n", "text/plain; charset=utf-8", status, headers={"Cache-Control": "no-cache"}
        )

    return answered


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
        row = log_status.entry_numbered(index)
    except Refused as refusal:
        newest = log_status.published()
        told = {
            "index": index,
            "refusal": refusal,
            "newest": newest,
            "file": newest.file_of(index) if newest and index < newest.size else None,
            "log_alarm": log_alarms.stopped(),
        }
        return _page(request, "governance/no_entry.html", told, status=status_code(refusal.reason))
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
        "newest": log_status.published(),
        "verifier": verifier,
        "site": _site(request),
        "log_key": published_log.log_key().verification_key.text,
        "log_alarm": log_alarms.stopped(),
    }
    return _page(request, "governance/check.html", context)


@open_to_everyone
@require_safe
def folder(request: HttpRequest) -> HttpResponse:
    """The address under which all files of the log stand: how to read them."""
    return redirect("record-check")


@open_to_everyone
@require_safe
@in_plain_text
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest published checkpoint, as it lies in the published folder."""
    note = published_log.published_note()
    if note is None:
        raise Http404("No checkpoint has been published yet.")
    return _plain(note, "checkpoint.txt", max_age=5)


@open_to_everyone
@require_safe
@in_plain_text
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
@in_plain_text
def policy(request: HttpRequest) -> HttpResponse:
    """Who witnesses the log: the policy file that a verifier is run with."""
    return _plain(witnesses.public_policy_text(), "policy.txt", max_age=60)


@open_to_everyone
@require_safe
@in_plain_text
def verifier(request: HttpRequest) -> HttpResponse:
    """The verifier for strangers, byte for byte the file whose SHA-256 stands in the log."""
    file = published_log.verifier_file()
    return _download(file.read_bytes(), "text/x-python; charset=utf-8", file.name)


@open_to_everyone
@require_safe
@in_plain_text
def entry_leaf(request: HttpRequest, index: int) -> HttpResponse:
    """The exact bytes of one entry."""
    row = log_status.entry_numbered(index)
    return _download(bytes(row.leaf), "application/json", f"entry-{index}.json")


@open_to_everyone
@require_safe
@in_plain_text
def entry_proof(request: HttpRequest, index: int) -> HttpResponse:
    """The proof of one entry as a file (c2sp.org/tlog-proof)."""
    _, proof = log_status.proved(log_status.entry_numbered(index))
    return _download(proof.text.encode(), "text/plain; charset=utf-8", f"entry-{index}.tlog-proof")


def _proof_of(row: LedgerEntry) -> dict[str, Any]:
    """Return what a page says of an entry's proof, or the reason why there is none."""
    try:
        covering, proof = log_status.proved(row)
    except Refused as refusal:
        return {"why_not": refusal}
    return {"proof": proof, "covering": covering, "standing": log_status.standing(covering)}


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Draw a page; what a visitor without an account is shown, caches may show the next one."""
    response = render(request, template, context, status=status)
    if request.user.is_authenticated:
        add_never_cache_headers(response)
    else:
        shared = {"private": True} if request.COOKIES else {"public": True, "max_age": HELD}
        patch_cache_control(response, **shared)
    return response


def _site(request: HttpRequest) -> str:
    """Return this site's address, for commands that are typed elsewhere."""
    return f"{request.scheme}://{request.get_host()}"


def _plain(text: str, name: str, *, max_age: int) -> HttpResponse:
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": f"public, max-age={max_age}",
    }
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
        "outcome": _outcome(leaf),
        "text_digest": leaf.get("text", ""),
        "detail": [(name.replace("_", " "), value) for name, value in sorted(detail.items())]
        if isinstance(detail, dict)
        else [],
    }


def _outcome(leaf: dict[str, Any]) -> str:
    word = str(leaf.get("outcome", ""))
    in_words = OUTCOMES if leaf.get("action") == "witness_policy.announced" else {}
    return in_words.get(word, word.replace("_", " "))


def _whole_number(text: str) -> int | None:
    """Return a page's starting point, None for the newest entry; refuse what is no number."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(
            Reason.BAD_INPUT, "An entry's number is written in plain digits. Start at the newest entry."
        )
    return int(text)
