"""Templates to download and fill in: the fields' own labels, a sample row, notes and choices.

Codes and numbers are text columns, so that a spreadsheet keeps all 18 digits of a USCC and every
leading zero. A template that is filled in and sent back is recognised by its headers.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from xinheng.connectors.files.field import Field
from xinheng.connectors.files.fields import FIELDS, KINDS
from xinheng.connectors.files.refusals import FileRefusal
from xinheng.connectors.files.statement_fields import LONG, template_rows
from xinheng.credit.money import EXPONENTS
from xinheng.refusals import Refused
from xinheng.texts import T

FILLED_ROWS = 5_000  # how far drop-downs and formats reach
WIDTH = 18
LIST_CHARACTERS_MAX = 255  # what a drop-down takes in itself; longer lists stand on a sheet
LISTS = "选项 Lists"
USUAL = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP")
_MONEY = frozenset(code for code, digits in EXPONENTS.items() if digits is not None)
NOTES = {
    "day": T("写成 2026-11-02", "written as 2026-11-02"),
    "amount": T("写成 1234.50 或 1,234.50", "written as 1234.50 or 1,234.50"),
    "choice": T("从下拉列表中选择", "choose from the list"),
    "yes": T("是或否；空则为否", "yes or no; empty: no"),
}


def write_template(kind: str, path: Path) -> Path:
    """Write a template as .xlsx, or .csv if the path says so."""
    content = template_csv(kind) if path.suffix.lower() == ".csv" else template_xlsx(kind)
    path.write_bytes(content)
    return path


def template_csv(kind: str) -> bytes:
    """Header and sample row, in UTF-8 with a mark."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([field.label.zh for field in _fields(kind)])
    if kind not in LONG:
        writer.writerow([_sample(field) for field in _fields(kind)])
    for row in template_rows(kind):
        writer.writerow([row.get(field.name, "") for field in _fields(kind)] + [row[""]])
    return out.getvalue().encode("utf-8-sig")


def template_xlsx(kind: str) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        label = KINDS[kind] if _fields(kind) else None
        sheet = workbook.add_worksheet(label.zh if label else kind)
        sheet.freeze_panes(1, 0)
        for column, field in enumerate(FIELDS[kind]):
            _column(workbook, sheet, column, field)
        _rows(sheet, kind)
        _notes(workbook, kind)
        _lists(workbook, kind)
    return out.getvalue()


def _rows(sheet: Any, kind: str) -> None:
    """The lines of a statement, ready to be filled in; what a sum adds up stands behind."""
    names = [field.name for field in FIELDS[kind]]
    for place, row in enumerate(template_rows(kind), 1):
        for name, said in row.items():
            column = names.index(name) if name else len(names)
            sheet.write_string(place, column, said)


def _fields(kind: str) -> tuple[Field, ...]:
    if kind not in FIELDS:
        raise Refused(FileRefusal.KIND_UNKNOWN, kind=kind, kinds=", ".join(FIELDS))
    return FIELDS[kind]


def _column(workbook: Any, sheet: Any, column: int, field: Field) -> None:
    forms = {"text": "@", "name": "@", "day": "yyyy-mm-dd", "amount": "#,##0.00", "rate": "General"}
    bold = {"bold": True, "bg_color": "#E8F0FE" if field.required else "#F4F6F8", "border": 1}
    sheet.set_column(
        column, column, WIDTH, workbook.add_format({"num_format": forms.get(field.form, "@")})
    )
    sheet.write_string(0, column, field.label.zh, workbook.add_format(bold))
    sheet.write_comment(0, column, _note(field))
    if field.sample:
        sheet.write_string(1, column, _sample(field))
    choices = _choices(field)
    if choices:
        source: Any = _range(column, choices) if _is_long(choices) else choices
        told = {"validate": "list", "source": source}
        sheet.data_validation(1, column, FILLED_ROWS, column, told)


def _is_long(choices: list[str]) -> bool:
    return len(",".join(choices)) > LIST_CHARACTERS_MAX


def _range(column: int, choices: list[str]) -> str:
    from xlsxwriter.utility import xl_col_to_name

    name = xl_col_to_name(column)
    return f"='{LISTS}'!${name}$2:${name}${len(choices) + 1}"


def _lists(workbook: Any, kind: str) -> None:
    """Long lists of choices, each below its column's letter."""
    long = {n: c for n, f in enumerate(FIELDS[kind]) if _is_long(c := _choices(f))}
    if not long:
        return
    sheet = workbook.add_worksheet(LISTS)
    for column, choices in long.items():
        sheet.set_column(column, column, 28)
        sheet.write_string(0, column, FIELDS[kind][column].label.zh)
        for row, choice in enumerate(choices, 1):
            sheet.write_string(row, column, choice)


def _choices(field: Field) -> list[str]:
    """What a drop-down offers, in the words of the header's language where there are any."""
    if field.form == "yes":
        return ["是", "否"]
    if field.form == "currency":
        return [*USUAL, *sorted(code for code in _MONEY if code not in USUAL)]
    return [_word(field, value) for value in dict.fromkeys(field.choices.values())]


def _word(field: Field, value: str) -> str:
    """The first Chinese word that means a value; grades such as A stay as they are."""
    told = (word for word, meant in field.choices.items() if meant == value)
    lettered = len(value) == 1 and value.isalpha()
    return next((word for word in told if not lettered and not word.isascii()), value)


def _sample(field: Field) -> str:
    value = field.choices.get(field.sample.casefold())
    return field.sample if value is None else _word(field, value)


def _told(field: Field) -> T | None:
    """The field's own note, else how a cell of its form is written."""
    return field.note or NOTES.get(field.form)


def _note(field: Field) -> str:
    must = "必填 · required" if field.required and not field.unless else "选填 · optional"
    told = _told(field)
    note = f"\n{told.zh}\n{told.en}" if told else ""
    return f"{field.label.en}\n{must}{note}"


def _notes(workbook: Any, kind: str) -> None:
    """A second sheet that says each column in words; imports read the first sheet only."""
    sheet = workbook.add_worksheet("说明 Notes")
    sheet.set_column(0, 3, 28)
    head = workbook.add_format({"bold": True})
    for column, said in enumerate(("列", "Column", "必填 Required", "说明 Note")):
        sheet.write_string(0, column, said, head)
    for row, field in enumerate(FIELDS[kind], 1):
        required = "是 yes" if field.required and not field.unless else ""
        told = _told(field)
        note = f"{told.zh} / {told.en}" if told else ""
        for column, said in enumerate((field.label.zh, field.label.en, required, note)):
            sheet.write_string(row, column, said)
