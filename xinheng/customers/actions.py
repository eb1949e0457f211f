"""Every write to customers: rows from files in bulk, unknown buyers of invoices, contacts.

All of it is set-based: 100,000 customers are one look-up, one COPY and one UPDATE. Example: an
invoice file names "C-7" eleven times in three spellings; `ensure_customers` creates one customer
under the most frequent spelling and remembers the two others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connections, transaction

from xinheng.customers.models import Contact, Customer
from xinheng.customers.queries import other_names
from xinheng.customers.refusals import CustomerRefusal
from xinheng.customers.rows import CustomerRow
from xinheng.customers.search_text import pinyin_of, search_text_of
from xinheng.customers.told_numbers import keep_told, take_back
from xinheng.intake.actions import Counts, note_changes
from xinheng.intake.models import ImportBatch
from xinheng.intake.queries import changes_of
from xinheng.intake.refusals import IntakeRefusal
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.people.models import BusinessUnit
from xinheng.refusals import Refused
from xinheng.vault.actions import create_keys
from xinheng.vault.queries import open_keys
from xinheng.vault.seal import seal

TABLE = "customers_customer"
NAME_TABLE = "customers_othername"
NAME_MAX = 200
UNDONE = "undone"  # `source` of a customer that an undone batch created and could not take back
# One writer of new customers at a time: two files that name the same new code wait in turn.
_CREATE_LOCK = "select pg_advisory_xact_lock(hashtext('xinheng.customers.create'))"

# The trigram index takes many new texts far faster from one large pending list (100,000 names: 16 s
# instead of 40 s on two busy cores); it is emptied before COMMIT, so that no search has to scan it.
MANY = 5_000
_PENDING_LARGE = (
    "set local gin_pending_list_limit = '1GB'; set local work_mem = '128MB'",
    "select gin_clean_pending_list('customer_search')",
    "set local gin_pending_list_limit to default; set local work_mem to default",
)

_TOLD = ("name", "name_en", "uscc", "country", "city", "industry", "status", "source")
_COLUMNS = (
    *("id", "code", "name", "name_en", "pinyin", "initials", "uscc", "country", "city", "industry"),
    *("status", "business_unit_id", "search_text", "data_key_id", "simulated", "source"),
    *("created_at", "updated_at"),
)
_KEPT = (*_TOLD, "pinyin", "initials", "business_unit_id", "search_text", "simulated")


class Undone(NamedTuple):
    """What undoing did to customers; `kept`: created by the batch, but others refer to them."""

    removed: int
    restored: int
    kept: list[int]


def record_customers(
    rows: Sequence[CustomerRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Create the unknown codes and update the known ones; what a row does not tell stays as it
    is.

    Each code at most once in `rows`. A changed name keeps the old one as a former name; a USCC
    becomes one of the company's numbers (told_numbers.py). Called
    inside the import, which has authorised and records in the ledger. Refuses UNIT_UNKNOWN.
    """
    with transaction.atomic():
        units = _units(rows)
        with connections["default"].cursor() as cursor:
            cursor.execute(_CREATE_LOCK)
        known = _known([row.code for row in rows])
        fresh = [row for row in rows if row.code not in known]
        ids = _insert(fresh, units, at=at)
        note_changes(batch, TABLE, ((ids[row.code], None) for row in fresh))
        spellings = [(ids[row.code], name, "spelling") for row in fresh for name in row.other_names]
        updated = _update(rows, known, units, batch=batch, at=at, spellings=spellings)
        _remember_names(spellings, batch=batch, at=at)
        ids |= {code: old["id"] for code, old in known.items()}
        numbers = [(ids[row.code], row.uscc) for row in rows]
        keep_told(numbers, batch=batch, entered_by=actor.ref, at=at)
    return Counts(
        read=len(rows),
        created=len(fresh),
        updated=updated,
        unchanged=len(rows) - len(fresh) - updated,
    )


def ensure_customers(
    pairs: Iterable[tuple[str, str]],
    *,
    batch: ImportBatch,
    actor: Actor,
    at: datetime,
    simulated: bool = False,
    source: str = "",
) -> dict[str, int]:
    """The ids of all codes in (code, name) pairs; unknown codes become customers.

    A new customer is called by its most frequent spelling (a tie: the last of them in the file),
    or by its code where no name is told. Other spellings, and new ones of known customers, are
    remembered: a file of invoices never renames anybody. Called inside the import, which has
    authorised and records in the ledger.
    """
    spelled: dict[str, Counter[str]] = {}
    for code, name in pairs:
        counted = spelled.setdefault(code, Counter())
        if name:
            seen = counted.pop(name, 0)
            counted[name] = seen + 1
    with transaction.atomic():
        with connections["default"].cursor() as cursor:
            cursor.execute(_CREATE_LOCK)
        known = _known(list(spelled))
        _reopen(known, batch=batch, at=at)
        fresh = [
            CustomerRow(code=code, name=_name(counted) or code, simulated=simulated, source=source)
            for code, counted in spelled.items()
            if code not in known
        ]
        ids = _insert(fresh, {}, at=at)
        note_changes(batch, TABLE, ((ids[row.code], None) for row in fresh))
        ids |= {code: old["id"] for code, old in known.items()}
        names = {row.code: row.name for row in fresh} | {c: old["name"] for c, old in known.items()}
        _remember_names(
            [
                (ids[code], name, "spelling")
                for code, counted in spelled.items()
                for name in counted
                if name != names[code]
            ],
            batch=batch,
            at=at,
        )
    return ids


def _name(counted: Counter[str]) -> str:
    """The most frequent spelling; of equals the last seen, because re-inserting moves a name to
    the end.
    """
    best = ""
    for name, count in counted.items():
        if not best or count >= counted[best]:
            best = name
    return best[:NAME_MAX]


def _units(rows: Sequence[CustomerRow]) -> dict[str, int]:
    codes = {row.business_unit_code for row in rows if row.business_unit_code}
    units = dict(BusinessUnit.objects.filter(code__in=codes).values_list("code", "id"))
    missing = sorted(codes - units.keys())
    if missing:
        raise Refused(CustomerRefusal.UNIT_UNKNOWN, codes=", ".join(missing[:10]))
    return units


def _known(codes: list[str]) -> dict[str, dict[str, Any]]:
    """Existing customers by code, with the columns that may change; locked for this transaction."""
    columns = ("id", "code", *_KEPT, "updated_at")
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"select {', '.join(columns)} from {TABLE} where code = any(%s::varchar[])"
            " order by id for no key update",
            [codes],
        )
        return {row[1]: dict(zip(columns, row, strict=True)) for row in cursor.fetchall()}


def _insert(rows: Sequence[CustomerRow], units: dict[str, int], *, at: datetime) -> dict[str, int]:
    """COPY new customers, each with a data key of its own; the ids by code."""
    if not rows:
        return {}
    keys = create_keys("company", len(rows), at=at)
    with connections["default"].cursor() as cursor, _many_texts(cursor, len(rows)):
        cursor.execute(
            f"select nextval(pg_get_serial_sequence('{TABLE}', 'id')) from generate_series(1, %s)",
            [len(rows)],
        )
        ids = [found[0] for found in cursor.fetchall()]
        with cursor.copy(f"copy {TABLE} ({', '.join(_COLUMNS)}) from stdin") as copy:
            for row, row_id, key in zip(rows, ids, keys, strict=True):
                name = row.name or row.code
                pinyin, initials = pinyin_of(name)
                text = _search_text(row.code, name, row.name_en, pinyin, initials, row.uscc)
                place = (row.uscc, row.country, row.city, row.industry, row.status or "active")
                unit = units.get(row.business_unit_code)
                head = (row_id, row.code, name, row.name_en, pinyin, initials)
                copy.write_row((*head, *place, unit, text, key, row.simulated, row.source, at, at))
    return {row.code: row_id for row, row_id in zip(rows, ids, strict=True)}


@contextmanager
def _many_texts(cursor: Any, count: int) -> Iterator[None]:
    large, clean, normal = _PENDING_LARGE
    if count >= MANY:
        cursor.execute(large)
    yield
    if count >= MANY:
        cursor.execute(clean)
        cursor.execute(normal)


def _search_text(code: str, name: str, name_en: str, pinyin: str, initials: str, uscc: str) -> str:
    return search_text_of((code, name, name_en, pinyin, initials, uscc))


def _update(
    rows: Sequence[CustomerRow],
    known: dict[str, dict[str, Any]],
    units: dict[str, int],
    *,
    batch: ImportBatch,
    at: datetime,
    spellings: list[tuple[int, str, str]],
) -> int:
    """Write what the rows tell differently; former names are added to `spellings`."""
    changes: list[tuple[int, dict[str, Any]]] = []
    olds: list[tuple[int, dict[str, Any]]] = []
    for row in rows:
        old = known.get(row.code)
        if old is None:
            continue
        spellings += [(old["id"], name, "spelling") for name in row.other_names]
        new = _told(row, old, units)
        if new == {column: old[column] for column in _KEPT}:
            continue
        if new["name"] != old["name"]:
            spellings.append((old["id"], old["name"], "former"))
        changes.append((old["id"], new))
        olds.append((old["id"], {column: old[column] for column in (*_KEPT, "updated_at")}))
        new["updated_at"] = at
    _write(changes)
    note_changes(batch, TABLE, olds)
    return len(changes)


def _told(row: CustomerRow, old: dict[str, Any], units: dict[str, int]) -> dict[str, Any]:
    """The old values with what the row tells in their place; search columns follow the names."""
    new = {column: old[column] for column in _KEPT}
    for column in _TOLD:
        if column != "source" and (value := getattr(row, column)):
            new[column] = value
    if row.business_unit_code:
        new["business_unit_id"] = units[row.business_unit_code]
    # A real file that names a simulated customer makes it real; never the other way round.
    new["simulated"] = old["simulated"] and row.simulated
    if old["source"] == UNDONE:
        new |= {"status": row.status or "active", "source": row.source}
    if new["name"] != old["name"]:  # else a reading that a person corrected stays
        new["pinyin"], new["initials"] = pinyin_of(new["name"])
    if any(new[column] != old[column] for column in ("name", "name_en", "uscc")):
        lines = old["search_text"].split("\n")
        parts = (row.code, new["name"], new["name_en"], new["pinyin"], new["initials"], new["uscc"])
        new["search_text"] = search_text_of(parts, lines)
    return new


def _write(changes: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """One UPDATE from a temporary table."""
    if not changes:
        return
    written = (*_KEPT, "updated_at")
    columns = ", ".join(written)
    sets = ", ".join(f"{column} = t.{column}" for column in written)
    with connections["default"].cursor() as cursor:
        cursor.execute("drop table if exists customer_change")
        cursor.execute(
            f"create temp table customer_change on commit drop as select id, {columns}"
            f" from {TABLE} with no data"
        )
        with cursor.copy(f"copy customer_change (id, {columns}) from stdin") as copy:
            for row_id, new in changes:
                copy.write_row((row_id, *(new[column] for column in written)))
        cursor.execute(f"update {TABLE} c set {sets} from customer_change t where t.id = c.id")


def _remember_names(
    spellings: Sequence[tuple[int, str, str]], *, batch: ImportBatch, at: datetime
) -> None:
    """Keep other names once each and make them searchable; the batch knows which are its own."""
    wanted = {(row_id, name[:NAME_MAX]): kind for row_id, name, kind in spellings if name}
    if not wanted:
        return
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"insert into {NAME_TABLE} (customer_id, name, kind, first_seen_at)"
            " select w.customer_id, w.name, w.kind, %s from unnest(%s::bigint[], %s::text[],"
            " %s::text[]) as w(customer_id, name, kind)"
            f" join {TABLE} c on c.id = w.customer_id and c.name <> w.name"
            " on conflict (customer_id, name) do nothing returning id, customer_id, name",
            [at, [k[0] for k in wanted], [k[1] for k in wanted], list(wanted.values())],
        )
        added = cursor.fetchall()
        cursor.execute(
            f"update {TABLE} c set search_text = c.search_text || e'\\n' || w.names from"
            " (select customer_id, string_agg(name, e'\\n' order by name) as names"
            "  from unnest(%s::bigint[], %s::text[]) as t(customer_id, name) group by 1) w"
            " where w.customer_id = c.id",
            [[row[1] for row in added], [search_text_of([row[2]]) for row in added]],
        )
    note_changes(batch, NAME_TABLE, ((row[0], None) for row in added))


def undo_batch(
    batch: ImportBatch,
    *,
    actor: Actor,
    at: datetime,
    in_business: Callable[[list[int]], set[int]] = set,
) -> Undone:
    """Take back what the batch did to customers, inside the undoing import, which has authorised
    and records.

    Updated customers get their old values; other names that the batch brought go; created
    customers go unless something else refers to them by now (an assessment, a decision, an
    invoice of another batch): those stay and are counted, and the ones that the door finds not
    `in_business` are closed. Refuses CHANGED_BY_HAND where an updated customer was edited since.
    """
    restored = changes_of(batch, TABLE)
    olds = [(int(row), before) for row, before in restored if before is not None]
    created = [int(row) for row, before in restored if before is None]
    names = [int(row) for row, _ in changes_of(batch, NAME_TABLE)]
    with transaction.atomic():
        with connections["default"].cursor() as cursor:
            cursor.execute(_CREATE_LOCK)  # as imports do before they lock customers one by one
        _refuse_edited(batch, [row_id for row_id, _ in olds])
        _write(olds)
        take_back(batch)
        with connections["default"].cursor() as cursor:
            cursor.execute(
                f"delete from {NAME_TABLE} where id = any(%s) returning customer_id", [names]
            )
            respelled = {found[0] for found in cursor.fetchall()}
        removed = set(_remove_unreferenced(created))
        _rewrite_search_text(respelled | {row_id for row_id, _ in olds})
        kept = [row for row in created if row not in removed]
        busy = in_business(kept)
        _close([row for row in kept if row not in busy])
    return Undone(len(removed), len(olds), kept)


def _close(ids: list[int]) -> None:
    """Close customers that an undone batch created and only records of the past refer to.

    They can't go (an assessment names them), and must not stand in the book as if they had been
    meant. A file that names one again opens it again.
    """
    Customer.objects.filter(pk__in=ids, status="active").update(status="closed", source=UNDONE)


def _reopen(known: Mapping[str, dict[str, Any]], *, batch: ImportBatch, at: datetime) -> None:
    """Customers that an undone batch left closed are meant after all: this file names them."""
    closed = [old for old in known.values() if old["source"] == UNDONE]
    before = [(old["id"], {name: old[name] for name in (*_KEPT, "updated_at")}) for old in closed]
    for old in closed:
        old |= {"status": "active", "source": "", "updated_at": at}
    _write([(old["id"], old) for old in closed])
    note_changes(batch, TABLE, before)


def _refuse_edited(batch: ImportBatch, ids: list[int]) -> None:
    # A queued batch writes long after it was opened; it is finished with the time it wrote.
    wrote_at = batch.finished_at or batch.started_at
    edited = Customer.objects.filter(pk__in=ids, updated_at__gt=wrote_at)
    codes = list(edited.values_list("code", flat=True))
    if codes:
        raise Refused(
            IntakeRefusal.CHANGED_BY_HAND, batch=batch.pk, count=len(codes), example=codes[0]
        )


def _remove_unreferenced(ids: list[int]) -> list[int]:
    """Delete customers that no table but our own refers to; the catalogue says which tables could.

    The rooms above are not known here, and need not be: PostgreSQL knows every foreign key.
    """
    with connections["default"].cursor() as cursor:
        cursor.execute(  # a guess of the round for duplicates keeps nobody; a person's word does
            "delete from customers_alikepair where different_at is null"
            " and (one_id = any(%s) or other_id = any(%s))",
            [ids, ids],
        )
        cursor.execute(
            "select c.conrelid::regclass::text, a.attname from pg_constraint c"
            " join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
            " where c.contype = 'f' and c.confrelid = %s::regclass and c.conrelid <> %s::regclass",
            [TABLE, NAME_TABLE],
        )
        # Names come from the catalogue, already quoted by regclass; columns are our own.
        unused = " ".join(
            f'and not exists (select 1 from {table} r where r."{column}" = c.id)'
            for table, column in cursor.fetchall()
        )
        cursor.execute(f"select c.id from {TABLE} c where c.id = any(%s) {unused}", [ids])
        free = [found[0] for found in cursor.fetchall()]
        cursor.execute(f"delete from {NAME_TABLE} where customer_id = any(%s)", [free])
        cursor.execute(f"delete from {TABLE} where id = any(%s)", [free])
    return free


def _rewrite_search_text(ids: set[int]) -> None:
    """From the columns and the other names as they are now."""
    spelled = other_names(ids)
    changed = list(Customer.objects.filter(pk__in=ids))
    for customer in changed:
        c = customer
        parts = (c.code, c.name, c.name_en, c.pinyin, c.initials, c.uscc)
        customer.search_text = search_text_of([*parts, *spelled.get(c.pk, [])])
    Customer.objects.bulk_update(changed, ["search_text"], batch_size=2_000)


def add_contact(
    code: str,
    name: str,
    *,
    role: str = "",
    phone: str = "",
    email: str = "",
    simulated: bool = False,
    actor: Actor,
    at: datetime,
) -> Contact:
    """Add a person at a customer; every personal column is sealed under a data key of the
    person's own.

    Refuses: NOT_ALLOWED (no `customers.edit`), CUSTOMER_UNKNOWN, CONTACT_NAME_MISSING. One ledger
    entry.
    """
    if not actor.may("customers.edit"):
        raise Refused(CustomerRefusal.NOT_ALLOWED, permission="customers.edit")
    customer = Customer.objects.filter(code=code).first()
    if customer is None:
        raise Refused(CustomerRefusal.CUSTOMER_UNKNOWN, customer=code)
    if not name.strip():
        raise Refused(CustomerRefusal.CONTACT_NAME_MISSING)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        key_id = create_keys("person", 1, at=at)[0]
        key = open_keys([key_id], cursor=cursor)[key_id]
        contact = Contact.objects.create(
            customer=customer,
            role=role,
            data_key_id=key_id,
            name_sealed=seal(key, "customers_contact.name_sealed", name.strip().encode()),
            phone_sealed=seal(key, "customers_contact.phone_sealed", phone.encode()),
            email_sealed=seal(key, "customers_contact.email_sealed", email.encode()),
            simulated=simulated,
            created_at=at,
        )
        entry = NewEntry(
            kind="customer.contact_added",
            clear={},
            fields={"actor": actor.ref, "contact": str(contact.pk), "customer": code},
            data_key_id=key_id,
        )
        append([entry], at=at, cursor=cursor)
    return contact
