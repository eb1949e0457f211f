"""What decisions stand on: the locked lines of some customers, the trees above them, the rates.

One statement locks, one looks at how each line stands, and only where a line belongs to a tree a
third reads its relatives; rates are looked up where currencies differ. An order is booked on one
line, its *account*; it must fit into the *limit line* (the customer's own line that carries the
limit, often the account itself) and every set limit above. Example: an order in EUR on an account
without a limit of its own counts on the customer's line in CNY at 7.8123, and in the group's.

Within a batch each order sees what the ones before it took (`take`), in memory, under the lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import astuple

from xinheng.almanac.queries import rates_for
from xinheng.credit.decide import Facts, Level, Limit, Order, counts, is_later
from xinheng.credit.exposure import Components, used
from xinheng.credit.policy import KINDS, Policy
from xinheng.credit.rates import RateUsed, convert
from xinheng.decisions.asked import Asked
from xinheng.decisions.facts import Standing, find_relatives, find_standings
from xinheng.limits.in_force import bring_in_force
from xinheng.limits.locking import lock_exactly, read_lines
from xinheng.limits.values import LockedLine

Pair = tuple[str, str]
OWN, GROUP = "", "group"


class LineMoved(Exception):
    """Between reading and locking, a line took another place in its tree, or an order's
    reservation appeared on another line.
    """


class Noted:
    """Which rates some figures were converted with, and the pairs that had none."""

    def __init__(self) -> None:
        self.used: dict[Pair, RateUsed] = {}
        self.missing: set[str] = set()


class Ground:
    """Lines by id (locked ones and their relatives), how they stand, and the rates of the day."""

    def __init__(
        self,
        lines: dict[int, LockedLine],
        standings: dict[int, Standing],
        policy: Policy,
        at: datetime,
        today: date,
        using: str = "default",
    ) -> None:
        self.policy, self.at, self.today, self.using = policy, at, today.isoformat(), using
        self.standings = standings
        self.lines = {id_: _split_later(one, standings.get(id_)) for id_, one in lines.items()}
        self.below: dict[int, list[int]] = defaultdict(list)
        for one in self.lines.values():
            for above in one.path:
                self.below[above].append(one.id)
        # a policy that does not ask for the credit file decides on facts without it
        self.reads_file = any("file" in KINDS[check.kind].facts for check in policy.checks)
        self._rates: dict[Pair, RateUsed | None] = {}
        self.promised: set[str] = set()  # orders that got a reservation on this ground

    # --- Where an order counts

    def limit_line(self, account_id: int) -> LockedLine:
        """The customer's own line whose limit governs the account: the nearest one that is set,
        else its own line.
        """
        account = self.lines[account_id]
        if account.root_id is None:
            return account
        own = [one for one in self.upwards(account) if one.scope == OWN]
        return next((one for one in own if is_set(one.limit)), own[0] if own else account)

    def upwards(self, account: LockedLine) -> list[LockedLine]:
        return [account, *(self.lines[id_] for id_ in account.path)]

    def _subtree(self, line_id: int) -> list[LockedLine]:
        return [self.lines[line_id], *(self.lines[id_] for id_ in self.below.get(line_id, ()))]

    # --- Facts

    def facts(self, account_id: int, asked: Asked) -> tuple[Facts, Order]:
        """What the core decides from. The order itself, its reservation and what documents hold on
        order, is taken off the lines that it is booked on.
        """
        itself = asked.carried.itself
        if not itself:
            return self._facts(self.lines[account_id], asked)
        kept = {one.line_id: self.lines[one.line_id] for one in itself}
        try:
            for one in itself:
                self.take(one.line_id, -one.minor, one.delivery_on)
            return self._facts(self.lines[account_id], asked)
        finally:
            self.lines.update(kept)

    def _facts(self, account: LockedLine, asked: Asked) -> tuple[Facts, Order]:
        if account.root_id is None and account.scope == OWN:
            return self._facts_alone(account, asked)
        line = self.limit_line(account.id)
        self._look_up_rates(account, line)
        noted = Noted()
        order = self._order(asked, line, noted)
        components = self._components(line, noted)
        overdue, days = self._overdue(line, noted)
        levels = tuple(self._levels(account, line, asked, noted))
        standing = self.standings[account.id]
        facts = Facts(
            asked.status or standing.status,
            line.limit,
            components,
            overdue,
            days,
            standing.grade or None,
            standing.rating_valid_until,
            self.today,
            payer_status=standing.status if asked.status else None,
            levels=levels,
            rates=tuple(rate for _, rate in sorted(noted.used.items())),
            rates_missing=tuple(sorted(noted.missing)),
            point=asked.point,
            tolerated_minor=self._tolerated(asked, line.currency, noted),
            passed_on=asked.passed_on,
            held=asked.held,
            file=standing.file if self.reads_file else None,
        )
        return facts, order

    def _facts_alone(self, line: LockedLine, asked: Asked) -> tuple[Facts, Order]:
        """Most orders: an own line in its own currency, with nothing above it."""
        standing = self.standings[line.id]
        facts = Facts(
            asked.status or standing.status,
            line.limit,
            line.components,
            standing.overdue_minor,
            standing.overdue_days_max,
            standing.grade or None,
            standing.rating_valid_until,
            self.today,
            payer_status=standing.status if asked.status else None,
            point=asked.point,
            tolerated_minor=asked.tolerated_minor,
            passed_on=asked.passed_on,
            held=asked.held,
            file=standing.file if self.reads_file else None,
        )
        return facts, self._order(asked, line, Noted())

    def _order(self, asked: Asked, line: LockedLine, noted: Noted) -> Order:
        """The order in a limit's currency. What is fulfilled is left out only where it counts: a
        sub-limit does not see what the ERP booked outside of it.
        """
        currency = line.currency
        fulfilled = asked.carried.fulfilled_minor
        if fulfilled and not self._lies_within(asked.carried.documents_on, line.id):
            fulfilled = 0
        converted = currency != asked.currency
        return Order(
            asked.ref,
            asked.version,
            self._in(asked.amount_minor, asked.currency, currency, noted),
            currency,
            asked.terms_days,
            asked.requested_on or self.today,
            asked.delivery_on,
            self._in(fulfilled, asked.currency, currency, noted),
            asked.amount_minor if converted else None,
            asked.currency if converted else None,
        )

    def _lies_within(self, line_id: int | None, above_id: int) -> bool:
        return line_id is not None and above_id in (line_id, *self.lines[line_id].path)

    def _tolerated(self, asked: Asked, currency: str, noted: Noted) -> int | None:
        if asked.tolerated_minor is None:
            return None
        return self._in(asked.tolerated_minor, asked.currency, currency, noted)

    def _components(self, line: LockedLine, noted: Noted) -> Components:
        """The line's own and all that is booked below it, each currency's sum converted once."""
        sums: dict[str, list[int]] = {}
        for one in self._subtree(line.id):
            figures = list(astuple(one.components))
            before = sums.get(one.currency)
            if before:
                figures = [a + b for a, b in zip(before, figures, strict=True)]
            sums[one.currency] = figures
        total = [0] * len(astuple(line.components))
        for currency, figures in sums.items():
            for place, minor in enumerate(figures):
                total[place] += self._in(minor, currency, line.currency, noted)
        return Components(*total)

    def _overdue(self, line: LockedLine, noted: Noted) -> tuple[int, int]:
        """Overdue on the customer's own lines, and the days of the oldest of it."""
        total, oldest = 0, 0
        for one in self._subtree(line.id):
            standing = self.standings.get(one.id)
            if standing is not None:
                minor = standing.overdue_minor
                total += self._in(minor, one.currency, line.currency, noted)
                oldest = max(oldest, standing.overdue_days_max)
        return total, oldest

    def _levels(
        self, account: LockedLine, line: LockedLine, asked: Asked, noted: Noted
    ) -> Iterable[Level]:
        for one in self.upwards(account):
            if one.id == line.id or not is_set(one.limit):
                continue
            kind, _, name = one.scope.partition(":")
            order = self._order(asked, one, noted)
            yield Level(
                kind or "own",
                name or self.standings[one.id].code,
                one.currency,
                one.limit,
                self.use(one, noted),
                counts(order, self.today, self.policy),
            )

    def use(self, line: LockedLine, noted: Noted | None = None) -> int:
        """What counts in a line and all below it, in its currency. What lacks a rate is noted."""
        self._look_up_rates(line, line)
        notes = Noted() if noted is None else noted
        total: dict[str, int] = defaultdict(int)
        for one in self._subtree(line.id):
            total[one.currency] += used(one.components, self.policy.exposure)
        return sum(
            self._in(minor, currency, line.currency, notes) for currency, minor in total.items()
        )

    # --- Rates

    def _look_up_rates(self, account: LockedLine, line: LockedLine) -> None:
        """All pairs that the account's tree may need, in one look; each only once a batch."""
        wanted: set[Pair] = set()
        for target in {line.id: line, **{one.id: one for one in self.upwards(account)}}.values():
            for one in self._subtree(target.id):
                wanted.add((one.currency, target.currency))
            wanted.add((account.currency, target.currency))
        new = {pair for pair in wanted if pair[0] != pair[1] and pair not in self._rates}
        if not new:
            return
        rule = self.policy.rates
        day = date.fromisoformat(self.today)
        found = rates_for(sorted(new), day, rule.kind, age_days=rule.age_days, using=self.using)
        self._rates.update({pair: found.get(pair) for pair in new})

    def _in(self, minor: int, currency: str, target: str, noted: Noted) -> int:
        """An amount in another currency; 0 and a note where there is no rate."""
        if currency == target or not minor:
            return minor
        rate = self._rates.get((currency, target))
        if rate is None:
            noted.missing.add(f"{currency}/{target}")
            return 0
        noted.used[currency, target] = rate
        return convert(minor, currency, target, Decimal(rate.rate))

    # --- Taking

    def next_version(self, line_id: int) -> int:
        """A promise grows the version of every line that it is measured on."""
        line = self.lines[line_id]
        self.lines[line_id] = line._replace(line_version=line.line_version + 1)
        return line.line_version + 1

    def take(self, account_id: int, amount_minor: int, delivery_on: str | None = None) -> None:
        """The account's orders count more (or less) from here on."""
        later = is_later(delivery_on, self.today, self.policy)
        self.lines[account_id] = with_orders(self.lines[account_id], amount_minor, later=later)


def is_set(limit: Limit) -> bool:
    """Whether a limit says anything at all; zero does."""
    return limit.amount_minor is not None or limit.unlimited


def with_orders(line: LockedLine, delta_minor: int, *, later: bool = False) -> LockedLine:
    """The line as if its orders (or those beyond the horizon) counted more, or less."""
    c = line.components
    changed = Components(
        c.open_items,
        c.unbilled,
        c.orders if later else c.orders + delta_minor,
        c.bills,
        c.guarantees,
        c.unapplied,
        c.prepaid,
        c.bank_bills,
        c.listed_bills,
        c.later + delta_minor if later else c.later,
    )
    return line._replace(components=changed)


def _split_later(line: LockedLine, standing: Standing | None) -> LockedLine:
    """The counter of orders holds both; those beyond the horizon are told apart."""
    if standing is None or not standing.later_minor:
        return line
    return with_orders(with_orders(line, -standing.later_minor), standing.later_minor, later=True)


def stand_on(
    cursor: Any,
    line_ids: Iterable[int],
    policy: Policy,
    time_zone: str,
    at: datetime | None,
    *,
    lock: bool = True,
    using: str = "default",
) -> Ground | None:
    """Lock the lines, read how they stand and what belongs to them. None where no line is named.

    line_ids must hold whole paths; LineMoved where a path changed before the lock was ours.
    `lock` False only looks, for somebody who decides nothing.
    """
    lines = lock_exactly(line_ids, using=using) if lock else read_lines(line_ids, using=using)
    clock, today, standings = find_standings(cursor, list(lines), policy, time_zone, at)
    if clock is None or today is None:
        return None
    stale = [
        one.id
        for one in lines.values()
        if one.in_force_until is not None and one.in_force_until < today.isoformat()
    ]
    if stale and lock:
        bring_in_force(stale, today=today, at=clock, using=using)
        lines |= lock_exactly(stale, using=using)
    if any(above not in lines for one in lines.values() for above in one.path):
        raise LineMoved
    roots = sorted({one.root_id for one in lines.values() if one.root_id is not None})
    if roots:
        relatives, stand = find_relatives(cursor, roots, policy, time_zone, clock)
        lines = relatives | lines
        standings = stand | standings
    return Ground(lines, standings, policy, clock, today, using)


def whole_paths(parties: Sequence[Any]) -> set[int]:
    """The lines of some parties with all lines above them."""
    found: set[int] = set()
    for party in parties:
        if party is not None and party.line_id is not None:
            found.add(party.line_id)
            found.update(party.path)
            if party.pending_line_id is not None:
                found.add(party.pending_line_id)
                found.update(party.pending_path)
    return found
