"""`xinheng relation`: parents, payers and merges on a named person's authority."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import make_customer
from xinheng.customers.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_company_goes_under_another_one_and_comes_back(world: Any, run: Any) -> None:
    for code in ("C1", "C2"):
        make_customer(code, unit=world.units["EAST"])
    told = run("relation", "parent", "C1", "C2", "--by", "alice", "--reason", "工商变更", "--json")
    assert told.code == 0, told.err
    assert told.json["other"] == "C2"
    assert Customer.objects.get(code="C1").parent.code == "C2"
    run("relation", "merge", "C1", "C2", "--by", "alice", "--reason", "同一家公司")
    assert Customer.objects.get(code="C1").merged_into.code == "C2"
    run("relation", "unmerge", "C1", "--by", "alice", "--reason", "并非同一家")
    told = run("relation", "parent", "C1", "--none", "--by", "alice", "--reason", "股权转让")
    assert told.code == 0, told.err
    assert Customer.objects.get(code="C1").parent is None


def test_a_ring_is_refused_in_words(world: Any, run: Any) -> None:
    head = make_customer("C1", unit=world.units["EAST"])
    make_customer("C2", unit=world.units["EAST"], parent=head)
    told = run("relation", "parent", "C1", "C2", "--by", "alice", "--reason", "工商变更")
    assert told.code == 1
    assert "C2" in told.err
