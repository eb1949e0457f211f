"""Every reason that decide can give has a sentence in both languages."""

import re
from pathlib import Path

import pytest

from xinheng.credit import checks as checks_module
from xinheng.credit import decide as decide_module
from xinheng.credit.decide import Reason
from xinheng.credit.reason_text import WORDINGS, codes, text


@pytest.mark.parametrize(
    ("reason", "zh", "en"),
    [
        (
            Reason("overdue_days_exceeded", "41", "30", "hold"),
            "最早一张已逾期 41 天，超过允许的 30 天。",
            "The oldest item is 41 days late, more than the 30 days allowed.",
        ),
        (
            Reason("headroom_exceeded", "1060000.00", "1000000.00", "hold"),
            "加上本单后占用 1,060,000.00 元，超过授信额度 1,000,000.00 元。",
            "With this order CNY 1,060,000.00 would be in use, "
            "more than the limit of CNY 1,000,000.00.",
        ),
        (
            Reason("status_not_active", "watch", None, "refer"),
            "客户状态为“重点关注”。",
            "The customer is on watch.",
        ),
        (
            Reason("limit_expired", "2026-11-22", "2026-11-21", "hold"),
            "授信额度已于 2026-11-21 到期。",
            "The credit limit expired on 2026-11-21.",
        ),
    ],
)
def test_a_reason_is_told_in_both_languages(reason: Reason, zh: str, en: str) -> None:
    assert text(reason, "CNY") == {"zh": zh, "en": en}


def test_an_amount_may_be_negative_huge_or_without_decimals() -> None:
    def shown(amount: str, currency: str) -> str:
        return text(Reason("headroom_exceeded", amount, "0", "hold"), currency)["en"]

    assert "JPY 5,000 " in shown("5000", "JPY")
    assert "CNY -0.50 " in shown("-0.50", "CNY")
    assert "CNY 99,999,999,999,999,999.00 " in shown("99999999999999999.00", "CNY")


def test_every_code_in_decide_has_words() -> None:
    # Catches a new reason without a sentence: the codes are read from the sources themselves.
    modules = (decide_module, checks_module)
    source = "\n".join(Path(m.__file__).read_text(encoding="utf-8") for m in modules)
    said = set(
        re.findall(r'(?:outcome_on_\w+|outcome|fails|"warn"), "(\w+)"|Reason\("(\w+)"', source)
    )
    found = {code for pair in said for code in pair if code}
    assert found - {"hold"} == set(codes())


@pytest.mark.parametrize("code", sorted(WORDINGS))
def test_a_wording_is_whole_in_both_languages(code: str) -> None:
    wording = WORDINGS[code]
    assert wording.zh.endswith("。") and wording.en.endswith(".")
    assert re.findall(r"\{\w\}", wording.zh) == re.findall(r"\{\w\}", wording.en)
    assert bool(re.search(r"\{\w\}", wording.zh)) == (wording.figures != "none")
