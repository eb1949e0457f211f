"""How files stand, counted ahead: equal to the measure of one file, and on the day it says."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from tests.dossiers.corpus import pdf
from tests.dossiers.test_keep_facts import enter, new, verify, world  # noqa: F401
from tests.world import AT, TODAY, World, ask, make_line
from xinheng.customers.models import Customer
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.decisions.replaying import replay_decision
from xinheng.dossiers.credit_file import file_as_of
from xinheng.dossiers.filing import NewDocument, add_document, withdraw_document
from xinheng.dossiers.measures import measure, stale, tier_of
from xinheng.dossiers.standing import Stood, count_moved, standings_of
from xinheng.dossiers.uploads import check_upload

pytestmark = pytest.mark.django_db(transaction=True)


def file_of() -> Customer:
    return Customer.objects.get(code="C1")


def stood(day: date = TODAY) -> Stood | None:
    count_moved(today=day, at=AT)
    return standings_of([file_of().pk]).get(file_of().pk)


def stand(field: str, value: str, **extra: Any) -> int:
    """A fact that stands in the file, critical ones by a third pair of eyes."""
    fact = enter(field, value, **extra)
    if not verify(fact):
        verify(fact, by="fred")
    return fact


def test_nothing_verified_is_no_standing(world: World) -> None:  # noqa: F811
    enter("yearly_purchases", "1200.00 CNY")
    assert stood() is None


def test_the_count_is_the_measure_of_the_file(world: World) -> None:  # noqa: F811
    for field, value in (("goods_bought", "水泥"), ("yearly_purchases", "1200.00 CNY")):
        stand(field, value, observed_on=TODAY - timedelta(days=100))
    stand("yearly_purchases", "900.00 CNY", source="other", reliability="B")
    customer = file_of()
    for status in ("active", "watch"):
        Customer.objects.filter(pk=customer.pk).update(status=status)
        found = stood()
        file = file_as_of(world.bob, customer, valid_on=TODAY)
        told = measure(file, tier_of(status))
        assert found is not None and found.complete_bps == told.complete * 100
        late = stale(file, tier_of(status))
        assert found.fresh_until is not None
        assert (found.fresh_until < TODAY) == bool(late)
        if late:
            assert found.fresh_until == late[0][1]


def test_a_fact_whose_time_ends_leaves_the_count_on_the_next_day(world: World) -> None:  # noqa: F811
    stand("goods_bought", "水泥", valid_until=TODAY + timedelta(days=3))
    stand("yearly_purchases", "1200.00 CNY", valid_from=TODAY + timedelta(days=5))
    counted = [stood(TODAY + timedelta(days=days)) for days in (0, 3, 4, 5)]
    assert [one.complete_bps if one else 0 for one in counted] == [400, 400, 0, 600]


def test_a_round_counts_only_what_moved(world: World) -> None:  # noqa: F811
    stand("goods_bought", "水泥")
    assert count_moved(today=TODAY, at=AT) == 1
    assert count_moved(today=TODAY, at=AT) == 0
    stand("goods_bought", "熟料")
    assert count_moved(today=TODAY, at=AT) == 1


def licence(until: date | None) -> Any:
    told = NewDocument(
        customer_code="C1", kind="licence", title="营业执照", secrecy=1, valid_until=until
    )
    upload = check_upload(f"{until}.pdf", pdf(b"%" + str(until).encode()))
    return add_document(told, upload, actor=_actor(), at=AT)


def _actor() -> Any:
    from tests.dossiers.test_keep_facts import acting

    return acting("alice")


@pytest.mark.parametrize(
    ("fact_until", "papers", "until"),
    [
        (None, [], None),
        (TODAY, [], TODAY),
        (None, [TODAY], TODAY),
        (TODAY - timedelta(days=9), [TODAY], TODAY),
        (TODAY + timedelta(days=9), [TODAY], TODAY + timedelta(days=9)),
        (None, [TODAY - timedelta(days=1)], None),  # told without an end after that end
    ],
)
def test_the_last_end_that_is_known_is_the_licence_s(
    world: World,  # noqa: F811
    fact_until: date | None,
    papers: list[date],
    until: date | None,
) -> None:
    stand("goods_bought", "水泥")
    stand("business_licence", "91310000", valid_until=fact_until)
    for one in papers:
        licence(one)
    found = stood()
    assert found is not None and found.licence_until == until


def test_an_ended_licence_holds_orders_from_the_day_after_without_any_round(
    world: World,  # noqa: F811
) -> None:
    make_line(file_of(), 1000)
    key = licence(TODAY)
    stand("goods_bought", "水泥")
    count_moved(today=TODAY, at=AT)

    def outcome(ref: str, days: int) -> tuple[str, list[str]]:
        at = AT + timedelta(days=days)
        [answer] = check_orders([ask(ref, "C1", 10)], actor=world.actor("bob"), at=at)
        assert answer.decision_id is not None
        kept = Decision.objects.get(pk=answer.decision_id)
        assert replay_decision(kept).result == "identical"
        body = json.loads(answer.body)
        return body["outcome"], [reason["code"] for reason in body["reasons"]]

    assert outcome("A", 0) == ("approve", ["file_incomplete"])
    assert outcome("B", 1) == ("hold", ["licence_expired", "file_incomplete"])
    withdraw_document(key, "已换发新的执照", actor=_actor(), at=AT)
    licence(TODAY + timedelta(days=365))
    count_moved(today=TODAY + timedelta(days=1), at=AT)
    assert outcome("C", 1) == ("approve", ["file_incomplete"])


def test_a_merged_company_s_facts_count_in_the_survivor_s_file(world: World) -> None:  # noqa: F811
    from tests.world import make_customer

    alias = make_customer("ALIAS", unit=world.units["EAST"])
    stand("goods_bought", "水泥")
    fact = enter("yearly_purchases", "5.00 CNY", customer_code="ALIAS")
    verify(fact)
    assert (one := stood()) is not None and one.complete_bps == 400
    Customer.objects.filter(pk=alias.pk).update(merged_into=file_of())
    assert (one := stood()) is not None and one.complete_bps == 1000
    Customer.objects.filter(pk=alias.pk).update(merged_into=None)
    assert (one := stood()) is not None and one.complete_bps == 400
