"""Turn a refusal into a page or an API answer with its reason; write it to the application log."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from governance.core.refusals import Reason, Refused, status_code

log = logging.getLogger("lamplight.refusals")


class RefusalMiddleware:
    """Answers a refusal raised by a view with a designed page of the right status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Render a refusal; leave every other exception alone."""
        if not isinstance(problem, Refused):
            return None
        write_down(problem, request)
        context = {"refusal": problem, "method": request.method}
        if request.accepts("text/html"):
            return render(request, "refused.html", context, status=status_code(problem.reason))
        return JsonResponse(answer(problem), status=status_code(problem.reason))


def answer(problem: Refused) -> dict[str, str]:
    """Body of an API refusal."""
    return {"reason": problem.reason.value, "detail": problem.message}


def write_down(problem: Refused, request: HttpRequest) -> None:
    """One line in the application log; a refusal writes nothing into the ledger."""
    who = getattr(getattr(request, "user", None), "pseudonym", "visitor")
    log.info("refused reason=%s path=%s who=%s", problem.reason.value, request.path, who)


def api_problem(problem: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every "no" has its reason and a sentence, ours and DRF's alike."""
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
