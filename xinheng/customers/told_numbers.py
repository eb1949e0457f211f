"""The numbers that files tell: each USCC becomes a row of the company's numbers, as if entered.

A step of an import of customers and of its undoing. A number that another company has already, or
that was issued against its standard, makes no row: the column `Customer.uscc` keeps what the file
told, the round for duplicates finds the twin, and a person takes the number on. Example: C-1 and
C-2 of one file with one USCC: C-1 has the number, and the two are shown as possibly one company.

The lock is asked for after the customers' rows, as everybody does who gives numbers: two writers
never wait for each other in a ring.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import connection

from xinheng.credit.identity import check_uscc
from xinheng.intake.actions import note_changes
from xinheng.intake.models import ImportBatch
from xinheng.intake.queries import changes_of

TABLE: Final = "customers_identity"
# Two persons, or a person and a file, could give one number to two companies at once.
ONE_AT_A_TIME: Final = "select pg_advisory_xact_lock(hashtext('xinheng.customers.identities'))"

# No other unmerged company has the number of `w`.
_FREE: Final = (
    "not exists (select 1 from customers_identity x join customers_customer o"
    " on o.id = x.customer_id where x.kind = 'uscc' and x.value = w.value and x.ended_at is null"
    " and o.merged_into_id is null and o.id <> w.id)"
)
# Of several rows that tell one number, the one whose customer is the oldest has it.
_FRESH: Final = f"""create temp table told_number on commit drop as
    select distinct on (w.value) w.id, w.value, w.verdict
    from unnest(%s::bigint[], %s::text[], %s::text[]) as w(id, value, verdict)
    join customers_customer c on c.id = w.id and c.merged_into_id is null
    where not exists (select 1 from customers_identity i where i.customer_id = w.id
        and i.kind = 'uscc' and i.value = w.value and i.ended_at is null)
      and {_FREE}
    order by w.value, w.id"""
_END: Final = """update customers_identity i set ended_at = %s from told_number w
    where i.customer_id = w.id and i.kind = 'uscc' and i.ended_at is null returning i.id"""
_ENTER: Final = """insert into customers_identity
    (customer_id, kind, value, verdict, override_reason, entered_by, entered_at)
    select w.id, 'uscc', w.value, w.verdict, '', %s, %s from told_number w returning id"""
_RESTORE: Final = f"""update customers_identity i set ended_at = null
    from (select id as row, customer_id as id, value from customers_identity) w
    where i.id = w.row and i.id = any(%s) and {_FREE}"""


def keep_told(
    told: Iterable[tuple[int, str]], *, batch: ImportBatch, entered_by: str, at: datetime
) -> int:
    """Make the rows of (customer, USCC) pairs whose customers the caller has locked; a second USCC
    ends the first. Returns how many were entered; the batch knows what it did.
    """
    checked = [(customer, check_uscc(value)) for customer, value in told if value]
    usable = [(customer, one) for customer, one in checked if one.usable]
    if not usable:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)
        cursor.execute("drop table if exists told_number")
        cursor.execute(
            _FRESH,
            [
                [customer for customer, _ in usable],
                [one.value for _, one in usable],
                [one.verdict for _, one in usable],
            ],
        )
        ended = _ids(cursor, _END, [at])
        entered = _ids(cursor, _ENTER, [entered_by, at])
    note_changes(batch, TABLE, ((row, {"ended_at": None}) for row in ended))
    note_changes(batch, TABLE, ((row, None) for row in entered))
    return len(entered)


def take_back(batch: ImportBatch) -> None:
    """Undo what a batch did to numbers. One that it ended, and that another company has by now,
    stays ended.
    """
    changes = changes_of(batch, TABLE)
    entered = [int(row) for row, before in changes if before is None]
    ended = [int(row) for row, before in changes if before is not None]
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)
        cursor.execute("delete from customers_identity where id = any(%s)", [entered])
        cursor.execute(_RESTORE, [ended])


def _ids(cursor: Any, statement: str, values: list[Any]) -> list[int]:
    cursor.execute(statement, values)
    return [found[0] for found in cursor.fetchall()]
