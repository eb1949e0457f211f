"""Columns of statements in a standard's format: one statement a row, or one line of it a row.

`statements_cas` and `statements_ifrs` have a column per line of the template; `lines_cas` and
`lines_ifrs` have the line's name in a column, as a ledger system exports it. Example of the second:
"C-1001, 2025-12-31, 货币资金, 300000.00"; a line without an amount is not told.
"""

from __future__ import annotations

from typing import Final

from xinheng.connectors.files.fact_fields import TIMES
from xinheng.connectors.files.field import CURRENCY, CUSTOMER, Field, choices
from xinheng.dossiers.statement_templates import (
    FORMS,
    STANDARDS,
    Line,
    codes_of,
    opinions,
    parts,
    template,
)
from xinheng.texts import T

OPINION = choices(**{code: (one.name.zh, one.name.en) for code, one in opinions().items()}) | {
    **dict.fromkeys(("标准无保留意见", "无保留意见", "clean"), "unqualified"),
    **dict.fromkeys(("带强调事项段", "带强调事项段的无保留意见"), "emphasis"),
    **dict.fromkeys(("保留",), "qualified"),
    **dict.fromkeys(("未审计", "not audited"), "unaudited"),
}
HEAD: Final = (
    *CUSTOMER,
    Field("period_end", "day", T("报表日期", "Period end"), True, sample="2025-12-31"),
    Field("months", "count", T("月数", "Months"), sample="12"),
    CURRENCY,
    Field(
        "times",
        "choice",
        T("单位", "Unit"),
        choices=TIMES,
        note=T("元、千元、万元、百万元；空为元", "units, thousand, ten thousand, million"),
    ),
    Field("consolidated", "yes", T("合并报表", "Consolidated")),
    Field("audit_opinion", "choice", T("审计意见", "Audit opinion"), choices=OPINION),
    Field("auditor", "text", T("会计师事务所", "Auditor"), most=120),
)
LINE: Final = Field(
    "line",
    "text",
    T("项目", "Line"),
    True,
    note=T("报表项目的名称或代码，见模板", "the line's name or code, see the template"),
)
AMOUNT: Final = Field(
    "line_amount",
    "rate",  # in the row's unit: 12.345678 万元 is exact
    T("金额", "Amount"),
    note=T("空着表示报表没有写；减项填正数", "empty: not told; what is subtracted stands positive"),
)
WIDE: Final = {f"statements_{standard}": standard for standard in STANDARDS}
LONG: Final = {f"lines_{standard}": standard for standard in STANDARDS}


def lines_of(standard: str) -> list[Line]:
    """The lines of all forms of a standard, each once."""
    by_code: dict[str, Line] = {}
    for form in FORMS:
        for line in template(standard, form).lines:
            by_code.setdefault(line.code, line)
    assert set(by_code) == set(codes_of(standard))
    return list(by_code.values())


def sum_of(standard: str, line: Line) -> T | None:
    """What a sum adds up, in words: “= 货币资金 + 应收账款 …”; None for other lines."""
    if not line.adds:
        return None
    names = {one.code: one.name for one in lines_of(standard)}
    signs = [("+" if sign > 0 else "−", names[code]) for code, sign in line.adds]
    zh = " ".join(f"{sign} {name.zh}" for sign, name in signs).removeprefix("+ ")
    en = " ".join(f"{sign} {name.en}" for sign, name in signs).removeprefix("+ ")
    return T(f"= {zh}", f"= {en}")


def _wide(standard: str) -> tuple[Field, ...]:
    lines = lines_of(standard)
    return (
        *HEAD,
        *(Field(one.code, "rate", one.name, note=sum_of(standard, one)) for one in lines),
    )


FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    **{kind: _wide(standard) for kind, standard in WIDE.items()},
    **dict.fromkeys(LONG, (*HEAD, LINE, AMOUNT)),
}
KINDS: Final = {
    "statements_cas": T("财务报表（会计准则，一行一份）", "Statements, CAS, one a row"),
    "lines_cas": T("财务报表（会计准则，一行一项）", "Statements, CAS, one line a row"),
    "statements_ifrs": T("财务报表（国际准则，一行一份）", "Statements, IFRS, one a row"),
    "lines_ifrs": T("财务报表（国际准则，一行一项）", "Statements, IFRS, one line a row"),
}


def template_rows(kind: str) -> list[dict[str, str]]:
    """Rows that a template of lines begins with: every line of the paper, with its sums told."""
    if kind not in LONG:
        return []
    names = parts()
    rows = []
    for line in lines_of(LONG[kind]):
        added = sum_of(LONG[kind], line)
        note = f"{names[line.part].zh} {added.zh if added else ''}".strip()
        rows.append(
            {
                "customer_code": "C-1001",
                "period_end": "2025-12-31",
                "line": line.name.zh,
                "": note,
            }
        )
    return rows
