"""The module that a person completes before her first vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from governance import selectors
from governance.core.refusals import Refused, status_code
from governance.core.roles import ROLES, Role
from governance.core.training import MODULES
from governance.permissions import open_to_signed_in
from governance.services.complete_training import complete_training

if TYPE_CHECKING:
    from governance.models import User


@open_to_signed_in
@require_http_methods(["GET", "POST"])
def training(request: HttpRequest) -> HttpResponse:
    """The modules of this person's roles; the answers of one of them are sent at a time."""
    by = cast("User", request.user)
    if request.method != "POST":
        return render(request, "governance/training.html", _context(by, {}))
    role = request.POST.get("role", "")
    if role not in MODULES:
        raise Http404("There is no such module.")
    count = len(MODULES[Role(role)].questions)
    given = {number: request.POST.get(f"q{number}", "") for number in range(1, count + 1)}
    try:
        complete_training(role=Role(role), answers=[_place(each) for each in given.values()], by=by)
    except Refused as refusal:
        context = _context(by, {role: given}) | {"refusal": refusal}
        return render(request, "governance/training.html", context, status=status_code(refusal.reason))
    messages.success(request, f"Completed. You may vote as {ROLES[Role(role)].title.lower()} now.")
    return redirect("inbox")


def _place(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 1 else None


def _context(by: User, given: dict[str, dict[int, str]]) -> dict[str, Any]:
    modules = _modules(by, given)
    return {"modules": modules, "to_do": any(not each["done"] for each in modules)}


def _modules(by: User, given: dict[str, dict[int, str]]) -> list[dict[str, Any]]:
    """Return each module of her roles: whether it is done, its text, and what she answered a moment ago."""
    todo = selectors.untrained_roles(by)
    return [
        {
            "role": role.value,
            "title": ROLES[role].title,
            "done": role not in todo,
            "text": MODULES[role].text,
            "questions": [
                (number, question.asked, _answers(question.answers, given.get(role.value, {}).get(number)))
                for number, question in enumerate(MODULES[role].questions, 1)
            ],
        }
        for role in selectors.roles_to_learn(by)
    ]


def _answers(answers: tuple[str, ...], chosen: str | None) -> list[tuple[int, str, bool]]:
    return [(place, said, str(place) == chosen) for place, said in enumerate(answers)]
