"""The sums kept with each file say what a pass over the facts says, on every day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from tests.dossiers.test_break_down_measures import SEES_ALL, book  # noqa: F401
from tests.world import AT, TODAY, World
from xinheng.customers.models import Customer
from xinheng.dossiers import kept
from xinheng.dossiers.breakdown import ORDERS, break_down, worst_files
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.kept import is_large, kept_measures
from xinheng.dossiers.measures import book_measures
from xinheng.dossiers.models import ConflictCase, FileStanding
from xinheng.dossiers.standing import count_moved


@pytest.mark.parametrize("days", [0, 1, 2, 31, 90, 182, 400])
def test_kept_and_live_measures_agree_on_every_day(book: World, days: int) -> None:  # noqa: F811
    """Two evaluators. Sums that are not counted again when a fact grows too old fail from day 1."""
    count_moved(today=TODAY, at=AT)
    day = TODAY + timedelta(days=days)
    count_moved(today=day, at=AT)
    for user in (SEES_ALL, book.bob):
        assert kept_measures(user, day) == book_measures(user, day)
        assert break_down(user, day, kept=True) == break_down(user, day)
    for order in ORDERS:
        for block in ("", *(one.code for one in catalogue().blocks)):
            asked = {"order": order, "block": block, "limit": 100}
            assert worst_files(SEES_ALL, day, **asked, kept=True) == worst_files(
                SEES_ALL, day, **asked
            )


def test_a_file_is_counted_again_when_its_case_is_decided(book: World) -> None:  # noqa: F811
    """Without the trigger on cases nothing moves, and the measure stays that of the dispute."""
    count_moved(today=TODAY, at=AT)
    disputed = ConflictCase.objects.values("customer_id").distinct().count()
    before = kept_measures(SEES_ALL, TODAY)
    ConflictCase.objects.update(resolved_at=AT, resolved_by=book.bob, chosen=F("opened_by_fact"))
    assert count_moved(today=TODAY, at=AT) == disputed > 0
    after = kept_measures(SEES_ALL, TODAY)
    assert after == book_measures(SEES_ALL, TODAY)
    assert (after.accurate or 0) > (before.accurate or 0)


def test_merged_closed_and_watched_customers_count_as_in_the_pass(book: World) -> None:  # noqa: F811
    count_moved(today=TODAY, at=AT)
    rows = {one.code: one for one in Customer.objects.all()}
    Customer.objects.filter(code="C02").update(merged_into=rows["C00"])
    Customer.objects.filter(code="C04").update(status="closed")
    Customer.objects.filter(code="C06").update(status="watch")
    count_moved(today=TODAY, at=AT)
    assert kept_measures(SEES_ALL, TODAY) == book_measures(SEES_ALL, TODAY)
    assert break_down(SEES_ALL, TODAY, kept=True) == break_down(SEES_ALL, TODAY)


def test_a_round_takes_a_file_when_a_fact_has_grown_too_old_and_no_other(book: World) -> None:  # noqa: F811
    count_moved(today=TODAY, at=AT)
    assert count_moved(today=TODAY, at=AT) == 0
    turning = FileStanding.objects.filter(stale_on__isnull=False).order_by("stale_on")
    first = turning[0].stale_on
    assert first is not None and first > TODAY
    assert count_moved(today=first, at=AT) >= 1


def test_a_book_is_large_beyond_the_live_most(
    book: World,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not is_large()
    for most, large in ((12, False), (11, True)):
        monkeypatch.setattr(kept, "LIVE_MAX", most)
        assert is_large() is large, most
