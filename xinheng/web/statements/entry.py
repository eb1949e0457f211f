"""A statement as it is typed: header, lines as text, and what they mean so far.

Nothing typed is lost: texts stay as they are, a line that can't be read says why beside itself, and
sums are reckoned from what can. Amounts are in the chosen unit: 12.34 in 万元 is 123,400.00 CNY. A
sum may be typed too, to compare it with the paper; left empty it is derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from msgspec import Struct, field

from xinheng.connectors.files.values import Unreadable
from xinheng.connectors.files.values import amount as read_amount
from xinheng.credit.money import EXPONENTS, MoneyError, to_decimal, to_minor
from xinheng.customers.models import Customer
from xinheng.dossiers.models import Statement
from xinheng.dossiers.queries import year_before
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_checks import Checked, check
from xinheng.dossiers.statement_templates import Template, template
from xinheng.texts import T
from xinheng.web.statements.reading import values_of
from xinheng.web.statements.words import FORMS, UNITS

TEXT_MAX: Final = 40
_HEADER: Final = (
    *("form", "period_end", "months", "currency", "unit", "audit_opinion", "auditor"),
    *("source", "document", "consolidated"),
)
_PERIOD: Final = T("请写成 2025-12-31 这样的日期。", "Give a date such as 2025-12-31.")
_CURRENCY: Final = T("请填写三位币种代码，例如 CNY。", "Give a currency code such as CNY.")
_SOURCE: Final = T("请写明来源，例如“2025 年审计报告”。", "Name the source, such as “audit 2025”.")


class Typed(Struct):
    """What stands in the form, what could be read of it, and why the rest could not."""

    header: dict[str, str]
    texts: dict[str, str]
    template: Template
    period_end: date | None
    currency: str
    unit: int
    told: dict[str, int] = field(default_factory=dict)
    errors: dict[str, T] = field(default_factory=dict)

    def row(self, customer: Customer) -> StatementRow:
        """What is handed over for saving; `errors` must be empty."""
        assert self.period_end is not None
        header = self.header
        return StatementRow(
            customer_code=customer.code,
            period_end=self.period_end,
            currency=self.currency,
            standard=self.template.standard,
            lines=self.told,
            months=int(header["months"]) if header["months"].isdecimal() else 0,
            consolidated=bool(header["consolidated"]),
            audit_opinion=header["audit_opinion"],
            auditor=header["auditor"],
            document_id=_uuid(header["document"]),
            source=header["source"],
        )


def first_typed(currency: str, today: date) -> Typed:
    """An empty form: last calendar year, in 元."""
    return _typed(
        {
            "form": "cas",
            "period_end": date(today.year - 1, 12, 31).isoformat(),
            "months": "12",
            "currency": currency,
            "unit": "1",
        },
        {},
    )


def typed_from(statement: Statement) -> Typed:
    """A form that begins with what another version says, to correct it."""
    form = statement.standard if statement.standard in FORMS else "cas"
    header = {
        "form": form,
        "period_end": statement.period_end.isoformat(),
        "months": str(statement.months),
        "currency": statement.currency,
        "unit": "1",
        "audit_opinion": statement.audit_opinion,
        "auditor": statement.auditor,
        "consolidated": "1" if statement.consolidated else "",
        "document": str(statement.document_id or ""),
    }
    made = template(form)
    told = values_of(statement, made)
    plain = {
        code: in_unit(value, statement.currency, 1).replace(",", "")
        for code, value in told.items()
        if code in made.by_code and code not in statement.derived
    }
    return _typed(header, plain)


def typed_of(posted: Mapping[str, Any]) -> Typed:
    """The form as it was sent."""
    header = {name: str(posted.get(name, "")).strip()[:200] for name in _HEADER}
    prefix = "line-"
    texts = {
        name.removeprefix(prefix): str(value).strip()[:TEXT_MAX]
        for name, value in posted.items()
        if name.startswith(prefix) and str(value).strip()
    }
    return _typed(header, texts)


def _typed(given: Mapping[str, str], texts: dict[str, str]) -> Typed:
    header = {name: given.get(name, "") for name in _HEADER}
    if header["form"] not in FORMS:
        header["form"] = "cas"
    standard, _, form = header["form"].partition("-")
    unit = int(header["unit"]) if header["unit"].isdecimal() else 1
    typed = Typed(
        header=header,
        texts=texts,
        template=template(standard, form or "function"),
        period_end=_day(header["period_end"]),
        currency=header["currency"].upper(),
        unit=unit if unit in UNITS else 1,
    )
    if typed.period_end is None:
        typed.errors["period_end"] = _PERIOD
    if EXPONENTS.get(typed.currency) is None:
        typed.errors["currency"] = _CURRENCY
        typed.currency = "CNY"
    _read_lines(typed)
    return typed


def _read_lines(typed: Typed) -> None:
    for code, text in typed.texts.items():
        if code not in typed.template.by_code:
            continue  # of another standard: kept, and back when one switches back
        try:
            value = read_amount(text)
            if value is not None:
                typed.told[code] = to_minor(value * typed.unit, typed.currency)
        except Unreadable as unreadable:
            typed.errors[code] = unreadable.reason
        except MoneyError as error:
            typed.errors[code] = T(error.zh, error.en)


def require_source(typed: Typed) -> None:
    """What only saving needs."""
    if not typed.header["source"]:
        typed.errors["source"] = _SOURCE


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# --- What the form shows


class FormLine(Struct, frozen=True):
    """One line of the form: what was typed, what it adds up to, last year, what is wrong."""

    code: str
    name: T
    kind: str  # line | sum | of
    minus: bool
    head: T | None
    text: str
    added: str
    last_year: str
    error: T | None
    fault: T | None
    was_kept: bool


class FormPart(Struct, frozen=True):
    code: str
    name: T
    lines: list[FormLine]
    is_open: bool


class State(Struct, frozen=True):
    """How the statement stands: the difference of its two sides, faults, warnings."""

    checked: Checked
    assets: str
    claims: str
    difference: str
    balances: bool | None  # None: one side is not there yet
    faults: list[T]
    warnings: list[T]


def last_year_of(customer: Customer, typed: Typed) -> dict[str, int]:
    if typed.period_end is None:
        return {}
    consolidated = bool(typed.header["consolidated"])
    found = year_before(customer.pk, typed.period_end, typed.currency, consolidated)
    return values_of(found, typed.template) if found else {}


def state_of(typed: Typed, before: Mapping[str, int]) -> State:
    checked = check(typed.template, typed.told, typed.currency, before)
    lines = checked.lines
    assets, claims = lines.get("total_assets"), lines.get("total_liabilities_and_equity")
    both = assets is not None and claims is not None
    off = assets - claims if assets is not None and claims is not None else None
    return State(
        checked=checked,
        assets=_shown(assets, typed),
        claims=_shown(claims, typed),
        difference=_shown(off, typed),
        balances=off == 0 if both else None,
        faults=[fault.text for fault in checked.faults],
        warnings=[warning.text for warning in checked.warnings],
    )


def form_parts(
    typed: Typed, state: State, before: Mapping[str, int], names: Mapping[str, T]
) -> list[FormPart]:
    """The lines by part; the note to the cash flow statement is folded while nothing is in it."""
    faults = {fault.line: fault.text for fault in state.checked.faults}
    found = []
    for part, name in names.items():
        lines = [
            _form_line(line, typed, state, before, faults)
            for line in typed.template.lines
            if line.part == part
        ]
        if lines:
            filled = any(line.text for line in lines)
            found.append(FormPart(part, name, lines, filled or part in ("balance", "income")))
    return found


def _form_line(
    line: Any, typed: Typed, state: State, before: Mapping[str, int], faults: Mapping[str, T]
) -> FormLine:
    derived = line.is_sum and line.code in state.checked.lines
    return FormLine(
        code=line.code,
        name=line.name,
        kind="sum" if line.is_sum else "of" if line.of and not line.split else "line",
        minus=line.sign < 0 and not line.is_sum,
        head=line.head,
        text=typed.texts.get(line.code, ""),
        added=_shown(state.checked.lines.get(line.code), typed) if derived else "",
        last_year=_shown(before.get(line.code), typed),
        error=typed.errors.get(line.code),
        fault=faults.get(line.code),
        was_kept=line.code in typed.told,
    )


def _shown(minor: int | None, typed: Typed) -> str:
    return "" if minor is None else in_unit(minor, typed.currency, typed.unit)


def in_unit(minor: int, currency: str, unit: int) -> str:
    """In the unit that is typed, exact: 12,345,678 fen in 万元 → 12.345678; with two decimals at
    least where the currency has them.
    """
    value = to_decimal(minor, currency) / Decimal(unit)
    text = f"{value:,f}"
    whole, point, rest = text.partition(".")
    least = min(2, EXPONENTS.get(currency) or 0)
    rest = rest.rstrip("0").ljust(least, "0") if point or least else ""
    return f"{whole}.{rest}" if rest else whole
