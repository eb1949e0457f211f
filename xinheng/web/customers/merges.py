"""Records that were found to be one company: what was merged when, by whom and why; taking apart.

Only merges are shown of which the person may see both records. What each brought is read from the
records themselves, because a merge moves nothing. Taking apart asks for a reason and can be
previewed; what was parted stays in the list below. Merges of before this list was kept have no
person and no day.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.customers.models import Customer, Identity, Merge, OtherName
from xinheng.decisions.regrouping import unmerge
from xinheng.dossiers.models import Document, Fact
from xinheng.limits.models import CreditLine
from xinheng.receivables.models import Invoice
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.customers.identity_panel import people_of
from xinheng.web.customers.weighing import weigh_parting
from xinheng.web.files.finding import customer_of
from xinheng.web.frame.access import actor_of

SHOWN_MAX: Final = 50
BROUGHT: Final = (
    (Fact, T("条信息", "facts")),
    (Document, T("份文件", "documents")),
    (Identity, T("个号码", "numbers")),
    (OtherName, T("个其他名称", "other names")),
    (CreditLine, T("条额度", "lines")),
    (Invoice, T("张发票", "invoices")),
)


@require_safe
def merges(request: HttpRequest) -> HttpResponse:
    """What is merged now, and what was parted again."""
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    visible = Customer.objects.visible_to(request.user)
    aliases = list(
        visible.filter(merged_into__isnull=False, merged_into__in=visible)
        .select_related("merged_into")
        .order_by("-updated_at", "code")[:SHOWN_MAX]
    )
    rows = {row.alias_id: row for row in Merge.objects.filter(alias__in=aliases, parted_at=None)}
    parted = list(
        Merge.objects.filter(parted_at__isnull=False, alias__in=visible, survivor__in=visible)
        .select_related("alias", "survivor")
        .order_by("-parted_at")[:SHOWN_MAX]
    )
    names = people_of(
        ref for row in (*rows.values(), *parted) for ref in (row.merged_by, row.parted_by)
    )
    brought = _brought({pk for one in aliases for pk in (one.pk, one.merged_into_id) if pk})
    context = {
        "merged": [
            {
                "alias": one,
                "row": rows.get(one.pk),
                "sides": [
                    (one, brought.get(one.pk, [])),
                    (one.merged_into, brought.get(one.merged_into_id or 0, [])),
                ],
            }
            for one in aliases
        ],
        "parted": parted,
        "names": names,
        **more,
    }
    return render(request, "customers/merges.html", context, status=status)


def _brought(customers: Iterable[int]) -> dict[int, list[tuple[int, T]]]:
    """How much of each kind lies in each record; one statement a kind."""
    found: dict[int, list[tuple[int, T]]] = {}
    for model, word in BROUGHT:
        rows: Any = model
        counted = rows.objects.filter(customer__in=list(customers)).order_by()
        for row in counted.values("customer").annotate(n=Count("pk")):
            found.setdefault(row["customer"], []).append((row["n"], word))
    return found


@require_POST
def part(request: HttpRequest) -> HttpResponse:
    """Take one record out again, or (`verdict` weigh) say what that would do."""
    visible = Customer.objects.visible_to(request.user)
    code = request.POST.get("customer", "")[:60]
    alias = visible.filter(code=code, merged_into__isnull=False, merged_into__in=visible).first()
    if alias is None:
        raise Http404("no such merged record")
    reason = request.POST.get("reason", "")
    told: dict[str, Any] = {"asked": alias.pk, "reason": reason}
    if request.POST.get("verdict") == "weigh":
        return _page(request, weighed=weigh_parting(request, alias), **told)
    try:
        unmerge(alias.pk, reason, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, 422, error=refused.text, **told)
    said = T("{c} 已拆开，恢复为独立档案。", "{c} stands on its own again.").format(c=alias.code)
    messages.success(request, str(said))
    return redirect("merges")


@require_safe
def survivor(request: HttpRequest, code: str) -> HttpResponse:
    """From a merged record to the file that stays; absent where that is out of sight."""
    found = customer_of(request, code)
    visible = Customer.objects.visible_to(request.user)
    while found.merged_into_id is not None:
        following = visible.filter(pk=found.merged_into_id).first()
        if following is None:
            raise Http404("out of sight")
        found = following
    if found.code == code:
        raise Http404("it was not merged")
    return redirect("customer", code=found.code)
