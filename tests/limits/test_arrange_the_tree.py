"""Where a line lies follows from who belongs to whom, whatever happened before and in any order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import AT, TODAY, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.limits.models import CreditLine, DatedLimit
from xinheng.limits.tree import Forest, Relation, TreeLine, arrange, chain, find_line, paths, upward

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


def company(code: str, **more: Any) -> Customer:
    return make_customer(code, unit=None, **more)


def line(customer: Customer, currency: str = "CNY", scope: str = "", limit: int | None = None):
    return CreditLine.objects.create(
        customer=customer, currency=currency, scope=scope, amount_minor=limit, updated_at=AT
    )


def above(one: CreditLine) -> list[int]:
    one.refresh_from_db()
    assert one.within_id == (one.path[0] if one.path else None)
    return list(one.path)


def test_a_line_of_nobody_s_group_stands_alone(world):
    own = line(company("C1"), limit=100)
    assert arrange([own.customer_id], at=AT) == []
    own.refresh_from_db()
    assert (own.within_id, own.path, own.root_id) == (None, [], None)


def test_a_branch_s_product_lies_in_its_own_line_and_that_in_the_group_s(world):
    head = company("HEAD")
    branch = company("B1", parent=head)
    group = line(head, scope="group", limit=1000)
    own_of_head = line(head, limit=500)
    cement = line(branch, scope="product:CEM")
    arrange([branch.pk], at=AT)
    own = CreditLine.objects.get(customer=branch, scope="")
    assert above(cement) == [own.pk, group.pk]
    assert above(own) == [group.pk] == above(own_of_head)
    assert above(group) == []
    assert {one.root_id for one in CreditLine.objects.all()} == {group.pk}


def test_groups_lie_within_groups_and_the_nearest_counts(world):
    top = company("TOP")
    middle = company("MID", parent=top)
    low = company("LOW", parent=middle)
    whole, part = line(top, scope="group", limit=9), line(middle, scope="group", limit=5)
    own = line(low, limit=3)
    arrange([low.pk], at=AT)
    assert above(own) == [part.pk, whole.pk]


def test_a_group_line_in_another_currency_is_not_escaped(world):
    head = company("HEAD")
    branch = company("B1", parent=head)
    group = line(head, "EUR", "group", 1000)
    own = line(branch, "CNY")
    arrange([head.pk], at=AT)
    assert above(own) == [group.pk]
    same = line(head, "CNY", "group", 1000)
    arrange([head.pk], at=AT)
    assert above(own) == [same.pk]


def test_a_line_without_a_limit_counts_on_the_main_line(world):
    customer = company("C1")
    main, euro = line(customer, "CNY", limit=100), line(customer, "EUR")
    arrange([customer.pk], at=AT)
    assert above(euro) == [main.pk] and above(main) == []
    # a limit of its own takes it out, a temporary one alone does not
    CreditLine.objects.filter(pk=euro.pk).update(amount_minor=50, temporary=True)
    arrange([customer.pk], at=AT)
    assert above(euro) == [main.pk]
    DatedLimit.objects.create(
        line=euro, amount_minor=70, valid_from=TODAY, granted_by="user:1", granted_at=AT
    )
    arrange([customer.pk], at=AT)
    assert above(euro) == []
    main.refresh_from_db()
    assert main.root_id is None


def test_merging_books_under_the_survivor_and_unmerging_takes_it_back(world):
    kept, gone = company("KEPT"), company("GONE")
    old = line(gone, limit=100)
    Customer.objects.filter(pk=gone.pk).update(merged_into=kept)
    arrange([gone.pk], at=AT)
    survivor = CreditLine.objects.get(customer=kept, currency="CNY", scope="")
    assert above(old) == [survivor.pk] and survivor.amount_minor is None
    Customer.objects.filter(pk=gone.pk).update(merged_into=None)
    assert set(arrange([gone.pk], at=AT)) == {old.pk, survivor.pk}
    old.refresh_from_db()
    survivor.refresh_from_db()
    assert (old.path, old.root_id, survivor.root_id) == ([], None, None)


def test_leaving_a_group_leaves_the_old_tree_in_order(world):
    # Catches an arrange that looks at relations only: the old head would keep its root.
    head, branch = company("HEAD"), company("B1")
    Customer.objects.filter(pk=branch.pk).update(parent=head)
    group, own = line(head, scope="group", limit=9), line(branch, limit=5)
    arrange([branch.pk], at=AT)
    Customer.objects.filter(pk=branch.pk).update(parent=None)
    arrange([branch.pk], at=AT)
    group.refresh_from_db()
    assert above(own) == [] and group.root_id is None


def test_lines_are_found_by_key_and_told_with_what_is_above(world):
    head = company("HEAD")
    group, own = line(head, scope="group", limit=9), line(head)
    arrange([head.pk], at=AT)
    assert find_line(head.pk, "CNY", "group") == group.pk
    assert find_line(head.pk, "EUR") is None
    assert paths([own.pk, group.pk]) == {own.pk: (group.pk,), group.pk: ()}


# --- Laws

RELATIONS = st.lists(
    st.tuples(st.none() | st.integers(0, 4), st.none() | st.integers(0, 4)), min_size=5, max_size=5
)
LINES = st.sets(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(["CNY", "EUR"]),
        st.sampled_from(["", "group", "unit:X"]),
    ),
    max_size=10,
)


@settings(max_examples=500)
@given(RELATIONS, LINES, st.data())
def test_nothing_lies_within_itself(relations, keys, data):
    # Rings among customers are possible (A owns B, B owns A); rings among lines are not.
    known = {
        c: Relation(*(None if other == c else other for other in pair))
        for c, pair in enumerate(relations)
    }
    up = upward(known)
    assert all(len(chain(c, up)) <= 5 for c in known)
    limited = data.draw(st.lists(st.booleans(), min_size=len(keys), max_size=len(keys)))
    lines = [TreeLine(i, *key, limited[i]) for i, key in enumerate(sorted(keys))]
    while missing := Forest(lines, known).missing():
        lines += [TreeLine(len(lines) + i, *key, False) for i, key in enumerate(missing)]
    for line_id, place in Forest(lines, known).places().items():
        assert line_id not in place.path and len(set(place.path)) == len(place.path)


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("parent"), st.integers(0, 3), st.none() | st.integers(0, 3)),
        st.tuples(st.just("merged_into"), st.integers(0, 3), st.none() | st.integers(0, 3)),
        st.tuples(st.just("line"), st.integers(0, 3), st.sampled_from(["CNY", "EUR"])),
        st.tuples(st.just("group"), st.integers(0, 3), st.sampled_from(["CNY", "EUR"])),
        st.tuples(st.just("limit"), st.integers(0, 3), st.none() | st.just(100)),
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example is rolled back
)
@given(CHANGES)
def test_the_tree_is_a_function_of_state(world_of_four, changes):
    # Whatever came before, what stands after each step is what one look at everything would make.
    from django.db import transaction

    with transaction.atomic():
        for what, who, value in changes:
            customer = world_of_four[who]
            _apply(what, customer, value, world_of_four)
            arrange([customer], at=AT)
            assert arrange([customer], at=AT) == []
        everything = list(CreditLine.objects.values_list("customer_id", flat=True))
        assert arrange(everything, at=AT) == []
        seen = dict(CreditLine.objects.values_list("pk", "path"))
        CreditLine.objects.update(within=None, path=[], root_id=None)
        arrange(everything, at=AT)
        assert seen == dict(CreditLine.objects.values_list("pk", "path"))
        transaction.set_rollback(True)


@pytest.fixture
def world_of_four(world) -> list[int]:
    return [company(f"C{n}").pk for n in range(4)]


def _apply(what: str, customer: int, value: Any, everybody: list[int]) -> None:
    lines = CreditLine.objects.filter(customer_id=customer)
    if what == "limit":
        lines.filter(currency="CNY").update(amount_minor=value)
    elif what in ("line", "group"):
        CreditLine.objects.get_or_create(
            customer_id=customer,
            currency=value,
            scope="group" if what == "group" else "",
            defaults={"updated_at": AT},
        )
    else:
        other = None if value is None or everybody[value] == customer else everybody[value]
        Customer.objects.filter(pk=customer).update(**{what: other})
