"""Links for outsiders: made with whom they are for and until when, shown once, revoked.

The address is on the page that made it and nowhere else, also as a QR code for whoever stands
beside with a phone: what is kept can't be turned back into it.
Whoever loses it makes another and revokes the first. Example: 华东, 14 days, one use, for 王经理.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import segno
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from xinheng.inquiries.links import (
    DAYS_MAX,
    LANGUAGES,
    NOTE_MAX,
    USES_MAX,
    NewLink,
    make_link,
    revoke_link,
)
from xinheng.inquiries.models import Link
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.people.models import BusinessUnit
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of

SHOWN_MAX: Final = 100
TONGUES: Final = {"zh-hans": T("中文", "Chinese"), "en": T("英文", "English")}
STATES: Final = {
    "open": (T("可用", "Open"), "within"),
    "used": (T("已用完", "Used"), "quiet"),
    "expired": (T("已过期", "Expired"), "quiet"),
    "revoked": (T("已作废", "Revoked"), "stop"),
}


class LinkForm(forms.Form):
    """For whom, how long, how often, in which language."""

    note = forms.CharField(
        label=T("发给谁", "For whom"),
        max_length=NOTE_MAX,
        required=False,
        help_text=T("只有同事看得到，例如“厦门海沧 王经理”。", "Only colleagues see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    unit = forms.ChoiceField(label=T("业务单元", "Business unit"), required=False)
    days = forms.IntegerField(
        label=T("有效天数", "Days it lasts"), min_value=1, max_value=DAYS_MAX, initial=14
    )
    uses = forms.IntegerField(
        label=T("可登记几家", "How many may register"),
        min_value=1,
        max_value=USES_MAX,
        initial=1,
        help_text=T("放在网站上的固定入口可以多于一家。", "More than one for a standing link."),
    )
    language = forms.ChoiceField(label=T("首次打开的语言", "Language at first"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = BusinessUnit.objects.order_by("code")
        if not user.sees_all_units:
            units = units.filter(pk=user.business_unit_id)
        named = [(str(one.pk), f"{one.code} {one.name}") for one in units]
        none = [("", str(T("不分单元", "none")))] if user.sees_all_units else []
        self.fields["unit"].choices = named + none  # type: ignore[attr-defined]
        self.fields["language"].choices = list(TONGUES.items())  # type: ignore[attr-defined]

    def told(self) -> NewLink:
        said = self.cleaned_data
        unit = int(said["unit"]) if said["unit"] else None
        language = said["language"] if said["language"] in LANGUAGES else LANGUAGES[0]
        return NewLink("register", unit, said["note"], said["days"], said["uses"], language)


@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest) -> HttpResponse:
    """The links of this person's units; a new one with its address."""
    shown = LinkForm(request.POST or None, user=request.user)
    address, status = "", 200
    if request.method == "POST":
        status = 422
        if shown.is_valid():
            try:
                made = make_link(shown.told(), actor=actor_of(request), at=timezone.now())
            except Refused as refused:
                shown.add_error(None, str(refused.text))
            else:
                address, status = address_of(request, made.token), 200
                shown = LinkForm(user=request.user)
    drawn = qr_of(address) if address else ""
    context = {"form": shown, "address": address, "qr": drawn, "rows": _rows(request)}
    context["may_invite"] = request.user.may("applications.write")
    return render(request, "inquiries/links.html", context, status=status)


@require_POST
def revoke(request: HttpRequest, link: UUID) -> HttpResponse:
    """It opens nothing any more."""
    try:
        revoke_link(link, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        if refused.code is InquiryRefusal.UNKNOWN_LINK:
            raise Http404 from refused
        raise
    messages.success(request, str(T("链接已作废。", "The link is revoked.")))
    return redirect("links")


def address_of(request: HttpRequest, token: str) -> str:
    """What is handed over."""
    return request.build_absolute_uri(reverse("outside", kwargs={"token": token}))


def qr_of(address: str) -> str:
    """The address as a picture within the page: nothing of it is kept or fetched again."""
    code = segno.make_qr(address, error="m")
    drawn: str = code.svg_data_uri(scale=4, border=4, dark="#000", light="#fff")
    return drawn


def _rows(request: HttpRequest) -> list[dict[str, Any]]:
    found = Link.objects.visible_to(request.user).filter(kind="register")
    rows = found.select_related("made_person", "business_unit").order_by("-made_at")[:SHOWN_MAX]
    return [{"link": one, "state": STATES[state_of(one)]} for one in rows]


def state_of(link: Link) -> str:
    """open, used, expired or revoked, today."""
    if link.revoked_at is not None:
        return "revoked"
    if timezone.now() >= link.expires_at:
        return "expired"
    return "used" if link.uses >= link.uses_max else "open"
