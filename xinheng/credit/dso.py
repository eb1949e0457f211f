"""DSO 应收账款周转天数 and its relatives: how many days of credit sales are still unpaid.

    period average  receivables ÷ sales of the last n months × their days
    count-back      take whole months from the newest back, add their days; the last one pro rata
    true DSO        Σ over open invoices of age × open ÷ credit sales of the invoice's month
    best possible what is not yet due ÷ sales × days; ADD (average days delinquent) = DSO − best
    possible

DSO-1 (sales 500, 700, 900 in 31, 30, 31 days; receivables 1,950, not due 1,400): 85.43,
count-back 82.70, best 61.33, ADD 24.10. Receivables with tax must meet sales with tax. Days to 2
decimals, HALF_UP, rounded once at the end.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from xinheng.credit.money import divide_half_up


class Month(Struct, frozen=True):
    """Credit sales of one month, in minor units, and the days it has. Lists run from the oldest
    to the newest.
    """

    sales_minor: int
    days: int


class CountBack(Struct, frozen=True):
    """`beyond`: receivables exceed all known sales; then `days` is the least it can be."""

    days: Decimal
    beyond: bool


class OpenInvoice(Struct, frozen=True):
    """For true DSO: one open invoice, its age in days, and the credit sales of the month it was
    issued in.
    """

    open_minor: int
    age_days: int
    month_sales_minor: int


def period_average(
    receivables_minor: int, months: Sequence[Month], last: int = 3
) -> Decimal | None:
    """Days by the last `last` months; None when nothing was sold in them."""
    used = months[-last:]
    return _days(
        receivables_minor * sum(month.days for month in used),
        sum(month.sales_minor for month in used),
    )


def best_possible(not_due_minor: int, months: Sequence[Month], last: int = 3) -> Decimal | None:
    """The DSO there would be if nobody paid late: the same average over what is not yet due."""
    return period_average(not_due_minor, months, last)


def average_days_delinquent(
    receivables_minor: int, not_due_minor: int, months: Sequence[Month], last: int = 3
) -> Decimal | None:
    """ADD = DSO − best possible DSO, rounded once."""
    return period_average(receivables_minor - not_due_minor, months, last)


def count_back(receivables_minor: int, months: Sequence[Month]) -> CountBack:
    """Newest month first; a month without sales adds its days and consumes nothing."""
    left, days = receivables_minor, 0
    for month in reversed(months):
        if left <= 0:
            break
        if left < month.sales_minor:
            part = _days(left * month.days + days * month.sales_minor, month.sales_minor)
            return CountBack(part or Decimal("0.00"), beyond=False)
        left -= month.sales_minor
        days += month.days
    return CountBack(Decimal(days).quantize(Decimal("0.01")), beyond=left > 0)


def true_dso(invoices: Sequence[OpenInvoice]) -> Decimal | None:
    """Days by the age of each open invoice; None when an invoice's month has no sales to compare
    with.
    """
    if not invoices or any(one.month_sales_minor <= 0 for one in invoices):
        return None
    total = sum(
        (Fraction(one.age_days * one.open_minor, one.month_sales_minor) for one in invoices),
        Fraction(0),
    )
    return _days(total.numerator, total.denominator)


def cash_freed(days: int, annual_sales_minor: int) -> int:
    """What lowering DSO by `days` frees: 10 days of 36,500,000 a year → 1,000,000."""
    return divide_half_up(days * annual_sales_minor, 365)


def _days(numerator: int, denominator: int) -> Decimal | None:
    return (
        Decimal(divide_half_up(numerator * 100, denominator)).scaleb(-2)
        if denominator > 0
        else None
    )
