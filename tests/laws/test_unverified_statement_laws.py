"""An unverified statement never helps: not the grade, not the points, not the limit.

Pure: what was read goes in, the assessment comes out, so thousands of statements can be tried.
Broken builds that were tried: the better of the two scores, the higher of the two limits, always
counting the unverified one, the unverified one first where both are equal, no statement instead of
the newest verified one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from xinheng.credit import scorecard
from xinheng.credit.scale import GRADES, grade_rank
from xinheng.decisions.features import settings_of
from xinheng.decisions.judging import Assessed, Rules, judge_one
from xinheng.decisions.records import Further, Read, Told, Used
from xinheng.decisions.suggesting import ways_of
from xinheng.policies.bodies import shipped_body
from xinheng.receivables.behaviour import Behaviour

DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
USED = Used(1, 2, 3, "")


def rules(word: str = "worse", limit: str = "limit") -> Rules:
    body = shipped_body("assessment") | {"unverified_statements": word}
    ways = ways_of(shipped_body(limit))
    return Rules(scorecard.shipped(), settings_of(body), ways, USED, "CNY")


cents = st.integers(-(10**9), 10**10)
share = st.decimals(0, 100, places=2)
paying = st.builds(
    Behaviour,
    currency=st.sampled_from(["CNY", "CNY", "CNY", "USD"]),
    payment_index=st.none() | share,
    days_late_weighted=st.none() | st.decimals(0, 120, places=2),
    days_late_mean=st.none(),
    on_time_share_pct=st.none(),
    dpd_max=st.integers(0, 200),
    days_late_trend=st.none() | st.decimals(-20, 20, places=2),
    experiences=st.integers(0, 40),
    open_minor=st.just(0),
    overdue_minor=st.just(0),
    overdue_share_pct=share,
    oldest_dpd=st.integers(0, 150),
    months_of_history=st.integers(0, 60),
    sales_minor=st.integers(0, 10**10),
    sales_days=st.integers(1, 365),
    receipts_by_month=st.lists(st.integers(0, 10**8), min_size=12, max_size=12).map(tuple),
    terms_days=st.none() | st.integers(0, 120),
)


@st.composite
def told(draw: Any, *, verified: bool) -> Told:
    assets = draw(st.integers(1, 10**10))
    debts = draw(st.integers(0, 2 * 10**10))
    figures = {
        "total_assets": assets,
        "total_liabilities": debts,
        "equity": assets - debts,
        "current_assets": draw(st.integers(0, assets)),
        "current_liabilities": draw(st.integers(0, debts)),
        "retained_earnings": draw(cents),
        "sales": draw(st.integers(0, 10**10)),
        "ebit": draw(cents),
    }
    figures["inventory"] = draw(st.integers(0, figures["current_assets"]))
    kept = {name: value for name, value in figures.items() if draw(st.integers(0, 9))}
    age = timedelta(days=draw(st.integers(0, 800)))
    capital = draw(st.none() | st.integers(0, 10**9))
    currency = draw(st.sampled_from(["CNY", "CNY", "USD"]))
    return Told(1, verified, DAY - age, currency, kept, capital)


further = st.builds(
    Further,
    orders=st.dictionaries(st.just("CNY"), st.integers(0, 10**9)),
    peers=st.lists(st.integers(0, 10**8), max_size=3).map(tuple),
    peers_in=st.just("CNY"),
)
reads = st.builds(
    Read,
    customer=st.just(7),
    as_of=st.just(DAY),
    day=st.just(DAY),
    known_at=st.just(AT),
    base_currency=st.just("CNY"),
    used=st.just(USED),
    manufacturing=st.booleans(),
    paying=st.none() | paying,
    statement=told(verified=False),
    verified=st.none() | told(verified=True),
    further=st.none() | further,
)


def rank(one: Assessed) -> int:
    return len(GRADES) if one.score.grade is None else grade_rank(one.score.grade)


def sure_of(read: Read) -> Read:
    """The same customer, had nobody handed in the unverified one."""
    return replace(read, statement=read.verified, verified=None)


@given(reads)
def test_an_unverified_statement_never_helps(read: Read) -> None:
    one, sure = judge_one(read, rules()), judge_one(sure_of(read), rules())
    assert rank(one) >= rank(sure)
    assert (one.score.points or 0) <= (sure.score.points or 0)
    amount, most = one.combined.limit_minor, sure.combined.limit_minor
    assert amount is None or (most is not None and amount <= most)


@given(reads)
def test_what_counted_unverified_is_named_and_nothing_else(read: Read) -> None:
    one, sure = judge_one(read, rules()), judge_one(sure_of(read), rules())
    same = one.score == sure.score and one.combined == sure.combined
    assert one.unverified == ([] if same else ["statement"])
    assert judge_one(read, rules("ignore")).score == sure.score
    assert judge_one(read, rules("ignore")).unverified == []


@given(reads)
def test_verified_counts_as_it_is_whatever_the_word(read: Read) -> None:
    statement = replace(read.statement, verified=True)
    checked = replace(read, statement=statement, verified=None)
    results = [judge_one(checked, rules(word)) for word in ("use", "worse", "ignore")]
    assert all(one.score == results[0].score for one in results)
    assert all(one.combined == results[0].combined for one in results)
    assert all(one.unverified == [] for one in results)


def test_the_shipped_word_is_worse_and_version_one_counted_everything() -> None:
    assert settings_of(shipped_body("assessment")).unverified_statements == "worse"
    first = dict.fromkeys(settings_of(shipped_body("assessment"))._fields[:5], 1)
    assert settings_of(first).unverified_statements == "use"


@pytest.mark.parametrize(
    ("word", "statement", "unverified"),
    [("use", "used", ["statement"]), ("worse", "left_out", []), ("ignore", "left_out", [])],
)
def test_a_statement_that_would_help_is_left_out_unless_the_policy_says_otherwise(
    word: str, statement: str, unverified: list[str]
) -> None:
    figures = {"total_assets": 100, "current_assets": 90, "inventory": 1, "equity": 95}
    figures |= {"total_liabilities": 5, "current_liabilities": 5, "sales": 500, "ebit": 60}
    figures |= {"retained_earnings": 50}
    behaviour = Behaviour(
        currency="CNY",
        payment_index=Decimal(80),
        days_late_weighted=Decimal(0),
        days_late_mean=Decimal(0),
        on_time_share_pct=Decimal(100),
        dpd_max=0,
        days_late_trend=Decimal(0),
        experiences=12,
        open_minor=0,
        overdue_minor=0,
        overdue_share_pct=Decimal(0),
        oldest_dpd=0,
        months_of_history=30,
        sales_minor=1200,
        sales_days=365,
        receipts_by_month=(100,) * 12,
        terms_days=30,
    )
    good = Told(1, False, DAY, "CNY", {name: minor * 100_000 for name, minor in figures.items()})
    read = Read(7, DAY, DAY, AT, "CNY", USED, paying=behaviour, statement=good)
    one = judge_one(read, rules(word))
    assert (one.said.statement, one.unverified) == (statement, unverified)
    sure = judge_one(replace(read, statement=None), rules(word))
    assert (one.score.points > sure.score.points) is (word == "use")
