"""A file of 1,000 dirty rows gives a precise report, by row and column, and nothing half done.

Every kind of dirt stands in dirty.py with its verdict; here the whole report is compared with it,
in both languages, so that a row too many is found as well as one too few. Broken builds that this
finds: a bad row that stops the reading of those below; an error at the wrong column; writing the
good rows first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.connectors.dirty import KINDS, ROWS, corpus
from tests.world import make_customer
from xinheng.customers.models import Customer
from xinheng.dossiers.fields import shown
from xinheng.dossiers.models import Fact, Statement
from xinheng.intake.models import ImportBatch

from .conftest import AT

Bring = Callable[..., Any]
pytestmark = pytest.mark.django_db


@pytest.fixture
def customers(seller: Any) -> None:
    """0000 to 0049; the file of customers brings its own."""
    for n in range(50):
        make_customer(f"{n:04d}", unit=None)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_dirty_row_is_told_at_its_cell_and_no_clean_one(
    bring: Bring, customers: None, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xinheng.connectors.files import result as results

    monkeypatch.setattr(results, "SHOWN_ERRORS_MAX", 10_000)
    content, verdicts = corpus(kind)
    before = _rows()
    result = bring(kind, content)
    told: dict[int, list[Any]] = {}
    for error in result.errors:
        told.setdefault(error.row, []).append(error)
    faults = []
    for row, verdict in verdicts.items():
        faults += _faults(row, verdict, told.pop(row, []))
    assert not faults, "\n".join(faults[:20])
    assert not told, told
    assert result.refused
    assert _rows() == before
    assert ImportBatch.objects.get().state == "refused"
    assert result.counts.read == ROWS + 1
    wrong = sum(1 for one in verdicts.values() if one.dirt and one.dirt.column)
    assert result.counts.rejected == wrong > 100


def _faults(row: int, verdict: Any, errors: list[Any]) -> list[str]:
    dirt = verdict.dirt
    said = [f"{e.column}: {e.reason.zh} / {e.reason.en}" for e in errors]
    if dirt is None or not dirt.column:
        name = dirt.name if dirt else "clean"
        return [f"row {row} ({name}) should be taken: {one}" for one in said]
    if not errors:
        return [f"row {row} ({dirt.name}) should be refused at {dirt.column}"]
    hit = [e for e in errors if e.column == dirt.column]
    if not any(dirt.zh in e.reason.zh and dirt.en in e.reason.en for e in hit):
        return [f"row {row} ({dirt.name}) wants “{dirt.zh}” / “{dirt.en}”, got {said}"]
    return []


def _rows() -> tuple[int, int, int]:
    return Customer.objects.count(), Fact.objects.count(), Statement.objects.count()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_without_its_bad_rows_the_file_comes_in_whole(
    bring: Bring, customers: None, kind: str
) -> None:
    content, verdicts = corpus(kind)
    before = sum(_rows())
    result = bring(kind, content, skip_bad=True)
    good = sum(1 for one in verdicts.values() if not (one.dirt and one.dirt.column))
    assert result.counts.created == good - 1 == sum(_rows()) - before
    assert result.counts.unchanged == 1
    again = bring(kind, content, skip_bad=True)
    assert (again.counts.created, again.counts.unchanged) == (0, good)


def test_what_a_dirty_cell_means_is_what_is_kept(bring: Bring, customers: None) -> None:
    content, verdicts = corpus("facts")
    bring("facts", content, skip_bad=True)
    kept = {
        (fact.customer.code, fact.source): fact.value
        for fact in Fact.objects.select_related("customer")
    }
    wanted = 0
    for verdict in verdicts.values():
        if verdict.dirt and verdict.dirt.kept:
            key = (verdict.cells["客户编码"], verdict.cells["来源"])
            assert shown(kept[key]) == verdict.dirt.kept, verdict.dirt.name
            wanted += 1
    assert wanted > 50


def test_the_report_stands_beside_the_rows_of_the_persons_own_file(
    bring: Bring, customers: None
) -> None:
    from pathlib import Path

    from xinheng.connectors.files.read import read

    content, verdicts = corpus("facts")
    result = bring("facts", content)
    rows = read(Path(result.errors_file)).rows
    for number, verdict in verdicts.items():
        reasons = rows[number - 1][-2:]
        expected = bool(verdict.dirt and verdict.dirt.column)
        assert bool(reasons[0]) == bool(reasons[1]) == expected, (number, verdict.dirt)


def test_a_serial_of_a_real_date_cell_and_a_merged_cell_in_a_workbook(
    bring: Bring, customers: None, tmp_path: Any
) -> None:
    import xlsxwriter

    path = tmp_path / "facts.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        head = ["客户编码", "档案字段", "内容", "来源", "可靠性"]
        sheet.write_row(0, 0, head)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(1, 0, ["0001", "last_visit"])
        sheet.write_datetime(1, 2, AT.replace(tzinfo=None, month=10), day)
        sheet.write_row(1, 3, ["visit", "C"])
        sheet.merge_range(2, 0, 3, 0, "0002")
        sheet.write_row(2, 1, ["goods_bought", "水泥", "erp", "C"])
        sheet.write_row(3, 1, ["employees", 12.0, "erp", "C"])
        sheet.write_row(4, 0, ["0003", "bank_account", 6222020200011223344, "erp", "C"])
        sheet.write_row(5, 0, ["0004", "last_visit", 46300, "visit", "C"])
    result = bring("facts", path)
    told = [(e.row, e.column) for e in result.errors]
    assert told == [(4, "客户编码"), (5, "内容"), (6, "内容")]
    assert "15 位" in result.errors[1].reason.zh


def test_a_file_that_stops_half_way_leaves_nothing(
    bring: Bring, customers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xinheng.connectors.files import imports

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(imports, "_record_in_ledger", broken)
    content, _ = corpus("facts")
    with pytest.raises(RuntimeError, match="power cut"):
        bring("facts", content, skip_bad=True)
    assert not Fact.objects.exists()
    assert ImportBatch.objects.get().state == "failed"
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from ledger_pendingentry")
        assert cursor.fetchone()[0] == 0
