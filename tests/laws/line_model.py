"""The model of R-01 and R-02: what an order check, a release, an expiry or a document means for one
company with two customers, in integers and dicts.

It knows nothing of the house. Worked: a limit of 1,000.00; the check of 800.00 finds 500.00 told by
the ERP under its number, and promises the other 300.00; 200.00 of it invoiced leave 100.00 of that
promise, because documents cover 700.00 of the order by then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

LIMIT = 1_000_00
RESERVED_FOR = timedelta(days=30)


@dataclass
class Account:
    limit: int = LIMIT
    billed: int = 0
    paid: int = 0

    @property
    def open_items(self) -> int:
        return max(self.billed - self.paid, 0)

    @property
    def unapplied(self) -> int:
        return max(self.paid - self.billed, 0)


@dataclass
class Chain:
    """What the documents of one order number of one customer say."""

    ordered: int = 0
    ended: bool = False
    delivered: int = 0
    invoiced: int = 0

    @property
    def fulfilled(self) -> int:
        return max(self.delivered, self.invoiced, 0)

    @property
    def covered(self) -> int:
        return self.fulfilled if self.ended else max(self.ordered, self.fulfilled)

    @property
    def open(self) -> int:
        return 0 if self.ended else max(self.ordered - self.fulfilled, 0)

    @property
    def unbilled(self) -> int:
        return max(max(self.delivered, 0) - self.invoiced, 0)


@dataclass
class Promise:
    of: str
    version: int
    amount: int
    before: int
    ends: datetime
    left: int
    state: str = "live"

    def told(self) -> str:
        return self.state if self.state != "live" else ("pending" if self.left else "posted")


@dataclass
class Verdict:
    of: str
    amount: int
    outcome: str
    hold: str | None  # waiting released rejected cancelled superseded
    promise: Promise | None = None
    cancelled: bool = False
    released_at: datetime | None = None
    until: datetime | None = None  # what was approved above a limit ends


@dataclass
class Model:
    """What the house should hold: accounts by customer, verdicts by (order, version), one group."""

    accounts: dict[str, Account] = field(default_factory=dict)
    verdicts: dict[tuple[str, int], Verdict] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    chains: dict[tuple[str, str], Chain] = field(default_factory=dict)
    orders_of: dict[str, str] = field(default_factory=dict)  # the ERP's own order numbers
    group: int | None = None

    def live(self, ref: str) -> Promise | None:
        mine = [v.promise for (r, _), v in self.verdicts.items() if r == ref and v.promise]
        return next((promise for promise in mine if promise.state == "live"), None)

    def chain(self, ref: str, of: str) -> Chain:
        return self.chains.get((ref, of), Chain())

    def orders(self, of: str) -> int:
        promised = sum(p.left for p in self.promises if p.of == of and p.state == "live")
        return promised + sum(c.open for (_, o), c in self.chains.items() if o == of)

    def unbilled(self, of: str) -> int:
        return sum(c.unbilled for (_, o), c in self.chains.items() if o == of)

    def used(self, of: str) -> int:
        account = self.accounts[of]
        return account.open_items + self.orders(of) + self.unbilled(of) - account.unapplied

    def fits(self, ref: str, of: str, amount: int) -> bool:
        chain = self.chain(ref, of)
        adds = max(amount - chain.fulfilled, 0) - chain.open
        if self.used(of) + adds > self.accounts[of].limit:
            return False
        return self.group is None or sum(map(self.used, self.accounts)) + adds <= self.group

    def check(self, ref: str, version: int, of: str, amount: int, now: datetime) -> Any:
        known = self.verdicts.get((ref, version))
        if known:
            same = (known.of, known.amount) == (of, amount)
            return (200, known.outcome) if same else (422, None)
        versions = [v for r, v in self.verdicts if r == ref]
        if versions and max(versions) > version:
            return (409, None)
        for earlier in (self.verdicts[ref, v] for v in versions):
            if earlier.hold == "waiting":
                earlier.hold = "superseded"
        self._end(self.live(ref), "replaced")
        fits = self.fits(ref, of, amount)
        leans = None if fits else self._tolerating(ref, of, amount, now)
        yes = fits or leans is not None
        verdict = Verdict(of, amount, "approve" if yes else "hold", None if yes else "waiting")
        self.verdicts[ref, version] = verdict
        if yes:
            self._promise(ref, verdict, version, now, leans and leans.until)
        return (200, verdict.outcome)

    def _tolerating(self, ref: str, of: str, amount: int, now: datetime) -> Verdict | None:
        """Ten per cent within three days of what a person released last, for the same customer; who
        cancels the order gives that up.
        """
        mine = [
            (v, x) for (r, v), x in sorted(self.verdicts.items(), key=lambda i: i[0]) if r == ref
        ]
        given_up = max((v for v, x in mine if x.cancelled), default=0)
        released = [x for v, x in mine if x.released_at and v > given_up]
        if not released:
            return None
        last = released[-1]
        near = (now - (last.released_at or now)).days <= 3 and last.of == of
        return last if near and amount <= last.amount + (last.amount + 5) // 10 else None

    def _promise(
        self,
        ref: str,
        verdict: Verdict,
        version: int,
        now: datetime,
        until: datetime | None = None,
    ) -> None:
        chain = self.chain(ref, verdict.of)
        amount = verdict.amount - chain.open - chain.fulfilled
        if amount > 0:
            ends = until or now + RESERVED_FOR
            promise = Promise(verdict.of, version, amount, chain.covered, ends, amount)
            verdict.promise = promise
            self.promises.append(promise)

    @staticmethod
    def _end(promise: Promise | None, state: str) -> bool:
        if promise is None or promise.state != "live":
            return False
        if not promise.left and state != "replaced":
            return False  # documents cover all of it
        promise.state, promise.left = state, 0
        return True

    def cancel(self, key: tuple[str, int]) -> str:
        verdict = self.verdicts[key]
        if verdict.cancelled:
            return "done"
        freed = self._end(verdict.promise, "voided")
        if verdict.hold == "waiting":
            verdict.hold = "cancelled"
        elif not freed:
            return "NOTHING_TO_CANCEL"
        verdict.cancelled = True
        return "done"

    def release(self, key: tuple[str, int], now: datetime) -> str:
        verdict = self.verdicts[key]
        if verdict.hold != "waiting":
            return "NOT_WAITING"
        if not self.fits(key[0], verdict.of, verdict.amount):
            verdict.until = now + RESERVED_FOR
        verdict.hold, verdict.released_at = "released", now
        self._promise(key[0], verdict, key[1], now)
        return "done"

    def reject(self, key: tuple[str, int]) -> str:
        verdict = self.verdicts[key]
        if verdict.hold != "waiting":
            return "NOT_WAITING"
        verdict.hold = "rejected"
        return "done"

    def expire(self, now: datetime) -> int:
        return sum([self._end(p, "expired") for p in self.promises if p.ends <= now])

    # Documents: each changes its chain, and the chain what is still promised.

    def bill(self, of: str, amount: int, ref: str) -> None:
        self.accounts[of].billed += amount
        self._tell(ref, of, invoiced=amount)

    def deliver(self, of: str, amount: int, ref: str) -> None:
        if self.orders_of.get(ref, of) == of:  # another's order: put aside
            self.delivered.add((ref, of))
            self._tell(ref, of, delivered=amount)

    def order(self, of: str, amount: int, ref: str, ended: bool) -> None:
        others = [o for r, o in self.delivered if r == ref and o != of]
        if self.orders_of.get(ref, of) == of and not others:
            self.orders_of[ref] = of
            chain = self.chains.setdefault((ref, of), Chain())
            chain.ordered, chain.ended = amount, ended
            self._tell(ref, of)

    delivered: set[tuple[str, str]] = field(default_factory=set)

    def _tell(self, ref: str, of: str, delivered: int = 0, invoiced: int = 0) -> None:
        chain = self.chains.setdefault((ref, of), Chain())
        chain.delivered += delivered
        chain.invoiced += invoiced
        promise = self.live(ref)
        if promise is not None and promise.of == of:
            gone = promise.amount if chain.ended else chain.covered - promise.before
            promise.left = promise.amount - min(max(gone, 0), promise.amount)
