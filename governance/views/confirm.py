"""A decision asks for the password again when it was given more than five minutes ago."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

from django.shortcuts import render

from governance.core.refusals import Reason, status_code
from governance.permissions import mark_sign_in, signed_in_lately
from governance.views.limits import GUESSED_TOO_OFTEN, count_wrong_guess, may_guess

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, QueryDict

    from governance.models import User

P = ParamSpec("P")
FIELD = "password_again"
WRONG = "This is not your password; capitals matter."
NOT_KEPT = frozenset({FIELD, "username", "csrfmiddlewaretoken"})


def asks_password_again(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let a form through only if the password was given lately in this session.

    Otherwise a page asks for it. That page holds all that was typed, byte for byte as it was sent, and sends it to the
    same address together with the password; what was seen stays bound to its digest. Nothing is stored meanwhile.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method != "POST" or signed_in_lately(request):
            return view(request, *args, **kwargs)
        given, user = request.POST.get(FIELD), cast("User", request.user)
        often = given is not None and not may_guess(request, user.email)
        if given is not None and not often:
            if user.check_password(given):
                mark_sign_in(request)
                return view(_without_password(request), *args, **kwargs)
            count_wrong_guess(request, user.email)
        wrong = GUESSED_TOO_OFTEN if often else WRONG if given is not None else ""
        context = {"fields": _typed(request.POST), "wrong": wrong}
        return render(request, "governance/confirm.html", context, status=status_code(Reason.SIGN_IN_AGAIN))

    return guarded


def _typed(sent: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in sent.lists() if name not in NOT_KEPT for value in values]


def _without_password(request: HttpRequest) -> HttpRequest:
    kept = request.POST.copy()
    kept.pop(FIELD, None)
    request.POST = kept  # type: ignore[assignment]
    return request
