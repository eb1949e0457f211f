"""A column of a file: how a cell of it is read, what must be there, and columns that many kinds
share.

The same value names the columns of the templates, the errors about missing columns and the fields
of a mapping. A field with `unless` is required only where none of those is there: an invoice
without a due date is fine if it says its terms.
"""

from __future__ import annotations

from msgspec import Struct

from xinheng.texts import T


class Field(Struct, frozen=True):
    """`form`: text, name, amount, rate, day, currency, yes, count, choice (of `choices`)."""

    name: str
    form: str
    label: T
    required: bool = False
    unless: tuple[str, ...] = ()
    choices: dict[str, str] = {}
    sample: str = ""
    note: T | None = None
    most: int = 200
    between: tuple[int, int] = (1, 24)  # of a count
    far: bool = False  # a day of a company's life, not of a document: a licence of fifty years


CUSTOMER = (
    Field("customer_code", "text", T("客户编码", "Customer code"), True, sample="C-1001", most=60),
    Field("customer_name", "name", T("客户名称", "Customer name"), sample="重庆长安贸易有限公司"),
)
CURRENCY = Field(
    "currency",
    "currency",
    T("币种", "Currency"),
    sample="CNY",
    note=T("ISO 4217 代码；空则用默认币种", "ISO 4217 code; empty: the default currency"),
)
MONEY = (
    CURRENCY,
    Field("amount", "amount", T("金额", "Amount"), True, sample="120000.00"),
)
SCOPE = Field(
    "scope",
    "text",
    T("额度范围", "Scope"),
    most=60,
    note=T(
        "unit:、product: 或 project: 加代码，记在该子额度上；空则记在客户自己的额度上",
        "unit:, product: or project: and a code: booked on that sub-limit; empty: the own line",
    ),
)
REVISION = Field(
    "revision",
    "count",
    T("修订号", "Revision"),
    between=(0, 10**15),
    note=T(
        "来源系统的变更序号；比库里旧的行不起作用",
        "the sender's counter of changes; a row older than what is stored changes nothing",
    ),
)


def choices(**words: tuple[str, ...]) -> dict[str, str]:
    """Each accepted word, small, and the value that it means."""
    return {word: value for value, told in words.items() for word in (value, *told)}
