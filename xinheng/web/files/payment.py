"""How a customer has paid over 24 months, as a chart that says in its title what it shows.

Bars: invoiced, and paid on time or late; below them the average days late of what was paid that
month, weighted by amount (negative is early). The sentence compares the last six months with those
before. Example: 12.4 days lately after 8.1 before → "近 6 个月平均迟付 12.4 天，比此前多 4.3 天".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from xinheng.credit.money import divide_half_up, exponent, round_half_up
from xinheng.receivables.models import Invoice
from xinheng.receivables.queries import Behaviour, PaidMonth, behaviour, monthly_payment
from xinheng.texts import T

MONTHS = 24
LATELY = 6


@dataclass(frozen=True)
class Month:
    """One calendar month: invoiced and paid, in minor units, and the weighted days late."""

    month: str
    sales_minor: int
    on_time_minor: int
    late_minor: int
    days_late: Decimal | None

    @property
    def paid_minor(self) -> int:
        return self.on_time_minor + self.late_minor


@dataclass(frozen=True)
class Payment:
    """The payment section: figures of the last year, months, the sentence, the drawing."""

    figures: Behaviour | None
    months: list[Month]
    title: T
    chart: dict[str, Any]

    @property
    def has_paid(self) -> bool:
        return any(one.paid_minor for one in self.months)


def payment_of(customer_id: int, currency: str, today: date) -> Payment:
    """24 months to today in one currency."""
    paid = monthly_payment(customer_id, today, currency=currency, months=MONTHS)
    sales = _sales(customer_id, currency, date.fromisoformat(f"{paid[0].month}-01"), today)
    months = [
        Month(
            one.month,
            sales.get(one.month, 0),
            one.on_time_minor,
            one.late_minor,
            one.days_late,
        )
        for one in paid
    ]
    return Payment(
        figures=behaviour([customer_id], today).get(customer_id),
        months=months,
        title=_title(paid),
        chart=_chart(months, currency),
    )


def _sales(customer_id: int, currency: str, first: date, today: date) -> dict[str, int]:
    rows = (
        Invoice.objects.filter(
            customer_id=customer_id, currency=currency, issued_on__gte=first, issued_on__lte=today
        )
        .annotate(month=TruncMonth("issued_on"))
        .values_list("month")
        .annotate(total=Sum("amount_minor"))
    )
    return {f"{month:%Y-%m}": int(total) for month, total in rows}


def _title(paid: list[PaidMonth]) -> T:
    lately, before = _days(paid[-LATELY:]), _days(paid[:-LATELY])
    if lately is None:
        return T("近 6 个月没有付款", "Nothing was paid in the last six months")
    if lately > 0:
        now = T("近 6 个月平均迟付 {d} 天", "Paid {d} days late on average in the last six months")
    else:
        now = T(
            "近 6 个月平均提前 {d} 天付款", "Paid {d} days early on average in the last six months"
        )
    now = now.format(d=abs(lately))
    if before is None or abs(lately - before) < 1:
        return now
    change = lately - before
    than = (
        T("，比此前慢 {d} 天", ", {d} days slower than before")
        if change > 0
        else T("，比此前快 {d} 天", ", {d} days faster than before")
    ).format(d=abs(change))
    return T(now.zh + than.zh, now.en + than.en)


def _days(paid: list[PaidMonth]) -> Decimal | None:
    """Average days late over months, weighted by what was paid in each."""
    told = [(one.on_time_minor + one.late_minor, one.days_late) for one in paid]
    rows = [(amount, days) for amount, days in told if amount and days is not None]
    total = sum(amount for amount, _ in rows)
    if not total:
        return None
    return round_half_up(sum((days * amount for amount, days in rows), Decimal(0)) / total, 1)


def _chart(months: list[Month], currency: str) -> dict[str, Any]:
    """What the browser draws: whole currency units, for the eye only; the table has the amounts."""
    unit = 10 ** exponent(currency)
    names = [one.month for one in months]
    bars = {"type": "bar", "barGap": "0%", "barCategoryGap": "30%"}
    axis = {"type": "category", "data": names}
    return {
        "legend": {
            "top": 0,
            "left": 0,
            "itemWidth": 12,
            "itemHeight": 10,
            "textStyle": {"color": "--xh-quiet"},
        },
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "grid": [
            {"left": 64, "right": 12, "top": 32, "height": 150},
            {"left": 64, "right": 12, "top": 216, "height": 60},
        ],
        "xAxis": [
            {**axis, "axisLabel": {"show": False}},
            {**axis, "gridIndex": 1, "axisLabel": {"interval": 2}},
        ],
        "yAxis": [{"type": "value"}, {"type": "value", "gridIndex": 1, "splitNumber": 2}],
        "series": [
            {
                **bars,
                "name": str(T("开票", "Invoiced")),
                "itemStyle": {"color": "--xh-c4"},
                "data": [divide_half_up(one.sales_minor, unit) for one in months],
            },
            {
                **bars,
                "name": str(T("按期收款", "Paid on time")),
                "stack": "paid",
                "itemStyle": {"color": "--xh-c1"},
                "data": [divide_half_up(one.on_time_minor, unit) for one in months],
            },
            {
                **bars,
                "name": str(T("逾期收款", "Paid late")),
                "stack": "paid",
                "itemStyle": {"color": "--xh-act"},
                "data": [divide_half_up(one.late_minor, unit) for one in months],
            },
            {
                "type": "line",
                "name": str(T("平均迟付天数", "Average days late")),
                "xAxisIndex": 1,
                "yAxisIndex": 1,
                "symbolSize": 5,
                "connectNulls": False,
                "itemStyle": {"color": "--xh-watch"},
                "lineStyle": {"color": "--xh-watch"},
                "data": [None if one.days_late is None else str(one.days_late) for one in months],
            },
        ],
    }
