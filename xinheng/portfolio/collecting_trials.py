"""Trials of collections: would these orders go if so much money came in?

A family's lines are changed in memory as receipts would change them, its orders are decided one
after the other by `credit.decide`, each taking what it would reserve, and everything is put back.
The least money is found by halving, because more money is never worse. Example: limit 100.00, used
90.00, orders of 20.00 and 30.00 wait: 10.00 free the first, 40.00 both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from msgspec.structs import replace

from xinheng.credit.decide import Verdict, decide
from xinheng.credit.way_changes import Items, Scene, paid_by
from xinheng.credit.way_offers import cash_guesses
from xinheng.credit.ways_out import CURES, blocking_codes, smallest
from xinheng.customers.models import Customer
from xinheng.decisions.asked import Asked
from xinheng.decisions.ground import Ground
from xinheng.decisions.models import Decision

Payments = dict[int, int]  # payer → minor units
ABOVE = CURES["member_pays"]


class Waiting(NamedTuple):
    """A held order: the account it is booked on, how it is asked about now, and who pays."""

    decision: Decision
    account_id: int
    asked: Asked
    payer: Customer

    @property
    def worth_minor(self) -> int:
        return self.decision.amount_minor


class Family(NamedTuple):
    """Waiting orders of lines that share a limit, and the open invoices of their payers."""

    ground: Ground
    waiting: tuple[Waiting, ...]
    items: Mapping[int, Items]

    def open_minor(self, payer: int) -> int:
        return sum(item.open_minor for item in self.items[payer])


def only_money_helps(verdict: Verdict) -> bool:
    """Whether receipts alone may free it; what passes already needs not even that."""
    return verdict.outcome != "decline" and blocking_codes(verdict) <= CURES["receive"]


def least_payments(family: Family, held: tuple[Waiting, ...]) -> Payments | None:
    """The least receipts that free all of these orders together; None where no money does.

    First what each payer's own line needs, then what a shared limit needs beyond that, from one
    payer after the other.
    """
    payers = sorted({one.payer.pk for one in held})
    most = {payer: family.open_minor(payer) for payer in payers}
    if not passes(family, held, most):
        return None
    guesses = _guesses(family, held)
    needed: Payments = {}
    for payer in payers:
        own = tuple(one for one in held if one.payer.pk == payer)
        needed[payer] = _least(
            most[payer],
            guesses,
            lambda amount, own=own, payer=payer: passes(  # type: ignore[misc]
                family, own, {payer: amount}, allowed=ABOVE
            ),
        )
    further = sum(most.values()) - sum(needed.values())
    extra = _least(
        further,
        [guess - sum(needed.values()) for guess in guesses],
        lambda amount: passes(family, held, _beside(needed, most, amount)),
    )
    return _beside(needed, most, extra)


def _beside(needed: Payments, most: Payments, extra: int) -> Payments:
    """Further money from the payers in turn, as far as they owe anything."""
    paid = dict(needed)
    for payer in sorted(most):
        part = min(extra, most[payer] - needed[payer])
        paid[payer] += part
        extra -= part
    return paid


def _least(most: int, guesses: Iterable[int], does: Callable[[int], bool]) -> int:
    """The smallest figure from 0 to `most` that does; `most` is known to do."""
    return 0 if not most or does(0) else smallest(1, most, guesses, does)


def _guesses(family: Family, held: tuple[Waiting, ...]) -> list[int]:
    """Where the least may lie: what each order lacks after those before it."""
    found: list[int] = []
    with _as_if(family, {}, held):
        for one in held:
            facts, order = family.ground.facts(one.account_id, one.asked)
            found += cash_guesses(
                Scene(facts, order, family.ground.policy, family.items[one.payer.pk])
            )
            _take(family, one)
    return found


def passes(
    family: Family,
    held: tuple[Waiting, ...],
    payments: Payments,
    *,
    allowed: frozenset[str] = frozenset(),
) -> bool:
    """Whether each order would be approved, or stopped by nothing but what is allowed."""
    with _as_if(family, payments, held):
        for one in held:
            facts, order = family.ground.facts(one.account_id, one.asked)
            verdict = decide(facts, order, family.ground.policy)
            if verdict.outcome == "decline" or not blocking_codes(verdict) <= allowed:
                return False
            _take(family, one)
    return True


def _take(family: Family, one: Waiting) -> None:
    if promised := one.asked.to_promise_minor:
        family.ground.take(one.account_id, promised, one.asked.delivery_on)


@contextmanager
def _as_if(family: Family, payments: Payments, held: tuple[Waiting, ...]) -> Iterator[None]:
    """The ground as it would be with this money; afterwards as it was."""
    ground = family.ground
    payers = {one.payer.pk for one in held}
    tree = {id_ for one in held for id_ in _tree(ground, one.account_id)}
    mine = {id_ for id_ in tree if ground.lines[id_].customer_id in payers}
    lines = {id_: ground.lines[id_] for id_ in mine}
    standings = {id_: ground.standings[id_] for id_ in mine if id_ in ground.standings}
    try:
        for payer, amount in payments.items():
            if amount:
                currency = next(one.asked.currency for one in held if one.payer.pk == payer)
                _receive(ground, mine, payer, currency, family.items[payer], amount)
        yield
    finally:
        ground.lines.update(lines)
        ground.standings.update(standings)


def _tree(ground: Ground, account_id: int) -> Iterable[int]:
    line = ground.lines[account_id]
    if line.root_id is None:
        return (account_id,)
    return (line.root_id, *ground.below.get(line.root_id, ()))


def _receive(
    ground: Ground, mine: set[int], payer: int, currency: str, items: Items, amount: int
) -> None:
    """Each account of the payer by what is paid of its own invoices."""
    paid = {part.number: part.open_minor for part in paid_by(amount, items)}
    today = date.fromisoformat(ground.today)
    for id_ in mine:
        line = ground.lines[id_]
        if (line.customer_id, line.currency) != (payer, currency):
            continue
        own = [item for item in items if item.scope == line.scope]
        settled = sum(paid.get(item.number, 0) for item in own)
        if not settled:
            continue
        fewer = replace(line.components, open_items=line.components.open_items - settled)
        ground.lines[id_] = line._replace(components=fewer)
        late = [item for item in own if item.due_on < ground.today and not item.disputed]
        standing = ground.standings[id_]
        overdue = standing.overdue_minor - sum(paid.get(item.number, 0) for item in late)
        still = [item.due_on for item in late if paid.get(item.number, 0) < item.open_minor]
        known = sum(item.open_minor - paid.get(item.number, 0) for item in late)
        days = (today - date.fromisoformat(min(still))).days if still else 0
        if overdue > known:  # some of it is not on the list
            days = standing.overdue_days_max
        ground.standings[id_] = standing._replace(overdue_minor=overdue, overdue_days_max=days)
