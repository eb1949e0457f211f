"""Signing in, signing out, and setting an empty installation up once.

The set-up page exists only while the company does not, and only for the holder of the token that
the supervisor prints (file `run/setup-token` in the data folder); for everybody else, and ever
after, it is absent.
"""

from __future__ import annotations

import hmac
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from xinheng.people.actions import set_up as set_up_company
from xinheng.people.actor import system
from xinheng.people.models import Company
from xinheng.people.refusals import PeopleRefusal
from xinheng.policies.actions import adopt_shipped
from xinheng.refusals import Refused
from xinheng.web.people.forms import SetUpForm, SignInForm

# Which box of the form a refusal belongs to; all others stand above the form.
BOXES = {
    PeopleRefusal.PASSWORD_WEAK: "password",
    PeopleRefusal.UNKNOWN_CURRENCY: "base_currency",
    PeopleRefusal.UNKNOWN_TIME_ZONE: "time_zone",
    PeopleRefusal.BLANK: "company",
}


class SignIn(LoginView):
    """The door. `next` is followed only within this site; after too many failures the door stays
    shut a while.
    """

    http_method_names = ["get", "head", "post"]
    template_name = "people/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Signed in; the person's own language, unless this browser has chosen one."""
        answer = super().form_valid(form)
        if settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES:
            answer.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                form.get_user().language,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                samesite="Lax",
            )
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        """Wrong, or locked out by axes: then our page answers (429) instead of its plain
        sentence.
        """
        if getattr(self.request, "axes_locked_out", False):
            self.request.axes_locked_out = False
            minutes = round(settings.AXES_COOLOFF_TIME * 60)
            return render(self.request, "people/locked.html", {"minutes": minutes}, status=429)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"set_up": Company.objects.exists()}


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    answer = redirect("sign-in")
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "again")
def set_up(request: HttpRequest) -> HttpResponse:
    """The company, its currency and zone, and the first administrator: asked once, then signed
    in.
    """
    token = request.POST.get("token") or request.GET.get("token", "")
    if Company.objects.exists() or not token_is_right(token):
        raise Http404
    form = SetUpForm(
        request.POST or None, initial={"base_currency": "CNY", "time_zone": "Asia/Shanghai"}
    )
    if request.method == "POST" and form.is_valid() and (user := _set_up(form)) is not None:
        _token_path().unlink(missing_ok=True)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("home")
    status = 422 if form.is_bound else 200
    return render(request, "people/set_up.html", {"form": form, "token": token}, status=status)


def _set_up(form: SetUpForm) -> Any:
    """The first administrator, or None with the refusal written beside its box."""
    said, at = form.cleaned_data, timezone.now()
    try:
        with transaction.atomic():
            user = set_up_company(
                said["company"],
                said["base_currency"],
                said["time_zone"],
                said["username"],
                said["password"],
                actor=system("set-up"),
                at=at,
            )
            adopt_shipped(actor=system("set-up"), at=at)
    except Refused as refused:
        form.add_error(BOXES.get(refused.code), str(refused.text))  # type: ignore[arg-type]
        return None
    return user


def token_is_right(token: str) -> bool:
    """Compared in constant time; without a token file nobody may set up."""
    try:
        wanted = _token_path().read_text().strip()
    except OSError:
        return False
    return bool(wanted) and hmac.compare_digest(wanted.encode(), token.encode())


def _token_path() -> Any:
    return settings.XINHENG_DATA / "run" / "setup-token"
