"""R-04: any two actions on a line, interleaved statement by statement on real PostgreSQL, end as
one of the two serial orders would.

That is the whole law: same answers, same counters, same reservations, same holds as if one of the
two had happened before the other; no deadlock and no database error reaches the caller. I1 and I4
are asserted beside it on the rows themselves. Each schedule has customers and orders of its own: a
line of 1,000.00 with order A (400.00) reserved and order H (900.00) held.

The suite tries each pair with one switch; `make torture` (test_long_laws.py) tries more switches.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from tests.laws.interleave import Choice, Job, Race, orders_of
from tests.receivables.conftest import Desk, invoice, order, receipt
from tests.world import AT, World, ask, make_customer, make_line, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.actions import cancel, check_orders, expire_due
from xinheng.decisions.forcing import place_hold
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.rechecking import recheck_due
from xinheng.decisions.regrouping import set_parent
from xinheng.decisions.releasing import reject_hold, release_hold
from xinheng.limits import sql
from xinheng.limits.covering import enter_cover
from xinheng.limits.granting import force_hold, grant_limit
from xinheng.limits.held_back import nobody
from xinheng.limits.models import CreditLine, Proposal, Reservation
from xinheng.limits.proposing import grant_proposals, propose
from xinheng.limits.queries import reconcile
from xinheng.limits.values import Conditions, NewCover, NewLimit, NewProposal
from xinheng.people.actor import Actor, system
from xinheng.receivables.actions import record_deliveries
from xinheng.receivables.models import Order
from xinheng.receivables.rows import DeliveryRow
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "door"])
LIMIT = 1_000_00
LATER = AT + timedelta(days=31)
WHY = "客户已承诺周五付款"
DAY = date(2026, 11, 1)
DUE = date(2027, 1, 1)
_numbers = itertools.count(1)


@dataclass
class Scene:
    """One schedule's own customers and orders; `key` tells them from all others."""

    key: str
    bob: Actor
    alice: Actor
    customers: dict[str, Customer]
    decisions: dict[str, UUID]

    def check(
        self, name: str, amount: int, *, version: int = 1, of: str = "C", point: str = "order"
    ) -> Job:
        ref, code = f"{name}{self.key}", f"{of}{self.key}"
        asked = ask(ref, code, amount, version=version, point=point)

        def job() -> Any:
            [answer] = check_orders([asked], actor=self.bob, at=AT)
            outcome = json.loads(answer.body)["outcome"] if answer.body else None
            return (answer.status, outcome)

        return job


def make_scene(world: World, bob: Actor, alice: Actor) -> Scene:
    key = f"-{next(_numbers)}"
    people = {of: make_customer(f"{of}{key}", unit=world.units["EAST"]) for of in "CD"}
    for customer in people.values():
        make_line(customer, LIMIT)
    asks = [ask(f"A{key}", f"C{key}", 400_00), ask(f"H{key}", f"C{key}", 900_00)]
    a, h = check_orders(asks, actor=bob, at=AT)
    return Scene(key, bob, alice, people, {"A": a.decision_id, "H": h.decision_id})


def ending(act: Callable[..., Any], name: str, *reason: str) -> Callable[[Scene], Job]:
    def of(scene: Scene) -> Job:
        actor = scene.bob if act is cancel else scene.alice
        return lambda: act(scene.decisions[name], *reason, actor=actor, at=AT) and "done"

    return of


def regrant(amount: int) -> Callable[[Scene], Job]:
    """The proposal waits already; the race is about granting it."""

    def of(scene: Scene) -> Job:
        customer = scene.customers["C"].pk
        row = NewProposal(customer, "CNY", amount, 30, {"key": scene.key}, "system:tests")
        propose([row], actor=system("tests"), at=AT)
        ids = [Proposal.objects.get(customer=customer, state="proposed").pk]
        terms = {"valid_from": DAY, "valid_until": DUE, "conditions": Conditions(None, 0)}
        return lambda: (
            grant_proposals(ids, held_back=nobody, **terms, actor=scene.alice, at=AT).lines
        )

    return of


def regranting_less(scene: Scene) -> Job:
    """A person lowers the limit at once; what stands there gives more on every day."""
    asked = NewLimit(scene.customers["C"].pk, "CNY", 300_00, AT.date(), DUE, WHY)
    terms = Conditions(None, 0)
    return lambda: (
        grant_limit(asked, held_back=nobody, conditions=terms, actor=scene.alice, at=AT).live
    )


def covering(scene: Scene) -> Job:
    """An insurance of 500.00 at 90 % lifts the ceiling by 450.00."""
    line = CreditLine.objects.get(customer=scene.customers["C"])
    cover = NewCover(line.pk, "insurance", scene.key, 500_00, 9_000, DAY, DUE, "保险公司")
    return lambda: enter_cover(cover, held_back=nobody, actor=scene.alice, at=AT) and "done"


def importing(kind: str, make: Callable[..., Any], name: str, *rest: Any) -> Callable[[Scene], Job]:
    """One document comes in, through the room's own action; the batch row exists before."""
    from xinheng.receivables import actions

    record = getattr(actions, f"record_{kind}")

    def of(scene: Scene) -> Job:
        number = f"{name}{scene.key}"
        more: dict[str, Any] = {
            "customer_code": f"C{scene.key}",
            "customer_name": f"客户C{scene.key}",
        }
        if kind == "invoices":
            more["order_number"] = f"A{scene.key}"
        row = make(number, *rest, **more)
        batch = Desk().batch(kind)
        clerk = system("import")
        return lambda: record([row], batch=batch, actor=clerk, at=AT).created

    return of


def delivering(scene: Scene) -> Job:
    """Goods of order A leave: the reservation hands on to what is delivered and not billed."""
    told = {"customer_code": f"C{scene.key}", "currency": "CNY", "order_number": f"A{scene.key}"}
    row = DeliveryRow(number=f"L{scene.key}", amount_minor=300_00, delivered_on=DAY, **told)
    batch, clerk = Desk().batch("deliveries"), system("import")
    return lambda: record_deliveries([row], batch=batch, actor=clerk, at=AT).created


def regrouping(scene: Scene) -> Job:
    """C goes under D, whose group line has less room than C uses: its path changes."""
    c, d = scene.customers["C"].pk, scene.customers["D"].pk
    make_line(scene.customers["D"], 300_00, scope="group")
    return lambda: set_parent(c, d, WHY, actor=scene.alice, at=AT)


def force(scene: Scene) -> Job:
    line = CreditLine.objects.get(customer=scene.customers["C"])
    return lambda: force_hold(line.pk, WHY, actor=scene.alice, at=AT) and "done"


def block(scene: Scene) -> Job:
    pk = scene.customers["C"].pk
    return lambda: Customer.objects.filter(pk=pk).update(status="blocked")


COMMANDS: dict[str, Callable[[Scene], Job]] = {
    "check N": lambda s: s.check("N", 500_00),
    "check N again, other body": lambda s: s.check("N", 501_00),
    "check N, held": lambda s: s.check("N", 1_100_00),
    "check N version 2 for D, held": lambda s: s.check("N", 1_100_00, version=2, of="D"),
    "check N for D": lambda s: s.check("N", 500_00, of="D"),
    "check N version 2 for D": lambda s: s.check("N", 500_00, version=2, of="D"),
    "check M": lambda s: s.check("M", 600_00),
    "A version 2": lambda s: s.check("A", 700_00, version=2),
    "A version 2 for D": lambda s: s.check("A", 700_00, version=2, of="D"),
    "H version 2": lambda s: s.check("H", 600_00, version=2),
    "H version 2 for D": lambda s: s.check("H", 600_00, version=2, of="D"),
    "H version 2 for D, held": lambda s: s.check("H", 1_100_00, version=2, of="D"),
    "cancel A": ending(cancel, "A"),
    "cancel H": ending(cancel, "H"),
    "release H": ending(release_hold, "H", WHY),
    "reject H": ending(reject_hold, "H", WHY),
    "expire": lambda s: lambda: expire_due(at=LATER),
    "lower the limit": regrant(300_00),
    "raise the limit": regrant(2_000_00),
    "grant less": regranting_less,
    "enter a cover": covering,
    "invoice A": importing("invoices", invoice, "I", 400_00, DAY, DUE),
    "receipt": importing("receipts", receipt, "R", 100_00, DAY),
    "order A in the ERP": importing("orders", order, "A", 450_00, DAY),
    "block": block,
    "deliver A": delivering,
    "dispatch A": lambda s: s.check("A", 400_00, point="dispatch"),
    "quote N": lambda s: s.check("N", 500_00, point="quote"),
    "hold A by hand": lambda s: (
        lambda: place_hold(s.decisions["A"], WHY, actor=s.alice, at=AT) and "done"
    ),
    "hold the line": force,
    "C goes under D": regrouping,
    "judge again": lambda s: lambda: "looked" if recheck_due(at=AT) >= 0 else "",
}


def outcome_of(result: Any) -> Any:
    """A refusal is an answer; any other exception is a fault of the house."""
    if isinstance(result, Refused):
        return result.code.name
    if isinstance(result, BaseException):
        raise AssertionError(f"the caller got {result!r}") from result
    return result


def state_of(scene: Scene) -> dict[str, Any]:
    """All that the two may have changed, without ids and instants."""
    ids = [customer.pk for customer in scene.customers.values()]
    lines = CreditLine.objects.filter(customer__in=ids).order_by("customer__code", "scope")
    refs = [f"{name}{scene.key}" for name in "AHMN"]
    held = Reservation.objects.filter(order_ref__in=refs)
    decisions = Decision.objects.filter(order_ref__in=refs)
    names = {line.pk: line.customer.code[0] for line in lines.select_related("customer")}
    return {
        "lines": [
            (
                *(x.amount_minor, x.open_items_minor, x.orders_minor, x.unbilled_minor),
                *(x.unapplied_minor, x.forced_hold, len(x.path)),
            )
            for x in lines
        ],
        "reservations": sorted(
            (
                *(r.order_ref[0], r.order_version, names[r.line_id], r.amount_minor),
                *(r.posted_minor, r.state, r.override_id is not None),
            )
            for r in held
        ),
        "decisions": sorted(
            (d.order_ref[0], d.version, names[d.line_id], d.outcome, d.cancelled_at is not None)
            for d in decisions
        ),
        "holds": sorted(
            (h.decision.order_ref[0], h.decision.version, h.state)
            for h in Hold.objects.filter(decision__in=decisions).select_related("decision")
        ),
        "erp": sorted(
            Order.objects.filter(number__in=refs).values_list("amount_minor", "open_minor")
        ),
        "status": sorted(Customer.objects.filter(pk__in=ids).values_list("status", flat=True)),
    }


_ROWS = """
select r.order_ref, r.state, r.amount_minor - r.posted_minor as left_minor, r.override_id is null,
  r.line_id, coalesce(l.amount_minor, 0),
  (select coalesce(sum(m.delta_minor), 0) from limits_movement m where m.line_id = r.line_id
    and m.document = 'order:' || r.order_ref || '#' || r.order_version),
  (select count(*) from limits_movement m where m.line_id = r.line_id and m.cause in
    ('void', 'expire') and m.document = 'order:' || r.order_ref || '#' || r.order_version)
from limits_reservation r join limits_creditline l on l.id = r.line_id
where l.customer_id = any(%s)
"""


def assert_rows(scene: Scene) -> None:
    """I1 and I4 on the rows themselves."""
    promised: Counter[int] = Counter()
    most: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [[customer.pk for customer in scene.customers.values()]])
        for ref, state, left, by_rule, line, ceiling, journal, ends in cursor.fetchall():
            standing = left if state == "pending" else 0
            promised[line] += standing if by_rule else 0
            most[line] = max(LIMIT, ceiling)
            assert journal == standing, f"I4: the journal of {ref} says {journal}, not {standing}"
            # One that ends with nothing left to give back moves nothing.
            assert ends == (state in ("voided", "expired")), f"I4: {ref} ended {ends} times"
    assert all(promised[line] <= most[line] for line in promised), "I1: the line promised too much"


class Bench:
    """Makes scenes and runs pairs on them; counts what it did."""

    def __init__(self, race: Race) -> None:
        self.race = race
        self.world = make_world()
        self.bob, self.alice = self.world.actor("bob"), self.world.actor("alice")
        self.schedules = 0

    def pair(self, first: str, second: str, *, preemptions: int = 1, at_most: int = 500) -> None:
        """Every order of the pair ends as one of the two serial ones."""
        if "expire" in (first, second):
            while expire_due(at=LATER):
                pass  # nothing pending is left from earlier scenes, 500 at a time
        lawful = self._lawful(first, second)
        ended: list[Any] = []

        def run(prefix: list[int]) -> list[Choice]:
            scene = make_scene(self.world, self.bob, self.alice)
            jobs = [COMMANDS[name](scene) for name in (first, second)]
            results, steps = self.race.run(jobs, prefix)
            self.schedules += 1
            ended[:] = [scene, results]
            return steps

        for taken in orders_of(run, preemptions=preemptions, at_most=at_most):
            word = f"{first} | {second}, in the order {''.join(map(str, taken))}"
            try:
                got = self._close(*ended, expiring="expire" in (first, second))
            except AssertionError as error:
                raise AssertionError(f"{word}: {error}") from error
            lawful_words = "\n nor ".join(map(str, lawful))
            assert got in lawful, f"{word}:\n got {got}\n not {lawful_words}"

    def _lawful(self, first: str, second: str) -> list[Any]:
        """How the pair may end: (answer of first, answer of second, state).

        An expiry may overlook what begins while it looks around: the next minute's run ends it.
        """
        ends = [self._serial(first, second, "12"), self._serial(first, second, "21")]
        if "expire" in (first, second):
            at = (first, second).index("expire")
            ends.append(self._serial(first, second, "21"[at]))
        return ends

    def _serial(self, first: str, second: str, order: str) -> Any:
        scene = make_scene(self.world, self.bob, self.alice)
        jobs = [COMMANDS[name](scene) for name in (first, second)]
        results: list[Any] = [0, 0]  # an expiry that does nothing answers 0
        for place in map(int, order):
            results[place - 1] = _result(jobs[place - 1])
        return self._close(scene, results, expiring="expire" in (first, second))

    def _close(self, scene: Scene, results: list[Any], *, expiring: bool) -> Any:
        answers = [outcome_of(result) for result in results]
        assert_rows(scene)
        state = state_of(scene)
        if expiring:
            expire_due(at=LATER)
        return (*answers, state)


def _result(job: Job) -> Any:
    try:
        return job()
    except Refused as refusal:
        return refusal


PAIRS = list(itertools.combinations_with_replacement(COMMANDS, 2))
# The suite runs these in full; the others are for `make torture`.
CORE = ["check N", "A version 2", "cancel A", "release H", "lower the limit", "invoice A"]
CORE_PAIRS = [pair for pair in PAIRS if set(pair) <= set(CORE)]
CORE_PAIRS += [("check N", "check N again, other body"), ("check N", "check N for D")]
CORE_PAIRS += [("check N", "check M"), ("H version 2", "release H"), ("expire", "invoice A")]
CORE_PAIRS += [("cancel A", "expire"), ("A version 2", "expire")]
CORE_PAIRS += [(one, "deliver A") for one in ("A version 2", "cancel A", "expire", "dispatch A")]
CORE_PAIRS += [(one, "hold A by hand") for one in ("invoice A", "cancel A", "dispatch A")]
CORE_PAIRS += [(one, "C goes under D") for one in ("check N", "release H", "invoice A", "quote N")]
CORE_PAIRS += [(one, "judge again") for one in ("release H", "H version 2", "receipt")]
CORE_PAIRS += [("check N", "hold the line")]
CORE_PAIRS += [
    (one, other) for one in ("check N", "invoice A") for other in ("grant less", "enter a cover")
]


@pytest.fixture
def bench():
    with Race() as race:
        yield Bench(race)


def faults_of(bench: Bench, pairs: list[tuple[str, str]], **bounds: int) -> dict[Any, str]:
    """What went wrong, by pair."""
    found = {}
    for pair in pairs:
        try:
            bench.pair(*pair, **bounds)
        except AssertionError as error:
            found[pair] = str(error)
    return found


def test_every_pair_ends_as_one_after_the_other(bench):
    found = faults_of(bench, CORE_PAIRS)
    assert not found, "\n\n".join(found.values())
    assert reconcile() == []
    assert bench.schedules > 10 * len(CORE_PAIRS), "the scheduler tried too little to prove a law"


# --- An order that moves to another customer while somebody decides about its hold
#
# The two then lock different lines; the lock on the order's number makes them wait for each other.

MOVED = [
    ("H version 2 for D", "release H"),
    ("H version 2 for D, held", "release H"),
    ("check N, held", "check N version 2 for D, held"),
    ("check N, held", "check N version 2 for D"),
    ("check N", "check N version 2 for D, held"),
    ("check N again, other body", "check N version 2 for D, held"),
]


def test_a_hold_that_was_superseded_meanwhile_is_not_rejected(bench):
    bench.pair("H version 2 for D", "reject H")
    bench.pair("H version 2 for D, held", "reject H")


@pytest.mark.parametrize("pair", MOVED, ids=" | ".join)
def test_an_order_that_moves_to_another_customer_is_decided_once(bench, pair):
    bench.pair(*pair)


# --- Broken builds


UNLOCKED = [
    ("check N", "release H"),
    ("A version 2", "invoice A"),
    ("cancel A", "invoice A"),
    ("expire", "invoice A"),
]  # the table's own constraints hold the other pairs even without the lock


@pytest.mark.parametrize("pair", UNLOCKED, ids=" | ".join)
def test_without_the_lock_the_law_notices(bench, monkeypatch, pair):
    monkeypatch.setattr(sql, "LOCK_LINES", sql.LOCK_LINES.replace("for no key update", ""))
    assert faults_of(bench, [pair]), "the mutant was not noticed: the law proves nothing"


UNNUMBERED = [
    ("H version 2 for D", "release H"),
    ("check N, held", "check N version 2 for D"),
    ("release H", "release H"),
]


@pytest.mark.parametrize("pair", UNNUMBERED, ids=" | ".join)
def test_without_the_lock_on_order_numbers_the_law_notices(bench, monkeypatch, pair):
    """And without the lines' own: for one customer they do the same work."""
    from xinheng.decisions import facts

    monkeypatch.setattr(facts, "_LOCK_ORDERS", "select count(*) from unnest(%s::text[])")
    monkeypatch.setattr(sql, "LOCK_LINES", sql.LOCK_LINES.replace("for no key update", ""))
    assert faults_of(bench, [pair]), "the mutant was not noticed: the law proves nothing"
