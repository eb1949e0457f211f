"""Known: what an assessment reads of customers beyond payments, each with one statement for all.

Statements (the newest, and the newest verified one where that differs), facts of the file that
somebody verified and no other source contradicts, what reviewed trade references tell, covers, and
the orders of 90 days. `known_at` reads what was known at a past instant; None reads what stands.
Example: purchases of 36,000,000.00 CNY a year, verified, of which we supply 40 % → method L6.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db.models import F, Q, Sum
from django.db.models.expressions import RawSQL

from xinheng.credit.further_limits import peer_floor
from xinheng.decisions.records import Further, Told
from xinheng.dossiers.credit_file import speaks_of
from xinheng.dossiers.models import Fact, Statement
from xinheng.dossiers.queries import latest
from xinheng.inquiries.models import Reference
from xinheng.inquiries.sealing import all_opened
from xinheng.limits.models import Cover
from xinheng.receivables.models import Order

ORDER_DAYS: Final = 90
FACTS: Final = ("yearly_purchases", "our_share")
PEERS_ASKED: Final = "highest_credit"
CAPITAL: Final = ("paid_in_capital", "issued_capital")


class Statements(NamedTuple):
    """Of one customer: the newest, and the newest verified one where the newest is not."""

    newest: Told
    verified: Told | None
    since: datetime


class Known(NamedTuple):
    """`since`: the youngest instant at which any of it became known."""

    further: Further
    since: datetime | None


def statements(
    customer_ids: Sequence[int], as_of: date, known_at: datetime | None = None
) -> dict[int, Statements]:
    """Customers without a statement are absent."""
    newest = latest(customer_ids, as_of, known_at=known_at)
    doubtful = [one for one, row in newest.items() if not _is_verified(row, known_at)]
    verified = _verified(doubtful, as_of, known_at)
    return {
        customer_id: Statements(
            _told(row, known_at),
            _told(verified[customer_id], known_at) if customer_id in verified else None,
            _since(row, known_at),
        )
        for customer_id, row in newest.items()
    }


def _verified(
    customer_ids: list[int], as_of: date, known_at: datetime | None
) -> dict[int, Statement]:
    if not customer_ids:
        return {}
    rows = Statement.objects.all().known(known_at).filter(customer_id__in=_among(customer_ids))
    rows = rows.filter(period_end__lte=as_of, verified_at__isnull=False)
    if known_at is not None:
        rows = rows.filter(verified_at__lte=known_at)
    order = ("customer_id", "-period_end", "currency", "consolidated", "pk")
    return {row.customer_id: row for row in rows.order_by(*order).distinct("customer_id")}


def _is_verified(row: Statement, known_at: datetime | None) -> bool:
    return row.verified_at is not None and (known_at is None or row.verified_at <= known_at)


def _since(row: Statement, known_at: datetime | None) -> datetime:
    """The instant from which it was known as it is read."""
    if row.verified_at is not None and _is_verified(row, known_at):
        return max(row.known_since, row.verified_at)
    return row.known_since


def _told(row: Statement, known_at: datetime | None) -> Told:
    capital = next((row.lines[name] for name in CAPITAL if name in row.lines), None)
    verified = _is_verified(row, known_at)
    return Told(row.pk, verified, row.period_end, row.currency, row.figures, capital)


def further(
    customer_ids: Sequence[int], as_of: date, known_at: datetime | None = None
) -> dict[int, Known]:
    """Customers of whom nothing of it is known are absent."""
    since: dict[int, datetime] = {}
    parts: dict[int, dict[str, Any]] = defaultdict(dict)
    for customer_id, currency, minor in _orders(customer_ids, as_of):
        parts[customer_id].setdefault("orders", {})[currency] = minor
    for customer_id, told, known in _facts(customer_ids, as_of, known_at):
        parts[customer_id] |= told
        since[customer_id] = max(known, since.get(customer_id, known))
    for customer_id, floors, known in _peers(customer_ids, known_at):
        parts[customer_id] |= floors
        since[customer_id] = max(known, since.get(customer_id, known))
    for cover in _covers(customer_ids, as_of, known_at):
        parts[cover[0]].setdefault("covers", []).append(cover[1:4])
        since[cover[0]] = max(cover[4], since.get(cover[0], cover[4]))
    return {
        customer_id: Known(
            Further(**told | {"covers": tuple(told.get("covers", ()))}), since.get(customer_id)
        )
        for customer_id, told in parts.items()
    }


def _among(customer_ids: Sequence[int]) -> RawSQL:
    """Thousands of ids as one parameter instead of thousands."""
    return RawSQL("select unnest(%s::bigint[])", [list(customer_ids)])


def _orders(customer_ids: Sequence[int], as_of: date) -> Iterable[tuple[int, str, int]]:
    """What was ordered within 90 days, whatever became of it but cancelled."""
    rows = Order.objects.filter(
        customer_id__in=_among(customer_ids),
        ordered_on__gt=as_of - timedelta(days=ORDER_DAYS),
        ordered_on__lte=as_of,
    ).exclude(state="cancelled")
    return list(rows.values_list("customer_id", "currency").annotate(total=Sum("amount_minor")))


def _facts(
    customer_ids: Sequence[int], as_of: date, known_at: datetime | None
) -> Iterable[tuple[int, dict[str, Any], datetime]]:
    """Verified facts on which all sources of the day agree."""
    rows = Fact.objects.filter(
        customer_id__in=_among(customer_ids), field__in=FACTS, value__isnull=False
    )
    rows = rows.current() if known_at is None else rows.known_at(known_at)
    said: dict[tuple[int, str], list[Fact]] = defaultdict(list)
    for fact in rows.order_by("customer_id", "field", "pk"):
        if speaks_of(fact, as_of):
            said[fact.customer_id, fact.field].append(fact)
    for (customer_id, field), facts in said.items():
        values = {fact.value for fact in facts}
        if len(values) == 1:
            known = max(fact.known_since for fact in facts if fact.known_since)
            yield customer_id, _fact(field, json.loads(values.pop() or "null")), known


def _fact(field: str, value: Any) -> dict[str, Any]:
    if field == "yearly_purchases":
        return {"purchases": (value["minor"], value["currency"])}
    return {"our_share_pct": Decimal(value)}


def _peers(
    customer_ids: Sequence[int], known_at: datetime | None
) -> Iterable[tuple[int, dict[str, Any], datetime]]:
    """The lower ends of what reviewed trade references tell; who would not say is no supplier."""
    rows = Reference.objects.filter(
        customer_id__in=_among(customer_ids),
        kind="trade",
        state="answered",
        reviewed_at__isnull=False,
    )
    if known_at is not None:
        rows = rows.filter(reviewed_at__lte=known_at)
    found = list(rows.select_related("customer").order_by("customer_id", "pk"))
    answers = all_opened(
        "reference",
        "answers_sealed",
        [(row.customer.data_key_id, row.pk, row.answers_sealed) for row in found],
    )
    floors: dict[int, list[int]] = defaultdict(list)
    known: dict[int, datetime] = {}
    for row in found:
        floor = peer_floor((answers.get(row.pk) or {}).get("answers", {}).get(PEERS_ASKED, ""))
        if floor is not None:
            floors[row.customer_id].append(floor.minor)
            currency = floor.currency
            known[row.customer_id] = max(
                row.reviewed_at, known.get(row.customer_id, row.reviewed_at)
            )
    for customer_id, minors in floors.items():
        told = {"peers": tuple(sorted(minors)), "peers_in": currency}
        yield customer_id, told, known[customer_id]


def _covers(
    customer_ids: Sequence[int], as_of: date, known_at: datetime | None
) -> Iterable[tuple[int, str, int, int, datetime]]:
    """What secures the customer's own lines on the day."""
    rows = Cover.objects.filter(
        line__customer_id__in=_among(customer_ids),
        line__scope="",
        valid_from__lte=as_of,
        valid_until__gte=as_of,
    )
    if known_at is None:
        rows = rows.filter(ended_at__isnull=True)
    else:
        stood = Q(ended_at__isnull=True) | Q(ended_at__gt=known_at)
        rows = rows.filter(stood, entered_at__lte=known_at)
    rows = rows.annotate(whose=F("line__customer_id"), money=F("line__currency")).order_by("pk")
    return list(rows.values_list("whose", "money", "amount_minor", "share_bps", "entered_at"))
