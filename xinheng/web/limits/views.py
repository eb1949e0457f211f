"""Proposed limits: look, choose, see what it comes to, then grant or reject; one amount by hand.

Nothing is granted without its summary: the form carries the selection's seal, and if anything in it
has moved since, the summary is shown again instead. Authority and four eyes are judged by the
action; what is kept back waits on for somebody else. All of it works without scripts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from xinheng.credit.money import MoneyError, display, exponent
from xinheng.credit.scale import GRADES
from xinheng.customers.models import Customer
from xinheng.decisions.file_gaps import held_back
from xinheng.limits import proposing
from xinheng.limits.models import CreditLine, Proposal
from xinheng.limits.queries import waiting_proposals
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files.exposure import scope_text
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import Column, Sorting, heads, page_by_key, sorting_of, tabs
from xinheng.web.limits import card, reading
from xinheng.web.limits.card import CardPage
from xinheng.web.limits.forms import AmountForm, GrantForm
from xinheng.web.limits.reading import Selection
from xinheng.web.limits.standing import policy_now

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STAMP_MAX = 10**16  # microseconds: the year 2286
PAST_SHOWN = 10
LARGEST_FIRST = Sorting(Column("amount", T("额度", "Limit"), "amount_minor"), True)


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits, behind filter tabs; rows are picked here."""
    wanted = reading.wanted_of(request.GET, request.user)
    sorting = sorting_of(request, reading.COLUMNS, "-amount")
    page = page_by_key(request, reading.rows(request.user, wanted), sorting)
    for row in page.rows:
        row.why = reading.decisive_of(row.workings or {})
    sums = reading.totals(request.user, wanted)
    counted = sums["count"] <= reading.COUNTED_MAX
    counts = reading.view_counts(request.user, wanted) if counted else {}
    choices = [(word, label, counts.get(word)) for word, (label, _) in reading.VIEWS.items()]
    context = {
        "wanted": wanted,
        "page": page,
        "heads": heads(request, reading.COLUMNS, sorting),
        "sums": sums,
        "tabs": [tab for tab in tabs(request, "view", choices) if tab.count != 0 or tab.current],
        "grades": GRADES,
        "currencies": reading.currencies(request.user),
        "currency": wanted.currency,
        "narrowed": bool(wanted.view or wanted.grade or wanted.text),
        "sort": sorting.word,
        "may_grant": request.user.may("lines.grant"),
    }
    return render(request, "limits/list.html", context)


@require_POST
def summary(request: HttpRequest) -> HttpResponse:
    """What the selection comes to, and the conditions, before anything is granted."""
    selection = reading.selection_of(request, actor_of(request))
    if not selection.proposals:
        return _nothing(request, selection)
    return _summary(request, selection, GrantForm(start=today(timezone.now())))


@require_POST
def grant(request: HttpRequest) -> HttpResponse:
    """Grant what the summary showed; anything else shows the summary again."""
    at = timezone.now()
    selection = reading.selection_of(request, actor_of(request))
    if not selection.proposals:
        return _nothing(request, selection)
    form = GrantForm(request.POST, start=today(at))
    changed = request.POST.get("seal") != selection.seal
    if changed or not form.is_valid():
        return _summary(request, selection, form, changed=changed, status=422)
    done = proposing.grant_proposals(
        selection.ids,
        held_back=held_back,
        valid_from=form.start,
        valid_until=form.cleaned_data["valid_until"],
        conditions=form.conditions(),
        actor=selection.actor,
        at=at,
    )
    if not done.lines:
        return _summary(request, selection, form, status=422)
    return redirect("limits-granted", stamp=(at - EPOCH) // timedelta(microseconds=1))


def _summary(
    request: HttpRequest,
    selection: Selection,
    form: GrantForm,
    *,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "selection": selection,
        "kept": [(row, why) for row, why in selection.judged.refused[:PAST_SHOWN]],
        "form": form,
        "changed": changed,
        "currency": selection.wanted.currency,
    }
    return render(request, "limits/summary.html", context, status=status)


def _nothing(request: HttpRequest, selection: Selection) -> HttpResponse:
    said = T(
        "没有选中待处理的额度建议：请先勾选。",
        "Nothing that waits was chosen: tick some rows first.",
    )
    messages.warning(request, str(said))
    response = redirect("limits")
    response["Location"] += f"?currency={selection.wanted.currency}"
    return response


@require_safe
def granted(request: HttpRequest, stamp: int) -> HttpResponse:
    """What one grant did, found by its instant."""
    if stamp > STAMP_MAX:
        raise Http404("no such grant")
    at = EPOCH + timedelta(microseconds=stamp)
    rows = Proposal.objects.visible_to(request.user).filter(state="granted", decided_at=at)
    sums = rows.values("currency").annotate(count=Count("pk"), amount=Sum("amount_minor"))
    found = list(sums.order_by("-count"))
    if not found:
        raise Http404("no such grant")
    page = page_by_key(request, rows.select_related("customer", "decided_by"), LARGEST_FIRST)
    line = reading.line_seen(request.user, page.rows[0].customer, page.rows[0].currency)
    context = {
        "at": at,
        "sums": found,
        "page": page,
        "by": page.rows[0].decided_by,
        "line": line,
        "still": waiting_proposals(request.user).count(),
    }
    return render(request, "limits/granted.html", context)


@require_POST
def reject(request: HttpRequest) -> HttpResponse:
    """Turn down what was chosen; asks for the reason first."""
    selection = reading.selection_of(request, actor_of(request))
    if not selection.proposals:
        return _nothing(request, selection)
    reason, error = request.POST.get("reason"), None
    changed = "seal" in request.POST and request.POST["seal"] != selection.seal
    if reason is not None and not changed:
        try:
            count = proposing.reject_proposals(
                selection.ids, reason, actor=selection.actor, at=timezone.now()
            )
        except Refused as refused:
            error = refused.text
        else:
            said = T("已拒绝 {n} 条额度建议。", "{n} proposals rejected.").format(n=f"{count:,}")
            messages.success(request, str(said))
            return redirect("limits")
    context = {
        "selection": selection,
        "reason": reason or "",
        "error": error,
        "changed": changed,
        "currency": selection.wanted.currency,
        "amount_minor": sum(row.amount_minor for row in selection.proposals),
    }
    return render(request, "limits/reject.html", context, status=422 if error or changed else 200)


@require_safe
def proposal(request: HttpRequest, code: str, currency: str) -> HttpResponse:
    """One customer's proposal with its workings, and an amount of one's own."""
    customer = customer_of(request, code, currency)
    return _one(request, customer, currency)


@require_POST
def propose(request: HttpRequest, code: str, currency: str) -> HttpResponse:
    """A person enters an amount; another person will grant it."""
    customer = customer_of(request, code, currency)
    form = AmountForm(request.POST, currency=currency)
    if form.is_valid():
        said: dict[str, Any] = form.cleaned_data
        try:
            proposing.propose_amount(
                customer.pk,
                currency,
                said["amount"],
                said["terms_days"],
                said["reason"],
                held_back=held_back,
                actor=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error(None, str(refused.text))
        else:
            text = T(
                "已提出 {a} {c}，等待另一位有权限的人授予。",
                "{a} {c} proposed; it waits for another person with authority.",
            ).format(a=display(said["amount"], currency), c=currency)
            messages.success(request, str(text))
            return redirect("limit", code=code, currency=currency)
    return _one(request, customer, currency, form, status=422)


def customer_of(request: HttpRequest, code: str, currency: str) -> Customer:
    """The customer of an address, if the reader may see it and the currency is one."""
    try:
        exponent(currency)
    except MoneyError:
        raise Http404("no such currency") from None
    rows = Customer.objects.visible_to(request.user)
    found: Customer = get_object_or_404(rows, code=code)
    return found


def _one(
    request: HttpRequest,
    customer: Customer,
    currency: str,
    form: AmountForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    scope = request.GET.get("scope", "")
    line = _line(request, customer, currency, scope)
    mine = Proposal.objects.visible_to(request.user).filter(
        customer=customer, currency=currency, scope=scope
    )
    waiting_ones = list(mine.filter(state="proposed").order_by("temporary"))
    stands = next((one for one in waiting_ones if not one.temporary), None)
    may_grant = request.user.may("lines.grant")
    page = card_of(request, line)
    usage = page.usage if page else None
    context = {
        "customer": customer,
        "currency": currency,
        "scope": scope,
        "page": page,
        "stands": stands,
        "others": [one for one in waiting_ones if one is not stands],
        "workings": reading.workings_of(stands) if stands else None,
        "line": line,
        "usage": usage,
        "used_minor": usage.used if usage else 0,
        "gaps": held_back([customer.pk], today(timezone.now())) if stands and may_grant else None,
        "kept": _kept_back(request, stands) if stands and may_grant else None,
        "past": mine.exclude(state="proposed").order_by("-decided_at")[:PAST_SHOWN],
        "states": STATES,
        "form": form or AmountForm(currency=currency, initial={"terms_days": _terms(stands, line)}),
        "may_grant": may_grant,
        "lines": [
            (one, scope_text(one.scope))
            for one in CreditLine.objects.filter(customer=customer).order_by("currency", "scope")
        ],
        "query": f"?{urlencode({'scope': scope})}" if scope else "",
    }
    return render(request, "limits/one.html", context, status=status)


def _line(request: HttpRequest, customer: Customer, currency: str, scope: str) -> CreditLine | None:
    """The line of an address; a part of a limit that nobody set is absent."""
    rows = CreditLine.objects.visible_to(request.user).select_related("customer")
    line: CreditLine | None = rows.filter(customer=customer, currency=currency, scope=scope).first()
    if line is None and scope:
        raise Http404("no such line")
    return line


def card_of(request: HttpRequest, line: CreditLine | None) -> CardPage | None:
    """The card of a line; none before there is a line or a live policy."""
    policy = policy_now()
    if line is None or policy is None:
        return None
    return card.read(request.user, line, policy, today(timezone.now()))


def _terms(stands: Proposal | None, line: CreditLine | None) -> int | None:
    """The terms that the form begins with: those that wait, else those in force."""
    return stands.terms_days if stands else line.terms_days_max if line else None


STATES = {
    "granted": T("已授予", "Granted"),
    "rejected": T("未采纳", "Rejected"),
    "superseded": T("被新的建议取代", "Replaced by a newer one"),
}


def _kept_back(request: HttpRequest, stands: Proposal) -> T | None:
    """Why this person can't grant it, if so."""
    refused = reading.judged([stands], actor_of(request)).refused
    return refused[0][1] if refused else None
