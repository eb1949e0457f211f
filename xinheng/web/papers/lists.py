"""Which lists can be taken along, and what stands in their columns.

A list is read as its page reads it: the same filters from the same address, the same sight, the
same word to open it; only paging is left out. Example: /papers/lists/customers/?view=overdue gives
the customers of the reader's unit with something overdue, at most 50,000.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from xinheng.applications.trail import STATE_NAMES
from xinheng.customers.models import Customer
from xinheng.decisions.models import Hold, Rating
from xinheng.decisions.waiting import narrowed as held
from xinheng.decisions.waiting import survey
from xinheng.dossiers import waiting
from xinheng.dossiers.fields import SECRET, catalogue
from xinheng.dossiers.models import Fact
from xinheng.limits.models import Proposal
from xinheng.papers.sheets import ROWS_MAX, Column
from xinheng.people.queries import today
from xinheng.receivables.models import Receipt
from xinheng.texts import T
from xinheng.web.applications.board import cards_of
from xinheng.web.customers import rows as customer_rows
from xinheng.web.customers.views import COLUMNS as CUSTOMER_COLUMNS
from xinheng.web.customers.views import wanted_of as customers_wanted
from xinheng.web.decisions import words
from xinheng.web.files import fact_words
from xinheng.web.frame.currencies import currency_of
from xinheng.web.frame.tables import sorting_of
from xinheng.web.holds import asking as holds_asking
from xinheng.web.limits import reading as limits_reading
from xinheng.web.papers.approval import KINDS as APPLICATION_KINDS
from xinheng.web.papers.asked import SECRET_WORD
from xinheng.web.papers.figures import english
from xinheng.web.portfolio.views import ITEM_COLUMNS, open_invoices
from xinheng.web.templatetags.xinheng import OUTCOMES, STATUSES
from xinheng.web.verification import asking as verification_asking
from xinheng.web.verification.reading import entered_by, names_of

CHUNK: Final = 1_000
FACTS_MAX: Final = 5_000  # sealed values are opened one by one


class Found(NamedTuple):
    """The rows of a list and how many there are in all."""

    rows: Sequence[Any]
    total: int


class Listed(NamedTuple):
    """A list: the word that its page takes, its columns, how it is read."""

    title: T
    word: str
    columns: Callable[[HttpRequest], Sequence[Column]]
    read: Callable[[HttpRequest], Found]


def _name(customer: Any) -> str:
    return str(customer.name_en if english() and customer.name_en else customer.name)


def _all(rows: QuerySet[Any], most: int = ROWS_MAX) -> Found:
    found = list(rows[: most + 1])
    return Found(found[:most], len(found) if len(found) <= most else rows.count())


def _always(*columns: Column) -> Callable[[HttpRequest], Sequence[Column]]:
    return lambda request: columns


CODE: Final = T("客户编码", "Code")
NAME: Final = T("客户", "Customer")
CURRENCY: Final = T("币种", "Currency")


# --- Customers


def _customers(request: HttpRequest) -> Found:
    """Page after page by key, so that no sort of the whole book is needed twice."""
    wanted = customers_wanted(request)
    sort = sorting_of(request, CUSTOMER_COLUMNS, "-used").word
    found: list[customer_rows.Row] = []
    after: list[Any] | None = None
    while len(found) <= ROWS_MAX:
        step = customer_rows.page(request.user, wanted, sort=sort, after=after, limit=CHUNK)
        found += step
        if len(step) < CHUNK:
            break
        after = [step[-1].key, step[-1].id]
    total = len(found)
    if total > ROWS_MAX:
        total = Customer.objects.visible_to(request.user).count()
    return Found(found[:ROWS_MAX], total)


def _customer_columns(request: HttpRequest) -> Sequence[Column]:
    unit = currency_of(request)
    return (
        Column(CODE, lambda row: row.code),
        Column(NAME, _name, width=32),
        Column(T("状态", "Status"), lambda row: STATUSES[row.status], width=10),
        Column(T("等级", "Grade"), lambda row: row.grade, width=8),
        Column(CURRENCY, lambda row: unit, width=8),
        Column(
            T("授信额度", "Limit"),
            lambda row: (None if row.unlimited else row.amount_minor, unit),
            "money",
        ),
        Column(T("不限额", "Unlimited"), lambda row: _yes(row.unlimited), width=9),
        Column(T("有效至", "Valid until"), lambda row: row.valid_until, "day", 12),
        Column(T("信用占用", "Exposure"), lambda row: (row.used_minor, unit), "money"),
        Column(T("可用额度", "Headroom"), lambda row: (row.headroom_minor, unit), "money"),
        Column(T("逾期", "Overdue"), lambda row: (row.overdue_minor, unit), "money"),
        Column(T("最长逾期天数", "Oldest, days"), lambda row: row.oldest_days, "number", 12),
    )


def _yes(told: bool) -> str:
    return str(T("是", "yes")) if told else ""


# --- Open items


def _items(request: HttpRequest) -> Found:
    """Invoices of an age; or cash that settles nothing yet."""
    currency, bucket = currency_of(request), request.GET.get("bucket", "")
    if bucket == "unapplied":
        mine = Receipt.objects.visible_to(request.user).filter(
            currency=currency, unapplied_minor__gt=0
        )
        return _all(mine.select_related("customer").order_by("-unapplied_minor", "pk"))
    day, sorting = today(timezone.now()), sorting_of(request, ITEM_COLUMNS, "due")
    order = f"{'-' if sorting.descending else ''}{sorting.column.field}"
    found = open_invoices(request.user, currency, bucket, day).select_related("customer")
    return _all(found.order_by(order, "pk"))


def _item_columns(request: HttpRequest) -> Sequence[Column]:
    day = today(timezone.now())
    whose = (
        Column(CODE, lambda row: row.customer.code),
        Column(NAME, lambda row: _name(row.customer), width=32),
    )
    if request.GET.get("bucket", "") == "unapplied":
        return (
            Column(T("收款号", "Receipt"), lambda row: row.number),
            *whose,
            Column(T("收款日", "Received"), lambda row: row.received_on, "day", 12),
            Column(T("付款附言", "Reference"), lambda row: row.reference, width=24),
            Column(CURRENCY, lambda row: row.currency, width=8),
            Column(T("金额", "Amount"), lambda row: (row.amount_minor, row.currency), "money"),
            Column(
                T("未核销", "Unapplied"), lambda row: (row.unapplied_minor, row.currency), "money"
            ),
        )
    return (
        Column(T("发票号", "Invoice"), lambda row: row.number),
        *whose,
        Column(T("开票日", "Issued"), lambda row: row.issued_on, "day", 12),
        Column(T("到期日", "Due"), lambda row: row.due_on, "day", 12),
        Column(
            T("逾期天数", "Days past due"),
            lambda row: max(0, (day - row.due_on).days),
            "number",
            10,
        ),
        Column(CURRENCY, lambda row: row.currency, width=8),
        Column(T("金额", "Amount"), lambda row: (row.amount_minor, row.currency), "money"),
        Column(T("未收", "Open"), lambda row: (row.open_minor, row.currency), "money"),
        Column(T("争议", "Disputed"), lambda row: _yes(row.disputed), width=8),
    )


# --- Holds


def _holds(request: HttpRequest) -> Found:
    at = timezone.now()
    told = survey(request.user, at=at)
    asked = holds_asking.read(request, told)
    rows = held(request.user, asked.wanted, reach=told.reach, at=at)
    joined = rows.select_related("customer", "customer__business_unit", "decision")
    plain = ("decision__facts", "decision__order_bytes", "decision__request_sha256")
    return _all(joined.defer(*plain, "decision__answer").order_by(F("due_at").asc(), "pk"))


def _reasons(hold: Hold) -> str:
    codes = [code for code in hold.codes.split(",") if code]
    return "；".join(str(words.CODES.get(code, T(code, code))) for code in codes)


HOLD_COLUMNS: Final = (
    Column(T("订单", "Order"), lambda row: row.decision.order_ref, width=18),
    Column(CODE, lambda row: row.customer.code),
    Column(NAME, lambda row: _name(row.customer), width=32),
    Column(T("结论", "Outcome"), lambda row: OUTCOMES[row.kind][0], width=10),
    Column(CURRENCY, lambda row: row.decision.currency, width=8),
    Column(
        T("金额", "Amount"),
        lambda row: (row.decision.amount_minor, row.decision.currency),
        "money",
    ),
    Column(T("理由", "Reasons"), _reasons, width=40),
    Column(T("冻结于", "Held since"), lambda row: row.opened_at, "moment", 17),
    Column(T("时限", "Due"), lambda row: row.due_at, "moment", 17),
)


# --- Proposed limits


def _limits(request: HttpRequest) -> Found:
    wanted = limits_reading.wanted_of(request.GET, request.user)
    found = limits_reading.rows(request.user, wanted)
    return _all(found.order_by("-amount_minor", "pk"))


def _limit_amount(row: Proposal) -> tuple[int | None, str]:
    return (None if row.unlimited else row.amount_minor), row.currency


LIMIT_COLUMNS: Final = (
    Column(CODE, lambda row: row.customer.code),
    Column(NAME, lambda row: _name(row.customer), width=32),
    Column(T("等级", "Grade"), lambda row: (row.workings or {}).get("grade") or "", width=8),
    Column(CURRENCY, lambda row: row.currency, width=8),
    Column(T("建议额度", "Proposed"), _limit_amount, "money"),
    Column(T("现有额度", "Limit now"), lambda row: (row.limit_now, row.currency), "money"),
    Column(T("当前占用", "Exposure now"), lambda row: (row.used_now, row.currency), "money"),
    Column(T("账期（天）", "Terms, days"), lambda row: row.terms_days, "number", 10),
    Column(
        T("由什么决定", "Decided by"),
        lambda row: limits_reading.decisive_of(row.workings or {}),
        width=28,
    ),
    Column(T("提出时间", "Proposed at"), lambda row: row.proposed_at, "moment", 17),
)


# --- The verification queue


class Waits(NamedTuple):
    """A fact of the queue in words."""

    fact: Fact
    value: str
    entered_by: str


def _facts(request: HttpRequest) -> Found:
    """Values of the secret class are written for readers with the word for them alone."""
    at = timezone.now()
    wanted = verification_asking.wanted_of(request.GET)
    rows = waiting.narrowed(request.user, wanted, at=at).select_related("customer")
    found = _all(rows.order_by("entered_at", "pk"), FACTS_MAX)
    names, opens = names_of(found.rows), bool(request.user.may(SECRET_WORD))  # type: ignore[union-attr]
    told = []
    for start in range(0, len(found.rows), CHUNK):
        for one in waiting.beside(found.rows[start : start + CHUNK]):
            told.append(_waits(one, names, opens))
    return Found(told, found.total)


def _waits(one: Any, names: dict[int, str], opens: bool) -> Waits:
    fact, value = one.fact, one.said.value
    if fact.secrecy >= SECRET and not opens:
        value = None
    said = fact_words.told(catalogue().fields[fact.field], value) if value is not None else ""
    return Waits(fact, said, entered_by(fact, names))


FACT_COLUMNS: Final = (
    Column(CODE, lambda row: row.fact.customer.code),
    Column(NAME, lambda row: _name(row.fact.customer), width=32),
    Column(T("字段", "Field"), lambda row: catalogue().fields[row.fact.field].name, width=18),
    Column(T("内容", "Value"), lambda row: row.value, width=30),
    Column(T("来源", "Source"), lambda row: fact_words.source(row.fact.source), width=20),
    Column(T("可靠性", "Reliability"), lambda row: row.fact.reliability, width=9),
    Column(T("观察日", "Observed"), lambda row: row.fact.observed_on, "day", 12),
    Column(T("录入人", "Entered by"), lambda row: row.entered_by),
    Column(T("录入时间", "Entered"), lambda row: row.fact.entered_at, "moment", 17),
    Column(T("关键字段", "Critical"), lambda row: _yes(row.fact.critical), width=9),
)


# --- Ratings and applications


def _ratings(request: HttpRequest) -> Found:
    rows = Rating.objects.filter(customer__in=Customer.objects.visible_to(request.user))
    return _all(rows.select_related("customer", "assessment").order_by("customer__code"))


RATING_COLUMNS: Final = (
    Column(CODE, lambda row: row.customer.code),
    Column(NAME, lambda row: _name(row.customer), width=32),
    Column(T("等级", "Grade"), lambda row: row.grade, width=8),
    Column(T("模型等级", "The model's"), lambda row: row.model_grade or row.grade, width=10),
    Column(T("总分", "Points"), lambda row: row.points, "number", 8),
    Column(T("评分卡", "Card"), lambda row: words.ref(row.assessment.card), width=20),
    Column(T("数据覆盖 %", "Coverage %"), lambda row: row.assessment.coverage_pct, "number", 10),
    Column(T("评估日", "As of"), lambda row: row.assessment.as_of, "day", 12),
    Column(T("有效至", "Valid until"), lambda row: row.valid_until, "day", 12),
)


def _applications(request: HttpRequest) -> Found:
    cards = cards_of(request, timezone.now())
    return Found([card.row for card in cards], len(cards))


APPLICATION_COLUMNS: Final = (
    Column(T("编号", "Number"), lambda row: row.number, width=18),
    Column(CODE, lambda row: row.customer.code),
    Column(NAME, lambda row: _name(row.customer), width=32),
    Column(T("种类", "Kind"), lambda row: APPLICATION_KINDS[row.kind], width=12),
    Column(T("状态", "State"), lambda row: STATE_NAMES[row.state], width=12),
    Column(CURRENCY, lambda row: row.currency, width=8),
    Column(T("申请额度", "Asked for"), lambda row: (row.asked_minor, row.currency), "money"),
    Column(T("账期（天）", "Terms, days"), lambda row: row.asked_terms_days, "number", 10),
    Column(T("申请人", "Applicant"), lambda row: _name(row.applicant) if row.applicant else ""),
    Column(T("分析员", "Analyst"), lambda row: _name(row.analyst) if row.analyst else ""),
    Column(T("提交时间", "Handed in"), lambda row: row.submitted_at, "moment", 17),
    Column(T("时限", "Due"), lambda row: row.due_at, "moment", 17),
    Column(T("结束时间", "Ended"), lambda row: row.ended_at, "moment", 17),
)

LISTS: Final[dict[str, Listed]] = {
    "customers": Listed(T("客户", "Customers"), "customers.view", _customer_columns, _customers),
    "open-items": Listed(T("未结应收", "Open items"), "portfolio.view", _item_columns, _items),
    "holds": Listed(
        T("冻结订单", "Orders on hold"), "decisions.view", _always(*HOLD_COLUMNS), _holds
    ),
    "limits": Listed(
        T("额度建议", "Proposed limits"), "customers.view", _always(*LIMIT_COLUMNS), _limits
    ),
    "verification": Listed(
        T("待核验信息", "Facts to verify"), "facts.verify", _always(*FACT_COLUMNS), _facts
    ),
    "ratings": Listed(
        T("信用评级", "Ratings"), "customers.view", _always(*RATING_COLUMNS), _ratings
    ),
    "applications": Listed(
        T("授信申请", "Applications"),
        "applications.view",
        _always(*APPLICATION_COLUMNS),
        _applications,
    ),
}
