"""Turn a refusal or an outage into a page or an API answer with its reason; write it to the application log."""

import errno
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from governance.core.refusals import Reason, Refused, status_code

log = logging.getLogger("lamplight.refusals")


@dataclass(frozen=True)
class Outage:
    """Something below us that fails: its word, its HTTP status, and what a reader needs to know."""

    reason: str
    status: int
    message: str


DISK_FULL = Outage(
    "disk_full",
    507,
    "There is no space left where this is stored, so nothing was recorded and nothing of what you asked for was done, "
    "not even half of it. Whoever runs this site has to free space; then do it again.",
)
UNREACHABLE = Outage(
    "database_unreachable",
    503,
    "The database does not answer. What you asked for was stored whole, with its entry in the record, or not at all: "
    "nothing is half done. Wait a minute, look at what is there, and do it again if it is missing.",
)
RETRY = {"Retry-After": "60"}
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
SECRETS = frozenset({"secret", "token"})  # parts of an address that give whoever knows them a right
AWAY = ("08", "53", "57P")  # classes of SQLSTATE: connection, resources, shutting down or starting


class RefusalMiddleware:
    """Answers a refusal raised by a view with a designed page of the right status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Render a refusal; leave every other exception alone."""
        if (found := outage(problem)) is not None:
            return _tell(found, request)
        if not isinstance(problem, Refused):
            return None
        write_down(problem, request)
        context = {"refusal": problem, "method": request.method}
        if request.accepts("text/html"):
            return render(request, "refused.html", context, status=status_code(problem.reason))
        return JsonResponse(answer(problem), status=status_code(problem.reason))


def outage(problem: BaseException) -> Outage | None:
    """What failed below us, if that is why: a full disk, or a database that does not answer."""
    for each in _causes(problem):
        if isinstance(each, psycopg.errors.DiskFull) or (
            isinstance(each, OSError) and each.errno in NO_SPACE
        ):
            return DISK_FULL
        if isinstance(each, psycopg.OperationalError) and (each.sqlstate or "08").startswith(AWAY):
            return UNREACHABLE
    return None


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__


def _tell(found: Outage, request: HttpRequest) -> HttpResponse:
    """Answer without asking the database anything: not who asks, nor what every page shows."""
    log.error("outage reason=%s path=%s", found.reason, path_told(request))
    if request.accepts("text/html"):
        page = render_to_string(
            "unavailable.html", {"outage": found, "sent": request.POST.get("rationale", "")}
        )
        return HttpResponse(page, status=found.status, headers=RETRY)
    return JsonResponse(answer(found), status=found.status, headers=RETRY)


def answer(problem: Refused | Outage) -> dict[str, str]:
    """Body of an API refusal."""
    return {"reason": str(problem.reason), "detail": problem.message}


def write_down(problem: Refused, request: HttpRequest) -> None:
    """One line in the application log; a refusal writes nothing into the ledger."""
    who = getattr(getattr(request, "user", None), "pseudonym", "visitor")
    log.info("refused reason=%s path=%s who=%s", problem.reason.value, path_told(request), who)


def path_told(request: HttpRequest) -> str:
    """Return the path as a log may keep it: an address that is itself a secret appears as its pattern."""
    match = request.resolver_match
    return match.route if match is not None and SECRETS & match.kwargs.keys() else request.path


def api_problem(problem: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every "no" has its reason and a sentence, ours and DRF's alike."""
    if (found := outage(problem)) is not None:
        log.error("outage reason=%s path=%s", found.reason, context["request"].path)
        return Response(answer(found), status=found.status, headers=RETRY)
    if isinstance(problem, Refused):
        write_down(problem, context["request"])
        return Response(answer(problem), status=status_code(problem.reason))
    if isinstance(problem, ValidationError):
        return api_problem(Refused(Reason.BAD_INPUT, _sentence(problem.detail)), context)
    response = exception_handler(problem, context)
    if response is not None:
        detail = response.data["detail"]
        response.data = {"reason": detail.code, "detail": str(detail)}
    return response


def _sentence(detail: Any) -> str:
    """What is wrong with each field that was sent."""
    fields = detail.items() if isinstance(detail, dict) else [("request", detail)]
    return " ".join(f"{name}: {' '.join(str(each) for each in said)}" for name, said in fields)
