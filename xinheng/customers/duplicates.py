"""Customers that may be one company: found by a round, judged by persons.

Equal numbers, equal names without their legal form, and names that share most of their trigrams
make a pair with reasons and a score; a person merges the two (`decisions.regrouping.merge`) or says
that they are not the same, which is kept with the reason. Two USCCs that differ are two companies.
Worked: 广州华贸有限公司 and 廣州華貿股份有限公司 have one key: score 900.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction

from xinheng.credit.company_name import name_key
from xinheng.credit.shipped import document
from xinheng.customers import alike_sql as sql
from xinheng.customers.models import AlikePair
from xinheng.customers.refusals import CustomerRefusal
from xinheng.customers.search_text import sought
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

PERMISSION: Final = "customers.edit"
REASON_CHARACTERS_MIN: Final = 4
REASON_CHARACTERS_MAX: Final = 1_000
_ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtext('xinheng.customers.alike'))"
# Merged companies and those that an undone file left behind are not looked at.
_LIVE: Final = "c.merged_into_id is null and not (c.status = 'closed' and c.source = 'undone')"


def look_for_pairs(*, at: datetime) -> int:
    """Find the pairs of the whole book anew; what a person has said stays. Returns how many wait.

    Pairs that are no longer alike go; merged companies are left out.
    """
    rules = document("duplicates_v1.json")
    told: dict[str, Any] = {
        "group": sql.GROUP_MAX,
        "rare": sql.RARE_MAX,
        "pairs": sql.PAIRS_MAX,
        "alike": Decimal(rules["alike"]),
        "scores": json.dumps(rules["scores"]),
        "at": at,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
        for statement in sql.TABLES:
            cursor.execute(statement)
        keys = list(_keys(cursor))
        with cursor.copy(sql.COPY_KEYS) as copy:
            for row in keys:
                copy.write_row(row)
        for statement in (*sql.READY, sql.EQUAL, *sql.GRAMS, sql.ALIKE, sql.NOT_TWO, sql.KEEP):
            cursor.execute(statement, told if "%(" in statement else None)
    return AlikePair.objects.filter(different_at=None).count()


def state_of_the_book() -> tuple[Any, ...]:
    """What changes whenever a customer or a number of one was entered, changed or merged."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select max(updated_at) from customers_customer),"
            " (select count(*) from customers_customer),"
            " (select max(id) from customers_identity),"
            " (select max(id) from customers_othername)"
        )
        found: tuple[Any, ...] = cursor.fetchone()
    return found


def _keys(cursor: Any) -> Iterator[tuple[int, str, str, str]]:
    """(customer, kind, source, key) of every number and name; Chinese as trigrams can read it."""
    cursor.execute(
        f"select c.id, c.name, c.name_en, c.uscc from customers_customer c where {_LIVE}"
    )
    for customer_id, name, name_en, uscc in cursor.fetchall():
        yield customer_id, "name", "name", _key(name)
        if name_en and _key(name_en) != _key(name):
            yield customer_id, "name", "other", _key(name_en)
        if uscc:
            yield customer_id, "uscc", "uscc", uscc
    cursor.execute(
        "select o.customer_id, o.name from customers_othername o"
        f" join customers_customer c on c.id = o.customer_id where {_LIVE}"
    )
    for customer_id, name in cursor.fetchall():
        yield customer_id, "name", "other", _key(name)
    cursor.execute(
        "select i.customer_id, i.kind, i.kind, i.value from customers_identity i"
        f" join customers_customer c on c.id = i.customer_id where {_LIVE}"
        " and i.ended_at is null and i.kind <> 'other'"
        " and not (i.kind = 'uscc' and c.uscc = i.value)"
    )
    yield from cursor.fetchall()


def _key(name: str) -> str:
    return sought(name_key(name)) or name


def say_different(pair_id: int, reason: str, *, actor: Actor, at: datetime) -> AlikePair:
    """A person says that two companies are not the same: the pair is not shown again.

    Refuses NOT_ALLOWED, NEEDS_REASON, REASON_TOO_LONG, PAIR_UNKNOWN. One ledger entry.
    """
    if not actor.may(PERMISSION):
        raise Refused(CustomerRefusal.NOT_ALLOWED, permission=PERMISSION)
    said = reason.strip()
    if len(said) < REASON_CHARACTERS_MIN:
        raise Refused(CustomerRefusal.NEEDS_REASON)
    if len(said) > REASON_CHARACTERS_MAX:
        raise Refused(CustomerRefusal.REASON_TOO_LONG, most=REASON_CHARACTERS_MAX)
    with transaction.atomic(), connection.cursor() as cursor:
        found = AlikePair.objects.select_for_update(of=("self",)).filter(pk=pair_id)
        pair = found.select_related("one", "other").first()
        if pair is None or not (
            actor.reaches(pair.one.business_unit_id) and actor.reaches(pair.other.business_unit_id)
        ):
            raise Refused(CustomerRefusal.PAIR_UNKNOWN)
        pair.different_reason, pair.different_by, pair.different_at = said, actor.ref, at
        pair.save(update_fields=["different_reason", "different_by", "different_at"])
        values = {
            "actor": actor.ref,
            "customer": pair.one.code,
            "other": pair.other.code,
            "reason": said,
        }
        entry = NewEntry("customer.not_the_same", {}, values, pair.one.data_key_id)
        append([entry], at=at, cursor=cursor)
    return pair
