"""Contracts: the list by tab, one contract with its versions and paper, recording and correcting.

A draft shows what the second person has to do; what is in force shows how it is corrected or ended.
Example: until 2026-12-20 on 2026-11-22 is marked "28 days left" under the tab "ending soon".
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinheng.contracts import actions, queries
from xinheng.contracts.models import Contract
from xinheng.contracts.refusals import ContractRefusal
from xinheng.credit.money import to_text
from xinheng.customers.models import Customer
from xinheng.dossiers import filing
from xinheng.dossiers.filing import NewDocument, add_document
from xinheng.dossiers.queries import documents_of
from xinheng.dossiers.uploads import BYTES_MAX, check_upload
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.contracts.forms import KINDS, ContractForm
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import tabs

NO_FILE: Final = T("请选择签署的合同文件。", "Choose the file of the signed contract.")
NO_DAY: Final = T("请填写最后一天。", "Give its last day.")
TABS: Final = {
    "in_force": T("履行中", "In force"),
    "expiring": T("90 天内到期", "Ending within 90 days"),
    "ended": T("已结束", "Ended"),
    "draft": T("草稿", "Drafts"),
}
STATES: Final = {
    "draft": (T("待生效", "Draft"), "watch"),
    "ahead": (T("尚未开始", "Not begun"), "quiet"),
    "in_force": (T("履行中", "In force"), "within"),
    "run_out": (T("已到期", "Run out"), "act"),
    "ended": (T("已终止", "Ended"), "quiet"),
    "terminated": (T("已解除", "Terminated"), "act"),
    "replaced": (T("已被取代", "Replaced"), "quiet"),
    "dropped": (T("已放弃", "Dropped"), "quiet"),
}


def row_of(row: Contract, day: date, known_at: Any = None) -> dict[str, Any]:
    """A contract as lists show it."""
    end = queries.last_day(row, known_at)
    state = queries.state_on(row, day, known_at)
    soon = queries.notice(end, day) if state == "in_force" else None
    return {
        "row": row,
        "kind": KINDS[row.kind],
        "state": STATES[state],
        "code": state,
        "end": end,
        "soon": soon,
        "left": (end - day).days if end else None,
    }


@require_safe
def contracts(request: HttpRequest) -> HttpResponse:
    """All contracts in sight, by tab."""
    day = today(timezone.now())
    tab = request.GET.get("tab", "in_force")
    tab = tab if tab in TABS else "in_force"
    rows = {name: queries.by_tab(request.user, name, day) for name in TABS}
    context = {
        "rows": [row_of(one, day) for one in rows[tab][: queries.LIST_MAX]],
        "tabs": tabs(request, "tab", [(name, TABS[name], rows[name].count()) for name in TABS]),
        "tab": tab,
    }
    return render(request, "contracts/contracts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Record one as a draft."""
    customer: Customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    first = {"valid_from": today(timezone.now()), "kind": "frame"}
    form = _form(request, customer, initial=first)
    if request.method == "POST" and form.is_valid() and (words := form.told()) is not None:
        try:
            row = actions.record_contract(
                customer.code, words, actor=actor_of(request), at=timezone.now()
            )
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, str(T("已存为草稿。", "Kept as a draft.")))
            return redirect("contract", contract=row.pk)
    return _edit(request, customer, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, contract: UUID) -> HttpResponse:
    """The next version of one in force."""
    old = _found(request, contract)
    first = {name: getattr(old, name) for name in ContractForm.base_fields if hasattr(old, name)}
    first |= {"document": str(old.document_id or ""), "their_signatory": _their(old)}
    if old.amount_minor is not None:
        first["amount"] = to_text(old.amount_minor, old.currency)
    form = _form(request, old.customer, initial=first, correcting=True)
    if request.method == "POST" and form.is_valid() and (words := form.told()) is not None:
        reason = form.cleaned_data["reason"]
        try:
            row = actions.correct_contract(
                old.pk, words, reason, actor=actor_of(request), at=timezone.now()
            )
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, str(T("更正已存为草稿。", "The correction is a draft.")))
            return redirect("contract", contract=row.pk)
    return _edit(request, old.customer, form, old)


def _form(
    request: HttpRequest, customer: Customer, *, initial: dict[str, Any], correcting: bool = False
) -> ContractForm:
    papers = [
        (str(one.id), f"{one.title or '…'} · {one.uploaded_at:%Y-%m-%d}")
        for one in documents_of(request.user, customer.pk)
        if one.kind == "contract" and one.withdrawn_at is None
    ]
    return ContractForm(request.POST or None, initial=initial, papers=papers, correcting=correcting)


def _edit(
    request: HttpRequest, customer: Customer, form: ContractForm, old: Contract | None
) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    context = {"customer": customer, "form": form, "old": old}
    return render(request, "contracts/edit.html", context, status=status)


@require_safe
def contract(request: HttpRequest, contract: UUID) -> HttpResponse:
    """One of them."""
    return _page(request, _found(request, contract))


@require_POST
def paper(request: HttpRequest, contract: UUID) -> HttpResponse:
    """The signed paper of a draft: filed in the customer's file, and named in the contract."""
    row, file, at = _found(request, contract), request.FILES.get("file"), timezone.now()
    if file is None:
        return _page(request, row, wrong=NO_FILE, where="paper", status=422)
    try:
        upload = check_upload(file.name or "", file.read(BYTES_MAX + 1))
        filed = NewDocument(
            customer_code=row.customer.code,
            kind="contract",
            title=f"{row.number} {row.title}"[:120],
            secrecy=2,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        document = add_document(filed, upload, actor=actor_of(request), at=at)
        actions.attach_paper(row.pk, document, actor=actor_of(request), at=at)
    except Refused as refused:
        return _page(request, row, wrong=refused.text, where="paper", status=422)
    messages.success(request, str(T("文件已存入。", "The paper is filed.")))
    return redirect("contract", contract=row.pk)


@require_POST
def force(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Compared with its paper: it counts."""
    row = _found(request, contract)
    try:
        actions.put_in_force(row.pk, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, row, wrong=refused.text, where="force", status=422)
    said = T("已生效；档案信息等待核验。", "In force; the fact in the file waits to be verified.")
    messages.success(request, str(said))
    return redirect("contract", contract=row.pk)


@require_POST
def drop(request: HttpRequest, contract: UUID) -> HttpResponse:
    """A draft that is not wanted."""
    row, reason = _found(request, contract), request.POST.get("reason", "")
    try:
        actions.drop_draft(row.pk, reason, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, row, wrong=refused.text, where="drop", status=422)
    messages.success(request, str(T("草稿已放弃。", "The draft was dropped.")))
    return redirect("contract", contract=row.pk)


@require_POST
def end(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Over before its time, by agreement or by notice."""
    row, said = _found(request, contract), request.POST
    try:
        day = date.fromisoformat(said.get("ends_on", "")[:10])
    except ValueError:
        return _page(request, row, wrong=NO_DAY, where="end", status=422)
    by_notice = said.get("how") == "notice"
    told = {"by_notice": by_notice, "actor": actor_of(request), "at": timezone.now()}
    try:
        actions.end_contract(row.pk, day, said.get("reason", ""), **told)
    except Refused as refused:
        return _page(request, row, wrong=refused.text, where="end", status=422)
    messages.success(request, str(T("已记录终止。", "Its end is recorded.")))
    return redirect("contract", contract=row.pk)


def _found(request: HttpRequest, contract: UUID) -> Contract:
    rows = Contract.objects.all().visible_to(request.user)
    people = ("customer", "recorded_by", "in_force_by", "ended_by")
    row: Contract = get_object_or_404(rows.select_related(*people), pk=contract)
    return row


def _their(row: Contract) -> str:
    return queries.their_signatory(row)


def _page(
    request: HttpRequest,
    row: Contract,
    *,
    wrong: T | None = None,
    where: str = "",
    status: int = 200,
) -> HttpResponse:
    day = today(timezone.now())
    papers = documents_of(request.user, row.customer_id) if row.document_id else []
    context = {
        **row_of(row, day),
        "customer": row.customer,
        "their_signatory": _their(row),
        "paper": next((one for one in papers if one.id == row.document_id), None),
        "versions": [row_of(one, day) for one in queries.versions(request.user, row.lineage)],
        "may_edit": request.user.may(actions.EDIT),
        "may_add": request.user.may(filing.ADD),
        "own": row.recorded_by_id == request.user.pk,
        "own_text": ContractRefusal.OWN_DRAFT.value,
        "today": day,
        "typed": request.POST,
        "wrong": wrong,
        "where": where,
    }
    return render(request, "contracts/contract.html", context, status=status)
