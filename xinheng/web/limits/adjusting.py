"""Many limits at once: choose lines, give a rule, see what it comes to, then apply exactly that.

The choice and the rule stand in the address, so a preview can be sent to a colleague. Nothing is
applied without its preview: the form carries the seal, and if a limit has moved since, the preview
is shown again. Less credit is live at once within one's authority; more waits for another person.
Example: 412 lines less 10 % → 398 lowered, 9 the same, 5 above the authority.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.db.models import F, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from xinheng.credit.adjusting import RuleError, check_rule
from xinheng.credit.exposure import COUNTERS, REDUCING
from xinheng.customers.models import Customer
from xinheng.customers.queries import matching
from xinheng.decisions.file_gaps import held_back
from xinheng.decisions.models import Rating
from xinheng.limits.adjusting import (
    ABOVE,
    HELD,
    LINES_MAX,
    LOWERED,
    SAME,
    TAKEN,
    UNFIT,
    WAITS,
    AdjustedRow,
    Adjustment,
    adjust_lines,
    preview_adjustment,
)
from xinheng.limits.models import CreditLine
from xinheng.limits.refusals import LimitRefusal
from xinheng.people.models import BusinessUnit
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files.exposure import scope_text
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.currencies import base_currency
from xinheng.web.limits.adjust_forms import AdjustForm, Wanted
from xinheng.web.limits.change_forms import ReasonForm, say_refusal

ROWS_SHOWN: Final = 50
BECOMES: Final = {  # word, meaning colour; in the order in which they are told
    LOWERED: (T("下调，立即生效", "lowered at once"), "within"),
    WAITS: (T("上调，等另一人授予", "raised, waits for another person"), "watch"),
    ABOVE: (T("超出您的授权，不动", "above your authority, left alone"), "act"),
    HELD: (T("信用档案有缺口，不提高", "gaps in the credit file, not raised"), "act"),
    TAKEN: (T("已有人工建议在等，不动", "a proposal waits already, left alone"), "none"),
    SAME: (T("不变", "the same"), "none"),
    UNFIT: (T("没有可调整的基本额度", "no base limit to adjust"), "none"),
}


@dataclass(frozen=True)
class RowShown:
    row: AdjustedRow
    customer: Customer
    scope: T
    word: T
    tone: str

    @property
    def change_minor(self) -> int:
        return (self.row.after_minor or 0) - (self.row.before_minor or 0)


@dataclass(frozen=True)
class Preview:
    """What applying would do: counts by kind in their order, totals, the largest changes."""

    done: Adjustment
    rows: list[RowShown]
    counts: list[tuple[T, str, int]]
    currency: str

    @property
    def before_minor(self) -> int:
        return self.done.before_minor.get(self.currency, 0)

    @property
    def after_minor(self) -> int:
        return self.done.after_minor.get(self.currency, 0)

    @property
    def change_minor(self) -> int:
        return self.after_minor - self.before_minor

    @property
    def acts(self) -> int:
        return self.done.counts.get(LOWERED, 0) + self.done.counts.get(WAITS, 0)


@require_http_methods(["GET", "HEAD", "POST"])
def adjust(request: HttpRequest) -> HttpResponse:
    """The form; with `look`, the preview; posted, the adjustment itself."""
    at = timezone.now()
    day, applies = today(at), request.method == "POST"
    given = request.POST if applies else request.GET if "look" in request.GET else None
    form = AdjustForm(
        given, currencies=_currencies(request.user), units=_units(request.user), day=day
    )
    reason = ReasonForm(request.POST if applies else None)
    preview, changed = None, False
    if form.is_bound and form.is_valid():
        preview = _preview(request, form, at)
    if applies and preview is not None:
        changed = request.POST.get("seal") != preview.done.seal
        if not changed and reason.is_valid() and _applied(request, form, reason, preview, at):
            return redirect("limits-adjust")
    context = {
        "form": form,
        "reason": reason,
        "preview": preview,
        "changed": changed,
        "said": [(name, value) for name, value in (given or {}).items() if name in form.fields],
        "rows_shown": ROWS_SHOWN,
    }
    return render(request, "limits/adjust.html", context, status=422 if applies else 200)


def _preview(request: HttpRequest, form: AdjustForm, at: Any) -> Preview | None:
    wanted = form.wanted()
    ids = list(lines(request.user, wanted).values_list("pk", flat=True)[: LINES_MAX + 1])
    if not ids:
        none = T("没有符合条件的额度。", "No limit matches.")
        form.add_error(None, str(none))
        return None
    try:
        check_rule(form.rule())
        done = preview_adjustment(
            ids, form.rule(), **_days(form), held_back=held_back, actor=actor_of(request), at=at
        )
    except RuleError as error:
        form.add_error("value", str(T(error.zh, error.en)))
    except Refused as refused:
        _say(form, refused)
    else:
        return _shown(request.user, done, wanted.currency)
    return None


def _say(form: AdjustForm, refused: Refused) -> None:
    if refused.code is LimitRefusal.TOO_MANY:
        form.add_error("q", str(refused.text))
    else:
        say_refusal(form, refused)


def _days(form: AdjustForm) -> dict[str, date | None]:
    said = form.cleaned_data
    return {"valid_from": said["valid_from"], "valid_until": said["valid_until"]}


def _applied(
    request: HttpRequest, form: AdjustForm, reason: ReasonForm, preview: Preview, at: Any
) -> bool:
    """Whether it was done; what the action refuses stands beside its field."""
    ids = [row.line_id for row in preview.done.rows]
    try:
        done = adjust_lines(
            ids,
            form.rule(),
            reason.cleaned_data["reason"],
            **_days(form),
            seal=preview.done.seal,
            held_back=held_back,
            actor=actor_of(request),
            at=at,
        )
    except Refused as refused:
        say_refusal(reason, refused)
        return False
    said = T(
        "{n} 条额度已下调，{m} 条上调等待另一位有权限的人授予。",
        "{n} limits lowered, {m} raises wait for another person with authority.",
    ).format(n=f"{done.counts.get(LOWERED, 0):,}", m=f"{done.counts.get(WAITS, 0):,}")
    messages.success(request, str(said))
    return True


def lines(user: Any, wanted: Wanted) -> QuerySet[CreditLine]:
    """The lines that the person may see and the form asks for; those with a limit only."""
    rows = CreditLine.objects.visible_to(user).filter(
        currency=wanted.currency, amount_minor__isnull=False
    )
    if wanted.level == "part":
        rows = rows.exclude(scope__in=("", "group"))
    else:
        rows = rows.filter(scope="group" if wanted.level == "group" else "")
    if wanted.grade:
        rated = Rating.objects.filter(grade=wanted.grade)
        rows = rows.filter(customer__in=rated.values("customer_id"))
    if wanted.unit is not None:
        rows = rows.filter(customer__business_unit_id=wanted.unit)
    if wanted.text:
        rows = rows.filter(customer__in=matching(user, wanted.text).values("pk"))
    return _by_use(rows, wanted.use).order_by("pk")


_IN_USE: Final = sum(
    (F(f"{name}_minor") * (-1 if name in REDUCING else 1) for name in COUNTERS), Value(0)
)  # every component whole: for choosing, not for deciding


def _by_use(rows: Any, use: str) -> Any:
    if not use:
        return rows
    rows = rows.annotate(used_now=_IN_USE)
    if use == "idle":
        return rows.filter(used_now__lt=F("amount_minor") / 5)
    if use == "high":
        return rows.filter(used_now__gt=F("amount_minor") / 5 * 4)
    return rows.filter(used_now__gt=F("amount_minor"))


def _shown(user: Any, done: Adjustment, currency: str) -> Preview:
    """The largest changes first; customers are found the guarded way once more."""
    acting = [row for row in done.rows if row.becomes in (LOWERED, WAITS, ABOVE)]
    others = [row for row in done.rows if row.becomes not in (LOWERED, WAITS, ABOVE)]
    acting.sort(key=lambda row: -abs((row.after_minor or 0) - (row.before_minor or 0)))
    first = [*acting, *others][:ROWS_SHOWN]
    ids = {row.customer_id for row in first}
    seen = {one.pk: one for one in Customer.objects.visible_to(user).filter(pk__in=ids)}
    rows = [
        RowShown(row, seen[row.customer_id], scope_text(row.scope), *BECOMES[row.becomes])
        for row in first
        if row.customer_id in seen
    ]
    counts = [
        (word, tone, done.counts[name])
        for name, (word, tone) in BECOMES.items()
        if done.counts.get(name)
    ]
    return Preview(done, rows, counts, currency)


def _currencies(user: Any) -> list[str]:
    rows = CreditLine.objects.visible_to(user).filter(amount_minor__isnull=False)
    found = set(rows.order_by().values_list("currency", flat=True).distinct())
    return sorted(found | {base_currency()}, key=lambda code: (code != base_currency(), code))


def _units(user: Any) -> list[BusinessUnit]:
    units = BusinessUnit.objects.order_by("code")
    return list(units if user.sees_all_units else units.filter(pk=user.business_unit_id))
