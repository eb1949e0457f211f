"""Does a customer's history make its order checks slower? One with 100,000 open items, 100,000 paid
invoices and 10,000 open orders against one with nothing, in one run, taking turns.

Both get the same orders, small enough to be approved, one check at a time, in this process, so that
nothing but the check is timed; without waiting for the disk at COMMIT, which would hide growth
behind a cost that is the same for both. A round compares the medians of its checks; the figure is
the median of the rounds. `ratio` is long history ÷ none: 1.0 is no growth, at most 1.1 is the
promise.
"""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.order_check import seed
from benchmarks.scratch import installation

CUSTOMERS: Final = 1_000
OPEN_ITEMS: Final = 100_000
PAID: Final = 100_000
OPEN_ORDERS: Final = 10_000
ROUNDS: Final = 9
CHECKS: Final = 150  # of each customer, in each round
WARM_UP: Final = 50
RATIO_MAX: Final = 1.1


def measure() -> dict[str, dict[str, Any]]:
    """order_check_history_growth, in milliseconds a check."""
    with installation():
        seed(CUSTOMERS)
        _give_history("C00000")
        _check_books()
        with_history, without, ratios = [], [], []
        _turns("warm", WARM_UP)
        for turn in range(ROUNDS):
            long, none = _turns(f"r{turn}", CHECKS)
            with_history.append(long)
            without.append(none)
            ratios.append(long / none)
            print(f"  round {turn}: {long:.3f} ms, {none:.3f} ms, {long / none:.3f}", flush=True)
        _check_books()
    ratio = round(statistics.median(ratios), 3)
    if ratio > RATIO_MAX:
        print(f"  above the promise of {RATIO_MAX}: {ratio}", flush=True)
    return {
        "order_check_history_growth": {
            "value": round(statistics.median(with_history), 3),
            "yardstick": round(statistics.median(without), 3),
            "ratio": ratio,
            "ratio_max": RATIO_MAX,
            "spread": [round(min(ratios), 3), round(max(ratios), 3)],
            "unit": "ms a check (yardstick: a customer without history; ratio: ours ÷ yardstick)",
        }
    }


def _give_history(code: str) -> None:
    """The documents, their sums per day, the counters and the journal, all adding up."""
    from django.db import connection

    today = datetime.now(UTC).date()
    values = {
        "code": code,
        "today": today,
        "at": datetime.now(UTC),
        "open": OPEN_ITEMS,
        "paid": PAID,
        "orders": OPEN_ORDERS,
        "until": datetime.now(UTC) + timedelta(days=20),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "update limits_creditline set overdue_allowed_minor = 1000000000000,"
            " overdue_days_allowed = 10000 where customer_id in"
            " (select id from customers_customer where code in ('C00000', 'C00001'))"
        )
        for statement in _HISTORY:
            cursor.execute(statement, values)
        cursor.execute("vacuum analyze")


_LINE = (
    "(select l.id, l.customer_id from limits_creditline l join customers_customer c"
    " on c.id = l.customer_id where c.code = %(code)s) l"
)
_HISTORY: Final = (
    # 100,000 open items of 1,000.00, due between 300 days ago and 65 days ahead
    f"""insert into receivables_invoice (customer_id, number, currency, amount_minor, open_minor,
      issued_on, due_on, terms, order_number, disputed, simulated, source)
    select l.customer_id, 'OPEN-' || n, 'CNY', 100000, 100000, %(today)s::date - 330 + n %% 365,
      %(today)s::date - 300 + n %% 365, '', '', false, true, 'benchmark'
    from {_LINE}, generate_series(1, %(open)s) n""",
    f"""insert into receivables_invoice (customer_id, number, currency, amount_minor, open_minor,
      issued_on, due_on, terms, order_number, settled_on, disputed, simulated, source)
    select l.customer_id, 'PAID-' || n, 'CNY', 100000, 0, %(today)s::date - 730 + n %% 600,
      %(today)s::date - 700 + n %% 600, '', '', null, false, true, 'benchmark'
    from {_LINE}, generate_series(1, %(paid)s) n""",
    f"""insert into receivables_receipt (customer_id, number, currency, amount_minor,
      unapplied_minor, received_on, reference, method, simulated)
    select l.customer_id, 'R-' || n, 'CNY', 100000, 0, %(today)s::date - 690 + n %% 600,
      'PAID-' || n, '', true
    from {_LINE}, generate_series(1, %(paid)s) n""",
    """insert into receivables_allocation (receipt_id, invoice_id, amount_minor, applied_on, rule)
    select r.id, i.id, 100000, r.received_on, 'reference'
    from receivables_receipt r join receivables_invoice i on i.number = r.reference""",
    f"""insert into limits_opendue (line_id, due_on, open_minor)
    select l.id, i.due_on, sum(i.open_minor) from {_LINE}
    join receivables_invoice i on i.customer_id = l.customer_id and i.open_minor > 0
    group by 1, 2 on conflict (line_id, due_on)
    do update set open_minor = limits_opendue.open_minor + excluded.open_minor""",
    # 10,000 open orders in the ERP, delivered within the next 200 days
    f"""insert into receivables_order (customer_id, number, currency, amount_minor, open_minor,
      ordered_on, delivery_on, state, simulated)
    select l.customer_id, 'SO-' || n, 'CNY', 50000, 50000, %(today)s::date - n %% 90,
      %(today)s::date + n %% 200, 'open', true
    from {_LINE}, generate_series(1, %(orders)s) n""",
    """insert into receivables_orderchain (customer_id, number, currency, delivery_on, ended,
      ordered_minor, delivered_minor, invoiced_minor, open_minor, unbilled_minor)
    select customer_id, number, currency, delivery_on, false, amount_minor, 0, 0, open_minor, 0
    from receivables_order on conflict do nothing""",
    f"""insert into limits_orderdue (line_id, due_on, open_minor)
    select l.id, o.delivery_on, sum(o.open_minor) from {_LINE}
    join receivables_order o on o.customer_id = l.customer_id group by 1, 2""",
    # and 10,000 orders that were checked and hold a reservation
    f"""insert into limits_reservation (id, line_id, order_ref, order_version, amount_minor,
      counts_minor, used_before_minor, ceiling_minor, unlimited, line_version, state,
      posted_minor, created_at, expires_at)
    select gen_random_uuid(), l.id, 'PO-' || n, 1, 50000, 50000, 0, 1000000000000, false, n,
      'pending', 0, %(at)s, %(until)s from {_LINE}, generate_series(1, %(orders)s) n""",
    f"""insert into decisions_decision (id, order_ref, version, customer_id, line_id, amount_minor,
      currency, outcome, request_sha256, facts, order_bytes, answer, policy_id, requested_by,
      decided_at, reservation_id, entry_id)
    select gen_random_uuid(), r.order_ref, 1, l.customer_id, l.id, 50000, 'CNY', 'approve',
      sha256(r.order_ref::bytea), convert_to(rpad('', 900, r.order_ref), 'utf8'),
      convert_to(rpad('', 200, r.order_ref), 'utf8'),
      convert_to(rpad('', 1200, r.order_ref), 'utf8'), 1, 'key:1',
      %(at)s - r.line_version * interval '1 minute', r.id, gen_random_uuid()
    from {_LINE} join limits_reservation r on r.line_id = l.id""",
    # counters, and a journal with a movement a document
    f"""update limits_creditline set
      open_items_minor = open_items_minor + %(open)s * 100000::bigint,
      orders_minor = orders_minor + 2 * %(orders)s * 50000::bigint, line_version = %(orders)s
    where id = (select l.id from {_LINE})""",
    f"""insert into limits_movement (line_id, component, delta_minor, cause, document, at)
    select l.id, 'open_items', 100000, 'invoice', 'invoice:OPEN-' || n, %(at)s
    from {_LINE}, generate_series(1, %(open)s) n
    union all select l.id, 'open_items', d, 'settle', 'invoice:PAID-' || n, %(at)s
    from {_LINE}, generate_series(1, %(paid)s) n, unnest(array[100000, -100000]) d
    union all select l.id, 'orders', 50000, 'reserve', 'order:PO-' || n || '#1', %(at)s
    from {_LINE}, generate_series(1, %(orders)s) n
    union all select l.id, 'orders', 50000, 'order', 'order:SO-' || n, %(at)s
    from {_LINE}, generate_series(1, %(orders)s) n""",
)


def _turns(prefix: str, checks: int) -> tuple[float, float]:
    """Median milliseconds a check: with a long history, without; who is first changes each time."""
    from django.db import connection

    taken: dict[str, list[float]] = {"C00000": [], "C00001": []}
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off")
    for n in range(checks):
        pair = ("C00000", "C00001") if n % 2 else ("C00001", "C00000")
        for code in pair:
            taken[code].append(_milliseconds(f"{prefix}-{code}-{n}", code))
    return statistics.median(taken["C00000"]), statistics.median(taken["C00001"])


def _milliseconds(ref: str, code: str) -> float:
    from xinheng.decisions.actions import check_orders
    from xinheng.decisions.values import ask_of
    from xinheng.people.actor import system

    ask = ask_of(
        order_ref=ref,
        version=1,
        customer_code=code,
        amount_minor=10_000,
        currency="CNY",
        terms_days=30,
    )
    actor = system("benchmark")
    started = time.perf_counter()
    [answer] = check_orders([ask], actor=actor)
    took = (time.perf_counter() - started) * 1_000
    if answer.status != 200 or b'"outcome":"approve"' not in answer.body:
        raise SystemExit(f"{ref} was not approved: {answer.body[:600]!r}")
    return took


def _check_books() -> None:
    """The journal explains the counters of both, before and after: a fast wrong check is none."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from limits_creditline l join customers_customer c"
            " on c.id = l.customer_id and c.code in ('C00000', 'C00001') where"
            " l.orders_minor <> (select coalesce(sum(delta_minor), 0) from limits_movement m"
            " where m.line_id = l.id and m.component = 'orders')"
        )
        [off] = cursor.fetchone()
    if off:
        raise SystemExit(f"{off} lines do not add up")
