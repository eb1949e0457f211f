"""What a new day changes without any new document: money whose day has come, bills that can't come
back any more, guarantees that ran out.

A receipt dated tomorrow pays nothing today (`entered`), so that exposure never falls before its
day. A bill counts while somebody can come back to us: held until cleared; discounted or endorsed
until its recourse ends. A guarantee counts while it is open, up to its last day. Example: a bill
of 150,000.00 endorsed with recourse until 30 June counts on 30 June and no more on 1 July.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from xinheng.receivables.tables import Pair

# How much a bill `b` or a guarantee `g` counts on a day.
BILL_COUNTS: Final = """case
  when b.received_on > %(today)s then 0
  when b.state = 'held' then b.amount_minor
  when b.state in ('discounted', 'endorsed')
    and coalesce(b.recourse_until, 'infinity') >= %(today)s then b.amount_minor
  else 0 end"""
GUARANTEE_COUNTS: Final = """case
  when g.state = 'open' and coalesce(g.valid_until, 'infinity') >= %(today)s then g.amount_minor
  else 0 end"""

_ENTER = """
update receivables_receipt r set entered = (r.received_on <= %(today)s) from touched_pair p
where p.customer_id = r.customer_id and p.currency = r.currency
  and r.entered <> (r.received_on <= %(today)s)
"""
_BILLS = f"""
update receivables_bill b set counts_minor = {BILL_COUNTS} from touched_pair p
where p.customer_id = b.customer_id and p.currency = b.currency and b.counts_minor <> {BILL_COUNTS}
"""
_GUARANTEES = f"""
update receivables_guarantee g set counts_minor = {GUARANTEE_COUNTS} from touched_pair p
where p.customer_id = g.customer_id and p.currency = g.currency
  and g.counts_minor <> {GUARANTEE_COUNTS}
"""

# Whose book a new day changes, found by state.
_DUE = """
select customer_id, currency from receivables_receipt
where not entered and received_on <= %(today)s
union
select customer_id, currency from receivables_bill
where counts_minor <> 0 and state in ('discounted', 'endorsed') and recourse_until < %(today)s
union
select customer_id, currency from receivables_guarantee
where counts_minor <> 0 and valid_until < %(today)s
order by 1, 2 limit %(most)s
"""


def count(cursor: Any, today: date, *, money: bool) -> None:
    """Set what counts today of the touched pairs' guarantees; with `money`, when cash is applied
    right after, of their receipts and bills too.
    """
    for statement in (_ENTER, _BILLS, _GUARANTEES) if money else (_GUARANTEES,):
        cursor.execute(statement, {"today": today})


def due(cursor: Any, today: date, most: int) -> set[Pair]:
    """The pairs whose documents count otherwise today than when they were last looked at."""
    cursor.execute(_DUE, {"today": today, "most": most})
    return {(row[0], row[1]) for row in cursor.fetchall()}
