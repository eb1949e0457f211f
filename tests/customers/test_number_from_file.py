"""A USCC in a file of customers becomes one of the company's numbers; undone, it goes again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connections, transaction

from tests.world import AT, World, make_customer, make_world
from xinheng.customers.actions import record_customers, undo_batch
from xinheng.customers.identities import add_identity, end_identity
from xinheng.customers.models import Customer, Identity
from xinheng.customers.rows import CustomerRow
from xinheng.intake.models import ImportBatch
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
USCC = "91350100M000100Y43"
OTHER = "91110108551385082Q"
EARLY = "91350203M0001FUE2P"
LATER = AT + timedelta(days=1)


@pytest.fixture
def world() -> World:
    return make_world()


def batch() -> ImportBatch:
    return ImportBatch.objects.create(
        kind="customers", file_name="客户.csv", file_sha256="0" * 64, state="done", started_at=AT
    )


def told(world: World, *rows: tuple[str, str], at: Any = AT) -> ImportBatch:
    made = batch()
    record_customers(
        [CustomerRow(code=code, name=f"{code}公司", uscc=uscc) for code, uscc in rows],
        batch=made,
        actor=world.actor("alice"),
        at=at,
    )
    return made


def living() -> list[tuple[str, str]]:
    rows = Identity.objects.filter(ended_at=None).order_by("customer__code", "value")
    return list(rows.values_list("customer__code", "value"))


def test_a_new_company_has_the_number_of_the_file(world: World) -> None:
    told(world, ("C1", USCC), ("C2", ""))
    assert living() == [("C1", USCC)]
    kept = Identity.objects.get()
    assert (kept.kind, kept.verdict, kept.entered_by) == (
        "uscc",
        "valid",
        world.actor("alice").ref,
    )


def test_the_same_file_again_changes_nothing(world: World) -> None:
    told(world, ("C1", USCC))
    told(world, ("C1", USCC), at=LATER)
    assert Identity.objects.count() == 1


def test_another_number_ends_the_first_and_undoing_brings_it_back(world: World) -> None:
    told(world, ("C1", USCC))
    second = told(world, ("C1", OTHER), at=LATER)
    assert living() == [("C1", OTHER)] and Identity.objects.count() == 2
    undo(second, world)
    assert living() == [("C1", USCC)] and Identity.objects.count() == 1
    assert Customer.objects.get().uscc == USCC


def test_undoing_takes_a_new_company_with_its_number(world: World) -> None:
    undo(told(world, ("C1", USCC)), world)
    assert not Customer.objects.exists() and not Identity.objects.exists()


def undo(made: ImportBatch, world: World) -> None:
    made.finished_at = LATER
    undo_batch(made, actor=world.actor("alice"), at=LATER + timedelta(days=1))


def test_two_companies_with_one_number_are_kept_and_the_older_one_has_it(world: World) -> None:
    told(world, ("C1", USCC), ("C2", USCC))
    assert living() == [("C1", USCC)]
    assert list(Customer.objects.order_by("code").values_list("uscc", flat=True)) == [USCC, USCC]


def test_a_number_of_another_company_is_not_taken_from_it(world: World) -> None:
    add_identity(make_customer("C9", unit=None).pk, "uscc", USCC, actor=world.actor("alice"), at=AT)
    told(world, ("C1", USCC))
    assert living() == [("C9", USCC)]


def test_an_early_code_waits_for_a_person(world: World) -> None:
    told(world, ("C1", EARLY))
    assert living() == [] and Customer.objects.get().uscc == EARLY


def test_a_person_ends_a_number_with_a_reason(world: World) -> None:
    told(world, ("C1", USCC))
    alice = world.actor("alice")
    number = Identity.objects.get()
    with pytest.raises(Refused):
        end_identity(number.pk, " ", actor=alice, at=LATER)
    with pytest.raises(Refused):
        end_identity(number.pk, "登记有误", actor=world.actor("bob"), at=LATER)
    end_identity(number.pk, "登记有误", actor=alice, at=LATER)
    assert living() == [] and Customer.objects.get().uscc == ""
    with pytest.raises(Refused):
        end_identity(number.pk, "登记有误", actor=alice, at=LATER)


def test_a_file_and_a_person_at_once_give_a_number_to_one_company(world: World) -> None:
    """Broken build: a file that does not ask for the lock; both see the number free."""
    c9 = make_customer("C9", unit=None)
    alice = world.actor("alice")
    failed: list[str] = []

    def by_hand() -> None:
        try:
            add_identity(c9.pk, "uscc", USCC, actor=alice, at=AT)
        except Refused as refused:
            failed.append(str(refused.code.name))
        finally:
            connections["default"].close()

    _while_open(lambda: told(world, ("C1", USCC)), by_hand)
    assert living() == [("C1", USCC)] and failed == ["IDENTITY_TAKEN"]


def _while_open(first: Callable[[], Any], second: Callable[[], None]) -> None:
    """The second begins while the first has done its work and not yet committed."""
    thread = Thread(target=second)
    with transaction.atomic():
        first()
        thread.start()
        thread.join(0.4)
        assert thread.is_alive(), "it did not wait"
    thread.join(20)
