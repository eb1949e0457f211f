"""The inbox, the page of a seat with its vote, whom else to ask, several at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.applications.stage import (
    House,
    applied,
    grade,
    investigated,
    make_house,
    offer,
    proposed,
    say,
    seats,
)
from tests.web.pages import signed_in, text_of
from tests.world import AT, make_customer, make_line
from xinheng.applications import applying, assessing, proposing
from xinheng.applications.models import Application, Seat
from xinheng.web.approvals.wording import is_small, phrases, words_with

pytestmark = pytest.mark.django_db
SMALL = 300_000_00


@pytest.fixture
def house() -> House:
    return make_house()


def page_of(row: Application, seat: Seat) -> str:
    return f"/approvals/{row.number}/seats/{seat.pk}/"


def client(house: House, name: str, language: str = "zh-hans") -> Client:
    return signed_in(house.user(name), language)


def sha_on(page: str) -> str:
    found = re.search(r'name="snapshot" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found.group(1)


def test_an_officer_reads_and_agrees_with_a_phrase(house: House) -> None:
    row, _ = proposed(house, SMALL)
    oli, seat = client(house, "oli"), seats(row)[0]
    inbox = text_of(oli.get("/approvals/"))
    assert row.number in inbox and "待我审批<b>1</b>" in inbox
    page = text_of(oli.get(page_of(row, seat)))
    for shown in ("300,000.00", "叁拾万元整", "多年往来", "集团敞口", "没有信用档案"):
        assert shown in page
    told = {"vote": "yes", "phrase": "yes:0", "words": "照办", "snapshot": sha_on(page)}
    answer = oli.post(f"{page_of(row, seat)}vote/", told)
    assert answer["Location"] == "/approvals/"
    row.refresh_from_db()
    seat.refresh_from_db()
    assert row.state == "granted"
    assert seat.words == "同意，按所提金额与条件执行。 照办"
    assert seat.snapshot_sha256 is not None
    done = text_of(oli.get("/approvals/?tab=done"))
    assert row.number in done and "已授信" in done
    assert "没有等您审批" in text_of(oli.get("/approvals/"))


def test_the_english_page_has_english_words(house: House) -> None:
    row, _ = proposed(house, SMALL)
    page = text_of(client(house, "oli", "en").get(page_of(row, seats(row)[0])))
    assert "Group exposure" in page and "Send back" in page and "申请回避" not in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("superseded", "已被取代或撤回"),
        ("withdrawn", "已撤回"),
        ("taken", "已经表决"),
        ("conflicted", "利益冲突"),
    ],
)
def test_what_is_refused_says_why_and_keeps_what_was_typed(
    house: House, change: str, told: str
) -> None:
    row, _ = proposed(house, SMALL)
    house.user("alice").roles.add("credit_officer")
    seat, reader = seats(row)[0], client(house, "oli")
    page = text_of(reader.get(page_of(row, seat)))
    happened(house, row, change)
    sent = {"vote": "yes", "words": "我同意这一份", "snapshot": sha_on(page)}
    if change == "conflicted":  # the seat that took the place of hers
        seat = seats(row)[-1]
    answer = reader.post(f"{page_of(row, seat)}vote/", sent)
    assert answer.status_code == 422
    assert told in text_of(answer) and "我同意这一份" in text_of(answer)


def happened(house: House, row: Application, change: str) -> None:
    """What came between reading and voting."""
    if change == "superseded":
        assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    elif change == "withdrawn":
        applying.withdraw(row.number, "客户不要了", actor=house.actor("bob"), at=AT)
    elif change == "taken":
        say(house, row, "alice", "abstain", words="不了解这家公司")
    else:
        say(house, row, "oli", "conflict", words="我的亲戚在那里")


def test_a_vote_without_reason_is_refused_and_stays_on_the_page(house: House) -> None:
    row, _ = proposed(house, SMALL)
    seat, oli = seats(row)[0], client(house, "oli")
    page = text_of(oli.get(page_of(row, seat)))
    sent = {"vote": "no", "words": "不", "snapshot": sha_on(page), "back_to": "applicant"}
    answer = oli.post(f"{page_of(row, seat)}vote/", sent)
    assert answer.status_code == 422 and "请写明意见" in text_of(answer)
    assert ">不</textarea>" in text_of(answer)
    assert 'value="applicant" checked' in text_of(answer)


def test_one_more_is_asked_before_and_the_seat_comes_back(house: House) -> None:
    row, _ = proposed(house, SMALL)
    seat, oli = seats(row)[0], client(house, "oli")
    wu = house.user("wu")
    page = text_of(oli.get(page_of(row, seat)))
    assert ">wu</option>" in page and ">chen</option>" not in page  # who assessed has no voice
    nobody = oli.post(f"{page_of(row, seat)}add/", {"person": "", "words": "请看敞口"})
    assert nobody.status_code == 422 and "请先选择一位同事" in text_of(nobody)
    sent = {"person": str(wu.pk), "where": "before", "words": "请看集团敞口"}
    assert oli.post(f"{page_of(row, seat)}add/", sent).status_code == 302
    assert "不等您表决" in text_of(oli.get(page_of(row, seat)))
    asked = Seat.objects.get(person=wu)
    page = text_of(client(house, "wu").get(page_of(row, asked)))
    told = {"vote": "yes", "snapshot": sha_on(page)}
    assert client(house, "wu").post(f"{page_of(row, asked)}vote/", told).status_code == 302
    assert "等您审批" in text_of(oli.get(page_of(row, seat)))


def test_a_seat_is_passed_on_to_the_same_role_or_a_higher_one(house: House) -> None:
    row, _ = proposed(house, SMALL)
    seat, oli = seats(row)[0], client(house, "oli")
    sun, fang = house.user("sun"), house.user("fang")
    sent = {"person": str(sun.pk), "words": "我明天出差"}
    assert "不能承担" in text_of(oli.post(f"{page_of(row, seat)}move/", sent))
    sent["person"] = str(fang.pk)
    assert oli.post(f"{page_of(row, seat)}move/", sent)["Location"] == "/approvals/"
    seat.refresh_from_db()
    assert (seat.person, seat.moved_from) == (fang, house.user("oli"))


def test_a_strangers_seat_is_absent_and_so_is_an_unknown_one(house: House) -> None:
    row, _ = proposed(house, SMALL)
    seat = seats(row)[0]
    eve = house.world.eve
    eve.roles.add("credit_officer")
    assert signed_in(eve).get(page_of(row, seat)).status_code == 404
    assert client(house, "oli").get(f"/approvals/{row.number}/seats/9999999/").status_code == 404
    assert client(house, "oli").get(f"/approvals/SX-0/seats/{seat.pk}/").status_code == 404


def test_whoever_waits_can_nudge_once_a_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from xinheng.applications import voting

    monkeypatch.setattr(voting, "works_on", lambda day: True)
    row, _ = proposed(house, SMALL)
    bob = client(house, "bob")
    page = text_of(bob.get("/approvals/?tab=mine"))
    assert row.number in page and "催办" in page and "oli" in page
    assert bob.post(f"/approvals/{row.number}/nudge/")["Location"] == "/approvals/?tab=mine"
    assert "已提醒 1 人" in text_of(bob.get("/approvals/?tab=mine"))
    bob.post(f"/approvals/{row.number}/nudge/")
    assert "今天已经催办过" in text_of(bob.get("/approvals/?tab=mine"))


# --- Several at once


def two_small(house: House) -> list[Application]:
    first, _ = proposed(house, SMALL)
    customer = make_customer("C-2", unit=house.world.units["EAST"])
    make_line(customer, None)
    second, _ = proposed(House(house.world, customer), SMALL)
    return [first, second]


def agree_to(rows: list[Application], **told: str) -> dict[str, Any]:
    found = [seats(row)[0] for row in rows]
    return {"seat": [str(one.pk) for one in found], **told}


def test_small_ones_are_agreed_together_after_a_summary(house: House) -> None:
    rows = two_small(house)
    oli = client(house, "oli")
    page = text_of(oli.post("/approvals/agree/", agree_to(rows)))
    assert "同意这 2 份" in page and "600,000.00" in page
    assert Application.objects.filter(state="granted").count() == 0
    shas = dict(re.findall(r'name="(sha-\d+)" value="([0-9a-f]{64})"', page))
    silent = oli.post("/approvals/agree/", agree_to(rows, then="agree", **shas))
    assert silent.status_code == 422 and "请选一句意见" in text_of(silent)
    assessing.take_snapshot(rows[1].number, actor=house.actor("chen"), at=AT)
    made = proposing.propose(rows[1].number, offer(SMALL), actor=house.actor("chen"), at=AT)
    newer = made.stages.get().seats.get()
    both = {"seat": [str(seats(rows[0])[0].pk), str(newer.pk)]}
    told = (
        both
        | shas
        | {"then": "agree", "phrase": "yes:0", f"sha-{newer.pk}": list(shas.values())[1]}
    )
    assert oli.post("/approvals/agree/", told)["Location"] == "/approvals/"
    page = text_of(oli.get("/approvals/"))
    assert "已同意 1 份" in page and "已被新的评估取代" in page
    assert Application.objects.filter(state="granted").count() == 1


def test_a_large_one_is_never_agreed_together(house: House) -> None:
    row, made = proposed(house, 1_000_000_01)
    assert not is_small(made)
    fang = client(house, "fang")
    assert row.number in text_of(fang.get("/approvals/"))
    answer = fang.post("/approvals/agree/", agree_to([row]))
    assert answer["Location"] == "/approvals/"
    assert "没有勾选" in text_of(fang.get("/approvals/"))


def test_a_million_of_the_whole_group_is_the_last_small_one(house: House) -> None:
    _, made = proposed(house, 1_000_000_00)
    assert is_small(made)
    made.measured["total_minor"] = None  # unlimited
    assert not is_small(made)


def test_unknown_phrases_are_nothing() -> None:
    assert words_with("yes:99", " 好 ") == "好"
    assert all(rows for _, rows in phrases())


def test_an_overridden_grade_and_red_marks_are_shown(house: House) -> None:
    from xinheng.web.approvals.reading import marks_of

    row, made = proposed(house, SMALL)
    payload: dict[str, Any] = {
        "limits": {"red_lines": ["overdue_90", "new_one"]},
        "overdue": [{"currency": "CNY", "minor": 12_300_00, "oldest_days": 41}],
        "file": {"complete_bps": 6000, "gaps": None, "conflicts": 1, "waiting": 2},
        "assessment": {"unverified": ["statement"]},
    }
    told = [(one.tone, one.text.zh) for one in marks_of(row, made, payload, 200_000_00)]
    assert told == [
        ("stop", "对我方逾期 90 天及以上"),
        ("stop", "红线 new_one"),
        ("stop", "逾期 12,300.00 CNY，最长 41 天"),
        ("act", "资料有 1 项冲突"),
        ("watch", "2 项资料待核实"),
        ("act", "评分含未核实的报表"),
        ("act", "高于方法建议的 200,000.00 CNY"),
    ]


def test_the_page_of_an_application_leads_to_the_summary(house: House) -> None:
    grade(house.customer, "BBB")
    row = applied(house, SMALL)
    investigated(house, row)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    proposing.propose(row.number, offer(SMALL), actor=house.actor("chen"), at=AT)
    oli, seat = client(house, "oli"), seats(row)[0]
    page = text_of(oli.get(f"/applications/{row.number}/"))
    assert page_of(row, seat) in page
    told = {"vote": "yes", "snapshot": sha_on(page), "from": "application"}
    answer = oli.post(f"{page_of(row, seat)}vote/", told)
    assert answer["Location"] == f"/applications/{row.number}/"
