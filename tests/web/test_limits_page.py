"""Proposed limits: choose, see the summary, grant; what moved since is shown again; strangers see
nothing."""

from __future__ import annotations

import pytest

from tests.limits.proposals import suggest, waiting_for
from tests.web.pages import signed_in, text_of
from tests.world import PASSWORD, make_world
from xinheng.limits.models import CreditLine, Proposal
from xinheng.people.actions import create_user
from xinheng.people.actor import system
from xinheng.people.models import Authority, User

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "旺季订单已签合同，附合同扫描件。"


@pytest.fixture
def world():
    return make_world()


def conditions(summary, **changed: str) -> dict[str, str]:
    """The summary's form as a browser sends it back."""
    form, selection = summary.context["form"], summary.context["selection"]
    said = {name: str(form.initial[name]) for name in form.fields}
    scope = "all" if selection.everything else "picked"
    chosen = {"scope": scope, "pick": selection.ids, "seal": selection.seal, "currency": "CNY"}
    return said | chosen | changed


def test_the_list_says_what_waits_and_how_full_the_line_would_be(world):
    waiting_for("C1", world.units["EAST"], 200_000_00, 100_000_00)
    page = text_of(signed_in(world.alice).get("/limits/"))
    assert "客户C1" in page and "200,000.00" in page and "50%" in page
    assert "授予全部 1 条" in page and "周转天数法" in page


def test_all_are_granted_after_their_summary(world):
    Authority.objects.filter(role_id="credit_manager", action="grant_line").update(
        up_to_minor=150_000_00
    )
    waiting_for("C1", None, 100_000_00)
    waiting_for("C2", None, 120_000_00, 130_000_00)
    waiting_for("C3", None, 200_000_00)
    alice = signed_in(world.alice)
    summary = alice.post("/limits/summary/", {"scope": "all", "currency": "CNY"})
    page = text_of(summary)
    assert "将授予 2 户，合计 220,000.00 CNY" in page and "1 户保留给他人" in page
    assert "其中 1 户的当前占用高于授予额度" in page
    assert not Proposal.objects.filter(state="granted").exists()
    answer = alice.post("/limits/grant/", conditions(summary))
    assert answer.status_code == 302
    result = text_of(alice.get(answer["Location"]))
    assert "2 户，合计 220,000.00 CNY" in result and "其余 1 条建议" in result
    assert CreditLine.objects.filter(amount_minor__isnull=False).count() == 2


def test_only_the_picked_are_granted_under_the_conditions_given(world):
    first = waiting_for("C1", None, 100_000_00)
    waiting_for("C2", None, 120_000_00)
    alice = signed_in(world.alice)
    said = {"scope": "picked", "pick": first.pk, "currency": "CNY"}
    summary = alice.post("/limits/summary/", said)
    changed = {"overdue_pct": "2.5", "overdue_days": "7", "cap_pct": ""}
    alice.post("/limits/grant/", conditions(summary, **changed))
    line = CreditLine.objects.get(customer=first.customer)
    assert (line.amount_minor, line.overdue_allowed_minor) == (100_000_00, 2_500_00)
    assert (line.overdue_days_allowed, line.single_order_cap_minor) == (7, None)
    assert Proposal.objects.filter(state="proposed").count() == 1


def test_what_moved_since_the_summary_is_shown_again_and_not_granted(world):
    # Catches a grant of "all" that takes whatever waits by then.
    proposal = waiting_for("C1", None, 100_000_00)
    alice = signed_in(world.alice)
    summary = alice.post("/limits/summary/", {"scope": "all", "currency": "CNY"})
    suggest(proposal.customer, 900_000_00)
    answer = alice.post("/limits/grant/", conditions(summary))
    assert answer.status_code == 422
    assert "建议有变动" in text_of(answer) and "900,000.00" in text_of(answer)
    assert not Proposal.objects.filter(state="granted").exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("valid_until", "2020-01-01", "截止日早于起始日"),
        ("valid_until", "2099-01-01", "有效期最长到"),
        ("valid_until", "tomorrow", "2027-11-22"),
        ("overdue_pct", "101", "0 到 100"),
        ("cap_pct", "1.234", "最多两位小数"),
        ("overdue_days", "x", "0 到 365"),
    ],
)
def test_a_mistake_in_the_conditions_is_said_beside_its_field(world, field, value, said):
    waiting_for("C1", None, 100_000_00)
    alice = signed_in(world.alice)
    summary = alice.post("/limits/summary/", {"scope": "all", "currency": "CNY"})
    answer = alice.post("/limits/grant/", conditions(summary, **{field: value}))
    assert answer.status_code == 422 and said in text_of(answer) and value in text_of(answer)
    assert not Proposal.objects.filter(state="granted").exists()


def test_choosing_nothing_is_said(world):
    waiting_for("C1", None, 100_000_00)
    alice = signed_in(world.alice)
    answer = alice.post("/limits/summary/", {"scope": "picked", "currency": "CNY"}, follow=True)
    assert "请先勾选" in text_of(answer)
    answer = alice.post("/limits/summary/", {"scope": "picked", "pick": "x' or 1=1"}, follow=True)
    assert "请先勾选" in text_of(answer)


def test_an_amount_by_hand_is_granted_by_another_person(world):
    waiting_for("C1", None, 100_000_00)
    alice = signed_in(world.alice)
    said = {"amount": "150,000.00", "terms_days": "45", "reason": REASON}
    answer = alice.post("/limits/of/C1/CNY/propose/", said, follow=True)
    page = text_of(answer)
    assert "已提出 150,000.00 CNY" in page and REASON in page
    assert "须由另一位有权限的人授予" in page and "授予…" not in page
    create_user(
        "fred", PASSWORD, name="fred", roles=["finance_director"], sees_all_units=True,
        actor=system("tests"), at=world.alice.created_at,
    )  # fmt: skip
    fred = signed_in(User.objects.get(username="fred"))
    assert "授予…" in text_of(fred.get("/limits/of/C1/CNY/"))


@pytest.mark.parametrize(
    ("amount", "said"), [("1.234", "小数位过多"), ("abc", "无法识别"), ("-5", "不能小于零")]
)
def test_a_bad_amount_is_said_and_kept(world, amount, said):
    waiting_for("C1", None, 100_000_00)
    typed = {"amount": amount, "terms_days": "", "reason": REASON}
    answer = signed_in(world.alice).post("/limits/of/C1/CNY/propose/", typed)
    assert answer.status_code == 422
    assert said in text_of(answer) and REASON in text_of(answer)


def test_the_workings_are_open_in_both_languages(world):
    waiting_for("C1", None, 100_000_00)
    page = text_of(signed_in(world.dora).get("/limits/of/C1/CNY/"))
    assert "净资产法" in page and "缺少所需数据" in page and "125,000.00" in page
    assert "提出另一个额度" not in page  # dora audits
    page = text_of(signed_in(world.dora, "en").get("/limits/of/C1/CNY/"))
    assert "sales and days" in page and "capped at months of sales" in page


def test_rejecting_takes_a_reason(world):
    proposal = waiting_for("C1", None, 100_000_00)
    alice = signed_in(world.alice)
    said = {"scope": "picked", "pick": proposal.pk, "currency": "CNY"}
    page = alice.post("/limits/reject/", said)
    assert page.status_code == 200 and "1 条建议" in text_of(page)
    seal = page.context["selection"].seal
    answer = alice.post("/limits/reject/", said | {"seal": seal, "reason": "不"})
    assert answer.status_code == 422 and "请写明理由" in text_of(answer)
    answer = alice.post("/limits/reject/", said | {"seal": seal, "reason": REASON}, follow=True)
    assert "已拒绝 1 条" in text_of(answer)
    assert REASON in text_of(alice.get("/limits/of/C1/CNY/"))


def test_tabs_and_filters_narrow(world):
    waiting_for("C1", None, 100_000_00, 150_000_00)
    waiting_for("C2", None, 120_000_00, grade="AA")
    alice = signed_in(world.alice)
    assert alice.get("/limits/?view=below").context["sums"]["count"] == 1
    assert alice.get("/limits/?grade=AA").context["sums"]["amount"] == 120_000_00
    assert alice.get("/limits/?q=c1").context["sums"]["count"] == 1
    assert alice.get("/limits/?view=hand").context["sums"]["count"] == 0
    assert alice.get("/limits/?currency=USD&sort=-used&after=x").status_code == 200


def test_the_credit_file_leads_to_its_proposal(world):
    waiting_for("C1", None, 100_000_00)
    assert "/limits/of/C1/CNY/" in text_of(signed_in(world.alice).get("/customers/C1/"))


def test_a_stranger_s_proposal_is_404_and_not_listed(world):
    # Catches a list or a selection without visible_to.
    proposal = waiting_for("C1", world.units["EAST"], 100_000_00)
    eve = signed_in(world.eve)
    assert "客户C1" not in text_of(eve.get("/limits/"))
    assert eve.get("/limits/of/C1/CNY/").status_code == 404
    create_user(
        "frank", PASSWORD, name="frank", roles=["credit_manager"], unit_code="WEST",
        actor=system("tests"), at=world.alice.created_at,
    )  # fmt: skip
    frank = signed_in(User.objects.get(username="frank"))
    said = {"scope": "picked", "pick": proposal.pk, "currency": "CNY"}
    assert "请先勾选" in text_of(frank.post("/limits/summary/", said, follow=True))
    assert Proposal.objects.get().state == "proposed"


def test_who_may_not_grant_looks_but_finds_no_button(world):
    waiting_for("C1", world.units["EAST"], 100_000_00)
    bob = signed_in(world.bob)
    page = text_of(bob.get("/limits/"))
    assert "客户C1" in page and 'type="checkbox"' not in page
    assert bob.post("/limits/summary/", {"scope": "all"}).status_code == 404
    assert bob.post("/limits/grant/", {"scope": "all"}).status_code == 404
