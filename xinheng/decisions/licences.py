"""A business licence that ended takes the limits with it the same day; a new one brings them back.

A round looks at state only: limits in force of customers whose licence is over are suspended
(limits/suspending.py), suspensions of customers whose licence is in order are ended, and holds that
waited are judged again because their line moved. The order check compares the day by itself and
holds from the first order on, whatever the round did. Example: a licence until 31 December in
Shanghai. On 31 December 23:59 there the limit is 500,000.00, at 00:00 orders are held, within a
round the limit is 0.00; on 8 January a new licence is verified, and the 500,000.00 are back.

A group's limit is its head's: it goes with the head's licence, and its companies' orders with it,
since nobody else answers for the group; a subsidiary's licence takes only its own lines. What
covers add goes too: an insurer pays for trade that was lawful. Without `licence_valid` in the live
policy an ended licence means nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from xinheng.decisions.file_gaps import looks_at_licences
from xinheng.decisions.governing import parsed_policy
from xinheng.limits.suspending import resume_lines, suspend_lines
from xinheng.people.actor import Actor, system
from xinheng.policies.queries import live
from xinheng.texts import T

LINES_A_ROUND: Final = 2_000
ENDED: Final = T("营业执照已到期，额度暂停。", "The business licence has ended: suspended.")
IN_ORDER: Final = T("营业执照恢复有效，额度恢复。", "The licence is in order again: resumed.")


def keeper() -> Actor:
    """Who suspends for licences; only its own suspensions end with a new one."""
    return system("licence")


def follow_licences(*, today: date, at: datetime) -> int:
    """Suspend limits whose customer's licence is over, end suspensions that have no cause any more.

    At most LINES_A_ROUND of each, one ledger entry for each; returns how many lines changed.
    """
    governs = live("order_check")
    if governs is None:
        return 0
    looks = looks_at_licences(parsed_policy(governs.pk, governs.body))
    meant = {"today": today, "looks": looks, "who": keeper().ref, "limit": LINES_A_ROUND}
    changed = 0
    if over := _lines(_OVER, meant):
        changed += suspend_lines(over, _both(ENDED), actor=keeper(), at=at)
    if due_back := _lines(_DUE_BACK, meant):
        changed += resume_lines(due_back, _both(IN_ORDER), actor=keeper(), at=at)
    return changed


def _lines(statement: str, meant: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, meant)
        return [row[0] for row in cursor.fetchall()]


def _both(said: T) -> str:
    """Kept with the row: whoever reads it later has one of both languages."""
    return f"{said.zh} {said.en}"


# Only what gives something today: a suspended line gives zero and is not found again.
_OVER = """
select l.id from dossiers_filestanding z
join limits_creditline l on l.customer_id = z.customer_id
join customers_customer c on c.id = z.customer_id
where %(looks)s and z.licence_until < %(today)s and c.merged_into_id is null
  and (l.unlimited or l.amount_minor + l.covered_minor > 0)
  and (l.valid_until is null or l.valid_until + l.grace_days >= %(today)s)
order by l.id limit %(limit)s
"""
_DUE_BACK = """
select distinct d.line_id from limits_datedlimit d
join limits_creditline l on l.id = d.line_id
join customers_customer c on c.id = l.customer_id
left join dossiers_filestanding z on z.customer_id = l.customer_id
where d.granted_by = %(who)s and d.temporary and d.ended_at is null and d.valid_until >= %(today)s
  and (not %(looks)s or c.merged_into_id is not null or z.licence_until is null
    or z.licence_until >= %(today)s)
order by d.line_id limit %(limit)s
"""
