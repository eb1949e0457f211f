"""The decision page: why, what would change it, is it proven; never for a stranger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.web.pages import buyer, signed_in, text_of
from tests.world import ask, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision
from xinheng.limits.models import Reservation
from xinheng.web.decisions import words

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return make_world()


def decided(world, amount_minor: int, limit_minor: int = 1_000_000_00) -> Decision:
    buyer("C1", world.units["EAST"], limit_minor)
    check_orders([ask("PO-1", "C1", amount_minor)], actor=world.actor("bob"))
    return Decision.objects.get()


def test_every_check_is_shown_with_measured_and_threshold(world):
    decision = decided(world, 1_500_000_00)
    page = text_of(signed_in(world.alice).get(f"/decisions/{decision.pk}/"))
    for said in ("客户状态", "可用额度", "1,500,000.00", "1,000,000.00", "500,000.00", "结果一致"):
        assert said in page


def test_the_exact_bytes_are_on_the_page(world):
    decision = decided(world, 100_00)
    page = signed_in(world.alice).get(f"/decisions/{decision.pk}/")
    assert page.context["page"].answer.raw.encode() == bytes(decision.answer)


def test_a_stranger_s_decision_is_404_with_all_its_parts(world):
    decision = decided(world, 100_00)
    eve = signed_in(world.eve)
    for part in ("", "status/", "proof", "disclosure"):
        assert eve.get(f"/decisions/{decision.pk}/{part}").status_code == 404
    assert eve.post(f"/decisions/{decision.pk}/cancel/").status_code == 404
    assert Reservation.objects.get().state == "pending"


def test_recorded_is_said_to_be_not_yet_provable(world):
    decision = decided(world, 100_00)
    client = signed_in(world.alice)
    page = text_of(client.get(f"/decisions/{decision.pk}/status/?asked=1"))
    assert "尚不可证明" in page and "hx-get" in page
    assert client.get(f"/decisions/{decision.pk}/proof").status_code == 404


def test_a_signed_decision_is_proved_offline_with_what_the_page_gives(world, settings, tmp_path):
    from xinheng.ledger.sequencer import connect, run_once
    from xinheng.ledger.signer import load_signer
    from xinheng.merkle.verify import verify

    decision = decided(world, 100_00)
    signer = load_signer(settings.LEDGER_ORIGIN, tmp_path, tmp_path / "log")
    with connect() as connection:
        while run_once(connection, signer, at=datetime.now(UTC)):
            pass
    client = signed_in(world.alice)
    page = text_of(client.get(f"/decisions/{decision.pk}/status/"))
    assert "已签名" in page and "hx-get" not in page
    proof = client.get(f"/decisions/{decision.pk}/proof").content
    opening = client.get(f"/decisions/{decision.pk}/disclosure").content
    report = verify(proof, [signer.key], opening)
    assert report.proved, report.problem
    assert report.shown["customer"] == "C1"


def test_cancelling_gives_the_credit_back(world):
    decision = decided(world, 100_00)
    client = signed_in(world.bob)
    assert "取消这张订单" in text_of(client.get(f"/decisions/{decision.pk}/"))
    client.post(f"/decisions/{decision.pk}/cancel/")
    assert Reservation.objects.get().state == "voided"
    assert "取消这张订单" not in text_of(client.get(f"/decisions/{decision.pk}/"))


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        (
            "used = open_items + 20% bank_bills - unapplied; exceeded when used + order > limit",
            "已用 = 未结应收 + 20% 银行承兑汇票 - 未核销收款; 已用 + 本单 > 额度即为超过",
            "used = open items + 20% bank bills - unapplied cash; "
            "exceeded when used + order > limit",
        ),
        (
            "used = orders (orders to be delivered within 30 days)",
            "已用 = 订单占用（订单只计 30 天内交货的）",
            "used = reserved by orders (those to be delivered within 30 days)",
        ),
    ],
)
def test_the_formula_is_told_in_names_not_in_codes(rule, zh, en):
    told = words.rule_text(rule)
    assert (told.zh, told.en) == (zh, en)
