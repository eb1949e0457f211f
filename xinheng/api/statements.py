"""POST /statements: one financial statement in the lines of a standard, as a person would enter it.

Amounts are decimal strings, lines are codes or names of the template; a line that is left out is
not told. What does not add up is refused whole, with each sum, and it waits for another person to
verify it. Example: {"customer": "C-1001", "period_end": "2025-12-31", "currency": "CNY",
"standard": "cas", "source": "erp", "lines": {"货币资金": "300.00", "short_term_loans": "300.00"}}.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from django.http import HttpRequest
from msgspec import Meta, Struct

from xinheng.api.keys import keyed
from xinheng.api.order_checks import BATCH_BYTES_MAX, PLAIN, Code, Currency, NotValid, not_valid
from xinheng.api.problems import Reply, problem, refusal
from xinheng.credit.money import MoneyError, to_minor, to_text
from xinheng.dossiers.models import Statement
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_filing import file_statement
from xinheng.dossiers.statement_templates import find_line
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

LINES_MAX: Final = 200
_WRONG: Final = {
    *(DossierRefusal.DOES_NOT_FOOT, DossierRefusal.MISSING_LINES, DossierRefusal.UNKNOWN_LINE),
    DossierRefusal.BAD_STATEMENT,
}
Amount = Annotated[str, Meta(max_length=25, examples=["120000.00"])]
LineName = Annotated[str, Meta(min_length=1, max_length=120)]


class StatementTold(Struct, forbid_unknown_fields=True):
    """`lines`: code or name of the template's line → amount; what is subtracted stands positive."""

    customer: Code
    period_end: date
    currency: Currency
    standard: Literal["cas", "ifrs"]
    lines: Annotated[dict[LineName, Amount], Meta(min_length=1, max_length=LINES_MAX)]
    source: Annotated[str, Meta(min_length=1, max_length=120, pattern=PLAIN)]
    months: Annotated[int, Meta(ge=1, le=24)] = 12
    consolidated: bool = False
    audit_opinion: Literal[
        "", "unqualified", "emphasis", "qualified", "adverse", "disclaimer", "unaudited"
    ] = ""
    auditor: Annotated[str, Meta(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")] = ""


class StatementKept(Struct):
    """figures: what models read; derived: lines and figures that we reckoned."""

    id: int
    figures: dict[str, str]
    derived: list[str]


_decode = msgspec.json.Decoder(StatementTold).decode
_encode = msgspec.json.Encoder().encode


@keyed("facts.enter", "POST")
def receive(request: HttpRequest, actor: Actor, reader: Any) -> Reply:
    """Enter one statement; it stands at once and says that nobody has verified it."""
    if int(request.headers.get("Content-Length") or 0) > BATCH_BYTES_MAX:
        return problem(413, "too_large", f"A message has at most {BATCH_BYTES_MAX} bytes.")
    try:
        row = _row(_read(request.body))
        pk = file_statement(row, actor=actor, at=datetime.now(UTC))
        kept = Statement.objects.all().visible_to(reader).get(pk=pk)
    except NotValid as error:
        return not_valid(error)
    except Refused as refused:
        if refused.code in _WRONG:
            return not_valid(NotValid(refused.text.en))
        if refused.code is DossierRefusal.UNKNOWN_CUSTOMER:
            return problem(404, "unknown_customer", refused.text.en)
        return refusal(refused)
    figures = {name: to_text(value, kept.currency) for name, value in kept.figures.items()}
    return Reply(200, _encode(StatementKept(kept.pk, figures, kept.derived)))


def _read(body: bytes) -> StatementTold:
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotValid(str(error)) from error


def _row(told: StatementTold) -> StatementRow:
    lines: dict[str, int] = {}
    for name, amount in told.lines.items():
        code = find_line(told.standard, name)
        if code is None or code in lines:
            why = "is told twice" if code else "is no line of the template"
            raise NotValid(f"lines[{name!r}] {why}")
        try:
            lines[code] = to_minor(amount, told.currency)
        except MoneyError as error:
            raise NotValid(f"lines[{name!r}]: {error}") from error
    values = msgspec.structs.asdict(told) | {"lines": lines}
    return StatementRow(customer_code=values.pop("customer"), **values)
