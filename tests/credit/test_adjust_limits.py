"""One rule for many limits: change, round, bounds, in this order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.credit.adjusting import Rule, RuleError, adjusted, check_rule
from xinheng.credit.money import MAX_MINOR

TABLE = [
    (1_234_567_00, Rule("percent", -1_500, 1_000_00), 1_049_000_00),
    (1_234_567_00, Rule("percent", -1_500, 1_000_00, "up"), 1_050_000_00),
    (1_234_567_00, Rule("percent", -1_500, 1_000_00, "half"), 1_049_000_00),
    (1_000_50, Rule("percent", 0, 1_00, "half"), 1_001_00),
    (333, Rule("percent", 5_000), 500),  # 166.5 → 167, HALF_UP
    (100_00, Rule("percent", -10_000), 0),
    (100_00, Rule("amount", -200_00), 0),
    (100_00, Rule("amount", 50_00), 150_00),
    (100_00, Rule("fixed", 70_00), 70_00),
    (100_00, Rule("percent", -5_000, 0, "down", 80_00), 80_00),
    (100_00, Rule("percent", 5_000, 0, "down", None, 120_00), 120_00),
    (999, Rule("percent", 0, 1_000, "down", 500), 500),
    (0, Rule("percent", 5_000), 0),
    (MAX_MINOR, Rule("percent", 10_000), MAX_MINOR),
]


@pytest.mark.parametrize(("amount", "rule", "expected"), TABLE)
def test_what_a_rule_makes_of_a_limit(amount, rule, expected):
    check_rule(rule)
    assert adjusted(amount, rule) == expected


@pytest.mark.parametrize(
    "rule",
    [
        Rule("double", 1),
        Rule("percent", -10_001),
        Rule("percent", 2_000_000),
        Rule("percent", 1, 1, "even"),
        Rule("fixed", -1),
        Rule("fixed", 1, -1),
        Rule("fixed", 1, 0, "down", 5, 4),
        Rule("fixed", 1, 0, "down", -5),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule):
    with pytest.raises(RuleError):
        check_rule(rule)


@given(
    st.integers(0, 10**12),
    st.integers(-10_000, 50_000),
    st.sampled_from([0, 100, 1_000_00]),
    st.sampled_from(["down", "up", "half"]),
)
def test_a_larger_limit_never_becomes_the_smaller_one(amount, bps, step, rounding):
    # Fails where rounding or the percentage is taken unevenly.
    rule = Rule("percent", bps, step, rounding)
    assert 0 <= adjusted(amount, rule) <= adjusted(amount + 1, rule)
    if step:
        assert adjusted(amount, rule) % step == 0
