"""A document is kept sealed, given out whole to who may see it, and never without a trace."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.dossiers.corpus import exif, jpeg, pdf, segment
from tests.world import AT, TODAY, make_customer, make_world
from xinheng.connectors.demo import removal
from xinheng.dossiers.filing import NewDocument, add_document, hand_out, withdraw_document
from xinheng.dossiers.models import Document, DocumentAccess, DocumentPiece
from xinheng.dossiers.queries import documents_of, expiring
from xinheng.dossiers.uploads import check_upload
from xinheng.refusals import Refused
from xinheng.vault.actions import destroy_key
from xinheng.vault.seal import PLAINTEXT_BYTES_MAX

pytestmark = pytest.mark.django_db
LICENCE = {"customer_code": "E1", "kind": "licence", "title": "营业执照 王某", "secrecy": 2}
WHY = "换发了新证，旧证作废。"


@pytest.fixture
def world():
    made = make_world()
    make_customer("E1", unit=made.units["EAST"])
    return made


def add(world: Any, who: str = "alice", content: bytes = b"", **told: Any) -> Any:
    upload = check_upload("王某 执照.pdf", content or pdf())
    new = NewDocument(**LICENCE | told)
    return add_document(new, upload, actor=world.actor(who), at=AT)


def refused(code: str) -> Any:
    return pytest.raises(Refused, match=code)


def test_a_document_comes_back_as_it_was_filed_and_who_took_it_is_on_record(world):
    large = pdf(b"%" + b"x" * (2 * PLAINTEXT_BYTES_MAX))
    key = add(world, "bob", large)
    assert DocumentPiece.objects.count() == 3
    given = hand_out(key, actor=world.actor("dora"), at=AT)
    assert (given.content, given.file_name) == (large, "王某 执照.pdf")
    access = DocumentAccess.objects.get()
    assert (access.opened_by, access.outcome) == (f"user:{world.dora.pk}", "given")


def test_neither_words_nor_bytes_lie_open_in_the_database(world):
    add(world)
    with connection.cursor() as cursor:
        for table in ("dossiers_document", "dossiers_documentpiece"):
            cursor.execute(f"select t::text from {table} t")
            row = cursor.fetchone()[0]
            for text in ("王某", "%PDF", "营业执照"):
                assert text not in row and text.encode().hex() not in row


def test_a_photo_is_kept_without_its_place_and_both_hashes_are_committed(world):
    upload = check_upload("现场.jpg", jpeg(extra=segment(0xE1, exif())))
    new = NewDocument(**LICENCE | {"kind": "visit_photo"})
    add_document(new, upload, actor=world.actor("bob"), at=AT)
    row = Document.objects.get()
    assert row.sha256 != row.received_sha256
    with connection.cursor() as cursor:
        cursor.execute("select leaf from ledger_pendingentry order by id desc limit 1")
        leaf = bytes(cursor.fetchone()[0])
    assert b'"kind":"document.added"' in leaf
    entry = json.loads(leaf)
    assert entry["clear"] == {"kind": "visit_photo"}  # the rest is only committed to
    assert row.sha256.encode() not in leaf and row.received_sha256.encode() not in leaf


@pytest.mark.parametrize("change", ["changed", "swapped", "lost"])
def test_what_is_not_as_it_was_filed_is_not_given_out(world, change):
    key = add(world, content=pdf(b"%" + b"x" * PLAINTEXT_BYTES_MAX))
    first, second = DocumentPiece.objects.order_by("place")
    if change == "changed":
        sealed = bytes(first.sealed)
        spoilt = sealed[:-1] + bytes([sealed[-1] ^ 1])
        DocumentPiece.objects.filter(pk=first.pk).update(sealed=spoilt)
    elif change == "swapped":
        DocumentPiece.objects.filter(pk=first.pk).update(sealed=second.sealed)
    else:
        second.delete()
    with refused("DOCUMENT_DAMAGED"):
        hand_out(key, actor=world.actor("alice"), at=AT)
    assert DocumentAccess.objects.get().outcome == "damaged"


def test_a_stranger_finds_no_document(world):
    key = add(world)
    for act in (
        lambda: hand_out(key, actor=world.actor("eve"), at=AT),
        lambda: add(world, "eve", pdf(pages=2)),
    ):
        with refused("DOCUMENT_UNKNOWN|DOCUMENT_CUSTOMER"):
            act()
    assert documents_of(world.eve, Document.objects.get().customer_id) == []
    assert not DocumentAccess.objects.exists()


def test_a_secret_document_is_absent_without_the_word(world):
    # Catches a list that is narrowed and a download that is not.
    key = add(world, secrecy=3)
    row = Document.objects.get()
    assert [one.id for one in documents_of(world.dora, row.customer_id)] == [key]
    assert documents_of(world.bob, row.customer_id) == []
    with refused("DOCUMENT_UNKNOWN"):
        hand_out(key, actor=world.actor("bob"), at=AT)
    with refused("DOCUMENT_NOT_ALLOWED"):
        add(world, "bob", pdf(pages=2), secrecy=3)


@pytest.mark.parametrize(
    ("who", "told", "code"),
    [
        ("dora", {}, "DOCUMENT_NOT_ALLOWED"),
        ("bob", {"customer_code": "NOBODY"}, "DOCUMENT_CUSTOMER"),
        ("bob", {"kind": "poem"}, "DOCUMENT_KIND"),
        ("bob", {"secrecy": 4}, "DOCUMENT_CLASS"),
        ("bob", {"title": "  "}, "DOCUMENT_TITLE"),
        ("bob", {"title": "长" * 121}, "DOCUMENT_TITLE"),
        (
            "bob",
            {"valid_from": TODAY, "valid_until": TODAY - timedelta(days=1)},
            "DOCUMENT_PERIOD",
        ),
    ],
)
def test_what_can_not_be_filed_says_why_and_leaves_nothing(world, who, told, code):
    with refused(code):
        add(world, who, **told)
    assert not Document.objects.exists() and not DocumentPiece.objects.exists()


def test_the_same_file_stands_once_until_it_is_withdrawn(world):
    key = add(world)
    with refused("DOCUMENT_KNOWN"):
        add(world, title="又一次")
    withdraw_document(key, WHY, actor=world.actor("alice"), at=AT)
    add(world, title="又一次")
    assert Document.objects.count() == 2


def test_a_withdrawn_document_is_given_out_no_more_and_its_reason_is_kept(world):
    key = add(world)
    with refused("DOCUMENT_NOT_ALLOWED"):
        withdraw_document(key, WHY, actor=world.actor("bob"), at=AT)
    with refused("DOCUMENT_REASON"):
        withdraw_document(key, "旧", actor=world.actor("alice"), at=AT)
    withdraw_document(key, WHY, actor=world.actor("alice"), at=AT)
    with refused("DOCUMENT_WITHDRAWN"):
        hand_out(key, actor=world.actor("alice"), at=AT)
    with refused("DOCUMENT_WITHDRAWN"):
        withdraw_document(key, WHY, actor=world.actor("alice"), at=AT)
    [filed] = documents_of(world.alice, Document.objects.get().customer_id)
    assert filed.withdrawn_reason == WHY


def test_destroying_the_customers_key_erases_its_documents(world):
    key = add(world)
    row = Document.objects.select_related("customer").get()
    destroy_key(row.customer.data_key_id, at=AT)
    with refused("DOCUMENT_ERASED"):
        hand_out(key, actor=world.actor("alice"), at=AT)
    [filed] = documents_of(world.alice, row.customer_id)
    assert (filed.title, filed.file_name) == (None, None)


def test_licences_that_end_are_found_with_those_that_have_ended(world):
    for place, (left, kind) in enumerate([(-3, "licence"), (30, "licence"), (31, "licence")]):
        until = TODAY + timedelta(days=left)
        add(world, content=pdf(pages=place + 1), kind=kind, valid_until=until)
    add(world, content=pdf(pages=7), kind="contract", valid_until=TODAY)
    add(world, content=pdf(pages=8))  # without an end
    gone = add(world, content=pdf(pages=9), valid_until=TODAY)
    withdraw_document(gone, WHY, actor=world.actor("alice"), at=AT)
    found = expiring(30, today=TODAY)
    assert [(one.valid_until - TODAY).days for one in found] == [-3, 30]
    assert [one.kind for one in expiring(0, today=TODAY, kinds=["contract"])] == ["contract"]


def test_documents_go_with_the_demonstration_and_yours_stay(world):
    make_customer("E2", unit=world.units["EAST"], simulated=True)
    mine = add(world)
    hand_out(add(world, customer_code="E2", content=pdf(pages=2)), actor=world.actor("bob"), at=AT)
    removal.remove(at=AT)
    assert [row.pk for row in Document.objects.all()] == [mine]
    assert DocumentPiece.objects.count() == 1 and not DocumentAccess.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "poem"},
        {"secrecy": 0},
        {"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)},
        {"withdrawn_at": AT},
    ],
)
def test_the_table_itself_refuses_what_no_action_writes(world, change):
    key = add(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.filter(pk=key).update(**change)
