"""The home page, and the step of a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_GET, require_POST

from config.cycle import step_replay
from config.endpoints import groups_of, schema
from governance import clock
from governance.core.refusals import Reason, Refused
from governance.core.spoken import spoken_moment
from governance.permissions import mark_sign_in, open_to_everyone, open_to_signed_in
from governance.selectors import home_jurisdiction
from governance.views.limits import GUESSED_TOO_OFTEN, count_wrong_guess, may_guess

if TYPE_CHECKING:
    from governance.models import User


class SignIn(LoginView):
    """Sign in; the session remembers when, since decisions ask for a fresh sign-in."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the password, unless this address has guessed too often for this account."""
        if may_guess(request, request.POST.get("username", "")):
            return super().post(request, *args, **kwargs)
        context = self.get_context_data(form=AuthenticationForm(request), often=GUESSED_TOO_OFTEN)
        return self.render_to_response(context, status=429)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count what did not fit."""
        count_wrong_guess(self.request, self.request.POST.get("username", ""))
        return super().form_invalid(form)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in and note the moment."""
        answer = super().form_valid(form)
        mark_sign_in(self.request)
        return answer


class FirstPassword(PasswordResetConfirmView):
    """Set the first password of a new account by the link that works once."""

    template_name = "registration/first_password.html"
    success_url = reverse_lazy("login")


@open_to_everyone
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Lead whoever is signed in to her inbox, everybody else to the portal."""
    return redirect("inbox" if request.user.is_authenticated else "portal")


@open_to_everyone
@require_GET
def api(request: HttpRequest) -> HttpResponse:
    """Every endpoint in plain words, drawn from the same description that programs read."""
    return render(request, "api.html", {"groups": groups_of(schema()), "rate": settings.API_VISITOR_RATE})


@open_to_signed_in
@require_POST
def advance(request: HttpRequest) -> HttpResponse:
    """Step a replay to the next week: what was decided is carried out, scored and published on the way."""
    by = cast("User", request.user)
    jurisdiction = home_jurisdiction(by, request.session.get("jurisdiction", ""))
    if jurisdiction is None:
        raise Refused(
            Reason.NOT_PERMITTED, "Your account has no role in a replay, so you cannot step its clock."
        )
    step_replay(jurisdiction, by=by)
    moment = spoken_moment(clock.local(clock.now(jurisdiction), jurisdiction))
    messages.success(request, f"It is now {moment}. Last week was scored and its decisions published.")
    return redirect("inbox")
