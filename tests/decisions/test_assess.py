"""Assessments: what the ledger says becomes points, a grade and a proposed limit, and nothing is
guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.world import AT, TODAY, World, make_customer, make_world
from xinheng.credit.scale import grade_rank
from xinheng.customers.models import Customer
from xinheng.decisions import features
from xinheng.decisions.assess import assess, due
from xinheng.decisions.models import Assessment, Rating
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.intake.actions import finish_batch, open_batch
from xinheng.ledger.models import PendingEntry
from xinheng.limits.held_back import nobody
from xinheng.limits.models import CreditLine, Proposal
from xinheng.merkle.commitment import read_leaf
from xinheng.people.actor import Actor, system
from xinheng.policies.models import Policy
from xinheng.receivables.actions import record_invoices
from xinheng.receivables.behaviour import Behaviour
from xinheng.receivables.rows import InvoiceRow
from xinheng.refusals import Refused

CLERK = system("import")
LATER = AT + timedelta(minutes=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def sells(code: str, days_late: Iterable[int | None], *, until: date = TODAY) -> Customer:
    """A customer with one invoice of 10,000.00 a month on 30 days, each paid so many days late;
    None: open.

    The last invoice is the newest: issued 31 days before `until`, so that it was due yesterday.
    """
    lateness = list(days_late)
    customer = make_customer(code, unit=None)
    rows = []
    for place, late in enumerate(lateness):
        issued = until - timedelta(days=31 + 30 * (len(lateness) - 1 - place))
        due_on = issued + timedelta(days=30)
        paid = None if late is None else due_on + timedelta(days=late)
        rows.append(
            InvoiceRow(
                number=f"{code}-{place}",
                customer_code=code,
                currency="CNY",
                amount_minor=1_000_000,
                issued_on=issued,
                due_on=due_on,
                settled_on=paid if paid and paid <= until else None,
            )
        )
    record(rows)
    return customer


def record(rows: list[InvoiceRow], at: datetime = AT) -> None:
    batch = open_batch("invoices", "t.csv", "0" * 64, {}, actor=CLERK, at=at)
    counts = record_invoices(rows, batch=batch, actor=CLERK, at=at)
    finish_batch(batch, counts, actor=CLERK, at=at)


def run(*customers: Customer, as_of: date = TODAY, actor: Actor = CLERK, at: datetime = AT) -> int:
    return assess([c.pk for c in customers], as_of=as_of, actor=actor, at=at)


def grade(customer: Customer) -> str:
    return Rating.objects.get(customer=customer).grade


def waiting(customer: Customer) -> Proposal | None:
    return Proposal.objects.filter(customer=customer, state="proposed").first()


def test_who_pays_late_is_rated_worse_and_gets_less(world: World) -> None:
    good = sells("GOOD", [0] * 14)
    late = sells("LATE", [20] * 13 + [None])
    bad = sells("BAD", [50] * 11 + [None] * 3)
    assert run(good, late, bad) == 3
    ranks = [grade_rank(grade(c)) for c in (good, late, bad)]
    assert ranks == sorted(ranks) and len(set(ranks)) == 3
    amounts = [waiting(c).amount_minor for c in (good, late, bad)]
    assert amounts[0] > amounts[1] > amounts[2]


def test_every_point_and_reason_is_kept(world: World) -> None:
    late = sells("LATE", [20] * 13 + [None])
    run(late)
    kept = Assessment.objects.get()
    assert kept.card == "behaviour v1" and kept.as_of == TODAY
    assert kept.valid_until == TODAY + timedelta(days=180)
    assert kept.points == 490 + sum(one["points"] for one in kept.contributions)
    assert 1 <= len(kept.reasons) <= 4 and all(one["zh"] and one["en"] for one in kept.reasons)
    shown = waiting(late).workings
    assert [one["method"] for one in shown["methods"]] == [f"L{n}" for n in range(1, 12)]
    assert shown["decisive"] and shown["grade"] == kept.grade


def test_too_little_history_is_not_rated_and_proposes_nothing(world: World) -> None:
    """A build that scored the few known figures would give a customer who never paid credit."""
    newcomer, stranger = make_customer("NEW", unit=None), make_customer("NIL", unit=None)
    first = InvoiceRow(
        number="NEW-1",
        customer_code="NEW",
        currency="CNY",
        amount_minor=1_000_000,
        issued_on=TODAY,
        due_on=TODAY + timedelta(days=30),
    )
    record([first])
    run(newcomer, stranger)
    for customer in (newcomer, stranger):
        assert grade(customer) == "" and Rating.objects.get(customer=customer).points is None
        assert waiting(customer) is None


def test_ninety_days_overdue_caps_the_grade_whatever_the_points(world: World) -> None:
    customer = sells("CAP", [0] * 20 + [None, 0, 0, 0, 0])
    run(customer)
    assert grade_rank(grade(customer)) >= grade_rank("CCC")
    assert waiting(customer).workings["red_lines"] == ["overdue_90"]


def test_only_what_was_known_on_the_day_counts(world: World) -> None:
    """Ten months ago all was well; the invoices left open since then are not looked at."""
    customer = sells("THEN", [0] * 14 + [None] * 10)
    day = TODAY - timedelta(days=30 * 10 + 5)
    run(customer, as_of=day)
    kept = Assessment.objects.get()
    assert kept.inputs["oldest_dpd"] == "0" and kept.inputs["overdue_share_pct"] == "0.00"


def test_a_customer_long_silent_is_rated_as_it_was_and_that_rating_has_run_out(
    world: World,
) -> None:
    """A ledger of years ago: scored by its own last days, and no order passes on it."""
    then = TODAY - timedelta(days=2_000)
    punctual, slow = sells("P", [0] * 14, until=then), sells("S", [25] * 14, until=then)
    assert run(punctual, slow) == 2
    assert 0 < grade_rank(grade(punctual)) < grade_rank(grade(slow)) < grade_rank("C")
    kept = Assessment.objects.get(customer=punctual)
    assert kept.as_of <= then and kept.valid_until < TODAY
    assert waiting(punctual).workings["as_of"] == kept.as_of.isoformat()
    assert due(9, today=TODAY) == []  # making it again would not make it better


def test_who_owes_from_years_ago_is_judged_by_today(world: World) -> None:
    """A build that looked at the last active days only would call this one punctual."""
    customer = sells("OLD", [0] * 13 + [None], until=TODAY - timedelta(days=2_000))
    run(customer)
    kept = Assessment.objects.get()
    assert kept.as_of == TODAY and int(kept.inputs["oldest_dpd"]) > 1_900
    assert grade_rank(grade(customer)) >= grade_rank("CCC")


def test_assessing_again_replaces_the_waiting_proposal(world: World) -> None:
    customer = sells("TWICE", [0] * 14)
    run(customer)
    run(customer, at=LATER)
    assert Proposal.objects.filter(customer=customer, state="proposed").count() == 1
    assert Assessment.objects.count() == 2
    assert Rating.objects.get().assessment == Assessment.objects.latest("pk")


def test_an_unchanged_limit_needs_nobodys_attention(world: World) -> None:
    customer = sells("SAME", [0] * 14)
    run(customer)
    made = waiting(customer)
    CreditLine.objects.filter(customer=customer).update(
        amount_minor=made.amount_minor, terms_days_max=made.terms_days
    )
    made.state = "granted"
    made.save(update_fields=["state"])
    run(customer, at=LATER)
    assert waiting(customer) is None


def test_nothing_becomes_credit_without_a_person(world: World) -> None:
    customer = sells("WAIT", [0] * 14)
    run(customer)
    assert CreditLine.objects.get(customer=customer).amount_minor is None


def test_one_entry_commits_to_all_rows(world: World) -> None:
    customers = [sells(f"R{n}", [n] * 8) for n in range(3)]
    before = PendingEntry.objects.count()
    run(*customers)
    assert PendingEntry.objects.count() == before + 1
    leaf = read_leaf(bytes(PendingEntry.objects.latest("pk").leaf))
    assert leaf["kind"] == "customers.assessed"
    # The root is a commitment: in the clear, that of a single row could be guessed.
    assert leaf["clear"].keys() == {"card", "as_of", "rows"} and leaf["clear"]["rows"] == 3
    assert leaf["commit"].keys() == {"actor", "rows_root"}
    entries = set(Assessment.objects.values_list("entry_id", flat=True))
    assert entries == {PendingEntry.objects.latest("pk").entry_id}


def test_due_is_who_moved_since_or_whose_rating_ran_out(world: World) -> None:
    moved, still = sells("MOVED", [0] * 8), sells("STILL", [0] * 8)
    assert due(9, today=TODAY) == [moved.pk, still.pk]  # never assessed
    run(moved, still, at=LATER)
    assert due(9, today=TODAY) == []
    # An order's reservation touches the line but says nothing new about paying.
    CreditLine.objects.filter(customer=still).update(updated_at=LATER + timedelta(hours=1))
    assert due(9, today=TODAY) == []
    extra = InvoiceRow(
        number="X",
        customer_code="MOVED",
        currency="CNY",
        amount_minor=5,
        issued_on=TODAY,
        due_on=TODAY,
    )
    record([extra], at=LATER + timedelta(hours=2))
    assert due(9, today=TODAY) == [moved.pk]
    assert due(9, today=TODAY + timedelta(days=181)) == [moved.pk, still.pk]
    assert due(1, today=TODAY + timedelta(days=181)) == [moved.pk]


def test_a_seller_assesses_nobody(world: World) -> None:
    with pytest.raises(Refused) as refused:
        run(sells("NO", [0]), actor=world.actor("bob"))
    assert refused.value.code is DecisionRefusal.NOT_ALLOWED
    assert not Assessment.objects.exists()


def test_without_a_live_card_nothing_is_assessed(world: World) -> None:
    Policy.objects.filter(kind="scorecard").update(status="retired")
    with pytest.raises(Refused) as refused:
        run(sells("NO", [0]))
    assert refused.value.code is DecisionRefusal.NO_LIVE_POLICY


# --- features, which are pure

SETTINGS = features.Settings(180, 30, 180, 4, 730)
FIGURES = {"current_assets": 1200, "inventory": 500, "current_liabilities": 800}
FIGURES |= {"total_liabilities": 1500, "equity": 1000}


def paying(**changed: Any) -> Behaviour:
    given: dict[str, Any] = {
        "currency": "CNY",
        "payment_index": Decimal("72.10"),
        "days_late_weighted": Decimal("6.50"),
        "days_late_mean": Decimal("6.50"),
        "on_time_share_pct": Decimal("60.00"),
        "dpd_max": 20,
        "days_late_trend": Decimal("0.10"),
        "experiences": 12,
        "open_minor": 0,
        "overdue_minor": 0,
        "overdue_share_pct": Decimal("0.00"),
        "oldest_dpd": 0,
        "months_of_history": 14,
        "sales_minor": 120_000_000,
        "sales_days": 365,
        "receipts_by_month": (0,) * 6 + (12_015, 15_000, 13_500, 16_000, 14_500, 13_000),
        "terms_days": 30,
    }
    return Behaviour(**given | changed)


def values(one: Behaviour | None, filed: features.Filed | None, terms: int = 30) -> dict[str, Any]:
    return {m.method: m.value_minor for m in features.methods_of(one, filed, terms)}


@pytest.mark.parametrize(
    ("one", "filed", "expected"),
    [
        # L7: 1,200,000.00 / 365 x (30 + 6.5) x 1.2 = 144,000.00; L5: (1 x 12,015 + …) / 21
        (paying(), None, {"L1": None, "L3": None, "L5": 14_144, "L7": 14_400_000}),
        (paying(receipts_by_month=(0,) * 12), None, {"L5": None}),
        (paying(sales_minor=0), None, {"L7": None}),
        (paying(sales_minor=-5), None, {"L7": None}),
        (paying(days_late_weighted=None), None, {"L7": None}),
        (None, None, {"L1": None, "L3": None, "L5": None, "L7": None}),
        # WAM-1 in minor units: 17.5 % of 700
        (None, features.Filed(TODAY, "CNY", FIGURES), {"L1": 100, "L3": 123}),
        (paying(), features.Filed(TODAY, "USD", FIGURES), {"L1": None, "L3": None}),
    ],
)
def test_methods_reckon_with_what_is_known(one: Any, filed: Any, expected: dict) -> None:
    found = values(one, filed)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("period_end", "used"),
    [
        (TODAY, True),
        (TODAY + timedelta(days=1), False),
        (TODAY - timedelta(days=730), True),
        (TODAY - timedelta(days=731), False),
    ],
)
def test_a_statement_from_the_future_or_too_old_says_nothing(period_end: date, used: bool) -> None:
    filed = features.Filed(period_end, "CNY", FIGURES)
    assert (features.usable(filed, TODAY, SETTINGS) is not None) is used


@pytest.mark.parametrize(
    ("one", "cap"),
    [
        (paying(), {"months_of_sales": 120_000_000 * 120 // 365}),
        (paying(sales_days=10, sales_minor=1_000), {"months_of_sales": 1_000}),
        (paying(sales_minor=-1), {}),
        (None, {}),
    ],
)
def test_a_limit_beyond_what_is_bought_has_no_use(one: Any, cap: dict) -> None:
    assert features.caps_of(one, SETTINGS) == cap


@pytest.mark.parametrize(("usual", "proposed"), [(45, 45), (None, 30), (400, 180), (0, 0)])
def test_terms_are_what_the_customer_has(usual: int | None, proposed: int) -> None:
    assert features.terms_of(paying(terms_days=usual), SETTINGS) == proposed


def test_a_proposal_that_is_no_longer_suggested_does_not_wait_on(world: World) -> None:
    # Fails when only a new proposal takes the place of an old one: an undone import would leave its
    # limit in the queue, to be granted in bulk.
    from xinheng.intake.models import ImportBatch
    from xinheng.receivables.actions import undo_batch

    customer = sells("GONE", [0] * 8)
    run(customer)
    assert waiting(customer)
    undo_batch(ImportBatch.objects.latest("pk"), actor=CLERK, at=AT)
    run(customer, at=LATER)
    assert waiting(customer) is None
    assert Proposal.objects.get().state == "superseded"


def test_what_a_person_entered_waits_whatever_is_calculated(world: World) -> None:
    from xinheng.limits.proposing import propose_amount

    customer = make_customer("NEW", unit=None)
    alice = world.actor("alice")
    said = (customer.pk, "CNY", 5_000, 30, "a new customer")
    propose_amount(*said, held_back=nobody, actor=alice, at=AT)
    run(customer, at=LATER)
    proposal = waiting(customer)
    assert proposal and proposal.amount_minor == 5_000


def test_a_limit_that_has_expired_is_proposed_again(world: World) -> None:
    # Fails when an expired line counts as in force: the customer would wait for ever.
    customer = sells("OLD", [0] * 8)
    run(customer)
    proposal = waiting(customer)
    assert proposal
    CreditLine.objects.filter(customer=customer).update(
        amount_minor=proposal.amount_minor,
        terms_days_max=proposal.terms_days,
        valid_from=TODAY - timedelta(days=366),
        valid_until=TODAY - timedelta(days=1),
    )
    proposal.delete()
    run(customer, at=LATER)
    assert waiting(customer)
    CreditLine.objects.filter(customer=customer).update(valid_until=TODAY)
    run(customer, at=LATER)
    assert waiting(customer) is None


def test_a_silent_customers_last_days_are_not_in_the_future(world: World) -> None:
    # Fails when an invoice dated after the day asked for counts as its latest activity.
    customer = sells("SILENT", [0] * 8, until=TODAY - timedelta(days=800))
    later = TODAY + timedelta(days=40)
    record(
        [
            InvoiceRow(
                number="SILENT-X",
                customer_code="SILENT",
                currency="CNY",
                amount_minor=100,
                issued_on=later,
                due_on=later,
            )
        ]
    )
    run(customer)
    assert Rating.objects.get(customer=customer).valid_until < TODAY


@pytest.mark.django_db(transaction=True)
def test_two_assessments_at_once_follow_each_other() -> None:
    # An import's own assessment and the jobs' round find the same customers. The ratings, written
    # in key order, let one wait for the other: fails when limits are proposed before them.
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from django.db import connections

    make_world()
    customers = [sells(f"R{n}", [n] * 8) for n in range(8)]
    start = Barrier(3)

    def assess_once(n: int) -> int:
        start.wait(10)
        try:
            return run(*customers, at=AT + timedelta(seconds=n))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(assess_once, range(3))) == [8, 8, 8]
    assert Proposal.objects.filter(state="proposed").count() == 8
