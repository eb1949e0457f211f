"""A company's own part of its name, however a file wrote it."""

from __future__ import annotations

import pytest

from xinheng.credit.company_name import name_key
from xinheng.credit.shipped import document


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ("广州华贸（集团）有限公司", "廣州華貿(集團)股份有限公司", "广州华贸集团"),
        ("重庆长安贸易有限公司", "重庆长安贸易有限责任公司", "重庆长安贸易"),
        ("ＡＣＭＥ Cement Co., Ltd.", "Acme-Cement GmbH", "acmecement"),
        ("Müller Baustoffe GmbH & Co. KG", "MULLER BAUSTOFFE", "mullerbaustoffe"),
        ("Société Générale S.A.", "Societe Generale", "societegenerale"),
        ("ＴＣＬ科技 有限公司", "TCL科技", "tcl科技"),
        ("宁波远山投资合伙企业（有限合伙）", "宁波远山投资", "宁波远山投资"),
    ],
)
def test_two_spellings_have_one_key(one: str, other: str, key: str) -> None:
    assert name_key(one) == name_key(other) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("长安贸易有限公司上海分公司", "长安贸易有限公司"),  # a branch is not its head
        ("华贸集团有限公司", "华贸有限公司"),  # nor a group its member
        ("Sage Ltd", "Sa Ltd"),
    ],
)
def test_other_companies_keep_another_key(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(("name", "key"), [("有限公司", "有限公司"), ("Co. Ltd.", "co"), ("—", "")])
def test_nothing_but_a_form_stays(name: str, key: str) -> None:
    assert name_key(name) == key


def test_every_traditional_character_has_its_simplified_one() -> None:
    pairs = "".join(document("company_names_v1.json")["traditional"])
    assert len(pairs) % 2 == 0
    found: dict[str, str] = {}
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert found.setdefault(old, new) == new, old
