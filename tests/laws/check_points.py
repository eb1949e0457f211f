"""The model of R-01b: what it means that an order told in different ways is one order.

It knows nothing of the house. Customer C has an own line of 1,000, project P of 700 and project Q
without a limit; PAYS has 1,000. An order holds credit once, on one of these lines; documents are
always of C, in the scope that the ERP tells for that order. Worked: the ERP told 800 of order A
without a project; the check of 900 in P takes the 800 off C's own line and promises 100 on P.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

P, Q = "project:P", "project:Q"
OWN_LIMIT, P_LIMIT = 1_000, 700
DAYS_MOST = 30  # of a reservation, and of the shipped special approval
TOLD_SCOPE = {"A": "", "B": P, "E": ""}  # what the ERP says of each order
Place = tuple[str, str]  # who pays, scope


@dataclass
class Chain:
    ordered: int = 0
    invoiced: int = 0
    ended: bool = False

    @property
    def open(self) -> int:
        return 0 if self.ended else max(self.ordered - self.invoiced, 0)

    @property
    def covered(self) -> int:
        return self.invoiced if self.ended else max(self.ordered, self.invoiced)


@dataclass
class Promise:
    ref: str
    version: int
    place: Place
    amount: int
    before: int
    ends: datetime
    by_person: bool
    left: int
    state: str = "live"

    def told(self) -> str:
        return self.state if self.state != "live" else ("pending" if self.left else "posted")


@dataclass
class Verdict:
    ref: str
    version: int
    point: str
    document: str
    place: Place
    amount: int
    outcome: str = "approve"
    hold: str | None = None
    promise: Promise | None = None
    cancelled: bool = False
    released: datetime | None = None
    until: datetime | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.ref, self.version, self.point, self.document)


@dataclass
class Model:
    verdicts: list[Verdict] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    chains: dict[str, Chain] = field(default_factory=lambda: {ref: Chain() for ref in TOLD_SCOPE})

    def of(self, ref: str, point: str = "") -> list[Verdict]:
        return [v for v in self.verdicts if v.ref == ref and point in ("", v.point)]

    def newest(self, ref: str) -> int:
        return max((v.version for v in self.of(ref, "order")), default=0)

    def live(self, ref: str) -> Promise | None:
        return next((p for p in self.promises if p.ref == ref and p.state == "live"), None)

    def orders(self, place: Place, without: str = "") -> int:
        """What a line itself carries as orders, with or without one of them."""
        promised = sum(
            p.left
            for p in self.promises
            if p.place == place and p.state == "live" and p.ref != without
        )
        told = [c.open for r, c in self.chains.items() if r != without and _place(r) == place]
        return promised + sum(told)

    def billed(self, place: Place) -> int:
        return sum(c.invoiced for r, c in self.chains.items() if _place(r) == place)

    def beyond(self, ref: str, place: Place, amount: int) -> int:
        """By how much the order passes the own limit, or that of its project."""
        payer, _ = place
        chain = self.chains[ref] if payer == "C" else Chain()
        own = sum(self.orders((payer, s), ref) + self.billed((payer, s)) for s in ("", P, Q))
        passed = own + max(amount - chain.invoiced, 0) - OWN_LIMIT
        if place == ("C", P):
            seen = chain.invoiced if TOLD_SCOPE[ref] == P else 0
            used = self.orders(place, ref) + self.billed(place)
            passed = max(passed, used + max(amount - seen, 0) - P_LIMIT)
        return max(passed, 0)

    def check(self, asked: Verdict, now: datetime) -> str:
        ref, held = asked.ref, self.live(asked.ref)
        if asked.point == "order":
            for earlier in self.of(ref):
                if earlier.hold == "waiting":
                    earlier.hold = "superseded"
            _end(held, "replaced")
        elif asked.point != "quote" and held is not None:
            asked.place = held.place
        fits = not self.beyond(ref, asked.place, asked.amount)
        orders = sorted(self.of(ref, "order"), key=lambda v: v.version)
        blocked = asked.point in ("release", "dispatch") and bool(
            orders and orders[-1].hold in ("waiting", "rejected")
        )
        leans = None if fits or blocked else self._tolerating(asked, now)
        if not (fits and not blocked) and leans is None and asked.point != "invoice":
            asked.outcome = "hold"
            asked.hold = None if fits or asked.point == "quote" else "waiting"
        elif asked.point not in ("quote", "invoice"):
            self._promise(asked, now, leans is not None, leans and leans.until)
        self.verdicts.append(asked)
        return asked.outcome

    def _tolerating(self, asked: Verdict, now: datetime) -> Verdict | None:
        """Ten per cent within three days of what a person released last, for the same line, while
        that approval lasts; who cancels an order gives up its releases.
        """
        mine = [v for v in self.of(asked.ref) if v.point != "quote"]
        given_up = max((v.version for v in mine if v.cancelled and v.point == "order"), default=-1)
        found = [v for v in mine if v.released and not v.cancelled and v.version > given_up]
        if not found:
            return None
        last = max(found, key=lambda v: (v.version, v.released))
        assert last.released is not None
        lasts = last.until is None or last.until > now
        near = (now - last.released).days <= 3 and last.place == asked.place
        return last if lasts and near and asked.amount <= _plus_a_tenth(last.amount) else None

    def _promise(
        self, verdict: Verdict, now: datetime, by_person: bool, until: datetime | None
    ) -> None:
        chain = self.chains[verdict.ref] if verdict.place[0] == "C" else Chain()
        amount = verdict.amount - chain.open - chain.invoiced
        if amount <= 0 or self.live(verdict.ref):
            return
        ends = until or now + timedelta(days=DAYS_MOST)
        verdict.promise = Promise(
            *(verdict.ref, verdict.version, verdict.place, amount, chain.covered, ends),
            *(by_person, amount),
        )
        self.promises.append(verdict.promise)

    def release(self, verdict: Verdict, days: int | None, now: datetime) -> str:
        if verdict.hold != "waiting":
            return "NOT_WAITING"
        passes = self.beyond(verdict.ref, verdict.place, verdict.amount)
        verdict.until = now + timedelta(days=days or DAYS_MOST) if passes else None
        verdict.hold, verdict.released = "released", now
        self._promise(verdict, now, True, verdict.until)
        return "done"

    def reject(self, verdict: Verdict) -> str:
        if verdict.hold != "waiting":
            return "NOT_WAITING"
        verdict.hold = "rejected"
        return "done"

    def cancel(self, verdict: Verdict) -> str:
        if verdict.cancelled:
            return "done"
        freed = _end(verdict.promise, "voided")
        if verdict.hold == "waiting":
            verdict.hold = "cancelled"
        elif not freed:
            return "NOTHING_TO_CANCEL"
        verdict.cancelled = True
        return "done"

    def expire(self, now: datetime) -> int:
        return sum([_end(p, "expired") for p in self.promises if p.ends <= now])

    def tell(self, ref: str, invoiced: int = 0, **told: Any) -> None:
        chain = self.chains[ref]
        chain.invoiced += invoiced
        for name, value in told.items():
            setattr(chain, name, value)
        promise = self.live(ref)
        if promise is not None and promise.place[0] == "C":
            gone = promise.amount if chain.ended else chain.covered - promise.before
            promise.left = promise.amount - min(max(gone, 0), promise.amount)

    def seen(self) -> dict[str, Any]:
        places = [(payer, scope) for payer in ("C", "PAYS") for scope in ("", P, Q)]
        lines = {p: (self.orders(p), self.billed(p)) for p in places}
        return {
            "lines": {place: figures for place, figures in lines.items() if any(figures)},
            "promises": sorted(
                (p.ref, p.version, p.told(), p.place, p.amount, p.by_person, p.ends)
                for p in self.promises
            ),
            "holds": sorted((*v.key, v.hold) for v in self.verdicts if v.hold),
        }


def _place(ref: str) -> Place:
    return ("C", TOLD_SCOPE[ref])


def _plus_a_tenth(amount: int) -> int:
    return amount + (amount + 5) // 10


def _end(promise: Promise | None, state: str) -> bool:
    if promise is None or promise.state != "live" or not (promise.left or state == "replaced"):
        return False
    promise.state, promise.left = state, 0
    return True
