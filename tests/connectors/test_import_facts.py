"""Facts by file: each waits as if it had been entered by hand, twice as once, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.world import make_customer
from xinheng.connectors.files.imports import run_import, undo_import
from xinheng.dossiers import facts
from xinheng.dossiers.models import Fact
from xinheng.dossiers.verifying import verify_batch
from xinheng.ledger.models import PendingEntry
from xinheng.people.actions import ensure_units
from xinheng.people.actor import Actor, system
from xinheng.people.models import User
from xinheng.refusals import Refused

from .conftest import AT

Bring = Callable[..., Any]

FILE = """客户编码,档案字段,内容,币种,单位,来源,可靠性,取得日期,有效期自,有效期至,依据,处理依据
C1,注册资本,"1,000",CNY,万元,bureau:qcc,B,2026-11-02,,,QCC-1,public
C1,goods_bought,水泥 熟料,,,erp,C,2026-11-01,,,,
C1,Last visit,2026年10月5日,,,visit,C,2026-10-05,,,,
C1,person_in_charge,王芳,,,erp,C,,,,,合同
C2,审计意见,标准无保留意见,,,file:audit,B,2026-04-30,2025-01-01,2025-12-31,,
C2,total_assets,￥２，４００，０００,,,file:audit,B,2026-04-30,,,,
C2,enforced_debtor,否,,,bureau:qcc,B,2026-11-02,,,,public
"""


@pytest.fixture
def customers(seller: Any) -> None:
    make_customer("C1", unit=None, name="重庆长安贸易有限公司")
    make_customer("C2", unit=None)


def alice() -> Actor:
    found = User.objects.create(username="alice", name="alice", created_at=AT)
    return Actor("user", found.pk, found.pk, frozenset({"facts.verify"}), "alice")


def counts(result: Any) -> tuple[int, int, int, int]:
    c = result.counts
    return (c.read, c.created, c.unchanged, c.rejected)


def test_facts_wait_with_their_source_and_value_as_the_field_keeps_it(
    bring: Bring, customers: None
) -> None:
    before = PendingEntry.objects.count()
    result = bring("facts", FILE)
    assert not result.errors, result.errors
    assert counts(result) == (7, 7, 0, 0)
    assert PendingEntry.objects.count() == before + 1
    told = {f.field: f for f in Fact.objects.waiting()}
    assert told["registered_capital"].value == '{"currency":"CNY","minor":1000000000}'
    assert told["total_assets"].value == '{"currency":"CNY","minor":240000000}'
    assert told["last_visit"].value == '"2026-10-05"'
    assert told["audit_opinion"].value == '"unqualified"'
    assert told["enforced_debtor"].value == '"no"'
    assert told["enforced_debtor"].critical
    person_told = told["person_in_charge"]
    assert person_told.value is None and person_told.value_sealed
    assert person_told.observed_on == date(2026, 11, 22)
    assert {f.batch_id for f in told.values()} == {result.batch_id}
    assert told["registered_capital"].evidence == "QCC-1"


def test_entered_by_hand_and_by_file_are_the_same_row(bring: Bring, customers: None) -> None:
    result = bring("facts", FILE.splitlines()[0] + "\n" + FILE.splitlines()[2] + "\n")
    by_file = Fact.objects.values().get()
    new = facts.NewFact(
        customer_code="C2",
        field="goods_bought",
        value="水泥 熟料",
        source="erp",
        reliability="C",
        observed_on=date(2026, 11, 1),
    )
    facts.enter_fact(new, actor=system("test"), at=AT)
    by_hand = Fact.objects.values().latest("pk")
    apart = {"id", "customer_id", "batch_id"}
    assert {k: v for k, v in by_file.items() if k not in apart} == {
        k: v for k, v in by_hand.items() if k not in apart
    }
    assert by_file["batch_id"] == result.batch_id


def test_the_same_file_twice_changes_nothing_waiting_or_verified(
    bring: Bring, customers: None
) -> None:
    first = bring("facts", FILE)
    assert counts(bring("facts", FILE)) == (7, 0, 7, 0)
    verify_batch(first.batch_id, "third_party", 80, actor=alice(), at=AT)
    assert counts(bring("facts", FILE, at=AT + timedelta(days=1))) == (7, 0, 7, 0)


def test_another_value_of_a_known_source_waits_as_a_further_fact(
    bring: Bring, customers: None
) -> None:
    bring("facts", FILE)
    again = bring("facts", FILE.replace("水泥 熟料", "砂石"))
    assert counts(again) == (7, 1, 6, 0)


def test_an_undone_file_rejects_what_waits_and_keeps_what_was_verified(
    bring: Bring, customers: None
) -> None:
    first = bring("facts", FILE)
    goods = Fact.objects.get(field="goods_bought")
    facts.verify_fact(goods.pk, "third_party", 80, actor=alice(), at=AT)
    undone = undo_import(first.batch_id, actor=system("test"), at=AT, assess=False)
    assert (undone.removed, undone.facts_kept) == (6, 1)
    assert Fact.objects.current().get() == goods
    rejected = Fact.objects.filter(rejected_at__isnull=False)
    assert set(rejected.values_list("reject_reason", flat=True)) == {"导入已撤销 / import undone"}
    assert all(one.rejected_at > one.entered_at for one in rejected)
    again = bring("facts", FILE)
    assert counts(again) == (7, 6, 1, 0)  # rejected facts may come again


def test_one_bad_row_and_nothing_comes_in(bring: Bring, customers: None) -> None:
    result = bring("facts", FILE + "C9,goods_bought,水泥,,,erp,C,,,,,\n")
    assert result.refused
    assert [(error.row, error.column) for error in result.errors] == [(9, "客户编码")]
    assert not Fact.objects.exists()


def test_odd_rows_come_in_with_a_remark(bring: Bring, customers: None) -> None:
    more = (
        "C2,total_liabilities,3000000,,,file:audit,B,2026-04-30,,,,\n"
        "C1,registered_address,四川省成都市锦江区,,,bureau:qcc,B,2026-11-02,,,,\n"
        "C1,registration_code,91330106MA27X1234X,,,bureau:qcc,A,2026-11-02,,,,\n"
    )
    result = bring("facts", FILE + more)
    assert not result.errors
    said = {(w.row, w.reason.zh[:6]) for w in result.warnings}
    assert (9, "负债合计大于") in said
    assert (7, "负债合计大于") in said
    assert (11, "登记代码未通") in said
    assert (11, "来源“bur") in said


def test_who_may_not_enter_facts_or_does_not_see_the_customer_is_told(
    bring: Bring, customers: None, tmp_path: Path
) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(FILE)
    words = frozenset({"imports.run"})
    with pytest.raises(Refused, match="NOT_ALLOWED"):
        run_import("facts", path, actor=Actor("user", None, None, words, "x"), at=AT)
    unit = ensure_units([("EAST", "华东", "East")], actor=system("tests"), at=AT)["EAST"]
    words |= {"facts.enter"}
    eve = Actor("user", None, None, words, "eve", unit, all_units=False)
    result = run_import("facts", path, actor=eve, at=AT)
    assert result.refused
    assert result.error_count == 7


def test_a_trial_shows_no_personal_value(bring: Bring, customers: None) -> None:
    result = bring("facts", FILE, dry_run=True)
    shown = {row["field"]: row["value"] for row in result.preview}
    assert shown["person_in_charge"] == "＊＊＊"
    assert shown["goods_bought"] == "水泥 熟料"
    assert not Fact.objects.exists()


def test_of_one_source_the_newest_observation_is_verified_last(
    bring: Bring, customers: None
) -> None:
    head = FILE.splitlines()[0] + "\n"
    row = "C1,frame_contract,{},,,erp,C,{},,,,\n"
    rows = row.format("HT-2", "2026-11-02") + row.format("HT-1", "2025-01-05")
    result = bring("facts", head + rows)
    verify_batch(result.batch_id, "third_party", 80, actor=alice(), at=AT)
    assert Fact.objects.current().get().value == '"HT-2"'
