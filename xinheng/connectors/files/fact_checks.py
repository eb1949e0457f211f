"""What only the database says about lines of facts: whose they are, whether there is room, and what
is odd about them beside the rest of the file.

Odd is no error: the row goes in with a remark, and whoever verifies sees the same remark. Example:
负债合计 3,000,000 and 资产总计 2,400,000 in one file give two remarks and two facts that wait.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Final

from xinheng.connectors.files.build import Built
from xinheng.connectors.files.rows import RowError, Table
from xinheng.customers.models import Customer
from xinheng.dossiers.facts import WAITING_MAX
from xinheng.dossiers.fields import canonical, catalogue
from xinheng.dossiers.remarking import about_of, known_of
from xinheng.dossiers.rows import NewFact
from xinheng.dossiers.rules import About, Told, fields_read, remarks
from xinheng.people.actor import Actor
from xinheng.texts import T

REMARKS_MAX: Final = 5_000
NOBODY: Final = About()


def check_facts(table: Table, built: Built, actor: Actor) -> set[int]:
    """Positions that can't be taken; remarks stand as warnings beside their rows."""
    ids = _customers({row.customer_code for row in built.rows}, actor)
    bad: set[int] = set()
    count: Counter[str] = Counter()
    for row, position in zip(built.rows, built.positions, strict=True):
        count[row.customer_code] += 1
        if row.customer_code not in ids:
            table.refuse(position, "customer_code", nobody(row.customer_code))
            bad.add(position)
        elif count[row.customer_code] > WAITING_MAX:
            table.refuse(position, "customer_code", _TOO_MANY)
            bad.add(position)
    _remark(table, built, ids, bad)
    return bad


def _customers(codes: set[str], actor: Actor) -> dict[str, int]:
    found = Customer.objects.extra(
        where=["code in (select json_array_elements_text(%s::json))"],
        params=[json.dumps(sorted(codes))],
    )
    rows = found.values_list("code", "pk", "business_unit_id")
    return {code: pk for code, pk, unit in rows if actor.reaches(unit)}


def nobody(code: str) -> T:
    if any(not one.isprintable() or not one.isascii() for one in code):
        return T(
            f"没有客户 {code}：编码里有全角或看不见的字符吗？请核对编码。",
            f"There is no customer {code}: is an invisible character in the code? Check it.",
        )
    return T(
        f"没有客户 {code}：请先导入客户，或核对编码（开头的 0 是否丢失）。",
        f"There is no customer {code}: import customers first, or check the code (was a leading 0 "
        "lost?).",
    )


_TOO_MANY: Final = T(
    f"同一客户一次最多 {WAITING_MAX} 项信息待核验。",
    f"At most {WAITING_MAX} facts of one customer may wait at once.",
)


def _remark(table: Table, built: Built, ids: dict[str, int], bad: set[int]) -> None:
    """Each row beside the standing and waiting facts of its customer and the file's other rows."""
    told: dict[int, list[tuple[int, Told]]] = defaultdict(list)
    mine: list[tuple[int, int, Told]] = []
    for row, position in zip(built.rows, built.positions, strict=True):
        if position in bad:
            continue
        one, customer = _told(row), ids[row.customer_code]
        mine.append((position, customer, one))
        if one.field in fields_read():
            told[customer].append((position, one))
    known, about = known_of(set(told)), about_of(set(told))
    header = table.headers.get("value", "value")
    for position, customer, one in mine:
        others: list[Told] = []
        if one.field in fields_read():
            others = [other for place, other in told[customer] if place != position]
            others += [other for _, other in known.get(customer, ())]
        for remark in remarks(one, others, about.get(customer, NOBODY), table.today):
            if len(table.warnings) < REMARKS_MAX:
                table.warnings.append(RowError(table.lines[position], header, remark.text))


def _told(row: NewFact) -> Told:
    field = catalogue().fields[row.field]
    value = json.loads(canonical(field, row.value)) if field.code in fields_read() else None
    return Told(row.field, value, row.source, row.reliability, row.valid_from)
