"""Append: entries become pending rows and sealed disclosures in the caller's transaction."""

import time

import psycopg
import pytest
from django.db import connection, transaction

from xinheng.ledger import queries
from xinheng.ledger.actions import APPEND_MAX, append
from xinheng.ledger.entries import NewEntry, seal_entry
from xinheng.ledger.models import Disclosure, PendingEntry
from xinheng.merkle.commitment import CommitmentError, check_openings, read_leaf
from xinheng.vault.actions import destroy_key
from xinheng.vault.queries import KeyGone, open_keys


def order(number, key, **options):
    fields = {"customer": f"C-{number}", "amount_minor": str(number * 100), "name": "重庆长安"}
    return NewEntry("order_check.decided", {"outcome": "approve"}, fields, key, **options)


def record(entries, at):
    with transaction.atomic(), connection.cursor() as cursor:
        return append(entries, at=at, cursor=cursor)


def test_entries_are_recorded_in_the_order_given(data_key, at):
    ids = record([order(n, data_key) for n in range(50)], at)
    rows = list(PendingEntry.objects.order_by("id").values_list("entry_id", "leaf"))
    assert [entry_id for entry_id, _ in rows] == ids
    for entry_id, leaf in rows:
        assert read_leaf(bytes(leaf))["entry"] == entry_id.hex
    assert {entry_id.version for entry_id in ids} == {4} and len(set(ids)) == 50
    assert queries.status(ids[0]) == queries.Status("recorded")


def test_the_leaf_shows_the_clear_part_and_hides_the_fields(data_key, at):
    (entry_id,) = record([order(7, data_key)], at)
    leaf = queries.leaf_of(entry_id)
    content = read_leaf(leaf)
    assert content["at"] == "2026-11-22T08:00:00.123Z"
    assert content["clear"] == {"outcome": "approve"}
    assert set(content["commit"]) == {"customer", "amount_minor", "name"}
    assert "长安".encode() not in leaf and b"C-7" not in leaf


def test_two_leaves_of_one_customer_have_nothing_in_common(data_key, at):
    # Fails with a salt per customer: equal values would show as equal commitments.
    first, second = record([order(7, data_key), order(7, data_key)], at)
    leaves = [read_leaf(queries.leaf_of(entry_id))["commit"] for entry_id in (first, second)]
    assert not set(leaves[0].values()) & set(leaves[1].values())


def test_a_rolled_back_decision_leaves_no_entry(data_key, at):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), connection.cursor() as cursor:
        append([order(1, data_key)], at=at, cursor=cursor)
        raise ZeroDivisionError
    assert not PendingEntry.objects.exists() and not Disclosure.objects.exists()


def test_kept_values_open_and_match_the_leaf(data_key, at):
    (entry_id,) = record([order(7, data_key)], at)
    opened = queries.disclosure(entry_id)
    assert check_openings(queries.leaf_of(entry_id), opened["fields"]) == {
        "customer": "C-7",
        "amount_minor": "700",
        "name": "重庆长安",
    }


def test_values_given_back_by_the_row_are_checked_against_the_leaf(data_key, at):
    (entry_id,) = record([order(7, data_key, keep_values=False)], at)
    assert queries.disclosure(entry_id)["fields"] == []
    opened = queries.disclosure(entry_id, {"amount_minor": "700"})
    assert [field["name"] for field in opened["fields"]] == ["amount_minor"]
    with pytest.raises(CommitmentError, match="amount_minor"):
        queries.disclosure(entry_id, {"amount_minor": "701"})


def test_a_destroyed_key_closes_the_disclosure(data_key, at):
    (entry_id,) = record([order(7, data_key)], at)
    destroy_key(data_key, at=at)
    with pytest.raises(KeyGone):
        queries.disclosure(entry_id)
    with pytest.raises(KeyGone):
        record([order(8, data_key)], at)


def test_a_sealed_disclosure_moved_to_another_entry_does_not_open(data_key, at):
    first, second = record([order(1, data_key), order(2, data_key)], at)
    stolen = Disclosure.objects.get(entry_id=first).sealed
    Disclosure.objects.filter(entry_id=second).update(sealed=stolen)
    with pytest.raises(Exception, match="moved or changed"):
        queries.disclosure(second)


@pytest.mark.django_db(databases=["default"])
def test_a_server_side_bound_cursor_writes_the_same_rows(data_key, at):
    connection.ensure_connection()
    # A true server-side binding cursor on the test's own connection, inside its transaction.
    with psycopg.Cursor(connection.connection) as cursor:
        ids = append([order(n, data_key) for n in range(20)], at=at, cursor=cursor)
    stored = PendingEntry.objects.order_by("id").values_list("entry_id", flat=True)
    assert list(stored) == ids
    assert queries.disclosure(ids[19])["fields"]


@pytest.mark.parametrize(
    "clear",
    [{"x": 1.5}, {"x": 2**53}, {"é": "x"}, {"x": {1, 2}}],
    ids=["float", "big", "key", "set"],
)
def test_what_canonical_json_cannot_hold_is_refused(clear, data_key, at):
    with pytest.raises(CommitmentError):
        record([NewEntry("x", clear, {}, data_key)], at)


def test_more_entries_than_the_maximum_are_refused(data_key, at):
    with pytest.raises(ValueError, match="at most"):
        record([order(1, data_key)] * (APPEND_MAX + 1), at)


def test_an_instant_without_a_zone_is_refused(data_key, at):
    with pytest.raises(ValueError, match="time zone"):
        record([order(1, data_key)], at.replace(tzinfo=None))


def test_one_entry_of_eight_fields_costs_little_python(data_key, at):
    """Prints the figure; the bound is loose because test machines are shared."""
    key = open_keys([data_key])[data_key]
    fields = {f"field_{n}": "1234567" for n in range(8)}
    clear = {"outcome": "approve", "policy_version": 3, "reasons": ["headroom"]}
    entry = NewEntry("order_check.decided", clear, fields, data_key, keep_values=False)
    best = min(_time_once(entry, key) for _ in range(5))
    print(f"{best * 1e6:.1f} µs of Python an entry")
    assert best < 100e-6


def _time_once(entry, key):
    started = time.perf_counter()
    for _ in range(2_000):
        seal_entry(
            entry, entry_hex="0" * 32, at_text="2026-11-22T08:00:00.123Z", seed=bytes(32), key=key
        )
    return (time.perf_counter() - started) / 2_000
