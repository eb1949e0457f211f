"""The clock of a hold in words: two units at most, a meaning colour that never stands alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.world import AT
from xinheng.web.holds.clock import clock


@pytest.mark.parametrize(
    ("minutes", "zh", "en", "tone"),
    [
        (130, "还有 2 小时 10 分", "due in 2 h 10 min", "watch"),
        (240, "还有 4 小时", "due in 4 h", "watch"),
        (241, "还有 4 小时 1 分", "due in 4 h 1 min", "none"),
        (60, "还有 1 小时", "due in 1 h", "act"),
        (5, "还有 5 分钟", "due in 5 min", "act"),
        (0, "还有 1 分钟", "due in 1 min", "act"),
        (-180, "已超时 3 小时", "3 h late", "stop"),
        (-1, "已超时 1 分钟", "1 min late", "stop"),
        (-1440 * 2 - 60, "已超时 2 天 1 小时", "2 d 1 h late", "stop"),
        (1440, "还有 1 天", "due in 1 d", "none"),
    ],
)
def test_the_clock_tells(minutes: int, zh: str, en: str, tone: str) -> None:
    told = clock(AT + timedelta(minutes=minutes), AT)
    assert told is not None
    assert (told.text.zh, told.text.en, told.tone) == (zh, en, tone)


def test_where_nothing_was_promised_there_is_no_clock() -> None:
    assert clock(None, AT) is None
