"""What two versions of one statement say differently, line by line.

Lines are compared where both are of one standard, else figures. Example: a file says sales of
310.00 where a person had entered 300.00 → ("营业收入", 300.00, 310.00, +10.00).
"""

from __future__ import annotations

from msgspec import Struct

from xinheng.credit.money import display
from xinheng.dossiers.models import Statement
from xinheng.dossiers.statement_templates import template_for
from xinheng.texts import T
from xinheng.web.statements.words import FIGURES


class Difference(Struct, frozen=True):
    name: T
    was: str
    now: str
    by: str


def differences(before: Statement, after: Statement) -> list[Difference]:
    """Lines whose amounts are not the same, in the order of the paper; absent is not zero."""
    if before.standard == after.standard != "brief":
        template = template_for(after.standard, {**before.lines, **after.lines})
        names = {line.code: line.name for line in template.lines}
        was, now = before.lines, after.lines
    else:
        names, was, now = FIGURES, before.figures, after.figures
    return [
        _difference(name, was.get(code), now.get(code), after.currency)
        for code, name in names.items()
        if was.get(code) != now.get(code)
    ]


def _difference(name: T, was: int | None, now: int | None, currency: str) -> Difference:
    by = now - was if was is not None and now is not None else None
    sign = "+" if by is not None and by > 0 else ""
    return Difference(
        name, _shown(was, currency), _shown(now, currency), sign + _shown(by, currency)
    )


def _shown(minor: int | None, currency: str) -> str:
    return "–" if minor is None else display(minor, currency).replace("-", "−")
