"""R-12: messages come late, several times and in any order, and the books end the same.

A stream of orders, deliveries, invoices, credit notes, bills, receipts and guarantees with
revisions is told in its own order once; that is the canonical state. Then each message comes one to
five times, shuffled, in batches of any size, some held back to the very end. Documents, cash
application, order chains, counters, due days, reservations: all equal the canonical state of what
was taken in; what contradicts stands in quarantine. Never a silent difference.

XINHENG_LAW_SHUFFLES says how many shuffles; `make torture` does 10,000. Broken builds that fail
here, tried: the last message wins (older revisions are not dropped); what documents cover is only
ever taken out of a reservation and never handed back; what contradicts is dropped without a word;
a revision keeps what only an earlier one told.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from tests.receivables.conftest import (
    AT,
    CLERK,
    COMPONENTS,
    Desk,
    bill,
    delivery,
    guarantee,
    invoice,
    order,
    receipt,
)

SHUFFLES = int(os.environ.get("XINHENG_LAW_SHUFFLES", "60"))
DAY = date(2026, 11, 1)
DUE = date(2026, 12, 1)
Message = tuple[str, Any]  # kind, row


def stream() -> list[Message]:
    """Two customers' documents; each number grows by revisions."""
    scope = "product:CEM-42"
    b1 = {"reference": "I1", "kind": "bank"}
    named = {"order_number": "SO-1"}
    other = {"customer_code": "C2"}
    soon = {"delivery_on": date(2026, 12, 20)}
    return [
        ("orders", order("SO-1", 1_000, DAY, revision=1, **soon)),
        ("orders", order("SO-1", 1_200, DAY, revision=2, scope=scope)),
        ("orders", order("SO-2", 500, DAY, revision=1)),
        ("orders", order("SO-2", 700, DAY, revision=2, **soon)),
        ("orders", order("SO-2", 700, DAY, revision=3, state="closed")),
        ("orders", order("SO-2", 650, DAY, revision=4)),
        ("orders", order("SO-3", 90, DAY, revision=1, **other)),
        ("deliveries", delivery("D1", 600, DAY, "SO-1", revision=1)),
        ("deliveries", delivery("D1", 550, DAY, "SO-1", revision=2)),
        ("deliveries", delivery("D2", -50, DAY, "SO-1", revision=1)),
        ("deliveries", delivery("D3", 70, DAY, revision=1)),
        ("deliveries", delivery("D4", 90, DAY, "SO-3", revision=1, **other)),
        ("deliveries", delivery("D4", 90, DAY, "SO-3", revision=2, state="cancelled", **other)),
        ("invoices", invoice("I1", 400, DAY, DUE, revision=1, **named)),
        ("invoices", invoice("I1", 450, DAY, DUE, revision=2, **named)),
        ("invoices", invoice("I2", 300, DAY, DUE, revision=1, order_number="SO-2")),
        ("invoices", invoice("I2", 200, DAY, DUE, revision=2, order_number="SO-2")),
        ("invoices", invoice("I3", 70, DAY, DUE, revision=1, order_number="D3", settled_on=DAY)),
        ("invoices", invoice("I4", 80, DAY, DUE, revision=1, dispute_accepted_on=DAY)),
        ("invoices", invoice("N1", -60, DAY, DAY, revision=1, credits="I1")),
        ("invoices", invoice("I5", 40, DAY, DUE, revision=1, order_number="SO-3", **other)),
        ("bills", bill("B1", 200, DAY, DUE, revision=1, **b1)),
        ("bills", bill("B1", 200, DAY, DUE, revision=2, state="endorsed", **b1)),
        ("bills", bill("B1", 200, DAY, DUE, revision=3, state="bounced", **b1)),
        ("bills", bill("B2", 30, DAY, DUE, revision=1, **other)),
        ("receipts", receipt("R1", 90, DAY, "I2", revision=1)),
        ("receipts", receipt("R1", 110, DAY + timedelta(days=1), "I2", revision=2)),
        ("receipts", receipt("R2", 25, DAY, "SO-1", revision=1, prepayment=True)),
        ("receipts", receipt("R3", 500, DAY, revision=1, **other)),
        ("receipts", receipt("R3", 15, DAY, revision=2, **other)),
        ("guarantees", guarantee("G1", 300, DAY, revision=1)),
        ("guarantees", guarantee("G1", 300, DAY, revision=2, state="ended")),
        ("guarantees", guarantee("G2", 400, DAY, revision=1, **other)),
    ]


# Messages that can't all be true; which of them is put aside depends on what comes first.
CONTRADICTING: list[Message] = [
    ("deliveries", delivery("D9", 10, DAY, "SO-2", revision=1, customer_code="C2")),
    ("invoices", invoice("I4", 80, DAY, DUE, revision=1, customer_code="C2")),
    ("receipts", receipt("R1", 111, DAY, "I2", revision=2)),
    ("bills", bill("B2", 31, DAY, DUE, revision=1, currency="USD", customer_code="C2")),
]


# --- The house under test


def tell(messages: Iterable[Message]) -> set[str]:
    """One batch; its neighbours of one kind go in by one call. Which messages were taken in (or
    known already, or behind what is known), and not put aside.
    """
    from xinheng.receivables.actions import record_documents

    desk, taken = Desk(), set()
    for kind, group in groupby(messages, key=lambda message: message[0]):
        for rows in _calls([row for _, row in group]):
            done = record_documents(
                kind, rows, batch=desk.batch("invoices"), actor=CLERK, at=AT, tell=True
            )
            taken |= {
                repr((kind, row))
                for row in rows
                if done.outcomes[row.number].became != "quarantined"
            }
    return taken


def _calls(rows: Sequence[Any]) -> Iterator[list[Any]]:
    """The rows in few calls; in one call a number belongs to one customer and a revision says one
    thing.
    """
    calls: list[dict[Any, Any]] = []
    for row in rows:
        says = {("owner", row.number): (row.customer_code, row.currency)}
        says[row.number, row.revision] = row
        if not calls or any(calls[-1].get(key, said) != said for key, said in says.items()):
            calls.append({})
        calls[-1] |= says
    for call in calls:
        yield [row for (first, _), row in call.items() if first != "owner"]


def promise() -> None:
    """Before anything comes in, checks have promised 1,000 to SO-2 and 2,000 to SO-1."""
    from tests.world import make_customer
    from xinheng.limits.actions import ensure_lines, lock_lines, reserve
    from xinheng.limits.values import NewReservation

    customers = {code: make_customer(code, unit=None) for code in ("C1", "C2")}
    [line] = ensure_lines([(customers["C1"].pk, "CNY")], at=AT).values()
    lock_lines([line])
    end, most = AT + timedelta(days=30), 99_000_000
    for n, (ref, amount) in enumerate([("SO-2", 1_000), ("SO-1", 2_000)], 1):
        made = NewReservation(
            UUID(int=n), line, ref, 1, amount, 0, most, False, None, n, end
        )._replace(delivery_on="2026-12-24")
        reserve([made], at=AT)


def state() -> dict[str, Any]:
    """Everything that stands, without keys that depend on the order of arrival."""
    with connection.cursor() as cursor:
        return {name: _rows(cursor, statement) for name, statement in _STATE.items()}


def _document(kind: str) -> str:
    """All that a document says, with its customer's code for the customer and without its id."""
    table = {"deliveries": "delivery"}.get(kind, kind.removesuffix("s"))
    return (
        "select c.code, to_jsonb(t) - 'id' - 'customer_id' from receivables_"
        f"{table} t join customers_customer c on c.id = t.customer_id"
    )


_LINE = "join limits_creditline l on l.id = x.line_id join customers_customer c on c.id ="
_LINE += " l.customer_id"
_TABLES = ("orders", "deliveries", "invoices", "receipts", "bills", "guarantees")
_STATE = {
    **{kind: _document(kind) for kind in _TABLES},
    "applied": "select r.number, i.number, x.amount_minor, x.applied_on, x.rule"
    " from receivables_allocation x join receivables_receipt r on r.id = x.receipt_id"
    " join receivables_invoice i on i.id = x.invoice_id",
    "chains": "select c.code, x.number, x.currency, x.scope, x.delivery_on, x.ended,"
    " x.ordered_minor, x.delivered_minor, x.invoiced_minor, x.open_minor, x.unbilled_minor"
    " from receivables_orderchain x join customers_customer c on c.id = x.customer_id",
    "lines": f"select c.code, l.currency, l.scope, {', '.join(f'l.{n}_minor' for n in COMPONENTS)}"
    " from limits_creditline l join customers_customer c on c.id = l.customer_id"
    f" where {' + '.join(f'abs(l.{n}_minor)' for n in COMPONENTS)} <> 0",
    "due": f"select c.code, l.scope, x.due_on, x.open_minor from limits_opendue x {_LINE}",
    "order_due": f"select c.code, l.scope, x.due_on, x.open_minor from limits_orderdue x {_LINE}",
    "disputed": f"select c.code, x.due_on, x.accepted_on, x.open_minor from limits_disputeddue x"
    f" {_LINE}",
    "promised": "select order_ref, posted_minor, state from limits_reservation",
}


def _rows(cursor: Any, statement: str) -> list[str]:
    cursor.execute(statement)
    return sorted(repr(row) for row in cursor.fetchall())


def aside() -> set[tuple[str, str]]:
    from xinheng.receivables.models import Quarantined

    waiting = Quarantined.objects.filter(resolved_at__isnull=True)
    return set(waiting.values_list("kind", "number"))


@contextmanager
def empty_books() -> Iterator[None]:
    """A book of its own that leaves no trace."""
    with transaction.atomic():
        start = transaction.savepoint()
        promise()
        yield
        transaction.savepoint_rollback(start)


def canonical(messages: Iterable[Message]) -> dict[str, Any]:
    """What stands when each comes once, in its turn."""
    with empty_books():
        tell(messages)
        assert not aside()
        return state()


# --- The law


def shuffled(random: Random, messages: Sequence[Message]) -> list[list[Message]]:
    """Each message one to five times, within a window or anywhere, in batches of any size; a few
    come only at the very end.
    """
    held_back = random.sample(range(len(messages)), 3)
    window = random.choice([3, 10, 1_000])
    coming: list[tuple[float, int]] = []
    for place in range(len(messages)):
        late = 10_000 if place in held_back else 0
        for _ in range(random.choice([1, 1, 1, 2, 2, 3, 5])):
            coming.append((place + late + random.random() * window, place))
    told = [messages[place] for _, place in sorted(coming)]
    batches = []
    while told:
        size = random.choice([5, 20, 50, 100])
        kinds = random.sample(_TABLES, len(_TABLES))
        batches.append(sorted(told[:size], key=lambda message: kinds.index(message[0])))
        told = told[size:]
    return batches


def try_shuffles(count: int, seed: int = 12) -> None:
    """Raises AssertionError with the seed of the first shuffle that ends otherwise."""
    from xinheng.limits.queries import reconcile
    from xinheng.receivables import queries

    known: dict[frozenset[str], dict[str, Any]] = {}
    for n in range(seed, seed + count):
        random = Random(n)
        messages = [*stream(), *random.sample(CONTRADICTING, random.choice([0, 0, 1, 2, 4]))]
        taken: set[str] = set()
        with empty_books():
            for batch in shuffled(random, messages):
                taken |= tell(batch)
            found, put_aside = state(), aside()
            assert reconcile() == [] and queries.reconcile() == [], f"seed {n}"
        kept = [message for message in messages if repr(message) in taken]
        silent = {(kind, row.number) for kind, row in messages if repr((kind, row)) not in taken}
        assert silent <= put_aside, f"seed {n}: dropped without a word"
        if (key := frozenset(taken)) not in known:
            known[key] = canonical(kept)
        for name, rows in known[key].items():
            assert found[name] == rows, f"seed {n}: {name}"


@pytest.mark.django_db
def test_messages_in_any_order_end_in_the_same_state_or_in_quarantine() -> None:
    try_shuffles(SHUFFLES)


@pytest.mark.django_db
def test_the_stream_has_every_kind_and_moves_every_component() -> None:
    """A law over nothing would always hold."""
    with empty_books():
        tell(stream())
        lines = [row for row in state()["lines"] if "'C1'" in row]
        assert len(lines) == 2 and not aside()
        assert {kind for kind, _ in stream()} == set(_TABLES)


# --- Broken builds


def forget_revisions(monkeypatch: Any) -> None:
    from xinheng.receivables import bringing_in

    honest = bringing_in.find_behind
    blind = lambda *found: honest(*found)._replace(older=[])  # noqa: E731
    monkeypatch.setattr(bringing_in, "find_behind", blind)


def only_take(monkeypatch: Any) -> None:
    """What documents hand back is not promised again."""
    from xinheng.limits import taking_over

    broken = taking_over._TAKE_OVER.replace("f.posted <> f.was", "f.posted > f.was")
    monkeypatch.setattr(taking_over, "_TAKE_OVER", broken)


def drop_without_a_word(monkeypatch: Any) -> None:
    monkeypatch.setattr("xinheng.receivables.quarantine.put_aside", lambda *_, **__: None)


def remember_what_was_not_told(monkeypatch: Any) -> None:
    """A revision keeps what only an earlier one told: then it matters which came first."""
    from xinheng.receivables import staging

    def completed(table: Any, row: Any) -> Any:
        bits = sum(1 << n for n, value in enumerate(row) if value is staging.NOT_TOLD)
        told = zip(table.columns, row, strict=True)
        return [table.optional[c] if v is staging.NOT_TOLD else v for c, v in told], bits

    monkeypatch.setattr(staging, "_completed", completed)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken", [forget_revisions, only_take, drop_without_a_word, remember_what_was_not_told]
)
def test_a_broken_build_is_noticed(monkeypatch: Any, broken: Any) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        try_shuffles(12)
