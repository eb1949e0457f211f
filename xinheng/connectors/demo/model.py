"""The simulated half of the demonstration book: who the buyers are, on what terms they buy, how
they pay.

Real are order numbers, customers, days and amounts (in GBP and USD), and the eight firms' accounts.
Simulated, all from one seed, the same on every machine: names, cities, USCC, business units, terms,
due dates, receipts. GBP become CNY at the fixed rate of 9.20. Days are shifted by whole weeks, so
that weekdays stay and the last order falls in the week that ends yesterday.

How a buyer pays is drawn once (`HABITS`) and then lived: an invoice is paid on its due date plus a
delay drawn from the habit, on the next working day, never after yesterday. Good payers with many
invoices pay on Fridays in one sum without reference; the others name the invoice 88 times of 100;
one receipt of 100 is rounded up to the next thousand and leaves cash unapplied. Credit notes (real
cancellations) are deducted from the next payment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from xinheng.connectors.demo import naming, sources
from xinheng.connectors.demo.sources import SourceOrder
from xinheng.credit.money import apply_rate, to_minor
from xinheng.credit.term import due_on, parse

SEED = 20261122
GBP_IN_CNY = Decimal("9.20")
ORDERS_KEPT_DAYS = 90  # orders older than this are known by their invoices alone
OPEN_ORDER_DAYS = 4  # the newest orders are not invoiced yet
FRIDAY = 4
FRIDAY_PAYER_INVOICES = 24
REFERENCE_PCT = 88
ROUNDED_UP_PCT = 1
DISPUTED_PCT = 2
DISPUTED_DAYS = 75


class Habit(NamedTuple):
    """Of 100 buyers so many pay so many days after the due date, give or take `spread`.

    `part_pct` is what a first payment covers. `worse_days`: in the last 220 days the delay grows up
    to this.
    """

    name: str
    of_100: int
    days: int
    spread: int
    part_pct: int = 100
    worse_days: int = 0


HABITS = (
    Habit("punctual", 50, -2, 2),
    Habit("nearly punctual", 22, 4, 4),
    Habit("slow", 13, 16, 8),
    Habit("very slow", 5, 38, 14),
    Habit("in parts", 5, 4, 4, part_pct=70),
    Habit("getting worse", 5, 0, 3, worse_days=280),
)
WORSENING_DAYS = 220
TERMS = ("N30", "N30", "N30", "N30", "N45", "N60", "N60", "EOM+30")
STATUSES = {7: "watch", 41: "blocked", 88: "watch", 133: "blocked", 201: "watch", 260: "closed"}


@dataclass(frozen=True)
class Buyer:
    code: str
    name: str
    name_en: str
    uscc: str
    country: str
    city: str
    industry: str
    status: str
    unit: str
    currency: str
    terms: str
    habit: Habit


@dataclass(frozen=True)
class Sale:
    """An order and, once delivered, its invoice; a negative amount is a credit note."""

    number: str
    buyer: Buyer
    ordered_on: date
    invoiced_on: date | None
    amount_minor: int
    due_on: date | None
    disputed: bool = False


@dataclass(frozen=True)
class Payment:
    number: str
    buyer: Buyer
    received_on: date
    amount_minor: int
    reference: str


@dataclass(frozen=True)
class Accounts:
    """A real firm-year, dated to the last full year."""

    buyer: Buyer
    period_end: date
    source: str
    figures: dict[str, Decimal]


@dataclass
class Book:
    until: date
    buyers: list[Buyer] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    accounts: list[Accounts] = field(default_factory=list)


def build(until: date, *, seed: int = SEED, buyers_max: int | None = None) -> Book:
    """The whole book up to and including `until`; `buyers_max` cuts each source to so many
    customers.
    """
    book = Book(until)
    random = Random(seed)
    brands = iter(naming.brands(random))
    _add_wholesale(book, brands, seed, buyers_max)
    _add_northwind(book, seed, buyers_max)
    _add_firms(book, seed, buyers_max)
    by_buyer: dict[str, list[Sale]] = defaultdict(list)
    for sale in book.sales:
        by_buyer[sale.buyer.code].append(sale)
    for buyer in book.buyers:
        random = Random(f"{seed}:pays:{buyer.code}")
        book.payments.extend(pay(buyer, by_buyer[buyer.code], until, random))
    return book


# --- Who buys


def _add_wholesale(
    book: Book, brands: Iterator[naming.Brand], seed: int, buyers_max: int | None
) -> None:
    orders = sources.wholesaler_orders()
    countries: dict[str, str] = {}
    for order in orders:
        countries.setdefault(order.customer, order.country)
    buyers = {
        customer: _wholesale_buyer(place, customer, country, next(brands), seed)
        for place, (customer, country) in enumerate(list(countries.items())[:buyers_max])
    }
    book.buyers.extend(buyers.values())
    shift = _shift(orders, book.until)
    for order in orders:
        if order.customer in buyers:
            minor = apply_rate(to_minor(order.amount, "GBP"), GBP_IN_CNY)
            sale = _sale("", order, buyers[order.customer], shift, minor, book.until, seed)
            book.sales.append(sale)


def _wholesale_buyer(
    place: int, customer: str, country: str, brand: naming.Brand, seed: int
) -> Buyer:
    """British customers become domestic ones of a Chinese seller; the others stay abroad."""
    random = Random(f"{seed}:buyer:{customer}")
    home = country in ("United Kingdom", "Channel Islands")
    if home:
        city = random.choice(naming.CITIES)
        name, name_en, line = naming.chinese_name(brand, random)
        uscc, unit = naming.uscc(city.division, random), city.unit
        name = city.name + name if random.random() < 0.4 else name
    else:
        name, line = naming.foreign_name(brand, country, random)
        name_en, uscc, unit, city = name, "", "overseas", None
    return Buyer(
        code=f"U{customer}",
        name=name,
        name_en=name_en,
        uscc=uscc,
        country="中国" if home else "Ireland" if country == "EIRE" else country,
        city=city.name if city else "",
        industry=f"{line}批发",
        status=STATUSES.get(place, "active"),
        unit=unit,
        currency="CNY",
        terms=random.choice(TERMS),
        habit=_habit(random),
    )


def _add_northwind(book: Book, seed: int, buyers_max: int | None) -> None:
    buyers = {}
    for row in sources.northwind_customers()[:buyers_max]:
        random = Random(f"{seed}:buyer:{row.code}")
        buyers[row.code] = Buyer(
            code=f"N-{row.code}",
            name=row.name,
            name_en=row.name,
            uscc="",
            country=row.country,
            city=row.city,
            industry="食品批发",
            status="active",
            unit="overseas",
            currency="USD",
            terms=random.choice(TERMS),
            habit=_habit(random),
        )
    book.buyers.extend(buyers.values())
    orders = sources.northwind_orders()
    shift = _shift(orders, book.until)
    for order in orders:
        if order.customer in buyers:
            minor = to_minor(order.amount, "USD")
            sale = _sale("NW", order, buyers[order.customer], shift, minor, book.until, seed)
            book.sales.append(sale)


_FIGURES = {
    "资产总计": "total_assets",
    "流动资产合计": "current_assets",
    "存货": "inventory",
    "应收账款": "total_receivables",
    "负债合计": "total_liabilities",
    "流动负债合计": "total_current_liabilities",
    "未分配利润": "retained_earnings",
    "营业收入": "total_revenue",
    "营业成本": "cost_of_goods_sold",
    "息税前利润": "ebit",
    "净利润": "net_income",
    "总市值": "market_value",
}
_MILLION = 1_000_000
FIRM_MONTHS = 14


def _add_firms(book: Book, seed: int, buyers_max: int | None) -> None:
    """Firms with real accounts. What they buy is simulated: 0.003 % of their sales a month."""
    for place, row in enumerate(sources.firm_years()[:buyers_max]):
        random = Random(f"{seed}:firm:{place}")
        letter = "ABCDEFGH"[place]
        buyer = Buyer(
            code=f"S-{letter}",
            name=f"美国上市公司 {letter}（真实财报，名称未公开）",
            name_en=f"US listed firm {letter} (real accounts, unnamed in the source)",
            uscc="",
            country="USA",
            city="",
            industry="制造业" if Decimal(row["inventory"]) else "服务业",
            status="active",
            unit="overseas",
            currency="USD",
            terms="N45",
            # The two that failed within the year pay as such firms do.
            habit=HABITS[5] if row["failed"] == "1" else _habit(random),
        )
        book.buyers.append(buyer)
        book.sales.extend(_firm_sales(buyer, Decimal(row["total_revenue"]), book.until, random))
        figures = {label: Decimal(row[name]) * _MILLION for label, name in _FIGURES.items()}
        source = f"US firm-year {row['year']} (CC BY 4.0), dated to last year"
        book.accounts.append(Accounts(buyer, date(book.until.year - 1, 12, 31), source, figures))


def _firm_sales(buyer: Buyer, revenue: Decimal, until: date, random: Random) -> Iterator[Sale]:
    for month in range(FIRM_MONTHS, 0, -1):
        day = _working_day(until - timedelta(days=30 * month - random.randrange(20)))
        amount = (revenue * 30 * random.randrange(70, 131) / 100).quantize(Decimal("0.01"))
        if day <= until:
            number = f"{buyer.code}-{FIRM_MONTHS - month + 1:02d}"
            due = due_on(parse(buyer.terms), day)
            yield Sale(number, buyer, day, day, to_minor(amount, buyer.currency), due)


def _habit(random: Random) -> Habit:
    return random.choices(HABITS, weights=[habit.of_100 for habit in HABITS])[0]


# --- What they buy


def _shift(orders: Sequence[SourceOrder], until: date) -> timedelta:
    """Whole weeks from the source's last day to the week that ends on `until`."""
    last = max(order.ordered_on for order in orders)
    return timedelta(weeks=(until - last).days // 7)


def _sale(
    prefix: str,
    order: SourceOrder,
    buyer: Buyer,
    shift: timedelta,
    amount_minor: int,
    until: date,
    seed: int,
) -> Sale:
    ordered = order.ordered_on + shift
    if prefix:  # Northwind tells when it shipped; what it has not shipped is an open order
        invoiced = order.shipped_on + shift if order.shipped_on else None
    else:
        fresh = amount_minor > 0 and (until - ordered).days < OPEN_ORDER_DAYS
        invoiced = None if fresh else ordered
    if invoiced is None or invoiced > until:
        return Sale(f"{prefix}{order.number}", buyer, ordered, None, amount_minor, None)
    due = invoiced if amount_minor < 0 else due_on(parse(buyer.terms), invoiced)
    random = Random(f"{seed}:dispute:{order.number}")
    young = (until - invoiced).days < DISPUTED_DAYS and amount_minor > 0
    disputed = young and random.randrange(100) < DISPUTED_PCT
    return Sale(f"{prefix}{order.number}", buyer, ordered, invoiced, amount_minor, due, disputed)


# --- How they pay


class _Part(NamedTuple):
    """A part of an invoice that the buyer pays on a day."""

    paid_on: date
    amount_minor: int
    invoice: str


def pay(buyer: Buyer, sales: Iterable[Sale], until: date, random: Random) -> Iterator[Payment]:
    """The receipts of one buyer, in order of time: parts of a day become one receipt."""
    billed = [sale for sale in sales if sale.invoiced_on is not None]
    invoices = [sale for sale in billed if sale.amount_minor > 0 and not sale.disputed]
    parts = [part for sale in invoices for part in _parts(buyer.habit, sale, until, random)]
    if len(invoices) >= FRIDAY_PAYER_INVOICES and buyer.habit is HABITS[0]:
        parts = [part._replace(paid_on=_next_friday(part.paid_on)) for part in parts]
    by_day: dict[date, list[_Part]] = defaultdict(list)
    for part in parts:
        if part.paid_on <= until:
            by_day[part.paid_on].append(part)
    credits = sorted((s.invoiced_on, -s.amount_minor) for s in billed if s.amount_minor < 0)
    pool, seen = 0, 0
    for count, day in enumerate(sorted(by_day), start=1):
        while seen < len(credits) and credits[seen][0] <= day:
            pool, seen = pool + credits[seen][1], seen + 1
        gross = sum(part.amount_minor for part in by_day[day])
        deducted = min(pool, gross)
        pool -= deducted
        if gross == deducted:
            continue
        amount = gross - deducted
        if random.randrange(100) < ROUNDED_UP_PCT:
            amount += -amount % 100_000
        told = len(by_day[day]) == 1 and random.randrange(100) < REFERENCE_PCT
        reference = by_day[day][0].invoice if told else ""
        yield Payment(f"R-{buyer.code}-{count:04d}", buyer, day, amount, reference)


def _parts(habit: Habit, sale: Sale, until: date, random: Random) -> Iterator[_Part]:
    assert sale.due_on is not None and sale.invoiced_on is not None
    first = _delay(habit, sale.due_on, until, random)
    earliest = sale.invoiced_on + timedelta(days=1)
    paid_on = _working_day(max(earliest, sale.due_on + timedelta(days=first)))
    now = sale.amount_minor * habit.part_pct // 100
    yield _Part(paid_on, now, sale.number)
    if now < sale.amount_minor:
        later = _working_day(paid_on + timedelta(days=random.randrange(25, 60)))
        yield _Part(later, sale.amount_minor - now, sale.number)


def _delay(habit: Habit, due: date, until: date, random: Random) -> int:
    days = habit.days + random.randint(-habit.spread, habit.spread)
    if habit.worse_days:
        into = WORSENING_DAYS - (until - due).days
        days += max(0, into) * habit.worse_days // WORSENING_DAYS
    return days


def _working_day(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > FRIDAY else 0)


def _next_friday(day: date) -> date:
    return day + timedelta(days=(FRIDAY - day.weekday()) % 7)
