"""How a customer has paid so far, as it could be known on the day an invoice is written.

Every figure of an invoice looks only at invoices that were cleared before its feature date. An
invoice still open on that day tells nothing, however late it was paid in the end: that would be
reading tomorrow's paper. Days late count from the due day and may be below zero (paid early).

Worked, feature date 10 March: cleared 1 Feb 3 days late, 20 Feb 0, 5 March 6, and one cleared on
10 March 40 days late (not before: left out) → count 3, mean 3.0, median 3.0, share late 0.6667,
last 6. With nothing cleared yet every figure is not known, except the count, which is zero.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from msgspec import Struct

from xinheng.learning.columns import Column, Floats, Integers, Truths

RECENT: Final = 5
_RECENT_DAYS: Final = 90
_SHRINK: Final = 5.0


class Invoices(Struct, frozen=True):
    """Paid invoices, one row each; days are counted from 1970-01-01, amounts in one currency."""

    customer: Column
    written: Integers
    due: Integers
    cleared: Integers
    amount: Floats
    net_days: Floats

    @property
    def days_late(self) -> Floats:
        return (self.cleared - self.due).astype(np.float64)


def settled(invoices: Invoices, day: int, grace: int = 30) -> Truths:
    """What may teach on this day: paid before it, and due at least `grace` days before it.

    Of the invoices that fall due about now only those paid early are cleared; a model taught by
    them believes that everybody pays early. (Seen on real receivables: mean error 6.5 days instead
    of 2.6.)
    """
    found: Truths = (invoices.cleared < day) & (invoices.due <= day - grace)
    return found


def behaviour(invoices: Invoices) -> dict[str, Column]:
    """The figures of every invoice, in the order of the rows."""
    found: dict[str, Floats] = {key: np.full(len(invoices.due), np.nan) for key in _FIGURES}
    found["paid_count"] = np.zeros(len(invoices.due))
    order = np.argsort(invoices.customer.astype(str), kind="stable")
    names = invoices.customer.astype(str)[order]
    starts = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    for rows in np.split(order, starts[1:]):
        _of_customer(invoices, rows, found)
    return {**found, **_own(invoices), **_book(invoices, found)}


class _History(Struct, frozen=True):
    """What of one customer was cleared before the day, in the order of clearing."""

    late: Floats
    amount: Floats
    cleared: Integers
    due: Integers
    day: int
    own_amount: float
    own_due: int


def _of_customer(invoices: Invoices, rows: Integers, found: dict[str, Floats]) -> None:
    by_clearing = rows[np.argsort(invoices.cleared[rows], kind="stable")]
    cleared = invoices.cleared[by_clearing]
    late = invoices.days_late[by_clearing]
    amount, due = invoices.amount[by_clearing], invoices.due[by_clearing]
    known = np.searchsorted(cleared, invoices.written[rows], side="left")
    for row, n in zip(rows, known, strict=True):
        found["paid_count"][row] = n
        if n == 0:
            continue
        history = _History(
            late[:n],
            amount[:n],
            cleared[:n],
            due[:n],
            int(invoices.written[row]),
            float(invoices.amount[row]),
            int(invoices.due[row]),
        )
        for key, figure in _FIGURES.items():
            found[key][row] = figure(history)


def _weighted(one: _History) -> float:
    total = np.abs(one.amount).sum()
    return float((one.late * np.abs(one.amount)).sum() / total) if total else np.nan


def _trend(one: _History) -> float:
    """Days late a payment more, over the last twenty payments: the slope of a straight line."""
    late = one.late[-20:]
    if len(late) < 3:
        return np.nan
    x = np.arange(len(late)) - (len(late) - 1) / 2.0
    return float((x * late).sum() / (x * x).sum())


def _same_weekday(one: _History) -> float:
    late = one.late[one.due % 7 == one.own_due % 7]
    return float((late > 0).mean()) if len(late) else np.nan


def _near_amount(one: _History) -> float:
    """Mean days late of the ten payments nearest in amount."""
    near = np.argsort(np.abs(one.amount - one.own_amount), kind="stable")[:10]
    return float(one.late[near].mean())


_FIGURES: Final[dict[str, Callable[[_History], float]]] = {
    "late_mean": lambda one: float(one.late.mean()),
    "late_median": lambda one: float(np.median(one.late)),
    "late_spread": lambda one: float(one.late.std()),
    "late_most": lambda one: float(one.late.max()),
    "late_share": lambda one: float((one.late > 0).mean()),
    "late_weighted": _weighted,
    "late_last": lambda one: float(one.late[-1]),
    "late_mean_recent": lambda one: float(one.late[-RECENT:].mean()),
    "late_median_recent": lambda one: float(np.median(one.late[-10:])),
    "late_share_recent": lambda one: float((one.late[-10:] > 0).mean()),
    "late_trend": _trend,
    "late_share_weekday": _same_weekday,
    "late_mean_near_amount": _near_amount,
    "days_since_paid": lambda one: float(one.day - one.cleared[-1]),
    "customer_age": lambda one: float(one.day - one.cleared[0]),
    "paid_recently": lambda one: float((one.cleared >= one.day - _RECENT_DAYS).sum()),
    "amount_rank": lambda one: float((one.amount <= one.own_amount).mean()),
}


def _own(invoices: Invoices) -> dict[str, Column]:
    """What the invoice itself says. The month is left out: one year of history has each only once,
    and a model would take the year's course for a season.
    """
    days = invoices.due.astype("datetime64[D]")
    return {
        "amount": invoices.amount,
        "net_days": invoices.net_days,
        "due_weekday": ((invoices.due + 3) % 7).astype(np.float64),
        "due_month_day": (days - days.astype("datetime64[M]")).astype(np.float64),
    }


def _book(invoices: Invoices, found: dict[str, Floats]) -> dict[str, Column]:
    """The whole book's share late before the day, and the customer's drawn towards it."""
    by_clearing = np.argsort(invoices.cleared, kind="stable")
    late = np.concatenate([[0.0], np.cumsum(invoices.days_late[by_clearing] > 0)])
    known = np.searchsorted(invoices.cleared[by_clearing], invoices.written, side="left")
    earlier = np.searchsorted(
        invoices.cleared[by_clearing], invoices.written - _RECENT_DAYS, side="left"
    )
    with np.errstate(invalid="ignore"):
        share = late[known] / known
        recent = (late[known] - late[earlier]) / (known - earlier)
    own = np.nan_to_num(found["late_share"]) * found["paid_count"]
    drawn = (own + _SHRINK * share) / (found["paid_count"] + _SHRINK)
    return {"book_share": share, "book_share_recent": recent, "late_share_drawn": drawn}
