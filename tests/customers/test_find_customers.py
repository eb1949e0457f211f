"""A customer is found by any part of what it is known by, page after page, within its unit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from xinheng.customers.actions import add_contact, ensure_customers, record_customers, undo_batch
from xinheng.customers.models import Contact, Customer, OtherName
from xinheng.customers.queries import by_code, search
from xinheng.customers.rows import CustomerRow
from xinheng.customers.search_text import pinyin_of, sought
from xinheng.intake.actions import open_batch
from xinheng.intake.models import ImportBatch
from xinheng.people.actor import Actor, system
from xinheng.people.models import BusinessUnit
from xinheng.people.queries import WholeBook
from xinheng.refusals import Refused
from xinheng.vault.queries import open_keys
from xinheng.vault.seal import open_sealed

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOW = {"actor": system("test"), "at": AT}


@pytest.fixture
def batch(db: None) -> ImportBatch:
    return open_batch("customers", "a.csv", "0" * 64, {}, **HOW)


@pytest.fixture
def book(batch: ImportBatch) -> ImportBatch:
    BusinessUnit.objects.create(code="EAST", name="华东")
    rows = [
        CustomerRow(code="C1", name="重庆长安贸易", uscc="91110000600037341L"),
        CustomerRow(code="C2", name="长沙重工", business_unit_code="EAST", status="blocked"),
        CustomerRow(code="C3", name="Müller & Söhne", name_en="Muller"),
        CustomerRow(code="C4", name="䶮明科技", other_names=("旧名",)),
    ]
    record_customers(rows, batch=batch, **HOW)
    return batch


def _codes(text: str, **filters: Any) -> list[str]:
    return [customer.code for customer in search(WholeBook(), text, **filters).items]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("长", "C1 C2"),
        ("长安", "C1"),
        ("重庆长", "C1"),
        ("安长", ""),  # neighbours in another order are not the name
        ("贸易 重庆", "C1"),
        ("chongqing", "C1"),
        ("CQCA", "C1"),
        ("cszg", "C2"),
        ("91110000600037341l", "C1"),
        ("c3", "C3"),
        ("müll", "C3"),
        ("MULLER", "C3"),
        ("䶮明", "C4"),
        ("旧名", "C4"),
        ("Ｃ１", "C1"),
        ("nothing", ""),
        ("100%", ""),
    ],
)
def test_any_part_of_a_name_finds_its_customer(book: ImportBatch, text: str, codes: str) -> None:
    assert _codes(text) == codes.split()


def test_filters_and_orders(book: ImportBatch) -> None:
    assert _codes("", statuses=["blocked"]) == ["C2"]
    assert _codes("", units=["EAST"]) == ["C2"]
    assert _codes("", sort="-code") == ["C4", "C3", "C2", "C1"]


@pytest.mark.parametrize("sort", ["code", "-code", "name", "-pinyin", "newest", "-newest"])
def test_pages_by_key_leave_nobody_out_and_nobody_twice(book: ImportBatch, sort: str) -> None:
    # Broken build this catches: a key of one column skips customers that share its value.
    seen: list[str] = []
    after = None
    while True:
        page = search(WholeBook(), sort=sort, after=after, limit=1)
        seen += [customer.code for customer in page.items]
        after = page.next
        if after is None:
            break
    assert sorted(seen) == ["C1", "C2", "C3", "C4"]


def test_eve_of_another_unit_sees_nothing(book: ImportBatch) -> None:
    other = BusinessUnit.objects.create(code="SOUTH", name="华南")
    eve = SimpleNamespace(is_authenticated=True, sees_all_units=False, business_unit_id=other.pk)
    assert search(eve, "长").items == []
    assert by_code(eve, "C2") is None
    assert by_code(WholeBook(), "C2") is not None


def test_pinyin_reads_phrases_and_keeps_letters() -> None:
    assert pinyin_of("重庆长安") == ("chongqingchangan", "cqca")
    assert pinyin_of("TCL科技") == ("tclkeji", "tclkj")
    assert pinyin_of("Acme Ltd") == ("", "")


def test_written_characters_never_meet_latin_letters() -> None:
    # Broken build this catches: a small first letter lets 长 match inside "Tclk".
    texts = [chr(point) for point in (*range(0x3400, 0xA000, 7), *range(0x20000, 0x32000, 101))]
    written = [sought(text) for text in texts]
    assert len(set(written)) == len(texts)
    assert all(text[0].isupper() and text[1:] == text[1:].lower() for text in written)


def test_the_most_frequent_spelling_is_the_name_and_others_are_remembered(
    batch: ImportBatch,
) -> None:
    pairs = [("C9", "甲公司"), ("C9", "甲"), ("C9", "甲公司"), ("C9", ""), ("C8", "")]
    ids = ensure_customers(pairs, batch=batch, **HOW)
    assert Customer.objects.get(pk=ids["C9"]).name == "甲公司"
    assert Customer.objects.get(pk=ids["C8"]).name == "C8"
    assert list(OtherName.objects.values_list("name", flat=True)) == ["甲"]
    assert ensure_customers([("C9", "乙"), ("C9", "乙")], batch=batch, **HOW) == {"C9": ids["C9"]}
    assert Customer.objects.get(pk=ids["C9"]).name == "甲公司"
    assert _codes("乙") == ["C9"]


def test_each_customer_has_a_key_of_its_own(book: ImportBatch) -> None:
    keys = set(Customer.objects.values_list("data_key_id", flat=True))
    assert len(keys) == 4
    assert set(open_keys(keys)) == keys


def test_undo_refuses_what_somebody_edited_since(book: ImportBatch) -> None:
    later = open_batch("customers", "b.csv", "1" * 64, {}, **HOW)
    record_customers([CustomerRow(code="C1", city="重庆")], batch=later, **HOW)
    Customer.objects.filter(code="C1").update(updated_at=AT + timedelta(hours=1))
    with pytest.raises(Refused, match="CHANGED_BY_HAND"):
        undo_batch(later, **HOW)


def test_undo_keeps_customers_that_others_refer_to(book: ImportBatch) -> None:
    from xinheng.limits.actions import ensure_lines

    ensure_lines([(Customer.objects.get(code="C1").pk, "CNY")], at=AT)
    done = undo_batch(book, **HOW)
    assert (done.removed, len(done.kept)) == (3, 1)
    assert [customer.code for customer in Customer.objects.all()] == ["C1"]


def test_a_contact_is_ciphertext_from_birth(book: ImportBatch) -> None:
    contact = add_contact("C1", "王芳", phone="13800000000", **HOW)
    kept = bytes(Contact.objects.get(pk=contact.pk).name_sealed)
    assert "王芳".encode() not in kept
    key = open_keys([contact.data_key_id])[contact.data_key_id]
    assert open_sealed(key, "customers_contact.name_sealed", kept) == "王芳".encode()
    eve = Actor("user", 5, 5, frozenset({"customers.view"}))
    for code, name, actor, why in (
        ("C1", "x", eve, "NOT_ALLOWED"),
        ("C404", "x", system("t"), "CUSTOMER_UNKNOWN"),
        ("C1", " ", system("t"), "CONTACT_NAME_MISSING"),
    ):
        with pytest.raises(Refused, match=why):
            add_contact(code, name, actor=actor, at=AT)
