"""Amounts in the capital characters that Chinese papers want beside the figures (金额大写).

1,234,567.89 CNY → 人民币壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分; 100,000.00 → …壹拾万元整; −5.20 →
人民币负伍元贰角. The conventions are the bank's: 整 closes what ends with 元, and a nought between
元 and 分 is written (贰万元零伍分). Other currencies are counted alike and called by their name
(美元伍拾万元整); thousandths, of currencies that have them, are 厘.

The number goes to the counting library as exact text of two decimals: it drops a third one, and a
float would be none.
"""

from typing import Final

import cn2an  # type: ignore[import-untyped]

from xinheng.credit.money import MAX_MINOR, MoneyError, exponent, to_text

NAMES: Final = {
    "CNY": "人民币",
    "USD": "美元",
    "EUR": "欧元",
    "GBP": "英镑",
    "HKD": "港元",
    "JPY": "日元",
    "TWD": "新台币",
    "KRW": "韩元",
    "SGD": "新加坡元",
    "AUD": "澳大利亚元",
    "CAD": "加拿大元",
    "CHF": "瑞士法郎",
    "MOP": "澳门元",
    "THB": "泰铢",
    "RUB": "俄罗斯卢布",
    "INR": "印度卢比",
    "NZD": "新西兰元",
    "MYR": "马来西亚林吉特",
    "VND": "越南盾",
    "IDR": "印尼盾",
    "PHP": "菲律宾比索",
    "AED": "阿联酋迪拉姆",
    "SAR": "沙特里亚尔",
    "BRL": "巴西雷亚尔",
    "SEK": "瑞典克朗",
    "NOK": "挪威克朗",
    "DKK": "丹麦克朗",
    "KWD": "科威特第纳尔",
}


def capitals(minor: int, currency: str) -> str:
    """The amount in capital characters, with the currency's name (its code where it has none)."""
    if abs(minor) > MAX_MINOR:
        raise MoneyError(
            "bounds", "金额超出范围，不能大写。", "The amount is too large to be written out."
        )
    sign = "负" if minor < 0 else ""
    return f"{NAMES.get(currency, currency)}{sign}{_counted(abs(minor), exponent(currency))}"


def _counted(size: int, digits: int) -> str:
    """元, 角, 分 and what is left below them."""
    fen, thousandths = (size * 100, 0) if digits == 0 else divmod(size, 10 ** (digits - 2))
    text: str = cn2an.an2cn(to_text(fen, "CNY"), "rmb")
    if not thousandths:
        return text
    return _with_thousandths(text, fen, f"{thousandths:0{digits - 2}d}")


def _with_thousandths(text: str, fen: int, rest: str) -> str:
    """元 … 厘 (and 毫): a currency with three decimals, or four, is written to its last one."""
    whole = text.removesuffix("整") if fen else ""
    if fen and not fen % 10:
        whole += "零"
    counted = [f"{_DIGITS[int(one)]}{unit}" for one, unit in zip(rest, "厘毫", strict=False)]
    return whole + "".join(part for part in counted if not part.startswith("零"))


_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
