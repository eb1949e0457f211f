"""Remarks on facts that wait, read beside what the file knows already.

The rules are in rules.py; here is what they read: the customer's record and its standing and
waiting facts, of many customers in two queries. Example: of 200 rows of the queue seven have a
remark; a fact of 负债合计 that waits is compared with the 资产总计 that waits beside it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from django.db import connection

from xinheng.dossiers.models import Fact
from xinheng.dossiers.rules import About, Remark, Told, fields_read, remarks

REMARKED_MAX: Final = 5_000


def remarks_of(fact_ids: Collection[int], day: date) -> dict[int, tuple[Remark, ...]]:
    """The remarks on waiting facts by id; facts without any are left out. The caller has chosen
    facts that its reader may see; no remark tells a personal value.
    """
    names = ("id", "customer_id", "field", "value", "source", "reliability", "valid_from")
    rows = Fact.objects.waiting().filter(pk__in=list(fact_ids)[:REMARKED_MAX])
    rows = list(rows.values_list(*names))
    customers = {row[1] for row in rows}
    known, about = known_of(customers), about_of(customers)
    found = {}
    for pk, customer, field, value, source, reliability, since in rows:
        told = Told(field, _read(value), source, reliability, since)
        others = [one for other, one in known.get(customer, ()) if other != pk]
        if noted := remarks(told, others, about[customer], day):
            found[pk] = noted
    return found


def _read(value: str | None) -> object:
    return None if value is None else json.loads(value)


_KNOWN: Final = """
select f.customer_id, f.id, f.field, f.value, f.source, f.reliability, f.valid_from
from dossiers_fact f
where f.customer_id in (select json_array_elements_text(%s::json)::bigint) and f.field = any(%s)
  and f.value is not null and f.known_until is null and f.rejected_at is null
order by f.customer_id, f.known_since is null, f.reliability, f.observed_on desc, f.id desc
"""


def known_of(customers: Collection[int]) -> Mapping[int, Sequence[tuple[int, Told]]]:
    """(id, fact) of standing and then of waiting facts that rules read, by customer."""
    found: dict[int, list[tuple[int, Told]]] = defaultdict(list)
    if not customers:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [json.dumps(list(customers)), list(fields_read())])
        for customer, pk, field, value, source, reliability, since in cursor.fetchall():
            told = Told(field, json.loads(value), source, reliability, since)
            found[customer].append((pk, told))
    return found


def about_of(customers: Collection[int]) -> dict[int, About]:
    """What the records of some customers say of themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, name, country, uscc from customers_customer"
            " where id in (select json_array_elements_text(%s::json)::bigint)",
            [json.dumps(list(customers))],
        )
        return {pk: About(name, country, uscc) for pk, name, country, uscc in cursor.fetchall()}
