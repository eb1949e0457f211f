"""What was merged, by whom and why; a preview that keeps nothing; taking apart with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.web.pages import buyer, signed_in, text_of
from tests.world import World, make_world
from xinheng.customers.identities import add_identity
from xinheng.customers.models import Customer, Merge
from xinheng.decisions.regrouping import merge
from xinheng.ledger.models import PendingEntry

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/customers/merged/"
WHY = "同一家企业两次建档"


@pytest.fixture
def world() -> World:
    world = make_world()
    buyer("C1", world.units["EAST"], 900_00, name="甲公司", open_items=300_00)
    buyer("C2", world.units["EAST"], 400_00, name="甲公司二", open_items=300_00)
    return world


def pk(code: str) -> int:
    return Customer.objects.get(code=code).pk


def merged(world: World) -> None:
    merge(pk("C2"), pk("C1"), WHY, actor=world.actor("alice"), at=timezone.now())


def part(world: World, verdict: str, reason: str = "查明是两家", who: str = "alice") -> Any:
    told = {"customer": "C2", "reason": reason, "verdict": verdict}
    return signed_in(getattr(world, who)).post(f"{PAGE}part/", told)


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "拆开的理由"), ("en", "Take apart")])
def test_the_list_says_what_was_merged_by_whom_and_why(world, language, word) -> None:
    merged(world)
    page = text_of(signed_in(world.alice, language).get(PAGE))
    for said in (WHY, "C2 → C1", word):
        assert said in page
    assert "alice" in page or "user:" not in page


def test_a_preview_tells_what_would_change_and_keeps_nothing(world: World) -> None:
    """Broken build: a preview that commits; the record stands alone afterwards."""
    merged(world)
    entries = PendingEntry.objects.count()
    page = text_of(part(world, "weigh"))
    assert "600.00" in page and "300.00" in page
    assert Customer.objects.get(code="C2").merged_into_id == pk("C1")
    assert PendingEntry.objects.count() == entries
    assert Merge.objects.get().parted_at is None


def test_taking_apart_asks_for_a_reason_and_is_kept(world: World) -> None:
    merged(world)
    refused = part(world, "part", " ")
    assert refused.status_code == 422 and 'aria-invalid="true"' in text_of(refused)
    assert part(world, "part").status_code == 302
    assert Customer.objects.get(code="C2").merged_into_id is None
    page = text_of(signed_in(world.alice).get(PAGE))
    assert "查明是两家" in page and WHY in page


def test_a_number_given_to_the_other_meanwhile_stops_the_parting(world: World) -> None:
    told: dict[str, Any] = {"actor": world.actor("alice"), "at": timezone.now()}
    add_identity(pk("C2"), "vat", "DE136695976", **told)
    merged(world)
    add_identity(pk("C1"), "vat", "DE136695976", **told)
    answer = part(world, "part")
    assert answer.status_code == 422 and "DE136695976" in text_of(answer)
    assert Customer.objects.get(code="C2").merged_into_id == pk("C1")


def test_a_merged_record_leads_to_the_file_that_stays(world: World) -> None:
    merged(world)
    bob = signed_in(world.bob)
    assert "/customers/C2/survivor/" in text_of(bob.get("/customers/C2/"))
    assert bob.get("/customers/C2/survivor/")["Location"] == "/customers/C1/"
    assert bob.get("/customers/C1/survivor/").status_code == 404
    Customer.objects.filter(code="C1").update(business_unit=world.units["WEST"])
    assert bob.get("/customers/C2/survivor/").status_code == 404


def test_who_may_not_edit_finds_no_list(world: World) -> None:
    merged(world)
    assert signed_in(world.bob).get(PAGE).status_code == 404
    assert part(world, "part", who="bob").status_code == 404
    told = {"customer": "C1", "reason": "查明是两家", "verdict": "part"}
    assert signed_in(world.alice).post(f"{PAGE}part/", told).status_code == 404
