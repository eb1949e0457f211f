"""Three years of simulated accounts for the first buyers at home, in the CAS format.

A small model of a trading firm, in whole 元 from one seed: sales follow what it buys from us, slow
payers earn less and owe more. Each year's balance follows from the year before, so that the three
statements balance, foot and tie to each other. Worked: opening cash 100, operating +40, investing
−30, financing +5 → closing cash 115, and that is the balance sheet's cash.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from random import Random
from typing import Any, Final, NamedTuple

from xinheng.connectors.demo.values import Book, Buyer, Sheet
from xinheng.dossiers.models import Statement
from xinheng.dossiers.statement_filing import verify_statement
from xinheng.people.actor import Actor

BUYERS: Final = 72
YEARS: Final = 3
FEN: Final = 100
_AUDITORS: Final = ("演示甲会计师事务所", "演示乙会计师事务所", "演示丙会计师事务所")


class _Firm(NamedTuple):
    """What stays: margins and habits in thousandths of sales, days of stock and credit."""

    gross: int
    costs: int
    receivable_days: int
    inventory_days: int
    payable_days: int
    weak: int  # 0 sound … 3 in trouble


class _Position(NamedTuple):
    """A balance sheet in 元."""

    cash: int
    receivables: int
    prepayments: int
    other_receivables: int
    inventory: int
    fixed: int
    intangible: int
    loans: int
    payables: int
    advances: int
    staff: int
    taxes: int
    other_payables: int
    capital: int
    surplus: int
    profit: int

    def lines(self) -> dict[str, int]:
        told = dict(zip(_BALANCE, self, strict=True))
        return {code: value for code, value in told.items() if value or code == "cash"}


_BALANCE: Final = (
    *("cash", "trade_receivables", "prepayments", "other_receivables", "inventory"),
    *("fixed_assets", "intangible_assets", "short_term_loans", "trade_payables"),
    *("contract_liabilities", "employee_payables", "taxes_payable", "other_payables"),
    *("paid_in_capital", "surplus_reserve", "undistributed_profit"),
)


def add_statements(book: Book, seed: int) -> None:
    """The sheets of the first buyers at home that buy in 人民币."""
    bought: dict[str, int] = {}
    for sale in book.sales:
        bought[sale.buyer.code] = bought.get(sale.buyer.code, 0) + sale.amount_minor
    home = [one for one in book.buyers if one.uscc and one.currency == "CNY"][:BUYERS]
    for buyer in home:
        random = Random(f"{seed}:accounts:{buyer.code}")
        yearly = max(20_000, bought.get(buyer.code, 0) // (2 * FEN))
        book.sheets.extend(_years(buyer, yearly * random.randrange(15, 60), book.until, random))


def verify_audited(alice: Actor, today: date, *, at: datetime) -> int:
    """Alice has compared the audited accounts of earlier years with the paper; the newest wait."""
    rows = (
        Statement.objects.all()
        .known()
        .filter(
            simulated=True,
            standard="cas",
            verified_at__isnull=True,
            period_end__lt=date(today.year - 1, 1, 1),
        )
    )
    ids = list(rows.exclude(audit_opinion="unaudited").order_by("pk").values_list("pk", flat=True))
    for pk in ids:
        verify_statement(pk, "third_party", actor=alice, at=at)
    return len(ids)


def _years(buyer: Buyer, sales: int, until: date, random: Random) -> Iterator[Sheet]:
    firm = _firm(buyer, random)
    position = _opening(firm, sales, random)
    opinion = random.choices(
        ("unqualified", "emphasis", "qualified", "unaudited"), (60 - 12 * firm.weak, 5, 4, 25)
    )[0]
    auditor = "" if opinion == "unaudited" else random.choice(_AUDITORS)
    for back in range(YEARS, 0, -1):
        sales = sales * (1_000 + random.randrange(-60, 160) - 50 * firm.weak) // 1_000
        position, flows = _year(firm, position, sales, random)
        lines = position.lines() | flows
        end = date(until.year - back, 12, 31)
        yield Sheet(
            buyer, end, {code: yuan * FEN for code, yuan in lines.items()}, opinion, auditor
        )


def _firm(buyer: Buyer, random: Random) -> _Firm:
    """Who pays late is weaker; the delay is known from its habit."""
    days = buyer.habit.days + buyer.habit.worse_days // 2
    weak = 0 if days <= 3 else 1 if days <= 15 else 2 if days <= 40 else 3
    return _Firm(
        gross=random.randrange(190, 300) - 25 * weak,
        costs=random.randrange(120, 170) + 6 * weak,
        receivable_days=random.randrange(35, 80) + 12 * weak,
        inventory_days=random.randrange(40, 95) + 10 * weak,
        payable_days=random.randrange(40, 75) + 18 * weak,
        weak=weak,
    )


def _opening(firm: _Firm, sales: int, random: Random) -> _Position:
    """Where the first year begins; capital and reserves are what is left over the debts."""
    bought = sales * (1_000 - firm.gross) // 1_000
    fixed, loans = sales * random.randrange(8, 25) // 100, sales * (6 + 5 * firm.weak) // 100
    assets = [
        sales * random.randrange(5, 12) // 100,
        sales * firm.receivable_days // 360,
        bought // 60,
        sales // 150,
        bought * firm.inventory_days // 360,
        fixed,
        fixed // 12,
    ]
    debts = [
        loans,
        bought * firm.payable_days // 360,
        sales // 90,
        sales // 120,
        sales // 160,
        sales // 140,
    ]
    own = sum(assets) - sum(debts)
    capital = max(own * 6 // 10, own // 2)
    surplus = max(0, (own - capital) // 10)
    return _Position(*assets, *debts, capital, surplus, own - capital - surplus)


def _year(
    firm: _Firm, old: _Position, sales: int, random: Random
) -> tuple[_Position, dict[str, int]]:
    """One year on: income first, then what stands at its end, then the cash that it leaves."""
    cost = sales * (1_000 - firm.gross + random.randrange(-12, 13)) // 1_000
    depreciation, amortisation = old.fixed // 10, old.intangible // 10
    income = _income(firm, old, sales, cost, random)
    end = _end(firm, old, sales, cost, depreciation, amortisation, random)
    cash = _cash_flow(old, end, income, depreciation, amortisation, cost, sales)
    dividend = max(0, income["net"] * 3 // 10) if firm.weak < 2 else 0
    before = old.cash + cash["operating"] - end["capex"] - income["interest"] - dividend
    wanted = sales * 6 // 100
    borrowed = max(0, wanted - before)
    repaid = min(old.loans, max(0, before - wanted * 2))
    reserve = max(0, income["net"] // 10)
    position = _Position(
        cash=before + borrowed - repaid,
        loans=old.loans + borrowed - repaid,
        capital=old.capital,
        surplus=old.surplus + reserve,
        profit=old.profit + income["net"] - dividend - reserve,
        **end["stands"],
    )
    flows = income["lines"] | cash["lines"]
    flows |= {
        "capital_expenditure": end["capex"],
        "borrowings_received": borrowed,
        "debt_repaid": repaid,
        "dividends_and_interest_paid": dividend + income["interest"],
        "opening_cash": old.cash,
        "closing_cash": position.cash,
    }
    return position, flows


def _income(firm: _Firm, old: _Position, sales: int, cost: int, random: Random) -> dict[str, Any]:
    costs = sales * (firm.costs + random.randrange(-8, 9)) // 1_000
    interest, earned = old.loans * 45 // 1_000, max(0, old.cash) * 3 // 1_000
    lines = {
        "revenue": sales,
        "cost_of_sales": cost,
        "taxes_and_surcharges": sales // 200,
        "selling_expenses": costs * 55 // 100,
        "admin_expenses": costs - costs * 55 // 100 + old.fixed // 10 + old.intangible // 10,
        "finance_expenses": interest - earned,
        "interest_expense": interest,
        "interest_income": earned,
        "other_gains": sales // 900,
        "credit_impairment": -(old.receivables * (4 + 6 * firm.weak) // 1_000),
        "nonoperating_income": sales // 1_500,
        "nonoperating_expenses": sales // 2_000,
    }
    minus = (
        *("cost_of_sales", "taxes_and_surcharges", "selling_expenses", "admin_expenses"),
        *("finance_expenses", "nonoperating_expenses"),
    )
    plus = ("revenue", "other_gains", "credit_impairment", "nonoperating_income")
    before_tax = sum(lines[name] for name in plus) - sum(lines[name] for name in minus)
    lines["income_tax"] = max(0, before_tax // 4)
    lines["net_profit"] = before_tax - lines["income_tax"]
    return {"lines": lines, "net": lines["net_profit"], "interest": interest, "costs": costs}


def _end(
    firm: _Firm,
    old: _Position,
    sales: int,
    cost: int,
    depreciation: int,
    amortisation: int,
    random: Random,
) -> dict[str, Any]:
    """What stands at the end of the year but cash, loans and equity."""
    capex = depreciation * random.randrange(60, 170) // 100

    def days(base: int) -> int:
        return base + random.randrange(-6, 7)

    stands = {
        "receivables": sales * days(firm.receivable_days) // 360,
        "prepayments": cost // (55 + random.randrange(15)),
        "other_receivables": sales // (130 + random.randrange(40)),
        "inventory": cost * days(firm.inventory_days) // 360,
        "fixed": old.fixed + capex - depreciation,
        "intangible": old.intangible - amortisation,
        "payables": cost * days(firm.payable_days) // 360,
        "advances": sales // (80 + random.randrange(20)),
        "staff": sales // (110 + random.randrange(20)),
        "taxes": sales // (150 + random.randrange(20)),
        "other_payables": sales // (130 + random.randrange(20)),
    }
    return {"stands": stands, "capex": capex}


def _cash_flow(
    old: _Position,
    end: dict[str, Any],
    income: dict[str, Any],
    depreciation: int,
    amortisation: int,
    cost: int,
    sales: int,
) -> dict[str, Any]:
    """Operating cash by what was received and paid, and the same from net profit (the note)."""
    told, stands = income["lines"], end["stands"]
    grew = {name: value - getattr(old, name) for name, value in stands.items()}
    lost = -told["credit_impairment"]
    staff = income["costs"] * 45 // 100
    inflows = {
        "cash_from_sales": sales - lost - grew["receivables"] + grew["advances"],
        "other_operating_inflows": told["other_gains"]
        + told["interest_income"]
        + told["nonoperating_income"],
    }
    outflows = {
        "cash_for_purchases": cost + grew["inventory"] - grew["payables"] + grew["prepayments"],
        "cash_for_employees": staff - grew["staff"],
        "cash_for_taxes": told["taxes_and_surcharges"] + told["income_tax"] - grew["taxes"],
        "other_operating_outflows": income["costs"]
        - staff
        + told["nonoperating_expenses"]
        + grew["other_receivables"]
        - grew["other_payables"],
    }
    operating = sum(inflows.values()) - sum(outflows.values())
    note = {
        "note_net_profit": income["net"],
        "note_credit_impairment": lost,
        "depreciation": depreciation,
        "amortisation": amortisation,
        "note_finance_expenses": income["interest"],
        "inventory_decrease": -grew["inventory"],
        "operating_receivables_decrease": -lost
        - grew["receivables"]
        - grew["prepayments"]
        - grew["other_receivables"],
        "operating_payables_increase": grew["payables"]
        + grew["advances"]
        + grew["staff"]
        + grew["taxes"]
        + grew["other_payables"],
    }
    return {"operating": operating, "lines": inflows | outflows | note}
