"""Why is it 1,234,567.00, as a page reads it: the way that value takes, the documents behind one
step of it, and the tree of lines that it counts in.

The figures are `portfolio.exposure` and `portfolio.levels`; here they get their words and where
they lead. What other lines add to a line's use (its sub-limits, other currencies, the branches of a
group) is one more step of the way. Example: own 880,000.00 + on lines below 78,123.00 = 958,123.00.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.urls import reverse
from django.utils.http import urlencode

from xinheng.credit.policy import Policy
from xinheng.customers.models import Customer
from xinheng.decisions.models import Decision
from xinheng.limits.models import CreditLine
from xinheng.portfolio.exposure import Document, Explanation, Part, explain_line
from xinheng.portfolio.levels import Level, tree_of
from xinheng.receivables.models import Bill, Delivery, Guarantee, Invoice, Receipt
from xinheng.texts import T
from xinheng.web.frame.waterfall import LABELS

BELOW: Final = "below"
WHOLE_BPS: Final = 10_000
KINDS: Final = {
    "invoice": T("发票", "Invoice"),
    "delivery": T("已发货订单", "Delivered order"),
    "reservation": T("订单占用", "Reservation"),
    "order": T("ERP 订单", "Order in the ERP"),
    "bill": T("票据", "Bill"),
    "guarantee": T("担保", "Guarantee"),
    "receipt": T("收款", "Receipt"),
}
DAYS: Final = {  # what the day of a document is
    "open_items": T("到期日", "Due"),
    "unbilled": T("交货日", "Delivery"),
    "orders": T("交货日或占用到期", "Delivery, or reserved until"),
    "later": T("交货日", "Delivery"),
    "bills": T("票据到期", "Falls due"),
    "bank_bills": T("票据到期", "Falls due"),
    "listed_bills": T("票据到期", "Falls due"),
    "guarantees": T("有效至", "Valid until"),
    "unapplied": T("收款日", "Received"),
    "prepaid": T("收款日", "Received"),
}
SCOPES: Final = {
    "unit": T("业务单元 {name}", "Unit {name}"),
    "product": T("产品 {name}", "Product {name}"),
    "project": T("项目 {name}", "Project {name}"),
}


def scope_text(scope: str) -> T:
    """A line's scope in words: "" → own limit, "product:CEM-42" → Product CEM-42."""
    if scope == "":
        return T("本户额度", "Own limit")
    if scope == "group":
        return T("集团额度", "Group limit")
    kind, _, name = scope.partition(":")
    return SCOPES[kind].format(name=name) if kind in SCOPES else T(scope, scope)


@dataclass(frozen=True)
class Row:
    """One document: what it is, where it opens, its days, what is open of it."""

    kind: T
    document: Document
    href: str
    days_late: int
    simulated: bool


@dataclass(frozen=True)
class Rung:
    """One line of the tree; `name` "" where the customer is out of the reader's sight."""

    level: Level
    scope: T
    name: Customer | None
    here: bool
    href: str


@dataclass(frozen=True)
class Page:
    line: CreditLine
    told: Explanation
    level: Level
    way: list[tuple[str, int, int, int]]
    hrefs: dict[str, str]
    counts: dict[str, int]
    chosen: str
    title: T
    part: Part | None
    rows: list[Row]
    rungs: list[Rung]
    hidden: int  # lines of the tree that the reader may not see; their sums are in the levels

    @property
    def used_minor(self) -> int:
        return self.told.used_minor + (self.level.below_minor or 0)

    @property
    def tighter(self) -> Level | None:
        """The limit above that leaves less than this one: it decides."""
        own = self.level.headroom_minor
        above = [
            rung.level
            for rung in self.rungs
            if rung.level.line.pk in self.line.path
            and rung.level.line.currency == self.line.currency
            and rung.level.headroom_minor is not None
        ]
        least = min(above, key=lambda one: one.headroom_minor or 0, default=None)
        if least is None or (own is not None and own <= (least.headroom_minor or 0)):
            return None
        return least

    @property
    def day_title(self) -> T:
        return DAYS[self.chosen]


def read(
    user: Any, line: CreditLine, policy: Policy, today: date, chosen: str, address: str
) -> Page:
    """The page of one line; `chosen` is the component whose documents stand open."""
    told = explain_line(line, policy, today)
    tree = tree_of(line, policy, today)
    level = next(one for one in tree if one.line.pk == line.pk)
    parts = [part for part in told.parts if not part.is_empty]
    way = [(p.component, p.amount_minor, p.weight_bps, p.counts_minor) for p in parts]
    counts = {part.component: part.documents_count for part in parts}
    under = [one for one in tree if line.pk in one.line.path]
    if any(one.own_minor for one in under):
        minor = level.below_minor or 0
        way.append((BELOW, minor, WHOLE_BPS, minor))
        counts[BELOW] = len(under)
    shown = chosen if chosen in counts else _largest(parts)
    part = next((one for one in parts if one.component == shown), None)
    rungs = _rungs(user, tree, line)
    return Page(
        line=line,
        told=told,
        level=level,
        way=way,
        hrefs={name: f"{address}&component={name}#documents" for name in counts},
        counts=counts,
        chosen=shown,
        title=LABELS.get(shown, T("单据", "Documents")),
        part=part,
        rows=_rows(user, part, line, today) if part else [],
        rungs=rungs if len(tree) > 1 else [],
        hidden=len(tree) - len(rungs),
    )


def _largest(parts: Sequence[Part]) -> str:
    return max(parts, key=lambda part: abs(part.counts_minor)).component if parts else ""


def _rows(user: Any, part: Part, line: CreditLine, today: date) -> list[Row]:
    opened = _places(user, part.documents, line)
    simulated = _simulated(part.documents)
    return [
        Row(
            kind=KINDS[one.kind],
            document=one,
            href=opened.get((one.kind, one.number), ""),
            days_late=(today - one.day).days if one.kind == "invoice" and one.day else 0,
            simulated=(one.kind, one.number) in simulated,
        )
        for one in part.documents
    ]


def _places(
    user: Any, documents: Iterable[Document], line: CreditLine
) -> dict[tuple[str, str], str]:
    """Where documents open: an invoice to its payments, what is promised to its decision, an order
    to its life.
    """
    numbers: dict[str, list[str]] = {}
    for one in documents:
        numbers.setdefault(one.kind, []).append(one.number)
    places = {
        (kind, number): reverse("order", args=[number])
        for kind in ("order", "delivery")
        for number in numbers.get(kind, [])
    }
    items = reverse("file-items", args=[line.customer.code])
    invoices = Invoice.objects.filter(
        customer=line.customer_id, number__in=numbers.get("invoice", [])
    )
    for pk, number in invoices.values_list("pk", "number"):
        asked = urlencode({"currency": line.currency, "invoice": pk})
        places["invoice", number] = f"{items}?{asked}"
    return places | _decided(user, numbers.get("reservation", []))


def _decided(user: Any, reserved: Sequence[str]) -> dict[tuple[str, str], str]:
    refs = {number.rpartition("#")[0] for number in reserved}
    seen = Decision.objects.visible_to(user)
    decisions = seen.filter(order_ref__in=refs, point="order", document="")
    found = {
        f"{ref}#{version}": reverse("decision", args=[pk])
        for ref, version, pk in decisions.values_list("order_ref", "version", "pk")
    }
    return {("reservation", number): found[number] for number in reserved if number in found}


_TABLES: Final = {
    "invoice": Invoice,
    "bill": Bill,
    "guarantee": Guarantee,
    "receipt": Receipt,
    "delivery": Delivery,
}


def _simulated(documents: Sequence[Document]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for kind, table in _TABLES.items():
        numbers = [one.number for one in documents if one.kind == kind]
        if numbers:
            rows = table.objects.filter(number__in=numbers, simulated=True)
            found |= {(kind, number) for number in rows.values_list("number", flat=True)}
    return found


def _rungs(user: Any, tree: Sequence[Level], line: CreditLine) -> list[Rung]:
    """The lines that the reader may see, and those on the way up, which concern every order."""
    ids = {level.line.customer_id for level in tree}
    seen = {one.pk: one for one in Customer.objects.visible_to(user).filter(pk__in=ids)}
    rungs = []
    for level in tree:
        customer = seen.get(level.line.customer_id)
        if customer is None and level.line.pk not in line.path:
            continue
        href = (
            f"{reverse('file-exposure', args=[customer.code])}?{_key(level.line)}"
            if customer
            else ""
        )
        rungs.append(
            Rung(level, scope_text(level.line.scope), customer, level.line.pk == line.pk, href)
        )
    return rungs


def _key(line: CreditLine) -> str:
    return urlencode({"currency": line.currency} | ({"scope": line.scope} if line.scope else {}))
