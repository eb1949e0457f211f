"""Bulk adjustment: what the preview shows is what applying does; mistakes stand beside fields."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.pages import buyer, signed_in, text_of
from tests.world import make_world, rate
from xinheng.customers.models import Customer
from xinheng.decisions.models import Rating
from xinheng.limits.models import CreditLine, Proposal
from xinheng.people.models import Authority
from xinheng.people.queries import today

PAGE = "/limits/adjust/"
REASON = "年度下调，见信用委员会纪要。"


@pytest.fixture
def world(transactional_db):
    world = make_world()
    buyer("C1", world.units["EAST"], 1_234_567_00, open_items=1_200_000_00)
    buyer("C2", world.units["EAST"], 200_000_00)
    buyer("C3", world.units["WEST"], 50_000_00, open_items=60_000_00)
    buyer("C4", world.units["WEST"], None)
    return world


def asked(**changed: str) -> dict[str, str]:
    said = {"look": "1", "currency": "CNY", "level": "own", "kind": "percent", "value": "-15"}
    said |= {"step": "1000", "rounding": "down", "valid_from": f"{today(timezone.now())}"}
    return said | changed


def amounts() -> dict[str, int | None]:
    return dict(CreditLine.objects.values_list("customer__code", "amount_minor"))


def test_the_preview_tells_each_line_before_and_after_and_changes_nothing(world):
    answer = signed_in(world.alice).get(PAGE, asked())
    shown = {row.customer.code: row.row for row in answer.context["preview"].rows}
    after = {code: row.after_minor for code, row in shown.items()}
    assert after == {"C1": 1_049_000_00, "C2": 170_000_00, "C3": 42_000_00}
    page = text_of(answer)
    assert "1,484,567.00 → 1,261,000.00 CNY" in page and "下调，立即生效 3" in page
    assert amounts()["C1"] == 1_234_567_00


def test_applying_does_exactly_what_was_shown(world):
    alice = signed_in(world.alice)
    seal = alice.get(PAGE, asked()).context["preview"].done.seal
    page = text_of(alice.post(PAGE, asked(seal=seal, reason=REASON), follow=True))
    assert "3 条额度已下调，0 条上调" in page
    assert amounts() == {"C1": 1_049_000_00, "C2": 170_000_00, "C3": 42_000_00, "C4": None}


def test_raises_wait_for_another_person(world):
    alice = signed_in(world.alice)
    up = asked(value="10")
    seal = alice.get(PAGE, up).context["preview"].done.seal
    page = text_of(alice.post(PAGE, up | {"seal": seal, "reason": REASON}, follow=True))
    assert "0 条额度已下调，3 条上调等待另一位" in page
    assert amounts()["C2"] == 200_000_00
    assert Proposal.objects.filter(state="proposed").count() == 3
    assert "C2" in text_of(alice.get("/limits/?view=hand"))


def test_what_moved_since_the_preview_is_shown_again_and_not_applied(world):
    # The broken build: apply without comparing the seal.
    alice = signed_in(world.alice)
    seal = alice.get(PAGE, asked()).context["preview"].done.seal
    buyer("C5", world.units["EAST"], 70_000_00)
    answer = alice.post(PAGE, asked(seal=seal, reason=REASON))
    assert answer.status_code == 422 and "额度有变动" in text_of(answer)
    assert amounts()["C2"] == 200_000_00 and REASON in text_of(answer)


def test_applying_needs_a_reason_and_a_preview(world):
    alice = signed_in(world.alice)
    seal = alice.get(PAGE, asked()).context["preview"].done.seal
    answer = alice.post(PAGE, asked(seal=seal, reason="x"))
    assert answer.status_code == 422 and "请写明理由" in text_of(answer)
    assert alice.post(PAGE, asked(reason=REASON)).status_code == 422
    assert amounts()["C2"] == 200_000_00


def test_what_is_above_one_s_authority_is_told_and_left_alone(world):
    Authority.objects.filter(role_id="credit_manager", action="grant_line").update(
        up_to_minor=500_000_00
    )
    alice = signed_in(world.alice)
    answer = alice.get(PAGE, asked())
    assert "超出您的授权，不动 1" in text_of(answer)
    seal = answer.context["preview"].done.seal
    alice.post(PAGE, asked(seal=seal, reason=REASON))
    assert (amounts()["C1"], amounts()["C2"]) == (1_234_567_00, 170_000_00)


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"q": "C2"}, {"C2"}),
        ({"grade": "AA"}, {"C2"}),
        ({"use": "over"}, {"C3"}),
        ({"use": "high"}, {"C1", "C3"}),
        ({"use": "idle"}, {"C2"}),
        ({"unit": "WEST"}, {"C3"}),
        ({"level": "group"}, set()),
        ({"currency": "CNY", "kind": "fixed", "value": "90,000"}, {"C1", "C2", "C3"}),
    ],
)
def test_filters_choose_the_lines(world, changed, codes):
    Rating.objects.filter(customer__code="C2").update(grade="AA")
    if "unit" in changed:
        changed = {"unit": f"{world.units[changed['unit']]}"}
    preview = signed_in(world.alice).get(PAGE, asked(**changed)).context["preview"]
    assert {row.customer.code for row in (preview.rows if preview else [])} == codes


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"value": ""}, "value"),
        ({"value": "ten"}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "-101"}, "value"),
        ({"value": "1e9"}, "value"),
        ({"kind": "amount", "value": "1.234"}, "value"),
        ({"kind": "fixed", "value": "-5"}, "value"),
        ({"step": "x"}, "step"),
        ({"lowest": "9", "highest": "8"}, "value"),
        ({"valid_from": "2020-01-01"}, "valid_from"),
        ({"valid_until": "2199-01-01"}, "valid_until"),
        ({"currency": "XXX"}, "currency"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_what_was_typed_is_kept(world, changed, field):
    answer = signed_in(world.alice).get(PAGE, asked(**changed))
    assert answer.status_code == 200 and answer.context["preview"] is None
    assert field in answer.context["form"].errors, answer.context["form"].errors
    for value in changed.values():
        assert value in text_of(answer)


def test_a_person_adjusts_only_what_they_see_and_only_with_the_word(world):
    rate(Customer.objects.get(code="C1"))
    for name in ("bob", "dora", "eve"):
        assert signed_in(getattr(world, name)).get(PAGE).status_code == 404
    day = today(timezone.now()) + timedelta(days=40)
    page = text_of(signed_in(world.alice, "en").get(PAGE, asked(valid_from=f"{day}")))
    assert "lowered at once" in page and "Adjust many limits" in page
