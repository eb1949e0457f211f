"""Numbers of a company: checked when entered, taken on by a person, one company each."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.world import AT, World, make_customer, make_world
from xinheng.customers.identities import add_identity, override_identity
from xinheng.customers.models import Customer, Identity
from xinheng.ledger.models import PendingEntry
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
USCC = "91350100M000100Y43"
OTHER = "91110108551385082Q"
EARLY = "91350203M0001FUE2P"
LEI = "213800699Y1P5GMARI40"


@pytest.fixture
def world() -> World:
    return make_world()


def refused(act: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(*args, at=AT, **more)
    return str(caught.value.code.name)


def test_a_number_is_kept_as_it_is_written_properly_and_stands_in_the_ledger(world: World) -> None:
    c1 = make_customer("C1", unit=world.units["EAST"])
    before = PendingEntry.objects.count()
    entered = add_identity(c1.pk, "uscc", "９135 0100m000100y43", actor=world.actor("alice"), at=AT)
    assert (entered.value, entered.verdict) == (USCC, "valid")
    assert PendingEntry.objects.count() == before + 1
    c1.refresh_from_db()
    assert c1.uscc == USCC and USCC.lower() in c1.search_text


def test_a_second_uscc_ends_the_first_and_vat_numbers_stand_side_by_side(world: World) -> None:
    c1 = make_customer("C1", unit=world.units["EAST"])
    alice = world.actor("alice")
    for kind, value in [
        ("uscc", USCC),
        ("uscc", OTHER),
        ("vat", "DE136695976"),
        ("vat", "NL004495445B01"),
    ]:
        add_identity(c1.pk, kind, value, actor=alice, at=AT)
    live = c1.identities.filter(ended_at=None).order_by("value").values_list("value", flat=True)
    assert list(live) == [OTHER, "DE136695976", "NL004495445B01"]
    assert Customer.objects.get().uscc == OTHER


def test_what_cannot_be_right_is_refused_with_the_words_that_mend_it(world: World) -> None:
    c1 = make_customer("C1", unit=world.units["EAST"])
    with pytest.raises(Refused) as caught:
        add_identity(c1.pk, "uscc", USCC[:-1] + "4", actor=world.actor("alice"), at=AT)
    assert "“3”" in caught.value.text.zh and "“3”" in caught.value.text.en
    assert refused(add_identity, c1.pk, "tax", "1", actor=world.actor("alice")) == "KIND_UNKNOWN"
    assert not Identity.objects.exists()


def test_an_early_code_is_taken_on_by_a_person_with_a_reason_only(world: World) -> None:
    c1 = make_customer("C1", unit=world.units["EAST"])
    alice = world.actor("alice")
    assert refused(add_identity, c1.pk, "uscc", EARLY, actor=alice) == "NEEDS_OVERRIDE"
    assert refused(override_identity, c1.pk, "uscc", EARLY, " ", actor=alice) == "NEEDS_REASON"
    wrong = USCC[:-1] + "4"
    told = "营业执照原件"
    assert refused(override_identity, c1.pk, "uscc", wrong, told, actor=alice) == "IDENTITY_INVALID"
    assert (
        refused(override_identity, c1.pk, "uscc", USCC, told, actor=alice) == "NOTHING_TO_OVERRIDE"
    )
    kept = override_identity(c1.pk, "uscc", EARLY, told, actor=alice, at=AT)
    assert (kept.verdict, kept.override_reason) == ("override", told)
    assert kept.entered_by == alice.ref


def test_one_number_names_one_company_until_the_two_are_merged(world: World) -> None:
    c1 = make_customer("C1", unit=world.units["EAST"])
    c2 = make_customer("C2", unit=world.units["EAST"])
    alice = world.actor("alice")
    add_identity(c1.pk, "lei", LEI, actor=alice, at=AT)
    assert refused(add_identity, c1.pk, "lei", LEI, actor=alice) == "IDENTITY_KNOWN"
    assert refused(add_identity, c2.pk, "lei", LEI, actor=alice) == "IDENTITY_TAKEN"
    Customer.objects.filter(pk=c1.pk).update(merged_into=c2)
    assert add_identity(c2.pk, "lei", LEI, actor=alice, at=AT).value == LEI
    assert refused(add_identity, c1.pk, "duns", "150483782", actor=alice) == "MERGED_AWAY"


def test_a_uscc_that_a_file_brought_is_taken_too(world: World) -> None:
    make_customer("C1", unit=world.units["EAST"], uscc=USCC)
    c2 = make_customer("C2", unit=world.units["EAST"])
    assert (
        refused(add_identity, c2.pk, "uscc", USCC, actor=world.actor("alice")) == "IDENTITY_TAKEN"
    )


def test_who_may_not_edit_or_does_not_see_the_customer_enters_nothing(world: World) -> None:
    c1 = make_customer("C1", unit=world.units["EAST"])
    assert refused(add_identity, c1.pk, "uscc", USCC, actor=world.actor("bob")) == "NOT_ALLOWED"
    assert refused(add_identity, 0, "uscc", USCC, actor=world.actor("alice")) == "CUSTOMER_UNKNOWN"


def test_the_table_takes_no_override_without_a_reason(world: World) -> None:
    c1 = make_customer("C1", unit=world.units["EAST"])
    row = {"customer": c1, "kind": "uscc", "value": EARLY, "entered_by": "x", "entered_at": AT}
    for wrong in ({"verdict": "override"}, {"verdict": "invalid"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Identity.objects.create(**row, **wrong)
