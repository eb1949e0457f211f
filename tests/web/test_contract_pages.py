"""Contracts and talks by page: two people, nothing typed is lost, the file shows what was known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.dossiers.corpus import pdf
from tests.web.pages import signed_in, text_of
from tests.world import World, make_customer, make_world
from xinheng.contracts.models import Contract
from xinheng.people.queries import today
from xinheng.relations.models import Talk

pytestmark = pytest.mark.django_db
NEW = "/customers/C-1/contracts/new/"
TALK = "/customers/C-1/talks/new/"


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    make_customer("C-1", unit=made.units["EAST"], name="江南钢构", name_en="Jiangnan Steel")
    return made


def words(**told: str) -> dict[str, str]:
    until = today(timezone.now()) + timedelta(days=28)
    usual = {"number": "K-1", "kind": "frame", "title": "年度框架", "valid_from": "2026-01-01"}
    usual |= {"amount": "5000000.00", "currency": "CNY", "terms_days": "60"}
    return {**usual, "valid_until": until.isoformat(), **told}


def drafted(client: Client, **told: str) -> Contract:
    answer = client.post(NEW, words(**told))
    assert answer.status_code == 302, text_of(answer)
    return Contract.objects.get(state="draft")


def filed(client: Client, row: Contract) -> None:
    paper = SimpleUploadedFile("合同.pdf", pdf())
    answer = client.post(f"/contracts/{row.pk}/paper/", {"file": paper})
    assert answer.status_code == 302, text_of(answer)


def test_from_a_draft_to_a_contract_in_force_and_its_correction(world: World) -> None:
    bob, alice = signed_in(world.bob), signed_in(world.alice)
    row = drafted(bob)
    filed(bob, row)
    assert "请由另一位同事核对后生效" in text_of(bob.get(f"/contracts/{row.pk}/"))
    assert bob.post(f"/contracts/{row.pk}/force/").status_code == 422
    assert alice.post(f"/contracts/{row.pk}/force/").status_code == 302
    page = text_of(alice.get("/contracts/?tab=expiring"))
    assert "K-1" in page and "还剩 28 天" in page and "5,000,000.00" in page
    page = text_of(alice.get(f"/contracts/{row.pk}/correct/"))
    assert 'value="5000000.00"' in page and "为什么更正" in page
    row.refresh_from_db()
    told = words(document=str(row.document_id), terms_days="90", reason="补充协议")
    assert alice.post(f"/contracts/{row.pk}/correct/", told).status_code == 302
    draft = Contract.objects.get(state="draft")
    assert bob.post(f"/contracts/{draft.pk}/force/").status_code == 302
    ended = {"ends_on": today(timezone.now()).isoformat(), "how": "notice", "reason": "对方违约"}
    assert bob.post(f"/contracts/{draft.pk}/end/", ended).status_code == 302
    page = text_of(signed_in(world.dora, "en").get(f"/contracts/{draft.pk}/"))
    assert "version 2" in page and "对方违约" in page and "Put in force" not in page


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"amount": "1.234"}, "5000000.00 这样的金额"),
        ({"amount": "12", "currency": ""}, "金额须大于零并选择币种"),
        ({"amount": "viel"}, "5000000.00 这样的金额"),
        ({"valid_until": "2025-01-01"}, "终止日不能早于生效日"),
        ({"title": ""}, "请填写此项"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_nothing_typed_is_lost(
    world: World, told: dict[str, str], said: str
) -> None:
    answer = signed_in(world.bob).post(NEW, words(**told))
    page = text_of(answer)
    assert answer.status_code == 422 and said in page and 'value="K-1"' in page
    assert not Contract.objects.exists()


def test_the_tab_shows_contracts_as_they_were_known(world: World) -> None:
    bob = signed_in(world.bob)
    tab = "/customers/C-1/file/contracts/"
    assert "还没有合同" in text_of(bob.get(tab))
    drafted(bob)
    assert "K-1" in text_of(bob.get(tab))
    before = (today(timezone.now()) - timedelta(days=1)).isoformat()
    page = text_of(bob.get(f"{tab}?as_of={before}"))
    assert "K-1" not in page and "当时还没有合同记录" in page


def say(client: Client, **told: str) -> Any:
    usual = {"kind": "call", "concerns": "payment", "subject": "催收发票", "follow": "7"}
    day = today(timezone.now()).isoformat()
    return client.post(TALK, {**usual, "day": day, "text": "承诺下周付款", **told})


def test_a_talk_is_written_followed_up_and_withdrawn(world: World) -> None:
    bob, alice = signed_in(world.bob), signed_in(world.alice)
    assert say(bob, person=str(world.alice.pk)).status_code == 302
    row = Talk.objects.get()
    assert "催收发票" in text_of(alice.get("/talks/"))
    assert "没有待跟进的事项" in text_of(bob.get("/talks/"))
    assert "催收发票" in text_of(bob.get("/talks/?tab=all"))
    assert "催收发票" in text_of(bob.get("/customers/C-1/file/contact/"))
    assert alice.post(f"/talks/{row.pk}/done/", {"outcome": "已到账"}).status_code == 302
    page = text_of(bob.get(f"/talks/{row.pk}/"))
    assert "已到账" in page and "安排跟进" in page
    due = {"due_on": today(timezone.now()).isoformat(), "person": str(world.bob.pk)}
    assert bob.post(f"/talks/{row.pk}/follow-up/", due).status_code == 302
    assert bob.post(f"/talks/{row.pk}/withdraw/", {"reason": "x"}).status_code == 422
    assert bob.post(f"/talks/{row.pk}/withdraw/", {"reason": "记错客户"}).status_code == 302
    page = text_of(signed_in(world.dora, "en").get(f"/talks/{row.pk}/"))
    assert (
        "withdrawn" in page and "记错客户" in page and "<form method" not in page.split("<main")[1]
    )


def test_markup_in_a_talk_is_shown_as_text(world: World) -> None:
    bob = signed_in(world.bob)
    say(bob, subject="<script>x</script>", text="<img src=x>")
    for where in ("/talks/?tab=newest", f"/talks/{Talk.objects.get().pk}/"):
        page = text_of(bob.get(where))
        assert "<script>x" not in page and "<img src=x" not in page and "&lt;script&gt;x" in page


def test_a_talk_needs_a_subject_and_keeps_what_was_typed(world: World) -> None:
    answer = say(signed_in(world.bob), subject="")
    assert answer.status_code == 422 and "承诺下周付款" in text_of(answer)
    assert signed_in(world.dora).get(TALK).status_code == 404
    assert signed_in(world.eve).get(TALK).status_code == 404
