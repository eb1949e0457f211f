"""The four measures, broken down: by business unit, by block, and file by file, the worst first.

The same rows as `measures.book_measures`, grouped in SQL; a law holds each file's line equal to
`measures.measure` of that file. Example: two files, one with 76 points of 100 and one with none:
the book is 38.00 % complete, the unit of the second 0.00 %, and the second comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from msgspec import Struct

from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.kept import KEPT, places
from xinheng.dossiers.measures import SHOWN, Measures, measures_of, parameters

ORDERS: Final = ("complete", "timely", "accurate", "secure")
ROWS_MAX: Final = 500


class Parts(Struct, frozen=True):
    """The book's measures, those of each unit by its id (None: customers of no unit), and those of
    each block by its code.
    """

    whole: Measures
    units: Mapping[int | None, Measures]
    blocks: Mapping[str, Measures]


class FileMeasures(Struct, frozen=True):
    """One file's line; `key` is what the next page starts after."""

    customer: str
    name: str
    name_en: str
    tier: str
    measures: Measures
    key: tuple[int, int]


_SUMS = """
, sums as (
  select s.customer_id, s.unit_id, s.block, sum(s.weight) as there,
    coalesce(sum(s.weight) filter (where s.due_on >= %(day)s), 0) as timely,
    coalesce(sum(s.weight) filter (where s.reliability = any(%(reliable)s)
      and s.how = any(%(hows)s) and s.confidence >= %(confidence)s and d.id is null), 0)
      as accurate,
    coalesce(sum(s.weight) filter (where s.legal_basis <> '' and (s.sealed or not s.personal)), 0)
      as secure
  from shown s left join dossiers_conflictcase d
    on d.customer_id = s.customer_id and d.field = s.field and d.resolved_at is null
  where %(block)s = '' or s.block = %(block)s
  group by s.customer_id, s.unit_id, s.block
)
"""
_PARTS = """
select grouping(unit_id, block), unit_id, block, sum(there), sum(timely), sum(accurate),
  sum(secure), null
from (select unit_id, block, sum(there) as there, sum(timely) as timely,
    sum(accurate) as accurate, sum(secure) as secure from sums group by unit_id, block) s
group by grouping sets ((unit_id), (block))
union all
select 4, unit_id, null, 0, 0, 0, 0, count(*) from book group by unit_id
"""
# a measure that can't be told (nothing is present) is as bad as none of it: it comes first
_WORST = """
, files as (
  select b.id, b.tier, coalesce(sum(s.there), 0) as there, coalesce(sum(s.timely), 0) as timely,
    coalesce(sum(s.accurate), 0) as accurate, coalesce(sum(s.secure), 0) as secure
  from book b left join sums s on s.customer_id = b.id
  group by b.id, b.tier
), ranked as (
  select *, case when %(order)s = 'complete' then there
    when there = 0 then -1
    else (case %(order)s when 'timely' then timely when 'accurate' then accurate else secure end)
      * 100000 / there end::bigint as rank
  from files
)
select c.code, c.name, c.name_en, r.tier, r.there, r.timely, r.accurate, r.secure, r.rank, r.id
from ranked r join customers_customer c on c.id = r.id
where (r.rank, r.id) > (%(after_rank)s, %(after_id)s)
order by r.rank, r.id limit %(limit)s
"""


def break_down(user: Any, day: date, *, kept: bool = False) -> Parts:
    """Measures over the book in sight, by unit and by block, in one statement; `kept`: from what
    was counted ahead.
    """
    asked = parameters(user, day)
    if asked is None:
        return Parts(Measures(Decimal("0.00"), None, None, None, 0), {}, {})
    with connection.cursor() as cursor:
        asked |= {"block": "", "each": True, **places()}
        cursor.execute((KEPT if kept else SHOWN + _SUMS) + _PARTS, asked)
        rows = cursor.fetchall()
    files = {unit: int(number) for mark, unit, *_, number in rows if mark == _OF_BOOK}
    by_unit = {row[1]: _figures(row) for row in rows if row[0] == _OF_UNIT}
    by_block = {row[2]: _figures(row) for row in rows if row[0] == _OF_BLOCK}
    full, all_files = _weight(""), sum(files.values())
    whole = [sum(part) for part in zip(*by_block.values(), strict=True)] or _NOTHING
    return Parts(
        measures_of(all_files * full, *whole, all_files),
        {
            unit: measures_of(number * full, *by_unit.get(unit, _NOTHING), number)
            for unit, number in files.items()
        },
        {
            block.code: measures_of(
                all_files * block.weight, *by_block.get(block.code, _NOTHING), all_files
            )
            for block in catalogue().blocks
        },
    )


# what `grouping(unit_id, block)` says of a row, and the mark of the numbers of files
_OF_UNIT, _OF_BLOCK, _OF_BOOK = 1, 2, 4
_NOTHING: Final = [0, 0, 0, 0]


def _figures(row: tuple[Any, ...]) -> list[int]:
    return [int(figure) for figure in row[3:7]]


def _weight(block: str) -> int:
    return sum(f.weight for f in catalogue().fields.values() if block in ("", f.block))


def worst_files(
    user: Any,
    day: date,
    *,
    order: str = "complete",
    block: str = "",
    unit: int | None = None,
    after: tuple[int, int] = (-2, 0),
    limit: int,
    kept: bool = False,
) -> list[FileMeasures]:
    """Files by one measure, the worst first, beyond the key `after`; of one block or all. `unit`
    narrows what a person who sees every unit looks at.
    """
    asked = parameters(user, day)
    if asked is None:
        return []
    if unit is not None and asked["unit"] is None:
        asked["unit"] = unit
    asked |= {"block": block, "order": order, "limit": min(limit, ROWS_MAX)}
    asked |= {"after_rank": after[0], "after_id": after[1], "each": False, **places()}
    with connection.cursor() as cursor:
        cursor.execute((KEPT if kept else SHOWN + _SUMS) + _WORST, asked)
        return [_line(row, _weight(block)) for row in cursor.fetchall()]


def _line(row: tuple[Any, ...], whole: int) -> FileMeasures:
    code, name, name_en, tier, there, timely, accurate, secure, rank, pk = row
    figures = measures_of(whole, int(there), int(timely), int(accurate), int(secure), 1)
    return FileMeasures(code, name, name_en, tier, figures, (rank, pk))
