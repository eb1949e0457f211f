"""Customers that may be one company, side by side: merge them, or say that they are not the same.

A round finds the pairs; this page shows those of which the person may see both, the surest first,
with what differs marked. Merging asks which of the two stays; the other becomes its alias and can
be taken apart again. A missing reason brings the list back with the words beside the pair.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.customers.duplicates import say_different
from xinheng.customers.models import AlikePair, Customer
from xinheng.decisions.regrouping import merge
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.customers.weighing import Weighed, weigh_merge
from xinheng.web.frame.access import actor_of

SHOWN_MAX: Final = 50
WEIGHED: Final = {"weigh-one": "keep-one", "weigh-other": "keep-other"}
REASONS: Final = {
    "uscc": T("统一社会信用代码相同", "Same USCC"),
    "lei": T("LEI 相同", "Same LEI"),
    "duns": T("邓白氏编码相同", "Same DUNS"),
    "vat": T("增值税号相同", "Same VAT number"),
    "name": T("名称相同（不计组织形式）", "Same name but for the legal form"),
    "other_name": T("与另一家的其他名称相同", "Same as another name of the other"),
    "alike": T("名称相近", "Names alike"),
}
FIELDS: Final = (
    ("name", T("名称", "Name")),
    ("name_en", T("英文名称", "English name")),
    ("uscc", T("统一社会信用代码", "USCC")),
    ("country", T("国家", "Country")),
    ("city", T("城市", "City")),
    ("industry", T("行业", "Industry")),
    ("source", T("来源", "Source")),
)


@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    """The pairs that wait, the surest first."""
    return _page(request)


def _page(
    request: HttpRequest,
    wrong: int = 0,
    error: T | None = None,
    reason: str = "",
    status: int = 200,
    weighed: Weighed | None = None,
) -> HttpResponse:
    seen = AlikePair.objects.visible_to(request.user)
    waiting = seen.filter(different_at=None, one__merged_into=None, other__merged_into=None)
    found = waiting.select_related("one", "other").order_by("-score", "pk")[:SHOWN_MAX]
    context = {
        "pairs": [_side_by_side(pair) for pair in found],
        "total": waiting.count(),
        "wrong": wrong,
        "error": error,
        "reason": reason,
        "weighed": weighed,
    }
    return render(request, "customers/duplicates.html", context, status=status)


def _side_by_side(pair: AlikePair) -> dict[str, Any]:
    rows = [(label, getattr(pair.one, name), getattr(pair.other, name)) for name, label in FIELDS]
    return {
        "pair": pair,
        "percent": pair.score // 10,
        "reasons": [(REASONS[word], value) for word, value in pair.reasons],
        "rows": [
            {"label": label, "one": one, "other": other, "differs": one != other}
            for label, one, other in rows
            if one or other
        ],
    }


@require_POST
def judge(request: HttpRequest) -> HttpResponse:
    """Merge a pair (`keep`: the code that stays) or say that it is two companies."""
    said = request.POST.get("pair", "")
    seen = AlikePair.objects.visible_to(request.user).select_related("one", "other")
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0
    pair = seen.filter(pk=number).first()
    if pair is None:
        raise Http404
    reason = request.POST.get("reason", "")
    verdict = request.POST.get("verdict", "")
    if verdict in WEIGHED:
        stays, goes = _order(pair, WEIGHED[verdict])
        return _page(request, pair.pk, None, reason, weighed=weigh_merge(request, goes, stays))
    try:
        done = _carry_out(request, pair, reason)
    except Refused as refused:
        return _page(request, pair.pk, refused.text, reason, 422)
    messages.success(request, str(done))
    return redirect("duplicates")


def _carry_out(request: HttpRequest, pair: AlikePair, reason: str) -> T:
    actor, at = actor_of(request), timezone.now()
    verdict = request.POST.get("verdict", "")
    if verdict == "different":
        say_different(pair.pk, reason, actor=actor, at=at)
        return T("已记下：不是同一家。", "Kept: they are not the same.")
    stays, goes = _order(pair, verdict)
    merge(goes.pk, stays.pk, reason, actor=actor, at=at)
    return T("{b} 已并入 {a}。", "{b} is merged into {a}.").format(a=stays.code, b=goes.code)


def _order(pair: AlikePair, verdict: str) -> tuple[Customer, Customer]:
    if verdict == "keep-one":
        return pair.one, pair.other
    if verdict == "keep-other":
        return pair.other, pair.one
    raise Http404
