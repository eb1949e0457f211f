"""The simulated half of the demonstration book: who the buyers are, on what terms they buy, how
they pay.

Real are order numbers, customers, days and amounts (in GBP and USD), and the eight firms' accounts.
Simulated, all from one seed, the same on every machine: names, cities, USCC, business units, terms,
due dates, receipts. GBP become CNY at the fixed rate of 9.20. Days are shifted by whole weeks, so
that weekdays stay and the last order falls in the week that ends yesterday.

How a buyer pays is in `paying.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from xinheng.connectors.demo import naming, quoting, sources
from xinheng.connectors.demo.paying import WORST, draw_habit, pay, working_day
from xinheng.connectors.demo.sources import SourceOrder
from xinheng.connectors.demo.statements import add_statements
from xinheng.connectors.demo.values import Accounts, Book, Buyer, Sale
from xinheng.credit.money import apply_rate, to_minor
from xinheng.credit.term import due_on, parse

SEED = 20261122
GBP_IN_CNY = Decimal("9.20")
ORDERS_KEPT_DAYS = 90  # orders older than this are known by their invoices alone
OPEN_ORDER_DAYS = 4  # the newest orders are not invoiced yet
DISPUTED_PCT = 2
DISPUTED_DAYS = 75
TERMS = ("N30", "N30", "N30", "N30", "N45", "N60", "N60", "EOM+30")
STATUSES = {7: "watch", 41: "blocked", 88: "watch", 133: "blocked", 201: "watch", 260: "closed"}


def build(until: date, *, seed: int = SEED, buyers_max: int | None = None) -> Book:
    """The whole book up to and including `until`; `buyers_max` cuts each source to so many
    customers.
    """
    book = Book(until, quotes=quoting.quotes(until, seed))
    random = Random(seed)
    brands = iter(naming.brands(random))
    _add_wholesale(book, brands, seed, buyers_max)
    _add_northwind(book, seed, buyers_max)
    _add_firms(book, seed, buyers_max)
    by_buyer: dict[str, list[Sale]] = defaultdict(list)
    for sale in book.sales:
        by_buyer[sale.buyer.code].append(sale)
    add_statements(book, seed)
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
        habit=draw_habit(random),
    )


def _add_northwind(book: Book, seed: int, buyers_max: int | None) -> None:
    buyers = {}
    for row in sources.northwind_customers()[:buyers_max]:
        random = Random(f"{seed}:buyer:{row.code}")
        buyers[row.code] = Buyer(
            code=f"X-{row.code}",
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
            habit=draw_habit(random),
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
            code=f"Z-{letter}",
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
            habit=WORST if row["failed"] == "1" else draw_habit(random),
        )
        book.buyers.append(buyer)
        book.sales.extend(_firm_sales(buyer, Decimal(row["total_revenue"]), book.until, random))
        figures = {label: Decimal(row[name]) * _MILLION for label, name in _FIGURES.items()}
        source = f"US firm-year {row['year']} (CC BY 4.0), dated to last year"
        book.accounts.append(Accounts(buyer, date(book.until.year - 1, 12, 31), source, figures))


def _firm_sales(buyer: Buyer, revenue: Decimal, until: date, random: Random) -> Iterator[Sale]:
    for month in range(FIRM_MONTHS, 0, -1):
        day = working_day(until - timedelta(days=30 * month - random.randrange(20)))
        amount = (revenue * 30 * random.randrange(70, 131) / 100).quantize(Decimal("0.01"))
        if day <= until:
            number = f"{buyer.code}-{FIRM_MONTHS - month + 1:02d}"
            due = due_on(parse(buyer.terms), day)
            yield Sale(number, buyer, day, day, to_minor(amount, buyer.currency), due)


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
