"""Divisions and industries by code and by name, also the ones that are retired."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from xinheng.credit.divisions import division, divisions_named
from xinheng.credit.industries import industries_named, industry
from xinheng.credit.shipped import document

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference"


def codes_of(name: str) -> set[str]:
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"the reference rows are not on this machine: ../shared/data/reference/{name}")
    with path.open(encoding="utf-8") as lines:
        return {row["code"] for row in csv.DictReader(lines)}


@pytest.mark.parametrize(
    ("code", "full", "retired"),
    [
        ("330106", "浙江省 杭州市 西湖区", ""),
        ("330000", "浙江省", ""),
        ("330100", "浙江省 杭州市", ""),
        ("110103", "北京市 市辖区 崇文区", "2009-12"),
    ],
)
def test_a_division_tells_where_it_lies(code: str, full: str, retired: str) -> None:
    found = division(code)
    assert found is not None and (found.full, found.retired) == (full, retired)


@pytest.mark.parametrize("code", ["", "999999", "33", "3301060", "33010x"])
def test_what_no_table_had_is_no_division(code: str) -> None:
    assert division(code) is None


def test_divisions_are_found_by_part_of_a_name_and_by_the_first_digits() -> None:
    assert [one.code for one in divisions_named("杭州")] == ["330100"]
    assert divisions_named("3301")[0].code == "330100"
    assert divisions_named(" ") == [] and len(divisions_named("市")) == 50


def test_every_division_of_the_tables_is_known() -> None:
    codes = codes_of("gb_t_2260_nbs_2023.csv") | codes_of("gb_t_2260_history_1980_2019.csv")
    assert not [code for code in codes if division(code) is None]


def test_an_industry_is_found_with_and_without_its_letter() -> None:
    for code in ("C3011", "3011", "c3011"):
        found = industry(code)
        assert found is not None
        assert found.full == "制造业 / 非金属矿物制品业 / 水泥、石灰和石膏制造 / 水泥制造"
    assert industry("Z") is None and industry("C9999") is None
    assert "C3011" in {one.code for one in industries_named("水泥")}
    assert industries_named("3011")[0].code == "C3011"


def test_every_industry_of_the_standard_is_there() -> None:
    assert set(document("industries_v1.json")["industries"]) == codes_of(
        "gb_t_4754_2017_industry.csv"
    )
