"""Merging two records of one company and taking them apart again restores the whole file: facts,
cases, documents, identities, lines with their place in the tree, and every reading.

While they are one, the survivor's file is read with the alias's, each fact with its record, and no
row of a fact has moved. Broken builds that it finds: a merge that moves facts or papers; a line
that keeps its place below the survivor's after they parted; a reading that lets the alias's value
win where the two disagree.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.world import AT, PASSWORD, TODAY, make_customer, make_line, make_world
from xinheng.connectors.demo.filing import pdf_of
from xinheng.customers.identities import add_identity
from xinheng.customers.models import Customer
from xinheng.decisions.regrouping import merge, unmerge
from xinheng.dossiers import facts
from xinheng.dossiers.credit_file import file_as_of
from xinheng.dossiers.filing import NewDocument, add_document
from xinheng.dossiers.lineage import united_file
from xinheng.dossiers.rows import NewFact
from xinheng.dossiers.uploads import check_upload
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User
from xinheng.people.queries import WholeBook

FIELDS = ("goods_bought", "person_in_charge", "yearly_purchases")
VALUES = {"yearly_purchases": ("1.00 CNY", "2.00 CNY")}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["C1", "C2"]),
        st.sampled_from(FIELDS),
        st.integers(0, 1),
        st.sampled_from(["erp", "customer"]),
        st.booleans(),  # verified, or still waiting
    ),
    max_size=8,
)
# What a merge may write: who is an alias of whom, and where its lines hang.
TABLES = {
    **dict.fromkeys(("dossiers_fact", "dossiers_conflictcase", "dossiers_document"), ()),
    "customers_identity": (),
    "customers_customer": ("updated_at",),
    "limits_creditline": ("updated_at", "version"),
}


@pytest.fixture
def people(db: None) -> list[Actor]:
    make_world()
    for name in ("ann", "ben"):
        create_user(
            name,
            PASSWORD,
            name=name,
            roles=["credit_manager"],
            sees_all_units=True,
            actor=system("tests"),
            at=AT,
        )
    actors = [of_user(User.objects.get(username=name)) for name in ("ann", "ben")]
    for code, limit in (("C1", 900_00), ("C2", 400_00)):
        customer = make_customer(code, unit=None)
        make_line(customer, limit, open_items=limit // 3)
        content = pdf_of(code)
        new = NewDocument(customer_code=code, kind="licence", title=code, secrecy=1)
        add_document(new, check_upload("a.pdf", content), actor=actors[0], at=AT)
    add_identity(_pk("C2"), "uscc", "91350100M000100Y43", actor=actors[0], at=AT)
    return actors


def _pk(code: str) -> int:
    return Customer.objects.get(code=code).pk


def contents() -> dict[str, list[dict[str, Any]]]:
    """Every row of what makes up a file, without the columns that only say when it was touched."""
    found = {}
    with connection.cursor() as cursor:
        for table, apart in TABLES.items():
            cursor.execute(f"select to_jsonb(t) from {table} t order by t.id::text")
            rows = [json.loads(row[0]) for row in cursor.fetchall()]
            found[table] = [{k: v for k, v in row.items() if k not in apart} for row in rows]
    return found


def readings() -> list[Any]:
    """Both files now, then, and read as one."""
    told = []
    for code in ("C1", "C2"):
        customer = Customer.objects.get(code=code)
        for known_at in (None, AT, AT + timedelta(minutes=2)):
            told.append(file_as_of(WholeBook(), customer, valid_on=TODAY, known_at=known_at))
        told.append(united_file(WholeBook(), customer, valid_on=TODAY))
    return told


@pytest.mark.django_db
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
@example(  # both know the same field, in other words
    steps=[(code, "goods_bought", which, "erp", True) for which, code in enumerate(("C1", "C2"))]
)
def test_merged_and_parted_again_everything_is_as_it_was(people: list[Actor], steps: Any) -> None:
    with transaction.atomic():
        for place, (code, field, which, source, stands) in enumerate(steps):
            new = NewFact(
                customer_code=code,
                field=field,
                value=VALUES.get(field, ("甲", "乙"))[which],
                source=source,
                reliability="BC"[source == "customer"],
                legal_basis="contract",
            )
            at = AT + timedelta(minutes=place)
            fact = facts.enter_fact(new, actor=people[0], at=at)
            if stands:
                facts.verify_fact(fact, "third_party", 80, actor=people[1], at=at)
        before, read = contents(), readings()
        alias, survivor = _pk("C2"), _pk("C1")
        merge(alias, survivor, "同一家公司", actor=people[0], at=AT + timedelta(hours=1))
        merged = contents()
        for table in ("dossiers_fact", "dossiers_conflictcase", "dossiers_document"):
            assert merged[table] == before[table]
        _as_one(read)
        unmerge(alias, "并非同一家", actor=people[0], at=AT + timedelta(hours=2))
        assert contents() == before
        assert readings() == read
        transaction.set_rollback(True)


def _as_one(read: list[Any]) -> None:
    """United, every fact of both is there with its record; a value that both know differently is
    nobody's answer.
    """
    c1 = Customer.objects.get(code="C1")
    one = united_file(WholeBook(), c1, valid_on=TODAY)
    assert one.aliases == ("C2",)
    assert one.own == read[0]
    for united, mine, theirs in zip(one.fields, read[0].fields, read[4].fields, strict=True):
        ids = {traced.fact.id for traced in united.facts}
        assert ids == {fact.id for part in (mine, theirs) for fact in part.facts}
        assert {t.customer for t in united.facts} <= {"C1", "C2"}
        assert united.waiting == mine.waiting + theirs.waiting
        if mine.state == theirs.state == "held":
            same = mine.fact.value == theirs.fact.value
            assert united.state == ("held" if same else "conflict")
        elif "held" in (mine.state, theirs.state) and "conflict" not in (mine.state, theirs.state):
            assert united.state == "held"
