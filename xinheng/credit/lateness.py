"""How late a customer pays: figures over its experiences, an experience being one amount and its
days late.

Days late = payment date − due date; negative is early. A still open overdue invoice is an
experience at today's lateness. Means are weighted by amount, in days to 2 decimals, HALF_UP;
`floored` counts early payment as 0 days.

PI-1: 100,000 at −5, 50,000 at 10, 200,000 at 0, 150,000 at 45 → 13.50 days, floored 14.50, on
time 60.00 % by amount. The trend is the least-squares slope over months: +2.00 means each month
pays two days later than the one before.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from xinheng.credit.money import round_half_up


class Experience(Struct, frozen=True):
    """One paid (or still overdue) amount. `month` is when it was paid, "2026-10"; only the trend
    needs it.
    """

    amount_minor: int
    days_late: int
    month: str = ""


def weighted_days(experiences: Sequence[Experience], *, floored: bool) -> Decimal | None:
    """Amount-weighted mean days late; None without a positive amount. Credit notes (≤ 0) do not
    weigh.
    """
    weight = day_money = 0
    for one in experiences:
        if one.amount_minor > 0:
            weight += one.amount_minor
            day_money += one.amount_minor * (max(one.days_late, 0) if floored else one.days_late)
    return _ratio(day_money, weight)


def on_time_share_pct(experiences: Sequence[Experience]) -> Decimal | None:
    """Percent of the amount that was paid on or before its due date."""
    real = [one for one in experiences if one.amount_minor > 0]
    on_time = sum(one.amount_minor for one in real if one.days_late <= 0)
    return _ratio(100 * on_time, sum(one.amount_minor for one in real))


def on_time_count_pct(experiences: Sequence[Experience]) -> Decimal | None:
    """Percent of the experiences, each counting once, that were on time."""
    real = [one for one in experiences if one.amount_minor > 0]
    return _ratio(100 * sum(one.days_late <= 0 for one in real), len(real))


def dpd_max(experiences: Iterable[Experience]) -> int:
    """The most days late that any experience was; 0 when none was late."""
    return max((max(0, one.days_late) for one in experiences if one.amount_minor > 0), default=0)


def by_month(experiences: Sequence[Experience]) -> dict[str, Decimal]:
    """Unfloored weighted days late of each month that has experiences, in the order of time."""
    months: dict[str, list[Experience]] = {}
    for one in experiences:
        months.setdefault(one.month, []).append(one)
    means = {month: weighted_days(months[month], floored=False) for month in sorted(months)}
    return {month: mean for month, mean in means.items() if mean is not None}


def slope(values: Sequence[Decimal]) -> Decimal | None:
    """Least-squares change from one value to the next, to 2 decimals; None for fewer than three
    values.

    With positions 0 … n−1: Σ (i − mean i)(v − mean v) ÷ Σ (i − mean i)², doubled to stay in whole
    positions.
    """
    n = len(values)
    if n < 3:
        return None
    upper = sum((2 * i - (n - 1)) * value for i, value in enumerate(values))
    lower = sum((2 * i - (n - 1)) ** 2 for i in range(n))
    return round_half_up(2 * Decimal(upper) / Decimal(lower), 2)


def trend(experiences: Sequence[Experience]) -> Decimal | None:
    """Days per month by which payment gets later; months without experiences are left out."""
    return slope(list(by_month(experiences).values()))


def _ratio(numerator: int, denominator: int) -> Decimal | None:
    return round_half_up(Decimal(numerator) / denominator, 2) if denominator > 0 else None
