"""Files of rates, holidays and terms; invoices that say a term of the seller's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from xinheng.almanac.models import Holiday, PaymentTerm, Rate
from xinheng.connectors.files.imports import run_import, undo_import
from xinheng.intake.refusals import IntakeRefusal
from xinheng.people.actor import Actor, system
from xinheng.receivables.models import Invoice
from xinheng.refusals import Refused

from .conftest import AT

Bring = Callable[..., Any]
ROOT = system("test")

RATES = """日期,货币名称,单位,中行折算价,汇率类型,已核对
2026-11-19,欧元,100,781.23,中间价,
2026-11-20,EUR,100,782.00,,
2026-11-20,日元,100,4.87,mid,
"""
HOLIDAYS = """日期,节日,休/班,英文名称
2026-10-01,国庆节,休,National Day
2026-10-02,国庆节,休,
2026-10-03,国庆节,,
2026-10-10,国庆节调休,班,
"""
TERMS = """代码,规则,名称,日历
月结30,EOM+30,月结 30 天,
n30w,n30,三十天顺延,cn
"""


def test_a_banks_table_of_rates_per_100_comes_in_without_rounding(bring: Bring) -> None:
    result = bring("rates", RATES)
    assert result.counts.created == 3
    stored = {(r.base, r.quote, r.day.day, r.kind): r.rate for r in Rate.objects.all()}
    assert stored == {
        ("EUR", "CNY", 19, "mid"): Decimal("7.8123"),
        ("EUR", "CNY", 20, "mid"): Decimal("7.82"),
        ("JPY", "CNY", 20, "mid"): Decimal("0.0487"),
    }
    assert bring("rates", RATES).counts.unchanged == 3
    changed = bring("rates", RATES.replace("782.00", "783.00"))
    assert (changed.counts.updated, changed.counts.unchanged) == (1, 2)
    undo_import(changed.batch_id, actor=ROOT, at=AT, assess=False)
    assert Rate.objects.get(base="EUR", day=date(2026, 11, 20)).rate == Decimal("7.82")
    undo_import(result.batch_id, actor=ROOT, at=AT, assess=False)
    assert not Rate.objects.exists()


def test_a_jump_is_an_error_of_its_row_until_it_is_confirmed(bring: Bring) -> None:
    wrong = RATES.replace("782.00,,", "7.82,,")
    result = bring("rates", wrong)
    assert result.refused and [error.row for error in result.errors] == [3]
    assert "20 %" in result.errors[0].reason.en and not Rate.objects.exists()
    assert bring("rates", wrong.replace("7.82,,", "7.82,,是")).counts.created == 3


@pytest.mark.parametrize(
    ("cell", "instead", "said"),
    [
        ("781.23", "0", "above zero"),
        ("781.23", "abc", "not understood"),
        ("欧元", "CNY", "two different"),
        ("欧元", "XYZ", "no currency"),
        ("中间价", "中间的价格！", "rate type"),
        ("100,781", "7,781", "should be"),
    ],
)
def test_a_bad_rate_is_an_error_of_its_row(
    bring: Bring, cell: str, instead: str, said: str
) -> None:
    result = bring("rates", RATES.replace(cell, instead, 1))
    assert result.refused and result.errors[0].row == 2
    assert said in result.errors[0].reason.en


def test_holidays_and_terms_come_in_and_give_due_dates_to_invoices(bring: Bring) -> None:
    assert bring("holidays", HOLIDAYS).counts.created == 4
    assert Holiday.objects.get(day=date(2026, 10, 10)).working
    assert set(Holiday.objects.values_list("calendar", flat=True)) == {"CN"}
    assert bring("terms", TERMS).counts.created == 2
    head = "发票号,客户编码,客户名称,币种,金额,开票日期,付款条件\n"
    rows = ["I1,C1,甲,CNY,1.00,2026-09-03,月结30", "I2,C1,甲,CNY,1.00,2026-09-03,N30W"]
    rows += ["I3,C1,甲,CNY,1.00,2026-09-03,30天"]
    bring("invoices", head + "\n".join(rows) + "\n")
    told = {i.number: (i.terms, str(i.due_on)) for i in Invoice.objects.all()}
    assert told == {
        "I1": ("月结30", "2026-10-30"),
        "I2": ("N30W", "2026-10-05"),  # 3 October is off, 4 October a Sunday
        "I3": ("N30", "2026-10-03"),
    }


def test_an_unknown_term_says_that_codes_can_be_entered(bring: Bring) -> None:
    head = "发票号,客户编码,客户名称,币种,金额,开票日期,付款条件\n"
    result = bring("invoices", head + "I1,C1,甲,CNY,1.00,2026-09-03,月结30\n")
    assert result.refused and "your own code" in result.errors[0].reason.en


@pytest.mark.parametrize(
    ("line", "said"),
    [("A,N30X,甲,", "not understood"), ("N30,N45,甲,", "reads as"), ("A,N30,,", "must not be")],
)
def test_a_bad_term_is_an_error_of_its_row(bring: Bring, line: str, said: str) -> None:
    result = bring("terms", TERMS.split("\n")[0] + "\n" + line + "\n")
    assert result.refused and said in result.errors[0].reason.en
    assert not PaymentTerm.objects.exists()


def test_rates_need_a_permission_of_their_own(bring: Bring, tmp_path: Any) -> None:
    chen = Actor("user", None, None, frozenset({"imports.run"}), "chen")
    path = tmp_path / "rates.csv"
    path.write_text(RATES)
    with pytest.raises(Refused) as refused:
        run_import("rates", path, actor=chen, at=AT)
    assert refused.value.code is IntakeRefusal.NOT_ALLOWED
    assert "almanac.edit" in refused.value.text.en
