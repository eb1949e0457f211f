"""A link by which a customer applies for credit itself: made for one customer, shown once.

The draft it leads to belongs to nobody of the house, so whoever makes the link may not decide what
comes of it. Example: Bob makes one of 30 days for C-1 in CNY; the customer fills it in on a phone
and comes back to the same address to see how far it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import lazystr
from django.views.decorators.http import require_http_methods

from xinheng.applications import inviting
from xinheng.applications.applying import TERMS_MAX
from xinheng.applications.models import Application
from xinheng.applications.rows import NewApplication
from xinheng.customers.models import Customer
from xinheng.inquiries.links import DAYS_MAX
from xinheng.inquiries.models import Link
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.applications.forms import FILL_IN
from xinheng.web.applications.words import KINDS, STATES, TONES
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.currencies import base_currency
from xinheng.web.inquiries.links import STATES as LINK_STATES
from xinheng.web.inquiries.links import TONGUES, address_of, qr_of, state_of
from xinheng.web.people.forms import currencies

SHOWN_MAX: Final = 100
UNKNOWN: Final = lazystr(T("没有这个客户编号。", "There is no customer of this number."))


class InviteForm(forms.Form):
    """For whom, in which currency, and how long the address lasts."""

    customer = forms.CharField(
        label=T("客户编号", "Customer number"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )
    kind = forms.ChoiceField(
        label=T("种类", "Kind"),
        choices=[(code, KINDS[code]) for code in ("new", "increase", "temporary")],
    )
    currency = forms.ChoiceField(label=T("币种", "Currency"))
    terms_days = forms.IntegerField(
        label=T("账期（天），客户可改", "Terms in days, theirs to change"),
        min_value=0,
        max_value=TERMS_MAX,
        initial=30,
        error_messages={"required": FILL_IN},
    )
    days = forms.IntegerField(
        label=T("网址有效天数", "Days the address lasts"),
        min_value=1,
        max_value=DAYS_MAX,
        initial=30,
        help_text=T("到期前客户都能用它查看进度。", "Until then it also shows the progress."),
        error_messages={"required": FILL_IN},
    )
    language = forms.ChoiceField(
        label=T("首次打开的语言", "Language at first"), choices=list(TONGUES.items())
    )

    def __init__(self, *given: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*given, **kwargs)
        self.user = user
        self.fields["currency"].choices = currencies()  # type: ignore[attr-defined]

    def clean_customer(self) -> Customer:
        rows = Customer.objects.visible_to(self.user)
        found: Customer | None = rows.filter(code=self.cleaned_data["customer"].strip()).first()
        if found is None:
            raise forms.ValidationError(UNKNOWN)
        return found


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """The form; with a new link its address, once."""
    begun = {"customer": request.GET.get("customer", ""), "currency": base_currency()}
    posted = request.POST if request.method == "POST" else None
    form = InviteForm(posted, user=request.user, initial=begun)
    made, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and (made := _made(request, form, timezone.now())):
            status, form = 200, InviteForm(None, user=request.user, initial=begun)
    address = address_of(request, made.token) if made else ""
    context = {
        "form": form,
        "address": address,
        "qr": qr_of(address) if address else "",
        "made": made,
        "rows": _rows(request),
    }
    return render(request, "approvals/invite.html", context, status=status)


def _made(request: HttpRequest, form: InviteForm, at: datetime) -> inviting.Invited | None:
    said = form.cleaned_data
    day = today(at)
    temporary = said["kind"] == "temporary"
    new = NewApplication(
        customer_id=said["customer"].pk,
        currency=said["currency"],
        asked_minor=0,
        terms_days=said["terms_days"],
        kind=said["kind"],
        valid_from=day if temporary else None,
        valid_until=day if temporary else None,
    )
    told = {"days": said["days"], "language": said["language"]}
    try:
        return inviting.invite(new, **told, actor=actor_of(request), at=at)
    except Refused as refused:
        form.add_error(None, str(refused.text))
        return None


def _rows(request: HttpRequest) -> list[dict[str, Any]]:
    """Links to apply by, with what became of each; its number stands in the link's note."""
    links = Link.objects.visible_to(request.user).filter(kind="apply").order_by("-made_at")
    shown = list(links.select_related("made_person")[:SHOWN_MAX])
    seen = Application.objects.all().visible_to(request.user).select_related("customer")
    wishes = {row.number: row for row in seen.filter(number__in=[one.note for one in shown])}
    found = []
    for one in shown:
        row = wishes.get(one.note)
        if row is None:
            continue
        told = {"link": one, "row": row, "state": STATES[row.state], "tone": TONES[row.state]}
        found.append(told | {"open": LINK_STATES[state_of(one)]})
    return found
