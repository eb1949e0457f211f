"""Applications by file: each good line is submitted, twice asks once, and a batch can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.world import make_customer
from xinheng.applications.applying import apply_at_once
from xinheng.applications.importing import ROWS_MAX
from xinheng.applications.models import Application, Step
from xinheng.applications.rows import NewApplication
from xinheng.applications.trail import move, note
from xinheng.connectors.files.imports import undo_import
from xinheng.connectors.files.templates import template_xlsx
from xinheng.customers.models import Customer
from xinheng.intake.models import ImportBatch
from xinheng.people.actions import ensure_units
from xinheng.people.actor import Actor, system
from xinheng.people.models import User
from xinheng.refusals import Refused

from .conftest import AT

Bring = Callable[..., Any]

HEAD = "客户编码,种类,申请额度,币种,账期（天）,用途,自,至,预计一年采购额,我方占比（%）\n"
FILE = HEAD + (
    'C1,新授信,"800,000.00",CNY,60,旺季备货用,,,3000000,25\n'
    "C2,,50000,,30,框架合同首单,,,,\n"
    "C3,临时额度,20000,USD,30,展会样品订货,2026-12-01,2026-12-31,,\n"
)


@pytest.fixture
def customers(seller: Any) -> None:
    for code in ("C1", "C2", "C3"):
        make_customer(code, unit=None)


def person(name: str, *words: str) -> Actor:
    found = User.objects.create(username=name, name=name, created_at=AT)
    return Actor("user", found.pk, found.pk, frozenset(words), name)


def bringer(name: str = "bob") -> Actor:
    return person(name, "imports.run", "imports.undo", "applications.write")


def counts(result: Any) -> tuple[int, int, int, int]:
    c = result.counts
    return (c.read, c.created, c.unchanged, c.rejected)


def of(code: str) -> Application:
    found: Application = Application.objects.get(customer__code=code)
    return found


def test_each_line_becomes_a_submitted_application(bring: Bring, customers: None) -> None:
    bob = bringer()
    result = bring("applications", FILE, actor=bob)
    assert not result.errors, result.errors
    assert counts(result) == (3, 3, 0, 0)
    first, second, third = of("C1"), of("C2"), of("C3")
    assert {one.state for one in (first, second, third)} == {"submitted"}
    assert {one.source for one in (first, second, third)} == {"import"}
    assert {one.batch_id for one in (first, second, third)} == {result.batch_id}
    assert (first.kind, first.asked_minor, first.asked_terms_days) == ("new", 80_000_000, 60)
    assert first.forecast == {"purchases_year_minor": 300_000_000, "our_share_pct": 25}
    assert first.due_at is not None and first.applicant_id == bob.person_id
    assert (second.kind, second.currency, second.forecast) == ("new", "CNY", {})
    assert (third.kind, third.currency) == ("temporary", "USD")
    assert str(third.valid_until) == "2026-12-31"


def test_the_same_file_twice_changes_nothing_whatever_became_of_it(
    bring: Bring, customers: None
) -> None:
    bring("applications", FILE)
    assert counts(bring("applications", FILE)) == (3, 0, 3, 0)
    Application.objects.filter(customer__code="C1").update(state="granted", ended_at=AT)
    later = bring("applications", FILE, at=AT + timedelta(days=1))
    assert counts(later) == (3, 0, 3, 0)
    assert Application.objects.count() == 3


def test_a_mended_file_asks_only_for_what_was_refused(bring: Bring, customers: None) -> None:
    bad = FILE.replace("框架合同首单", "首单")
    assert counts(bring("applications", bad, skip_bad=True)) == (3, 2, 0, 1)
    assert counts(bring("applications", FILE)) == (3, 1, 2, 0)


WRONG = [
    ("C9,新授信,1,CNY,30,旺季备货用,,,,", "客户编码"),
    ("C1,礼物,1,CNY,30,旺季备货用,,,,", "种类"),
    ("C1,新授信,12万,CNY,30,旺季备货用,,,,", "申请额度"),
    ("C1,新授信,0,CNY,30,旺季备货用,,,,", "申请额度"),
    ("C1,新授信,-5,CNY,30,旺季备货用,,,,", "申请额度"),
    ("C1,新授信,1,人民,30,旺季备货用,,,,", "币种"),
    ("C1,新授信,1,CNY,366,旺季备货用,,,,", "账期(天)"),
    ("C1,新授信,1,CNY,,旺季备货用,,,,", "账期(天)"),
    ("C1,新授信,1,CNY,30,备货,,,,", "用途"),
    ("C1,临时额度,1,CNY,30,旺季备货用,,,,", "自"),
    ("C1,新授信,1,CNY,30,旺季备货用,,,-1,", "预计一年采购额"),
    ("C1,新授信,1,CNY,30,旺季备货用,,,,101", "我方占比(%)"),
]


@pytest.mark.parametrize(("line", "column"), WRONG)
def test_what_is_wrong_is_said_at_its_row_and_column(
    bring: Bring, customers: None, line: str, column: str
) -> None:
    result = bring("applications", HEAD + "C2,,1,,30,框架合同首单,,,,\n" + line + "\n")
    assert result.refused
    assert [(error.row, error.column) for error in result.errors] == [(3, column)]
    assert not Application.objects.exists()


def test_what_is_open_already_is_refused_with_its_number(bring: Bring, customers: None) -> None:
    bob = bringer()
    new = NewApplication(Customer.objects.get(code="C1").pk, "CNY", 5, 30, purpose="旺季备货用")
    number = apply_at_once(new, actor=bob, at=AT).number
    result = bring("applications", FILE)
    assert [error.row for error in result.errors] == [2]
    assert number in result.errors[0].reason.zh


def test_two_wishes_for_one_line_in_a_file_are_one_too_many(bring: Bring, customers: None) -> None:
    result = bring("applications", FILE + "C1,提高额度,900000,CNY,60,旺季备货用,,,,\n")
    assert [(error.row, error.column) for error in result.errors] == [(5, "客户编码")]


def test_a_closed_customer_is_not_applied_for(bring: Bring, customers: None) -> None:
    Customer.objects.filter(code="C2").update(status="blocked")
    result = bring("applications", FILE)
    assert [(error.row, error.column) for error in result.errors] == [(3, "客户编码")]


def test_a_strangers_customer_is_one_that_does_not_exist(bring: Bring, seller: Any) -> None:
    both = [("EAST", "华东", "East"), ("WEST", "华西", "West")]
    units = ensure_units(both, actor=system("test"), at=AT)
    make_customer("C1", unit=units["EAST"])
    west = replace(bringer(), unit_id=units["WEST"], all_units=False)
    result = bring("applications", HEAD + "C1,,1,,30,旺季备货用,,,,\n", actor=west)
    assert "没有客户 C1" in result.errors[0].reason.zh


def test_a_trial_writes_nothing_and_finds_the_same(bring: Bring, customers: None) -> None:
    tried = bring("applications", FILE, dry_run=True)
    assert counts(tried) == (3, 3, 0, 0)
    assert not Application.objects.exists() and not Step.objects.exists()
    assert tried.preview[0]["amount"] == "800000.00"
    assert tried.preview[0]["purchases"] == "3000000.00"


@pytest.mark.parametrize("word", ["imports.run", "applications.write"])
def test_who_brings_a_file_has_both_words(bring: Bring, customers: None, word: str) -> None:
    both = {"imports.run", "applications.write"}
    with pytest.raises(Refused) as refused:
        bring("applications", FILE, actor=person("cid", *(both - {word})))
    assert refused.value.code.name == "NOT_ALLOWED" and word in refused.value.text.en


def test_more_rows_than_the_maximum_are_refused_whole(bring: Bring, seller: Any) -> None:
    make_customer("C1", unit=None)
    day = AT.date()
    lines = [
        f"C1,临时额度,{n + 1},CNY,30,旺季备货用,{day + timedelta(days=n % 60)},"
        f"{day + timedelta(days=n % 60 + n // 60)},,\n"
        for n in range(ROWS_MAX + 1)
    ]
    with pytest.raises(Refused) as refused:
        bring("applications", HEAD + "".join(lines[: ROWS_MAX + 1]))
    assert refused.value.code.name == "TOO_MANY_ROWS"
    assert not Application.objects.exists()


def test_undoing_withdraws_what_nobody_touched_and_keeps_the_rest(
    bring: Bring, customers: None
) -> None:
    bob = bringer()
    result = bring("applications", FILE, actor=bob)
    taken = of("C1")
    move(taken, "investigating", AT)
    note(taken, "taken", actor=person("ann"), at=AT)
    undone = undo_import(result.batch_id, actor=bob, at=AT + timedelta(hours=2))
    assert (undone.removed, undone.applications_kept) == (2, 1)
    assert of("C1").state == "investigating"
    assert {of("C2").state, of("C3").state} == {"withdrawn"}
    assert of("C2").end_reason == "导入已撤销 / import undone"
    assert ImportBatch.objects.get(pk=result.batch_id).state == "undone"
    again = bring("applications", FILE)
    assert counts(again) == (3, 2, 1, 0)  # what was withdrawn may come again


def test_a_submitted_one_that_somebody_acted_on_stays(bring: Bring, customers: None) -> None:
    result = bring("applications", FILE)
    one = of("C2")
    Step.objects.create(application=one, kind="nudged", by="user:1", at=AT)
    undone = undo_import(result.batch_id, actor=bringer(), at=AT)
    assert (undone.removed, undone.applications_kept) == (2, 1)
    assert of("C2").state == "submitted"


def test_a_filled_in_template_comes_in_and_errors_come_back_in_it(
    bring: Bring, customers: None, tmp_path: Path
) -> None:
    path = tmp_path / "授信申请.xlsx"
    path.write_bytes(template_xlsx("applications"))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    lists = [one for one in sheet.data_validations.dataValidation if one.type == "list"]
    assert {str(one.sqref).split(":")[0] for one in lists} >= {"C2", "E2"}  # kind, currency
    for row, (code, purpose) in enumerate((("C1", "旺季备货用"), ("C2", "备货")), 2):
        sheet.cell(row, heads.index("客户编码") + 1, code)
        sheet.cell(row, heads.index("用途") + 1, purpose)
        sheet.cell(row, heads.index("申请额度") + 1, 1000)
        sheet.cell(row, heads.index("账期（天）") + 1, "30")
    book.save(path)
    result = bring("applications", path)
    assert result.refused and [error.row for error in result.errors] == [3]
    marked = openpyxl.load_workbook(result.errors_file).worksheets[0]
    told = [cell.value for cell in marked[3]]
    assert any("用途" in str(value) for value in told if value)
    assert marked.cell(3, heads.index("用途") + 1).comment is not None
