"""The page on which a person says who a company is: numbers, names, reading, place and trade.

Each act is a form of its own that posts to the same address with its name; a mistake brings the
page back with the words beside the field. Places and trades are looked up as one types; without a
script the words are sent, and where they fit several, those are offered to choose from. Example:
"西湖" fits divisions in three cities, and the page asks which.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from xinheng.credit.divisions import division, divisions_named
from xinheng.credit.identity import KINDS as NUMBER_KINDS
from xinheng.credit.identity import OVERRIDE, check
from xinheng.credit.industries import industries_named, industry
from xinheng.customers.identities import (
    REASON_CHARACTERS_MAX,
    add_identity,
    end_identity,
    override_identity,
)
from xinheng.customers.models import Customer, OtherName
from xinheng.customers.naming import (
    NAME_MAX,
    add_former_name,
    correct_reading,
    set_place_and_trade,
)
from xinheng.customers.search_text import INITIALS_MAX, PINYIN_MAX
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.customers.identity_panel import KINDS, numbers_of
from xinheng.web.files.finding import customer_of
from xinheng.web.frame.access import actor_of

PICKED_MAX: Final = 20
WRITTEN_MAX: Final = 80


def _day(label: T) -> forms.DateField:
    picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, input_formats=["%Y-%m-%d"], required=False, widget=picker)


class NumberForm(forms.Form):
    kind = forms.ChoiceField(
        label=T("种类", "Kind"), choices=[(one, KINDS[one]) for one in NUMBER_KINDS]
    )
    value = forms.CharField(label=T("号码", "Number"), max_length=80)
    reason = forms.CharField(
        label=T("特别采用的理由", "Reason for taking it on"),
        required=False,
        max_length=REASON_CHARACTERS_MAX,
        help_text=T(
            "只有早期试点代码等不合标准而确已发出的号码才需要。",
            "Only for a number that was issued and fails its standard, like an early code.",
        ),
    )


class NameForm(forms.Form):
    name = forms.CharField(label=T("曾用名", "Former name"), max_length=NAME_MAX)
    used_from = _day(T("开始使用", "Used from"))
    used_until = _day(T("停止使用", "Used until"))


class ReadingForm(forms.Form):
    pinyin = forms.CharField(label=T("全拼", "Reading"), max_length=PINYIN_MAX)
    initials = forms.CharField(label=T("首字母", "Initials"), max_length=INITIALS_MAX)


def _pick(label: T, kind: str, help_text: T) -> forms.CharField:
    shown = forms.TextInput(
        attrs={
            "list": f"picks-{kind}",
            "autocomplete": "off",
            "hx-get": f"/customers/-/picks/?kind={kind}",
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#picks-{kind}",
            "hx-include": "this",
        }
    )
    return forms.CharField(
        label=label, required=False, max_length=WRITTEN_MAX, widget=shown, help_text=help_text
    )


class PlaceForm(forms.Form):
    division = _pick(
        T("行政区划（GB/T 2260）", "Division (GB/T 2260)"),
        "division",
        T("名称或六位代码，如 西湖区、330106", "a name, or six digits such as 330106"),
    )
    industry = _pick(
        T("行业（GB/T 4754）", "Industry (GB/T 4754)"),
        "industry",
        T("名称或代码，如 水泥、C3011", "a name, or a code such as C3011"),
    )

    def clean_division(self) -> str:
        return self._code("division", _division)

    def clean_industry(self) -> str:
        return self._code("industry", _industry)

    def _code(self, name: str, find: Callable[[str], list[tuple[str, str]]]) -> str:
        """The code of what was written; several that fit become a choice in the field's place."""
        written = self.cleaned_data[name].strip()
        if not written:
            return ""
        found = find(written)
        if len(found) == 1:
            return found[0][0]
        if found:
            self.fields[name].widget = forms.Select(
                choices=[(code, f"{code} {full}") for code, full in found]
            )
            raise forms.ValidationError(str(_SEVERAL))
        return written.split()[0]  # the action refuses it in its own words


_SEVERAL: Final = T("符合的不止一个，请选择一个。", "Several fit; choose one of them.")


def _division(text: str) -> list[tuple[str, str]]:
    """(code, full name) of what a text means; the first word of a picked line is its code."""
    exact = division(text.split()[0]) if text.split() else None
    found = [exact] if exact else divisions_named(text)
    return [(one.code, one.full) for one in found[:PICKED_MAX]]


def _industry(text: str) -> list[tuple[str, str]]:
    exact = industry(text.split()[0]) if text.split() else None
    found = [exact] if exact else industries_named(text)
    return [(one.code, one.full) for one in found[:PICKED_MAX]]


FINDERS: Final = {"division": _division, "industry": _industry}


@require_safe
def picks(request: HttpRequest) -> HttpResponse:
    """Lines of the pick-list `kind` for what was typed so far."""
    kind = request.GET.get("kind", "division")
    find = FINDERS.get(kind)
    if find is None:
        raise Http404("no such list")
    said = request.GET.get(f"place-{kind}", "")
    text = said[:WRITTEN_MAX].strip()
    return render(request, "customers/_picks.html", {"found": find(text) if text else []})


ACTS: Final[dict[str, type[forms.Form]]] = {
    "number": NumberForm,
    "name": NameForm,
    "reading": ReadingForm,
    "place": PlaceForm,
}


@require_http_methods(["GET", "HEAD", "POST"])
def identity_page(request: HttpRequest, code: str) -> HttpResponse:
    """All forms of one company; POST carries out the one that `act` names."""
    customer = customer_of(request, code)
    shown = {name: _form(name, customer) for name in ACTS}
    context: dict[str, Any] = {"end_wrong": 0, "end_error": ""}
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == "end":
            wrong = _end(request, customer)
        elif act in ACTS:
            shown[act] = ACTS[act](request.POST, prefix=act)
            wrong = _carry_out(request, customer, act, shown[act])
        else:
            raise Http404("no such act")
        if wrong is None:
            return redirect("identity", code=customer.code)
        status, context = 422, wrong
    names = OtherName.objects.filter(customer=customer).order_by("-kind", "name")
    context |= {
        "customer": customer,
        "forms": shown,
        "numbers": numbers_of(customer, None),
        "names": names,
    }
    return render(request, "customers/identity.html", context, status=status)


def _form(name: str, customer: Customer) -> forms.Form:
    initial = {
        "reading": {"pinyin": customer.pinyin, "initials": customer.initials},
        "place": {"division": customer.division_code, "industry": customer.industry_code},
    }
    return ACTS[name](prefix=name, initial=initial.get(name))


def _carry_out(
    request: HttpRequest, customer: Customer, act: str, form: forms.Form
) -> dict[str, Any] | None:
    """None where it was done; else what the page shows besides, the words being in the form."""
    if not form.is_valid():
        return {}
    try:
        done = _DOERS[act](request, customer, form.cleaned_data)
    except Refused as refused:
        place = "reason" if refused.code.name in _ABOUT_REASON else None
        form.add_error(place if act == "number" else None, str(refused.text))
        return {}
    messages.success(request, str(done))
    return None


_ABOUT_REASON: Final = ("NEEDS_OVERRIDE", "NEEDS_REASON", "NOTHING_TO_OVERRIDE")


def _number(request: HttpRequest, customer: Customer, said: dict[str, Any]) -> T:
    told: dict[str, Any] = {"actor": actor_of(request), "at": timezone.now()}
    kind, value, reason = said["kind"], said["value"], said["reason"]
    if reason and check(kind, value).verdict == OVERRIDE:
        override_identity(customer.pk, kind, value, reason, **told)
    else:
        add_identity(customer.pk, kind, value, **told)
    return T("号码已登记。", "The number is entered.")


def _name(request: HttpRequest, customer: Customer, said: dict[str, Any]) -> T:
    told: dict[str, Any] = {"actor": actor_of(request), "at": timezone.now()}
    add_former_name(customer.pk, said["name"], said["used_from"], said["used_until"], **told)
    return T("曾用名已登记，可用于查找。", "The former name is kept and found by search.")


def _reading(request: HttpRequest, customer: Customer, said: dict[str, Any]) -> T:
    told: dict[str, Any] = {"actor": actor_of(request), "at": timezone.now()}
    correct_reading(customer.pk, said["pinyin"], said["initials"], **told)
    return T("拼音已更正。", "The reading is corrected.")


def _place(request: HttpRequest, customer: Customer, said: dict[str, Any]) -> T:
    told: dict[str, Any] = {"actor": actor_of(request), "at": timezone.now()}
    set_place_and_trade(customer.pk, said["division"], said["industry"], **told)
    return T("区划与行业已保存。", "Place and industry are kept.")


_DOERS: Final = {"number": _number, "name": _name, "reading": _reading, "place": _place}


def _end(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    written = request.POST.get("number", "")
    number = int(written) if written.isascii() and written.isdigit() and len(written) < 19 else 0
    if not customer.identities.filter(pk=number).exists():
        raise Http404("no such number")
    reason = request.POST.get("reason", "")
    try:
        end_identity(number, reason, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return {"end_wrong": number, "end_error": refused.text, "end_reason": reason}
    messages.success(request, str(T("号码已停用。", "The number is ended.")))
    return None
