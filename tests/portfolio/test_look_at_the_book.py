"""The credit manager's first page: exposure, grades, the largest customers, the week."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.receivables.conftest import AT, Desk, invoice, order, receipt

AS_OF = date(2026, 11, 22)
CNY = "CNY"


@pytest.fixture
def desk(db: None) -> Desk:
    made = Desk()
    made.invoices(
        invoice("I1", 12_000, date(2026, 9, 1), date(2026, 10, 1)),
        invoice("I2", 6_000, date(2026, 10, 20), date(2026, 11, 18), customer_code="C2"),
        invoice("I3", 2_000, date(2026, 11, 1), date(2026, 12, 1), customer_code="C2"),
    )
    made.orders(order("PO-1", 500, date(2026, 11, 1), customer_code="C3"))
    return made


def grant(code: str, amount: int, until: date = date(2027, 1, 1)) -> None:
    from xinheng.limits.models import CreditLine

    CreditLine.objects.filter(customer__code=code).update(
        amount_minor=amount, valid_from=date(2026, 1, 1), valid_until=until
    )


def rate(code: str, grade: str, until: date) -> None:
    from xinheng.customers.models import Customer
    from xinheng.decisions.models import Assessment, Rating

    customer = Customer.objects.get(code=code)
    assessment = Assessment.objects.create(
        customer=customer,
        card="behaviour v1",
        currency=CNY,
        grade=grade,
        inputs={},
        contributions=[],
        reasons=[],
        as_of=AS_OF,
        valid_until=until,
        assessed_at=AT,
    )
    Rating.objects.create(customer=customer, assessment=assessment, grade=grade, valid_until=until)


def test_headroom_of_one_customer_helps_no_other(desk: Desk) -> None:
    # Fails when headroom is the sum of limits less the sum of use.
    from xinheng.portfolio.queries import exposure_totals

    grant("C1", 10_000)
    grant("C2", 9_000)
    found = exposure_totals(AS_OF, CNY)
    assert (found.used_minor, found.limit_minor) == (20_500, 19_000)
    assert (found.headroom_minor, found.excess_minor) == (1_000, 2_500)
    assert (found.lines, found.lines_in_force, found.lines_exceeded) == (3, 2, 2)
    assert found.components["orders"] == 500


def test_an_expired_line_gives_no_credit(desk: Desk) -> None:
    from xinheng.portfolio.queries import exposure_totals

    grant("C1", 50_000, until=date(2026, 11, 21))
    assert exposure_totals(AS_OF, CNY).limit_minor == 0


def test_an_expired_line_gives_no_credit_though_it_says_unlimited(desk: Desk) -> None:
    # Fails when the word outlives its dates: nothing would be exceeded for ever.
    from xinheng.limits.models import CreditLine
    from xinheng.portfolio.queries import exposure_totals

    grant("C1", 50_000, until=date(2026, 11, 21))
    CreditLine.objects.filter(customer__code="C1").update(amount_minor=None, unlimited=True)
    found = exposure_totals(AS_OF, CNY)
    assert (found.unlimited, found.lines_exceeded, found.excess_minor) == (0, 3, 20_500)


def test_sub_limits_count_with_their_line_and_covers_add(desk: Desk) -> None:
    # Fails when each line is a customer: C1 would have 12,000 of 10,000 and a part its own room.
    from xinheng.limits.models import CreditLine
    from xinheng.limits.tree import arrange
    from xinheng.portfolio.queries import exposure_totals, rating_mix

    grant("C1", 13_000)
    own = CreditLine.objects.get(customer__code="C1")
    CreditLine.objects.filter(pk=own.pk).update(covered_minor=500)
    CreditLine.objects.create(
        customer_id=own.customer_id,
        currency=CNY,
        scope="product:CEM",
        amount_minor=5_000,
        orders_minor=1_000,
        updated_at=AT,
    )
    arrange([own.customer_id], at=AT)
    found = exposure_totals(AS_OF, CNY)
    assert (found.used_minor, found.limit_minor, found.lines) == (21_500, 13_500, 3)
    assert (found.headroom_minor, found.components["orders"]) == (500, 1_500)
    assert sum(share.customers for share in rating_mix(AS_OF, CNY)) == 3


def test_an_expired_rating_counts_as_not_rated(desk: Desk) -> None:
    from xinheng.portfolio.queries import rating_mix

    rate("C1", "BB", date(2027, 1, 1))
    rate("C2", "AAA", date(2026, 11, 21))
    found = [(share.grade, share.customers, share.used_minor) for share in rating_mix(AS_OF, CNY)]
    assert found == [("BB", 1, 12_000), ("", 2, 8_500)]


def test_the_largest_customers_come_with_their_share(desk: Desk) -> None:
    from xinheng.portfolio.queries import concentration, top_customers

    grant("C2", 9_000)
    first, second = top_customers(AS_OF, CNY)
    assert (first.code, first.open_minor, first.oldest_dpd) == ("C1", 12_000, 52)
    assert (second.code, second.overdue_minor, second.limit_minor) == ("C2", 6_000, 9_000)
    assert (first.share_pct, second.share_pct) == (Decimal("60.00"), Decimal("40.00"))
    assert concentration([first, second]).top_10_pct == Decimal("100.00")


def test_ageing_of_a_customer_has_all_seven_buckets(desk: Desk) -> None:
    from xinheng.customers.models import Customer
    from xinheng.portfolio.queries import ageing_of

    ids = list(Customer.objects.filter(code="C2").values_list("id", flat=True))
    found = ageing_of(ids, AS_OF, CNY)[ids[0]]
    assert found == {
        "not_due": 2_000,
        "1-30": 6_000,
        "31-60": 0,
        "61-90": 0,
        "91-180": 0,
        "181-365": 0,
        "365+": 0,
    }


def test_the_week_tells_who_fell_behind_and_nobody_who_was_behind_already(desk: Desk) -> None:
    # Fails when last week's lateness is read from today's open amounts.
    from xinheng.portfolio.queries import week_changes

    week = week_changes(AS_OF, CNY)
    assert [(one.code, one.overdue_minor) for one in week.newly_overdue] == [("C2", 6_000)]
    assert (week.before.overdue_minor, week.now.overdue_minor) == (12_000, 18_000)
    assert week.decisions == {"approve": 0, "refer": 0, "hold": 0, "decline": 0}
    assert (week.newly_overdue_customers, week.holds_waiting) == (1, 0)


def test_a_customer_that_paid_this_week_was_behind_before(desk: Desk) -> None:
    from xinheng.portfolio.queries import week_changes

    desk.receipts(receipt("R1", 12_000, date(2026, 11, 20)))
    week = week_changes(AS_OF, CNY)
    assert (week.before.overdue_customers, week.now.overdue_customers) == (1, 1)


def test_an_empty_book_has_figures_too(db: None) -> None:
    from xinheng.portfolio.queries import (
        concentration,
        currencies,
        exposure_totals,
        rating_mix,
        top_customers,
        week_changes,
    )

    assert currencies() == [] and rating_mix(AS_OF, CNY) == [] and top_customers(AS_OF, CNY) == []
    assert exposure_totals(AS_OF, CNY).used_minor == 0
    assert week_changes(AS_OF, CNY).now.customers == 0
    assert concentration([]).top_1_pct is None
