"""What is known of bureaus' reports: those of a customer, side by side, and what asking cost.

Sums are per month in the company's own calendar, per bureau, business unit and currency; currencies
are never added up. Example: in November 2026 East asked Tianyancha 12 times for 1.80 CNY and D&B
once for 60.00 USD: of the month's 500.00 USD that is 12 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import values_of
from xinheng.dossiers.fields import SECRET, Field, catalogue, shown
from xinheng.dossiers.models import Fact
from xinheng.inquiries.bureau_keeping import told_by
from xinheng.inquiries.bureau_terms import BureauTerms, Mapped, terms
from xinheng.inquiries.models import BureauQuery, BureauReport
from xinheng.people.queries import DEFAULT_TIME_ZONE, company, today
from xinheng.texts import T

REPORTS_MAX = 50
LOG_MAX = 500


class SeenReport(Struct, frozen=True, kw_only=True):
    """A report as pages show it; the raw words stay sealed."""

    id: UUID
    bureau: str
    terms: BureauTerms
    product: T
    reported_on: date
    received_at: datetime
    valid_until: date
    age_days: int
    days_left: int
    grade: str
    score: str
    mapped: Mapped | None
    facts_count: int
    cost_minor: int
    currency: str
    closed_on: date | None = None
    closed_why: str = ""  # consent | retention
    kept_days: int | None = None
    kept_terms: int | None = None


def reports_of(
    user: Any, customer: Customer, day: date, *, known_at: datetime | None = None
) -> list[SeenReport]:
    """A customer's reports, the newest first; with `known_at` those that had come by then. What was
    closed since is closed also to who looks back.
    """
    rows = BureauReport.objects.all().visible_to(user).filter(customer=customer)
    if known_at is not None:
        rows = rows.filter(received_at__lte=known_at)
    found = list(rows.order_by("-reported_on", "-received_at").defer("raw_sealed")[:REPORTS_MAX])
    costs = _costs([one.pk for one in found])
    return [_seen(one, day, *costs.get(one.pk, (0, ""))) for one in found]


def _costs(ids: list[UUID]) -> dict[UUID, tuple[int, str]]:
    """What each report cost when it was first fetched."""
    queries = BureauQuery.objects.filter(report_id__in=ids, outcome="fetched")
    rows = queries.order_by("-asked_at").values_list("report_id", "cost_minor", "cost_currency")
    return {report: (minor, currency) for report, minor, currency in rows}


def _seen(row: BureauReport, day: date, cost_minor: int, currency: str) -> SeenReport:
    bureau = terms().bureaus[row.bureau]
    product = bureau.products.get(row.product)
    table = bureau.mapping.rows if bureau.mapping else {}
    ours = next((one for one in table.values() if one.grade == row.mapped_grade), None)
    return SeenReport(
        id=row.pk,
        bureau=row.bureau,
        terms=bureau,
        product=product.name if product else T(row.product, row.product),
        reported_on=row.reported_on,
        received_at=row.received_at,
        valid_until=row.valid_until,
        age_days=(day - row.reported_on).days,
        days_left=(row.valid_until - day).days,
        grade=row.grade,
        score=row.score,
        mapped=ours if row.mapped_grade else None,
        facts_count=row.facts_count,
        cost_minor=cost_minor,
        currency=currency,
        closed_on=today(row.closed_at) if row.closed_at else None,
        closed_why=row.closed_why,
        kept_days=row.kept_days,
        kept_terms=row.kept_terms,
    )


# --- Side by side


class ComparedRow(Struct, frozen=True):
    """One field in the words of each bureau; "" where it says nothing, None where it is hidden."""

    field: Field
    values: list[str | None]
    differs: bool


class Compared(Struct, frozen=True):
    bureaus: list[str]
    rows: list[ComparedRow]


def compared(user: Any, customer: Customer, *, known_at: datetime | None = None) -> Compared:
    """What the bureaus last told about each field, whether verified yet or not; without what was
    told under a consent that was withdrawn since.
    """
    rows = Fact.objects.all().visible_to(user).filter(customer=customer)
    rows = rows.filter(source__startswith="bureau:", rejected_at__isnull=True)
    closed = BureauReport.objects.filter(customer=customer, closed_why="consent")
    if gone := list(closed.values_list("pk", flat=True)):
        rows = rows.exclude(pk__in=told_by(customer, gone).values("pk"))
    if known_at is not None:
        rows = rows.filter(entered_at__lte=known_at)
    newest: dict[tuple[str, str], Fact] = {}
    for fact in rows.order_by("observed_on", "entered_at", "pk"):
        newest[fact.field, fact.source.removeprefix("bureau:")] = fact
    told = values_of(customer.data_key_id, newest.values())
    bureaus = [code for code in terms().bureaus if any(code == of for _, of in newest)]
    by_field = defaultdict(dict)  # type: ignore[var-annotated]
    for (field, bureau), fact in newest.items():
        by_field[field][bureau] = told[fact.pk]
    fields = [one for one in catalogue().fields.values() if one.code in by_field]
    return Compared(bureaus, [_row(one, by_field[one.code], bureaus, user) for one in fields])


def _row(
    field: Field, told: Mapping[str, str | None], bureaus: list[str], user: Any
) -> ComparedRow:
    hidden = field.secrecy >= SECRET and not user.may("facts.verify")
    values = [_words(told.get(code, ""), hidden) for code in bureaus]
    return ComparedRow(field, values, len(set(told.values())) > 1)


def _words(value: str | None, hidden: bool) -> str | None:
    if value == "":
        return ""
    return None if value is None or hidden else shown(value)


# --- The log


class MonthSum(Struct, frozen=True):
    bureau: str
    unit_code: str
    unit_name: str
    unit_name_en: str
    currency: str  # "" where nothing was to be paid
    asked: int
    cost_minor: int


class BudgetUse(Struct, frozen=True):
    """How far a month's budget of one currency is spent. `tone`: within, watch or stop."""

    currency: str
    spent_minor: int
    budget_minor: int
    percent: int
    tone: str


def month_of(year: int, month: int) -> tuple[datetime, datetime]:
    """A month in the company's time zone: its first instant and the next month's."""
    seller = company()
    zone = ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)
    after = date(year + month // 12, month % 12 + 1, 1)
    begin, end = (datetime.combine(one, time(), zone) for one in (date(year, month, 1), after))
    return begin.astimezone(UTC), end.astimezone(UTC)


def month_sums(user: Any, year: int, month: int) -> list[MonthSum]:
    """How often was asked and what it cost, of the customers that the user sees."""
    begin, end = month_of(year, month)
    rows = BureauQuery.objects.all().visible_to(user)
    rows = rows.filter(asked_at__gte=begin, asked_at__lt=end)
    unit = "customer__business_unit__"
    groups = rows.values(
        "bureau", f"{unit}code", f"{unit}name", f"{unit}name_en", "cost_currency"
    ).annotate(asked=Count("id"), cost=Sum("cost_minor"))
    ordered = groups.order_by("bureau", f"{unit}code", "-cost_currency")
    return [
        MonthSum(
            row["bureau"],
            row[f"{unit}code"] or "",
            row[f"{unit}name"] or "",
            row[f"{unit}name_en"] or "",
            row["cost_currency"],
            row["asked"],
            row["cost"],
        )
        for row in ordered
    ]


def budget_of_month(year: int, month: int) -> list[BudgetUse]:
    """What the whole company spent against the month's budget, per currency; the units together,
    because they share the contract.
    """
    begin, end = month_of(year, month)
    rows = BureauQuery.objects.filter(asked_at__gte=begin, asked_at__lt=end, cost_minor__gt=0)
    spent = dict(
        rows.values_list("cost_currency").annotate(cost=Sum("cost_minor")).order_by("cost_currency")
    )
    return [
        _use(currency, spent.get(currency, 0), budget)
        for currency, budget in terms().budget.items()
        if currency in spent or currency == "CNY"
    ]


def _use(currency: str, spent: int, budget: int) -> BudgetUse:
    percent = spent * 100 // budget
    watched = percent >= terms().warn_percent
    tone = "stop" if spent > budget else "watch" if watched else "within"
    return BudgetUse(currency, spent, budget, percent, tone)


def cost_log(
    user: Any, *, begin: datetime | None = None, end: datetime | None = None, bureau: str = ""
) -> list[BureauQuery]:
    """Who asked whom about which customer and why, the newest first."""
    rows = BureauQuery.objects.all().visible_to(user).select_related("customer")
    if begin is not None and end is not None:
        rows = rows.filter(asked_at__gte=begin, asked_at__lt=end)
    if bureau:
        rows = rows.filter(bureau=bureau)
    return list(rows.order_by("-asked_at", "-id")[:LOG_MAX])
