"""R-01 and R-02: the real actions on real PostgreSQL against a model of integers and dicts.

The model (`line_model`) says again what an order check, a release, an expiry or an invoice means
for one company with two customers. Hypothesis draws sequences of commands; after each, answers,
counters, reservations and holds must be the same, the journal must add up, and no line promises
more than its limit. R-02 tries *all* short sequences.

XINHENG_LAW_EXAMPLES sets how many sequences are drawn; `make torture` draws more.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec import structs

from tests.laws.line_model import LIMIT, RESERVED_FOR, Account, Model
from tests.receivables.conftest import Desk, invoice, order, receipt
from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.credit import decide as core
from xinheng.credit.decide import Facts, Limit, Order, facts_after
from xinheng.credit.exposure import Components
from xinheng.credit.policy import load
from xinheng.credit.shipped import document
from xinheng.customers.models import Customer
from xinheng.decisions.actions import cancel, check_orders, expire_due
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.releasing import reject_hold, release_hold
from xinheng.limits import sql
from xinheng.limits.held_back import nobody
from xinheng.limits.models import CreditLine, Proposal, Reservation
from xinheng.limits.proposing import grant_proposals, propose
from xinheng.limits.queries import reconcile
from xinheng.limits.values import Conditions, NewProposal
from xinheng.people.actor import system
from xinheng.receivables.rows import DeliveryRow
from xinheng.refusals import Refused

EXAMPLES = int(os.environ.get("XINHENG_LAW_EXAMPLES", "40"))
STEPS = 30
WHY = "客户已承诺周五付款"
DAY = date(2026, 11, 1)
DUE = date(2027, 10, 1)
UNTIL = date(2027, 11, 1)


# --- The house, with the same commands


class House:
    """The real actions; refusals and answers in the model's words."""

    def __init__(self) -> None:
        self.world = make_world()
        self.bob, self.alice = self.world.actor("bob"), self.world.actor("alice")
        self.desk, self.documents = Desk(), itertools.count(1)
        head = make_customer("HEAD", unit=self.world.units["EAST"])
        for of in "CD":
            customer = make_customer(of, unit=self.world.units["EAST"], parent=head)
            make_line(customer, LIMIT, valid_until=UNTIL)
        make_line(head, None, scope="group", valid_until=UNTIL)

    def check(self, ref: str, version: int, of: str, amount: int, now: datetime) -> Any:
        asked = ask(ref, of, amount, version=version)
        [answer] = check_orders([asked], actor=self.bob, at=now)
        return (answer.status, json.loads(answer.body)["outcome"] if answer.body else None)

    def end(self, act: Any, key: tuple[str, int], now: datetime) -> str:
        pk = Decision.objects.get(order_ref=key[0], version=key[1]).pk
        try:
            if act is cancel:
                act(pk, actor=self.bob, at=now)
            else:
                act(pk, WHY, actor=self.alice, at=now)
        except Refused as refusal:
            return str(refusal.code.name)
        return "done"

    def grant(self, of: str, amount: int, now: datetime) -> None:
        customer = Customer.objects.get(code=of)
        workings = {"n": next(self.documents)}
        row = NewProposal(customer.pk, "CNY", amount, 30, workings, "system:tests")
        propose([row], actor=system("tests"), at=now)
        ids = [Proposal.objects.get(customer=customer, state="proposed").pk]
        period = {"valid_from": DAY, "valid_until": UNTIL}
        given = grant_proposals(
            ids,
            held_back=nobody,
            **period,
            conditions=Conditions(None, 0),
            actor=self.alice,
            at=now,
        )
        assert given.lines == 1, given

    def bill(self, of: str, amount: int, ref: str) -> None:
        number = f"I{next(self.documents)}"
        row = invoice(number, amount, DAY, DUE, customer_code=of, order_number=ref)
        self.desk.invoices(row)

    def deliver(self, of: str, amount: int, ref: str) -> None:
        number = f"L{next(self.documents)}"
        told = {"customer_code": of, "currency": "CNY", "order_number": ref}
        row = DeliveryRow(number=number, amount_minor=amount, delivered_on=DAY, **told)
        self.desk.deliveries(row)

    def order(self, of: str, amount: int, ref: str, ended: bool) -> None:
        state = "closed" if ended else "open"
        self.desk.orders(order(ref, amount, DAY, state, customer_code=of))

    def of_group(self, amount: int | None) -> None:
        """As `limits.in_force` leaves the group's line; granting is tested elsewhere."""
        CreditLine.objects.filter(scope="group").update(amount_minor=amount)

    def pay(self, of: str, amount: int) -> None:
        self.desk.receipts(receipt(f"R{next(self.documents)}", amount, DAY, customer_code=of))

    def seen(self) -> dict[str, Any]:
        lines = CreditLine.objects.filter(scope="").select_related("customer")
        holds = Hold.objects.select_related("decision")
        return {
            "lines": {
                line.customer.code: (
                    *(line.amount_minor, line.open_items_minor),
                    *(line.orders_minor, line.unbilled_minor, line.unapplied_minor),
                )
                for line in lines
            },
            "promises": sorted(
                Reservation.objects.values_list("order_ref", "order_version", "state")
            ),
            "holds": sorted((h.decision.order_ref, h.decision.version, h.state) for h in holds),
        }


def expected(model: Model) -> dict[str, Any]:
    return {
        "lines": {
            of: (
                *(account.limit, account.open_items),
                *(model.orders(of), model.unbilled(of), account.unapplied),
            )
            for of, account in model.accounts.items()
        },
        "promises": sorted(
            (*key, verdict.promise.told())
            for key, verdict in model.verdicts.items()
            if verdict.promise
        ),
        "holds": sorted((*key, v.hold) for key, v in model.verdicts.items() if v.hold),
    }


def assert_same(model: Model, house: House) -> None:
    assert house.seen() == expected(model)
    assert reconcile() == []


# ---

REFS = st.sampled_from(["A", "B", "E"])
VERSIONS = st.sampled_from([1, 1, 2, 3])
CODES = st.sampled_from(["C", "C", "C", "D"])
AMOUNTS = st.sampled_from([1, 300_00, LIMIT // 2, LIMIT - 1, LIMIT, LIMIT + 1])
ENDED = st.sampled_from([False, False, True])
LIMITS = st.sampled_from([0, 1, LIMIT // 2, LIMIT, 2 * LIMIT])


class Line(RuleBasedStateMachine):
    """Commands go to both; every answer and every row must agree."""

    @initialize()
    def open_books(self) -> None:
        self.house, self.model = HOUSES[-1], Model({"C": Account(), "D": Account()})
        self.now = AT
        self.start = transaction.savepoint()

    def teardown(self) -> None:
        if hasattr(self, "start"):
            transaction.savepoint_rollback(self.start)

    @rule(ref=REFS, version=VERSIONS, of=CODES, amount=AMOUNTS)
    def check(self, ref: str, version: int, of: str, amount: int) -> None:
        told = self.house.check(ref, version, of, amount, self.now)
        assert told == self.model.check(ref, version, of, amount, self.now)

    def _key(self, draw: int, *, waiting: bool = False) -> tuple[str, int] | None:
        """One of the orders; mostly one that waits, where that is what there is something to do
        about.
        """
        keys = sorted(self.model.verdicts)
        if waiting and draw < 9:
            keys = [key for key in keys if self.model.verdicts[key].hold == "waiting"] or keys
        return keys[draw % len(keys)] if keys else None

    @rule(draw=st.integers(0, 11))
    def check_again(self, draw: int) -> None:
        if key := self._key(draw):
            verdict = self.model.verdicts[key]
            self.check(*key, verdict.of, verdict.amount)

    @rule(draw=st.integers(0, 11))
    def cancel(self, draw: int) -> None:
        if key := self._key(draw):
            assert self.house.end(cancel, key, self.now) == self.model.cancel(key)

    @rule(draw=st.integers(0, 11))
    def release(self, draw: int) -> None:
        if key := self._key(draw, waiting=True):
            assert self.house.end(release_hold, key, self.now) == self.model.release(key, self.now)

    @rule(draw=st.integers(0, 11))
    def reject(self, draw: int) -> None:
        if key := self._key(draw, waiting=True):
            assert self.house.end(reject_hold, key, self.now) == self.model.reject(key)

    @rule(days=st.sampled_from([0, 1, 29, 30]))
    def expire_later(self, days: int) -> None:
        self.now += timedelta(days=days)
        if self.now.date() > date(2026, 12, 30):  # the line and the rating must stay valid
            self.now = self.now - timedelta(days=days)
        assert expire_due(at=self.now) == self.model.expire(self.now)

    @rule(of=CODES, amount=LIMITS)
    def grant(self, of: str, amount: int) -> None:
        self.house.grant(of, amount, self.now)
        self.model.accounts[of].limit = amount

    @rule(of=CODES, amount=st.sampled_from([1, 200_00, 600_00]), ref=REFS)
    def bill(self, of: str, amount: int, ref: str) -> None:
        self.house.bill(of, amount, ref)
        self.model.bill(of, amount, ref)

    @rule(of=CODES, amount=st.sampled_from([1, 300_00, 700_00, -300_00]), ref=REFS)
    def deliver(self, of: str, amount: int, ref: str) -> None:
        self.house.deliver(of, amount, ref)
        self.model.deliver(of, amount, ref)

    @rule(of=CODES, amount=st.sampled_from([0, 300_00, LIMIT]), ref=REFS, ended=ENDED)
    def order(self, of: str, amount: int, ref: str, ended: bool) -> None:
        self.house.order(of, amount, ref, ended)
        self.model.order(of, amount, ref, ended)

    @rule(amount=st.sampled_from([None, 0, LIMIT, LIMIT + LIMIT // 2]))
    def limit_the_group(self, amount: int | None) -> None:
        self.house.of_group(amount)
        self.model.group = amount

    @rule(of=CODES, amount=st.sampled_from([1, 200_00, 900_00]))
    def pay(self, of: str, amount: int) -> None:
        self.house.pay(of, amount)
        self.model.accounts[of].paid += amount

    @invariant()
    def the_books_agree(self) -> None:
        if hasattr(self, "house"):
            assert_same(self.model, self.house)


HOUSES: list[House] = []  # Hypothesis makes the machines itself: they find the house here


@pytest.fixture
def house(db: None) -> Any:
    HOUSES.append(House())
    yield HOUSES[-1]
    HOUSES.clear()


def try_sequences(examples: int, phases: Iterable[Phase] = tuple(Phase)) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    bounds = settings(
        max_examples=examples,
        phases=phases,
        report_multiple_bugs=False,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=checks,
    )
    run_state_machine_as_test(Line, settings=bounds)


def test_the_house_answers_as_the_model_does(house: House) -> None:
    try_sequences(EXAMPLES)


# --- all short sequences

SHORT: dict[str, Any] = {
    "A#1 of L-1": lambda x, now: x.check("A", 1, "C", LIMIT - 1, now),
    "A#2 of L+1": lambda x, now: x.check("A", 2, "C", LIMIT + 1, now),
    "A#2 of L for D": lambda x, now: x.check("A", 2, "D", LIMIT, now),
    "B#1 of 1": lambda x, now: x.check("B", 1, "C", 1, now),
    "B#1 of L": lambda x, now: x.check("B", 1, "C", LIMIT, now),
    "cancel A#1": lambda x, now: _ended(x, cancel, ("A", 1), now),
    "release A#2": lambda x, now: _ended(x, release_hold, ("A", 2), now),
    "invoice B": lambda x, now: x.bill("C", 1, "B"),
    "deliver A": lambda x, now: x.deliver("C", 300_00, "A"),
    "limit 1": lambda x, now: _granted(x, 1, now),
    "expire": lambda x, now: _expired(x, now + RESERVED_FOR),
}


def _ended(side: Model | House, act: Any, key: tuple[str, int], now: datetime) -> str:
    known = Decision.objects.filter(order_ref=key[0], version=key[1]).exists()
    if not known:
        return "unknown"
    if isinstance(side, House):
        return side.end(act, key, now)
    return side.cancel(key) if act is cancel else side.release(key, now)


def _granted(side: Model | House, amount: int, now: datetime) -> None:
    if isinstance(side, House):
        side.grant("C", amount, now)
    else:
        side.accounts["C"].limit = amount


def _expired(side: Model | House, now: datetime) -> int:
    return expire_due(at=now) if isinstance(side, House) else side.expire(now)


def try_all(house: House, model: Model, length: int, done: tuple[str, ...] = ()) -> int:
    """Every sequence of at most `length` commands, depth first; returns how many."""
    tried = 0
    for name in SHORT if length else ():
        start = transaction.savepoint()
        after = deepcopy(model)
        path = (*done, name)
        assert SHORT[name](house, AT) == SHORT[name](after, AT), path
        assert house.seen() == expected(after), path
        tried += 1 + try_all(house, after, length - 1, path)
        transaction.savepoint_rollback(start)
    return tried


def test_all_short_sequences_end_as_in_the_model(house: House) -> None:
    length = int(os.environ.get("XINHENG_LAW_LENGTH", "3"))
    tried = try_all(house, Model({"C": Account(), "D": Account()}), length)
    assert tried == sum(len(SHORT) ** n for n in range(1, length + 1))


# The pure core alone is quick enough for longer ones, on every shape of a limit.

DEEP = 7
POLICY = load(document("policies/order_check_v2.json"))
CEILINGS = {"unset": None, "zero": 0, "one": 1, "L": LIMIT, "unlimited": None}


@pytest.mark.parametrize("shape", CEILINGS)
def test_no_sequence_of_orders_passes_the_ceiling(shape: str) -> None:
    limit = Limit(CEILINGS[shape], unlimited=shape == "unlimited")
    begin = Facts("active", limit, Components(), 0, 0, "BBB", "2027-01-01", "2026-11-20")
    ceiling = None if shape == "unlimited" else (CEILINGS[shape] or 0)

    def go_on(facts: Facts, promised: tuple[int, ...], billed: int, length: int) -> int:
        tried = 0
        for amount in (1, LIMIT - 1, LIMIT, LIMIT + 1) if length else ():
            order = Order("A", 1, amount, "CNY", 30, "2026-11-20")
            verdict = core.decide(facts, order, POLICY)
            # an unset line is held by its own check, however small the order
            fits = ceiling is None or sum(promised) + billed + amount <= ceiling
            assert (verdict.outcome == "approve") == (fits and shape != "unset")
            if verdict.outcome == "approve":
                after = facts_after(facts, order)
                tried += go_on(after, (*promised, amount), billed, length - 1)
            tried += 1
        if promised and length:
            rest, first = promised[1:], promised[0]
            void = replace_orders(facts, sum(rest), billed)
            tried += 1 + go_on(void, rest, billed, length - 1)
            invoiced = replace_orders(facts, sum(rest), billed + first)
            tried += 1 + go_on(invoiced, rest, billed + first, length - 1)
        return tried

    tried = go_on(begin, (), 0, DEEP)
    assert tried >= {"L": 2_000, "one": 40, "unlimited": 16_000}.get(shape, 4)


def replace_orders(facts: Facts, orders: int, open_items: int) -> Facts:
    return structs.replace(facts, components=Components(open_items=open_items, orders=orders))


def test_an_order_that_grew_counts_once_after_the_erp_told_it_again(house: House) -> None:
    """The ERP told 500; the check of 800 promised the other 300; then the ERP tells 800."""
    house.desk.orders(order("A", 500_00, DAY, customer_code="C"))
    house.check("A", 1, "C", 800_00, AT)
    assert house.seen()["lines"]["C"][2] == 800_00
    house.desk.orders(order("A", 800_00, DAY, customer_code="C"))
    assert house.seen()["lines"]["C"][2] == 800_00


def test_a_new_version_does_not_promise_again_what_is_invoiced(house: House) -> None:
    """500 promised, 200 of it invoiced: the order's version 2 of 600 needs 400 more, not 600."""
    house.check("A", 1, "C", 500_00, AT)
    house.bill("C", 200_00, "A")
    house.check("A", 2, "C", 600_00, AT)
    _, open_items, orders, *_ = house.seen()["lines"]["C"]
    assert open_items + orders == 600_00


# --- Broken builds


def test_an_expiry_that_gives_back_twice_is_noticed(house: House, monkeypatch: Any) -> None:
    broken = sql.END_RESERVATIONS.replace("(r.state = 'pending' or", "(true or")
    assert broken != sql.END_RESERVATIONS
    monkeypatch.setattr(sql, "END_RESERVATIONS", broken)
    with pytest.raises((AssertionError, IntegrityError)):
        try_all(house, Model({"C": Account(), "D": Account()}), 3)


def test_the_drawn_sequences_notice_a_hold_that_ends_twice(house: House, monkeypatch: Any) -> None:
    """Mutant: a released hold stays waiting."""
    monkeypatch.setattr("xinheng.decisions.releasing.end_hold", lambda *_: True)
    with pytest.raises(AssertionError):
        try_sequences(200, [Phase.generate])


def test_a_ceiling_that_is_off_by_one_is_noticed(house: House, monkeypatch: Any) -> None:
    from xinheng.decisions import batch

    honest = batch.decide

    def strict(facts: Any, order: Any, policy: Any) -> Any:
        verdict = honest(facts, order, policy)
        at_the_edge = verdict.after_minor == verdict.ceiling_minor
        return structs.replace(verdict, outcome="hold") if at_the_edge else verdict

    monkeypatch.setattr(batch, "decide", strict)
    with pytest.raises(AssertionError):
        try_all(house, Model({"C": Account(), "D": Account()}), 1)


def test_a_group_that_is_forgotten_is_noticed(house: House, monkeypatch: Any) -> None:
    """Mutant: the levels above an own line are not looked at; two members see it."""
    from xinheng.decisions import promising
    from xinheng.decisions.ground import Ground

    def own_only(ground: Ground, account_id: int, *_: Any) -> Any:
        return [(ground.limit_line(account_id), _[-1], 0)]

    monkeypatch.setattr(Ground, "_levels", lambda *_: iter(()))
    monkeypatch.setattr(promising, "guarded", own_only)
    model = Model({"C": Account(), "D": Account()}, group=LIMIT)
    house.of_group(LIMIT)
    assert house.check("A", 1, "C", LIMIT, AT) == model.check("A", 1, "C", LIMIT, AT)
    assert house.check("B", 1, "D", 1, AT) != model.check("B", 1, "D", 1, AT)


def test_an_invoice_that_forgets_its_order_is_noticed(house: House, monkeypatch: Any) -> None:
    from xinheng.receivables import posting

    monkeypatch.setattr(posting, "cover_reservations", lambda *_, **__: [])
    with pytest.raises(AssertionError):
        try_all(house, Model({"C": Account(), "D": Account()}), 2)
