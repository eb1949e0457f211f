"""The group of a company: who holds how much of whom, what that comes to, and what waits.

Shares that stand on the day are drawn from the top down; a company that would enter its own chain
is drawn once more with a mark and followed no further. Effective shares are those of the top
company. Where somebody holds more than half and no parent is set, one is proposed; a person sets
it with a reason, because limits follow it. Only companies within the reader's sight are shown.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from msgspec import Struct

from xinheng.customers.control import (
    COMPANIES_MAX,
    DEPTH_MAX,
    HALF,
    PERMISSION,
    NewShare,
    effective,
    end_share,
    enter_share,
    standing,
    verify_share,
)
from xinheng.customers.models import Control, Customer
from xinheng.decisions.regrouping import set_parent
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.customers.identity_panel import people_of
from xinheng.web.files.finding import customer_of
from xinheng.web.frame.access import actor_of

KINDS: Final = {
    "equity": T("持股", "equity"),
    "voting": T("表决权", "voting"),
    "actual": T("实际控制", "actual control"),
}
ROW_HEIGHT: Final = 44
INDENT: Final = 28
BOX: Final = 250


class Node(Struct, frozen=True):
    """One company in the drawing; whole numbers. `parent_y` None: a top."""

    customer: Customer
    share: str
    x: int
    y: int
    parent_x: int
    parent_y: int | None
    ring: bool
    here: bool

    @property
    def text_x(self) -> int:
        return self.x + 10

    @property
    def middle(self) -> int:
        return self.y + 17


class ShareForm(forms.Form):
    owner = forms.CharField(label=T("持有方编码", "Owner's code"), max_length=60)
    owned = forms.CharField(label=T("被持有方编码", "Code of the company held"), max_length=60)
    kind = forms.ChoiceField(label=T("种类", "Kind"), choices=list(KINDS.items()))
    percent = forms.DecimalField(
        label=T("比例（%）", "Share (%)"),
        min_value=Decimal("0.01"),
        max_value=Decimal(100),
        decimal_places=2,
    )
    source = forms.CharField(label=T("来源", "Source"), max_length=60)
    since = forms.DateField(
        label=T("自", "Since"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def group(request: HttpRequest, code: str) -> HttpResponse:
    """The group of one company; POST enters, verifies or ends a share, or sets the parent."""
    customer = customer_of(request, code)
    form = ShareForm(initial={"owned": customer.code})
    error: T | None = None
    status = 200
    if request.method == "POST":
        if not request.user.may(PERMISSION):
            raise Http404("not yours to change")
        form, error, done = _act(request, customer, form)
        if done:
            return redirect("group", code=customer.code)
        status = 422
    context = {"customer": customer, "form": form, "error": error, **_read(request, customer)}
    return render(request, "customers/group.html", context, status=status)


def _act(
    request: HttpRequest, customer: Customer, form: ShareForm
) -> tuple[ShareForm, T | None, bool]:
    told: dict[str, Any] = {"actor": actor_of(request), "at": timezone.now()}
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
    written = request.POST.get("share", "")
    share = int(written) if written.isascii() and written.isdigit() and len(written) < 19 else 0
    try:
        if act == "enter":
            form = ShareForm(request.POST)
            if not form.is_valid():
                return form, None, False
            enter_share(_new(form.cleaned_data), **told)
        elif act == "verify":
            verify_share(share, **told)
        elif act == "end":
            end_share(share, reason, **told)
        elif act == "parent":
            visible = Customer.objects.visible_to(request.user)
            owner = visible.filter(code=request.POST.get("parent", "")[:60]).first()
            if owner is None:
                raise Http404("no such company")
            set_parent(customer.pk, owner.pk, reason, **told)
        else:
            raise Http404("no such act")
    except Refused as refused:
        return form, refused.text, False
    messages.success(request, str(_DONE[act]))
    return form, None, True


_DONE: Final = {
    "enter": T("已录入，待另一人核验。", "Entered; another person verifies it."),
    "verify": T("已核验。", "Verified."),
    "end": T("已结束。", "Ended."),
    "parent": T("上级公司已设定。", "The parent is set."),
}


def _new(said: dict[str, Any]) -> NewShare:
    bps = int(said["percent"] * 100)
    return NewShare(said["owner"], said["owned"], said["kind"], bps, said["source"], said["since"])


def _read(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    day = today(timezone.now())
    seen = Control.objects.visible_to(request.user).select_related("owner", "owned")
    shares = _family(seen.filter(standing(day), kind="equity"), customer.pk)
    edges: dict[int, list[tuple[int, int]]] = {}
    companies = {customer.pk: customer}
    for one in shares:
        edges.setdefault(one.owner_id, []).append((one.owned_id, one.share_bps))
        companies |= {one.owner_id: one.owner, one.owned_id: one.owned}
    owned = {one.owned_id for one in shares}
    tops = [pk for pk in companies if pk not in owned] or [customer.pk]
    nodes = _drawn(tops, edges, companies, customer.pk)
    ours = list(
        seen.filter(Q(owner=customer) | Q(owned=customer), ended_at=None).order_by("kind", "pk")
    )
    held = [
        {"owner": companies[top], "owned": companies[one.customer], "of": one}
        for top in tops
        for one in effective(top, edges)
    ]
    return {
        "nodes": nodes,
        "width": max(one.x for one in nodes) + BOX + 10,
        "height": len(nodes) * ROW_HEIGHT,
        "box": BOX,
        "held": held,
        "shares": [(one, KINDS[one.kind], Decimal(one.share_bps) / 100) for one in ours],
        "names": people_of(one.entered_by for one in ours),
        "proposed": _proposed(customer, shares),
        "may_edit": request.user.may(PERMISSION),
        "me": request.user.pk,
    }


def _family(rows: Any, customer: int) -> list[Control]:
    """The shares of the whole group of a company, both ways, as far as COMPANIES_MAX."""
    known, fresh, found = {customer}, {customer}, {}
    while fresh and len(known) < COMPANIES_MAX:
        touching = rows.filter(Q(owner__in=fresh) | Q(owned__in=fresh)).order_by("pk")
        found |= {one.pk: one for one in touching[:COMPANIES_MAX]}
        reached = {pk for one in found.values() for pk in (one.owner_id, one.owned_id)}
        fresh, known = reached - known, known | reached
    return sorted(found.values(), key=lambda one: (-one.share_bps, one.pk))


def _drawn(
    tops: list[int],
    edges: dict[int, list[tuple[int, int]]],
    companies: dict[int, Customer],
    here: int,
) -> list[Node]:
    """Depth first, one row a company; a company of two owners has a row under each."""
    nodes: list[Node] = []
    walk: list[tuple[int, int, tuple[int, ...], Node | None]] = [
        (top, 0, (), None) for top in reversed(tops)
    ]
    while walk and len(nodes) < COMPANIES_MAX:
        pk, bps, passed, above = walk.pop()
        ring = pk in passed
        node = Node(
            customer=companies[pk],
            share=f"{Decimal(bps) / 100:.2f}%" if above else "",
            x=len(passed) * INDENT + 1,
            y=len(nodes) * ROW_HEIGHT + 1,
            parent_x=above.x + 12 if above else 0,
            parent_y=above.y + 34 if above else None,
            ring=ring,
            here=pk == here,
        )
        nodes.append(node)
        if not ring and len(passed) < DEPTH_MAX:
            below = [(one, share, (*passed, pk), node) for one, share in edges.get(pk, [])]
            walk += reversed(below)
    return nodes


def _proposed(customer: Customer, shares: list[Control]) -> Control | None:
    """Who holds more than half of a company that has no parent."""
    if customer.parent_id is not None or customer.merged_into_id is not None:
        return None
    return next(
        (one for one in shares if one.owned_id == customer.pk and one.share_bps > HALF), None
    )
