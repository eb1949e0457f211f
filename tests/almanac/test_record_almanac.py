"""Rates, holidays and terms come in once, change by name, and are taken back with their batch."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from xinheng.almanac.actions import (
    end_term,
    record_holidays,
    record_rates,
    record_terms,
    undo_batch,
)
from xinheng.almanac.models import Holiday, PaymentTerm, Rate
from xinheng.almanac.refusals import AlmanacRefusal
from xinheng.almanac.rows import HolidayRow, RateRow, TermRow
from xinheng.intake.actions import finish_batch, open_batch
from xinheng.ledger.models import PendingEntry
from xinheng.ledger.queries import disclosure
from xinheng.people.actor import Actor, system
from xinheng.refusals import Refused

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
DAY = date(2026, 11, 20)
ROOT = system("test")
NOBODY = Actor("user", 7, 7, frozenset({"imports.run"}), "chen")

pytestmark = pytest.mark.django_db


def rate(told: str, day: date = DAY, **extra: object) -> RateRow:
    return RateRow(
        **{"base": "EUR", "quote": "CNY", "day": day, "rate": Decimal(told), "source": "中行"}
        | extra
    )


def counted(counts: object) -> tuple[int, int, int]:
    return counts.created, counts.updated, counts.unchanged  # type: ignore[attr-defined]


def test_the_same_rate_again_changes_nothing_and_leaves_no_entry() -> None:
    assert counted(record_rates([rate("7.8123")], actor=ROOT, at=AT)) == (1, 0, 0)
    entries = PendingEntry.objects.count()
    again = [rate("7.81230", source="another table")]
    assert counted(record_rates(again, actor=ROOT, at=LATER)) == (0, 0, 1)
    assert PendingEntry.objects.count() == entries
    assert Rate.objects.get().source == "中行"


def test_another_rate_for_the_same_day_is_a_change_with_both_values_in_the_ledger() -> None:
    record_rates([rate("7.8123")], actor=ROOT, at=AT)
    assert counted(record_rates([rate("7.8213")], actor=ROOT, at=LATER)) == (0, 1, 0)
    newest = PendingEntry.objects.order_by("-pk").first()
    assert newest is not None
    changes = json.loads(opened(newest)["changes"])
    assert [(c["before"]["rate"], c["after"]["rate"]) for c in changes] == [("7.8123", "7.8213")]


def opened(entry: PendingEntry) -> dict[str, str]:
    """The values of an entry, as a disclosure shows them."""
    return {one["name"]: one["value"] for one in disclosure(entry.entry_id)["fields"]}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (rate("7.8", base="EUX"), AlmanacRefusal.UNKNOWN_CURRENCY),
        (rate("7.8", quote="XAU"), AlmanacRefusal.UNKNOWN_CURRENCY),
        (rate("1", quote="EUR"), AlmanacRefusal.SAME_CURRENCY),
        (rate("7.8", kind="Mid price"), AlmanacRefusal.BAD_KIND),
        (rate("0"), AlmanacRefusal.BAD_RATE),
        (rate("-7.8"), AlmanacRefusal.BAD_RATE),
        (rate("NaN"), AlmanacRefusal.BAD_RATE),
        (rate("0.00000000001"), AlmanacRefusal.BAD_RATE),
        (rate("10000000000"), AlmanacRefusal.BAD_RATE),
    ],
)
def test_what_is_no_rate_is_refused(row: RateRow, code: AlmanacRefusal) -> None:
    with pytest.raises(Refused) as refused:
        record_rates([row], actor=ROOT, at=AT)
    assert refused.value.code is code
    assert not Rate.objects.exists()


@pytest.mark.parametrize(
    ("told", "extra", "jumps"),
    [
        ("9.3747", {}, False),  # exactly 20 % above 7.81225 is not more
        ("9.38", {}, True),
        ("6.24", {}, True),
        ("78.1225", {}, True),  # a point that slipped
        ("78.1225", {"confirmed": True}, False),
        ("7.9", {"base": "CNY", "quote": "EUR"}, True),  # the wrong way round
        ("0.128", {"base": "CNY", "quote": "EUR"}, False),
        ("78.1225", {"kind": "month_end"}, False),  # nothing before of its own kind
        ("78.1225", {"day": DAY + timedelta(days=40)}, False),  # too long ago to tell
        ("78.1225", {"day": DAY - timedelta(days=1)}, False),  # nothing before it
    ],
)
def test_a_jump_is_refused_until_somebody_has_confirmed_it(
    told: str, extra: dict[str, object], jumps: bool
) -> None:
    record_rates([rate("7.81225", DAY)], actor=ROOT, at=AT)
    row = rate(told, **{"day": DAY + timedelta(days=1)} | extra)
    if not jumps:
        assert counted(record_rates([row], actor=ROOT, at=AT)) == (1, 0, 0)
        return
    with pytest.raises(Refused) as refused:
        record_rates([row], actor=ROOT, at=AT)
    assert refused.value.code is AlmanacRefusal.RATE_JUMPS
    assert Rate.objects.count() == 1


def test_a_jump_between_two_rows_of_one_file_is_seen_too() -> None:
    rows = [rate("7.8"), rate("78", DAY + timedelta(days=1))]
    with pytest.raises(Refused) as refused:
        record_rates(rows, actor=ROOT, at=AT)
    assert refused.value.code is AlmanacRefusal.RATE_JUMPS
    assert "2026-11-20" in refused.value.text.en


def test_the_same_pair_and_day_twice_in_one_go_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        record_rates([rate("7.8"), rate("7.9")], actor=ROOT, at=AT)
    assert refused.value.code is AlmanacRefusal.REPEATED


@pytest.mark.parametrize(
    "act",
    [
        lambda: record_rates([rate("7.8")], actor=NOBODY, at=AT),
        lambda: record_holidays([], actor=NOBODY, at=AT),
        lambda: record_terms([], actor=NOBODY, at=AT),
        lambda: end_term("A", actor=NOBODY, at=AT),
    ],
)
def test_without_the_permission_nothing_is_written(act) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.code is AlmanacRefusal.NOT_ALLOWED


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (HolidayRow(calendar="c n", day=DAY, name="国庆节"), AlmanacRefusal.BAD_CALENDAR),
        (HolidayRow(calendar="CN", day=DAY, name=" "), AlmanacRefusal.NAME_MISSING),
        (HolidayRow(calendar="CN", day=DAY, name="节" * 81), AlmanacRefusal.TEXT_TOO_LONG),
    ],
)
def test_what_is_no_holiday_is_refused(row: HolidayRow, code: AlmanacRefusal) -> None:
    with pytest.raises(Refused) as refused:
        record_holidays([row], actor=ROOT, at=AT)
    assert refused.value.code is code


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (TermRow(code="月结 30", rule="EOM+30", name="月结"), AlmanacRefusal.BAD_CODE),
        (TermRow(code="a", rule="N30", name="n"), AlmanacRefusal.BAD_CODE),
        (TermRow(code="A", rule="N30X", name="n"), AlmanacRefusal.BAD_RULE),
        (TermRow(code="N30", rule="N45", name="n"), AlmanacRefusal.CODE_MISLEADS),
        (TermRow(code="A", rule="N30", name="n", calendar="?"), AlmanacRefusal.BAD_CALENDAR),
    ],
)
def test_what_is_no_term_is_refused(row: TermRow, code: AlmanacRefusal) -> None:
    with pytest.raises(Refused) as refused:
        record_terms([row], actor=ROOT, at=AT)
    assert refused.value.code is code


def test_a_term_that_ended_lives_again_when_it_is_entered_again() -> None:
    term = TermRow(code="月结30", rule="eom + 30", name="月结 30 天")
    record_terms([term], actor=ROOT, at=AT)
    assert PaymentTerm.objects.get().rule == "EOM+30"
    end_term("月结30", actor=ROOT, at=AT)
    with pytest.raises(Refused) as refused:
        end_term("月结30", actor=ROOT, at=AT)
    assert refused.value.code is AlmanacRefusal.TERM_ENDED
    assert counted(record_terms([term], actor=ROOT, at=LATER)) == (0, 1, 0)
    assert PaymentTerm.objects.get().ended_at is None


def test_undoing_a_batch_takes_new_rows_away_and_gives_old_values_back() -> None:
    record_rates([rate("7.8123")], actor=ROOT, at=AT)
    batch = open_batch("rates", "f.csv", "0" * 64, {}, actor=ROOT, at=LATER)
    rows = [rate("7.9"), rate("7.91", DAY + timedelta(days=1))]
    counts = record_rates(rows, batch=batch, actor=ROOT, at=LATER)
    record_holidays(
        [HolidayRow(calendar="CN", day=DAY, name="节")], batch=batch, actor=ROOT, at=LATER
    )
    finish_batch(batch, counts, actor=ROOT, at=LATER)
    assert undo_batch(batch, actor=ROOT, at=LATER) == 3
    left = Rate.objects.get()
    assert (left.rate, left.source, left.entered_at) == (Decimal("7.8123"), "中行", AT)
    assert not Holiday.objects.exists()


def test_a_batch_whose_rows_were_entered_anew_since_is_not_undone() -> None:
    batch = open_batch("rates", "f.csv", "0" * 64, {}, actor=ROOT, at=AT)
    counts = record_rates([rate("7.8")], batch=batch, actor=ROOT, at=AT)
    finish_batch(batch, counts, actor=ROOT, at=AT)
    record_rates([rate("7.9")], actor=ROOT, at=LATER)
    with pytest.raises(Refused) as refused:
        undo_batch(batch, actor=ROOT, at=LATER)
    assert refused.value.code is AlmanacRefusal.CHANGED_BY_HAND
    assert Rate.objects.get().rate == Decimal("7.9")
