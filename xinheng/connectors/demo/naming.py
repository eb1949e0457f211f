"""Invented companies: a trade name in Chinese and English, a city, and a USCC that checks.

A name is brand × line × legal form, such as 澄舟礼品贸易有限公司 (Chengzhou Gifts Trading).
The brands are two syllables each, dealt out without repetition. The codes carry right check digits
(GB 32100-2015, over GB 11714) on a random body, so that every validator is exercised; that such a
company exists would be chance.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

_FIRST = (
    "澄cheng 屿yu 岚lan 霁ji 葭jia 棠tang 樾yue 珩heng 翎ling 缇ti 榆yu 麓lu "
    "沅yuan 瑭tang 筱xiao 璟jing 禾he 曜yao 漪yi 笙sheng 桐tong 烨ye 黛dai 砚yan"
)
_SECOND = (
    "舟zhou 序xu 川chuan 朴pu 墨mo 蔓man 渡du 石shi 木mu 丘qiu 野ye 帆fan "
    "林lin 泽ze 溪xi 岭ling 汀ting 原yuan 砾li 峰feng 洲zhou 桥qiao 庐lu 坪ping"
)
_LINES = (
    ("礼品", "Gifts"),
    ("家居", "Home"),
    ("文创", "Creative"),
    ("玩具", "Toys"),
    ("百货", "General Goods"),
    ("工艺品", "Crafts"),
    ("文具", "Stationery"),
    ("包装", "Packaging"),
)
_FORMS = (
    ("贸易有限公司", "Trading Co., Ltd."),
    ("商贸有限公司", "Commerce Co., Ltd."),
    ("实业有限公司", "Industrial Co., Ltd."),
    ("连锁有限公司", "Stores Co., Ltd."),
)
_FOREIGN_FORMS = {
    "Germany": "GmbH",
    "France": "SARL",
    "EIRE": "Ltd",
    "Netherlands": "B.V.",
    "Belgium": "BV",
    "Spain": "S.L.",
    "Portugal": "Lda",
    "Switzerland": "AG",
    "Finland": "Oy",
    "Sweden": "AB",
    "Norway": "AS",
    "Denmark": "ApS",
    "Australia": "Pty Ltd",
    "Japan": "K.K.",
    "Singapore": "Pte Ltd",
}


class City(NamedTuple):
    name: str
    division: str  # GB/T 2260
    unit: str


CITIES = (
    City("上海", "310115", "east"),
    City("杭州", "330106", "east"),
    City("苏州", "320505", "east"),
    City("宁波", "330203", "east"),
    City("南京", "320106", "east"),
    City("深圳", "440305", "south"),
    City("广州", "440106", "south"),
    City("厦门", "350203", "south"),
    City("北京", "110105", "north"),
    City("天津", "120101", "north"),
    City("青岛", "370202", "north"),
    City("重庆", "500103", "west"),
    City("成都", "510104", "west"),
)


class Brand(NamedTuple):
    zh: str
    en: str


def brands(random: Random) -> list[Brand]:
    """Every brand there is, shuffled: 24 × 24 of them."""
    first = [(word[0], word[1:]) for word in _FIRST.split()]
    second = [(word[0], word[1:]) for word in _SECOND.split()]
    made = [Brand(a[0] + b[0], (a[1] + b[1]).capitalize()) for a in first for b in second]
    random.shuffle(made)
    return made


def chinese_name(brand: Brand, random: Random) -> tuple[str, str, str]:
    """Name, English name and line of trade of a domestic company."""
    line, form = random.choice(_LINES), random.choice(_FORMS)
    return f"{brand.zh}{line[0]}{form[0]}", f"{brand.en} {line[1]} {form[1]}", line[0]


def foreign_name(brand: Brand, country: str, random: Random) -> tuple[str, str]:
    """Name and line of trade of a company abroad."""
    line = random.choice(_LINES)
    form = _FOREIGN_FORMS.get(country, "Ltd")
    return f"{brand.en} {line[1]} {form}", line[0]


# Letters that can't be mistaken for digits, as GB 32100 has them: no I, O, S, V, Z.
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def uscc(division: str, random: Random) -> str:
    """A unified social credit code of an enterprise (91) in a division, with both check digits."""
    while True:
        organisation = "MA" + "".join(random.choice(_CODE) for _ in range(6))
        inner = _organisation_check(organisation)
        if inner in _CODE:  # X is in the alphabet, so this always ends soon
            break
    body = f"91{division}{organisation}{inner}"
    total = sum(_CODE.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return body + _CODE[(31 - total % 31) % 31]


def _organisation_check(body: str) -> str:
    pairs = zip(body, _ORGANISATION_WEIGHTS, strict=True)
    check = 11 - sum(_ORGANISATION.index(char) * weight for char, weight in pairs) % 11
    return {10: "X", 11: "0"}.get(check, str(check))
