"""A statement never changes: it gains successors, and a past instant reads what stood then."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.receivables.conftest import AT, CLERK, Desk
from tests.world import World, make_customer, make_world
from xinheng.dossiers.actions import record_statements, undo_batch
from xinheng.dossiers.models import Statement
from xinheng.dossiers.queries import latest, statements_of, versions_of
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_filing import file_statement, verify_statement
from xinheng.intake.actions import mark_undone
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
END = date(2025, 12, 31)
LINES = {
    "cash": 30_000,
    "trade_receivables": 70_000,
    "fixed_assets": 50_000,
    "short_term_loans": 60_000,
    "paid_in_capital": 80_000,
    "undistributed_profit": 10_000,
}


@pytest.fixture
def world() -> World:
    made = make_world()
    make_customer("C1", unit=made.units["EAST"])
    return made


def brief(sales: int, end: date = END, code: str = "C1") -> StatementRow:
    figures = {"total_assets": 150_000, "total_liabilities": 60_000, "equity": 90_000}
    return StatementRow(
        customer_code=code, period_end=end, currency="CNY", figures=figures | {"sales": sales}
    )


def cas(**lines: int) -> StatementRow:
    return StatementRow(
        customer_code="C1",
        period_end=END,
        currency="CNY",
        standard="cas",
        lines=LINES | lines,
        audit_opinion="unqualified",
        auditor="甲会计师事务所",
        source="2025 年度审计报告",
    )


def imported(*rows: StatementRow, at: datetime = AT) -> Any:
    desk = Desk()
    batch = desk.batch("statements")
    desk.close(batch, record_statements(list(rows), batch=batch, actor=CLERK, at=at))
    return batch


def take_back(batch: Any, at: datetime = AT) -> None:
    undo_batch(batch, actor=CLERK, at=at)
    mark_undone(batch, actor=CLERK, at=at)


def sales_now() -> int | None:
    found = Statement.objects.all().known().first()
    return found.figures.get("sales") if found else None


# --- Versions


def test_other_figures_are_a_new_version_and_the_old_one_stays(world: World) -> None:
    imported(brief(300))
    imported(brief(310), at=AT + timedelta(days=1))
    (new, old) = versions_of(world.alice, Statement.objects.all().known().get())
    assert (old.figures["sales"], new.figures["sales"]) == (300, 310)
    assert old.known_until == new.known_since == AT + timedelta(days=1)


def test_both_times_are_read(world: World) -> None:
    imported(brief(200, date(2024, 12, 31)), brief(300))
    imported(brief(310), at=AT + timedelta(days=10))
    ids = [Statement.objects.first().customer_id]

    def sales(**when: Any) -> int:
        return latest(ids, **when)[ids[0]].figures["sales"]

    assert sales() == 310
    assert sales(known_at=AT + timedelta(days=9)) == 300
    assert sales(as_of=date(2025, 6, 30)) == 200
    assert latest(ids, known_at=AT - timedelta(seconds=1)) == {}
    then = statements_of(world.alice, ids[0], known_at=AT)
    assert [one.figures["sales"] for one in then] == [300, 200]


def test_versions_of_one_instant_stand_in_order(world: World) -> None:
    for sales in (1, 2, 3):
        imported(brief(sales))
    rows = list(Statement.objects.order_by("known_since"))
    assert [row.figures["sales"] for row in rows] == [1, 2, 3]
    assert [row.known_until for row in rows] == [rows[1].known_since, rows[2].known_since, None]


def test_few_figures_that_agree_do_not_replace_a_whole_statement(world: World) -> None:
    file_statement(cas(), actor=world.actor("bob"), at=AT)
    agreeing = StatementRow(
        customer_code="C1",
        period_end=END,
        currency="CNY",
        figures={"total_assets": 150_000, "total_liabilities": 60_000},
    )
    imported(agreeing)
    assert Statement.objects.get().standard == "cas"
    imported(brief(1))
    assert Statement.objects.all().known().get().standard == "brief"


def test_undoing_brings_back_and_undoing_both_leaves_nothing(world: World) -> None:
    first = imported(brief(300))
    second = imported(brief(310))
    take_back(second)
    assert sales_now() == 300
    take_back(first)
    assert sales_now() is None
    assert Statement.objects.count() == 3


def test_undoing_later_files_in_turn_never_revives_what_was_taken_back(world: World) -> None:
    first, second = imported(brief(1)), imported(brief(2))
    take_back(second)  # 1 stands again
    third = imported(brief(3))
    take_back(first)  # 3 stands, 1 is gone for good
    assert sales_now() == 3
    take_back(third)
    assert sales_now() is None


def test_what_a_person_entered_since_survives_an_undo(world: World) -> None:
    batch = imported(brief(300))
    file_statement(cas(), actor=world.actor("bob"), at=AT)
    take_back(batch)
    assert Statement.objects.all().known().get().standard == "cas"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=7))
def test_an_instant_reads_again_what_it_read_then(steps: list[tuple[int, bool]]) -> None:
    # Fails when the end of a version is not looked at, or an undo deletes rows (tried both).
    with transaction.atomic():
        world = make_world()
        customer = make_customer("C1", unit=world.units["EAST"])
        read: list[tuple[datetime, Any]] = []
        batches: list[Any] = []
        for step, (sales, undo) in enumerate(steps):
            at = AT + timedelta(minutes=step // 2)  # clocks that stand still
            if undo and batches:
                take_back(batches.pop(), at)
            else:
                batches.append(imported(brief(sales), at=at))
            # the very instant of the newest change: what comes later is stamped later
            rows = Statement.objects.values_list("known_since", "known_until")
            instant = max(filter(None, (one for row in rows for one in row)))
            read.append((instant, _figures(customer.pk, instant)))
            assert _figures(customer.pk, instant) == _figures(customer.pk, None)
        for instant, seen in read:
            assert _figures(customer.pk, instant) == seen
        transaction.set_rollback(True)


def _figures(customer: int, instant: datetime | None) -> Any:
    return {k: v.figures for k, v in latest([customer], known_at=instant).items()}


@pytest.mark.parametrize(
    "change",
    ["figures = '{}'", "months = 6", "known_since = now()", "source = 'x'", "customer_id = 0"],
)
def test_the_database_lets_no_row_change(world: World, change: str) -> None:
    imported(brief(300))
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        connection.cursor().execute(f"update dossiers_statement set {change}")
    with pytest.raises(IntegrityError, match="can't be deleted"), transaction.atomic():
        Statement.objects.all().delete()


# --- Entered and verified by persons


def test_a_person_enters_and_another_verifies_once(world: World) -> None:
    pk = file_statement(cas(), actor=world.actor("bob"), at=AT)
    row = Statement.objects.get(pk=pk)
    assert row.figures["total_assets"] == 150_000 and "total_assets" in row.derived
    assert (row.audit_opinion, row.entered_person) == ("unqualified", world.bob)
    with pytest.raises(Refused, match="FACTS_NOT_ALLOWED"):
        verify_statement(pk, "third_party", actor=world.actor("bob"), at=AT)
    with pytest.raises(Refused, match="BAD_STATEMENT_CHECK"):
        verify_statement(pk, "by heart", actor=world.actor("alice"), at=AT)
    verify_statement(pk, "third_party", actor=world.actor("alice"), at=AT)
    row.refresh_from_db()
    assert (row.verified_by, row.how, row.verified_at) == (world.alice, "third_party", AT)
    with pytest.raises(Refused, match="UNKNOWN_STATEMENT"):
        verify_statement(pk, "customer", actor=world.actor("alice"), at=AT)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Statement.objects.filter(pk=pk).update(how="customer")


def test_nobody_verifies_their_own(world: World) -> None:
    pk = file_statement(cas(), actor=world.actor("alice"), at=AT)
    with pytest.raises(Refused, match="OWN_ENTRY"):
        verify_statement(pk, "third_party", actor=world.actor("alice"), at=AT)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (cas(cash=30_001), "DOES_NOT_FOOT.*0.01 CNY"),
        (cas(current_assets=99_999), "DOES_NOT_FOOT.*Total current assets says 999.99"),
        (cas(moon=1), "UNKNOWN_LINE.*moon"),
        (brief(1), "BAD_STATEMENT"),  # a person names the source
    ],
)
def test_what_is_wrong_is_refused_whole(world: World, row: StatementRow, code: str) -> None:
    with pytest.raises(Refused, match=code):
        file_statement(row, actor=world.actor("bob"), at=AT)
    assert not Statement.objects.exists()


def test_a_stranger_and_a_known_statement_are_refused(world: World) -> None:
    with pytest.raises(Refused, match="UNKNOWN_CUSTOMER"):
        file_statement(cas(), actor=world.actor("eve"), at=AT)
    file_statement(cas(), actor=world.actor("bob"), at=AT)
    with pytest.raises(Refused, match="STATEMENT_KNOWN"):
        file_statement(cas(), actor=world.actor("alice"), at=AT)
