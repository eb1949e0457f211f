"""Papers by their addresses: who gets which, what stands on them, and what is recorded of them."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from django.utils import timezone
from openpyxl import load_workbook

from tests.applications.stage import House, make_house, proposed, say
from tests.papers.looking import needs_pdftotext, plain, text_of
from tests.web.filed import CODE, filed
from tests.web.pages import signed_in
from tests.world import AT, World, make_world
from xinheng.applications.models import Application
from xinheng.credit.capitals import capitals
from xinheng.decisions.models import Assessment
from xinheng.dossiers.models import Statement
from xinheng.intake.actions import finish_batch, open_batch
from xinheng.learning.card import Plan
from xinheng.learning.develop import scorecard
from xinheng.ledger.models import PendingEntry
from xinheng.limits.models import DatedLimit
from xinheng.merkle.commitment import read_leaf
from xinheng.modelling.models import LearntModel
from xinheng.papers import press
from xinheng.people.queries import today
from xinheng.receivables.actions import record_invoices
from xinheng.receivables.rows import InvoiceRow

pytestmark = [pytest.mark.django_db(transaction=True), needs_pdftotext]
REPORT = f"/papers/credit-report/{CODE}/"
ACCOUNT = "6222 0000 1111 2222"


@pytest.fixture
def world() -> World:
    made = make_world()
    filed(made)
    return made


def sold(world: World) -> None:
    """Three invoices: 45 days late, 5 days late, not due."""
    actor, at = world.actor("alice"), timezone.now()
    day = today(at)
    rows = [
        InvoiceRow(
            number=number,
            customer_code=CODE,
            currency="CNY",
            amount_minor=amount,
            issued_on=day - timedelta(days=late + 30),
            due_on=day - timedelta(days=late),
        )
        for number, late, amount in (
            ("I-45", 45, 12_345_67),
            ("I-5", 5, 100_000_00),
            ("I-0", -10, 7_00),
        )
    ]
    batch = open_batch("invoices", "i.csv", sha256(b"i").hexdigest(), {}, actor=actor, at=at)
    finish_batch(batch, record_invoices(rows, batch=batch, actor=actor, at=at), actor=actor, at=at)


def stated(world: World) -> None:
    """A brief statement: receivables 70,000.00 of assets 150,000.00."""
    from xinheng.customers.models import Customer

    Statement.objects.create(
        customer=Customer.objects.get(code=CODE),
        period_end=date(2025, 12, 31),
        currency="CNY",
        figures={
            "total_assets": 150_000_00,
            "receivables": 70_000_00,
            "total_liabilities": 60_000_00,
            "equity": 90_000_00,
            "sales": 300_000_00,
        },
        known_since=AT,
    )


def asked(world: World, name: str, address: str, language: str = "zh-hans", **told: Any) -> Any:
    return signed_in(getattr(world, name), language).post(address, told)


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("zh", ["信用报告", "江南钢构工程有限公司", "机密", "注册资本", "未结应收与账龄", "第1页"]),
        ("en", ["Creditreport", "Openitemsbyage", "Secret", "Registeredcapital", "Page1of"]),
    ],
)
def test_the_report_tells_the_file_in_both_languages(
    world: World, tmp_path: Path, lang: str, expected: list[str]
) -> None:
    sold(world)
    stated(world)
    response = asked(world, "alice", REPORT, lang=lang)
    assert response.status_code == 200 and response["Cache-Control"] == "no-store, private"
    told = plain(text_of(response.content, tmp_path))
    for said in [*expected, CODE, "1,000,000.00", "112,352.67", "46.67%", plain(ACCOUNT)]:
        assert said in told, said
    assert "120,000.00" not in told


def test_what_a_reader_may_not_see_is_not_on_the_paper(world: World, tmp_path: Path) -> None:
    response = asked(world, "bob", REPORT)
    told = plain(text_of(response.content, tmp_path))
    assert plain(ACCOUNT) not in told and "机密信息，您没有查阅权限" in told
    assert "·内部" in told.replace("・", "·") and "沈秋" in told
    book = load_workbook(BytesIO(asked(world, "bob", REPORT, form="xlsx").content))
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert not any("6222" in cell for cell in cells)


def test_a_strangers_customer_has_no_paper(world: World) -> None:
    assert asked(world, "eve", REPORT).status_code == 404
    assert asked(world, "eve", REPORT, form="xlsx").status_code == 404
    assert signed_in(world.alice).get(REPORT).status_code == 405
    assert not PendingEntry.objects.filter(leaf__contains=b"paper.made").exists()


def test_of_a_past_day_it_tells_what_was_known_then(world: World, tmp_path: Path) -> None:
    then = asked(world, "alice", f"{REPORT}?as_of=2026-03-01")
    told = plain(text_of(then.content, tmp_path))
    assert "10,000,000.00CNY" in told and "8,000,000.00CNY" not in told
    assert "本报告反映2026-03-01日终时所知的情况" in told
    later = asked(world, "alice", f"{REPORT}?as_of=2026-03-07")
    assert "8,000,000.00CNY" in plain(text_of(later.content, tmp_path))


def test_the_workbook_says_the_same_and_counts_with_numbers(world: World) -> None:
    sold(world)
    response = asked(world, "alice", REPORT, form="xlsx")
    book = load_workbook(BytesIO(response.content))
    rows = [[cell.value for cell in row] for row in book["未结应收与账龄"].iter_rows()]
    mine = next(row for row in rows if row[0] == "I-45")
    assert mine[3:6] == [45, 12345.67, 12345.67]


def test_each_paper_is_recorded_with_the_hash_of_the_file(world: World, tmp_path: Path) -> None:
    response = asked(world, "alice", REPORT)
    leaves = [read_leaf(bytes(one.leaf)) for one in PendingEntry.objects.order_by("id")]
    made = [leaf for leaf in leaves if leaf["kind"] == "paper.made"]
    assert len(made) == 1
    assert made[0]["clear"] == {
        "paper": "credit_report",
        "form": "pdf",
        "sha256": sha256(response.content).hexdigest(),
    }
    entry = PendingEntry.objects.order_by("-id").values_list("entry_id", flat=True)[0]
    assert str(entry) in plain(text_of(response.content, tmp_path))
    page = signed_in(world.bob).get(f"/papers/entries/{entry}/")
    assert page.status_code == 200
    assert sha256(response.content).hexdigest() in page.content.decode()
    assert "江南钢构" not in page.content.decode()


def test_while_the_press_is_full_one_is_asked_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xinheng.papers.press.WAIT_SECONDS", 0.01)
    with press.lane(), press.lane():
        response = asked(world, "alice", REPORT)
    assert response.status_code == 503 and "过几秒再试" in response.content.decode()


# --- The letter and the form


def decided() -> tuple[House, Application]:
    house = make_house()
    row, _ = proposed(house, 800_000_00)
    say(house, row, "oli")
    row.refresh_from_db()
    assert row.state == "granted"
    return house, row


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_letter_tells_amount_days_and_terms_and_nothing_of_ours(
    tmp_path: Path, lang: str
) -> None:
    house, row = decided()
    address = f"/papers/limit-letter/{row.granted_dated_id}/"
    response = asked(house.world, "bob", address, lang=lang)
    assert response.status_code == 200
    told = plain(text_of(response.content, tmp_path))
    for said in [row.number, "CNY800,000.00", capitals(800_000_00, "CNY"), "60"]:
        assert said in told, said
    for said in ["BBB", "bob", "内部", "Internal"]:
        assert said not in told, said
    assert asked(house.world, "eve", address).status_code == 404
    DatedLimit.objects.filter(pk=row.granted_dated_id).update(ended_at=AT)
    assert asked(house.world, "bob", address).status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_form_tells_the_whole_way_with_every_word(tmp_path: Path, lang: str) -> None:
    house, row = decided()
    address = f"/papers/approval-form/{row.number}/"
    response = asked(house.world, "alice", address, lang=lang)
    assert response.status_code == 200
    told = plain(text_of(response.content, tmp_path))
    made = row.proposals.get()
    seat = made.stages.get().seats.get()
    expected = [
        row.number,
        "CNY800,000.00",
        capitals(800_000_00, "CNY"),
        plain(made.why),
        plain(seat.words) or "oli",
        bytes(made.snapshot.sha256).hex(),
        str(made.snapshot.entry_id),
        str(made.entry_id),
    ]
    for said in expected:
        assert said in told, said
    assert ("同意" if lang == "zh" else "agreed") in told
    assert asked(house.world, "eve", address).status_code == 404


# --- The report of a model


def learnt() -> LearntModel:
    chance = np.random.default_rng(3)
    late = chance.gamma(2.0, 9.0, 900)
    months = chance.integers(1, 60, 900).astype(float)
    words = np.array(["A", "B", "C"])[chance.integers(0, 3, 900)].astype(object)
    odds = -2.2 + 0.07 * late - 0.02 * months
    bad = chance.random(900) < 1 / (1 + np.exp(-odds))
    late[:40] = np.nan
    columns = {"days_late": late, "months": months, "word": words}
    made = scorecard(columns, bad, Plan(name="own book"))
    return LearntModel.objects.create(
        kind="scorecard",
        name="own book",
        version=1,
        body=msgspec.to_builtins(made.model),
        report=msgspec.to_builtins(made.report),
        plan={},
        sha256=sha256(b"m").digest(),
        made_at=AT,
    )


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("zh", ["模型验证报告", "使用限制", "校准"]),
        ("en", ["Limitsofuse", "Calibration", "Stability"]),
    ],
)
def test_the_report_of_a_model_tells_its_worth_and_its_limits(
    tmp_path: Path, lang: str, expected: list[str]
) -> None:
    world, model = make_world(), learnt()
    address = f"/papers/validation/{model.pk}/"
    response = asked(world, "alice", address, lang=lang)
    assert response.status_code == 200
    told = plain(text_of(response.content, tmp_path))
    found = model.report
    for said in [*expected, "days_late", "AUC", f"{found['auc']['value']:.3f}", "PSI", "IV"]:
        assert said in told, said
    assert asked(world, "bob", address).status_code == 404
    assert Assessment.objects.count() == 0
