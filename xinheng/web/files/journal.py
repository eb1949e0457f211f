"""The journal of a credit line as a page and as a file: movements newest first, narrowed by
component, cause, document and day, each with its component's balance after it.

The balance is the sum of all movements of the component up to and including this one, whatever the
filter hides, so the newest row of a component stands at its counter. Example: +350,000.00, then
−20,000.00 → balance 330,000.00.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from xinheng.credit.money import to_text
from xinheng.limits.models import CreditLine, Movement
from xinheng.texts import T
from xinheng.web.frame.waterfall import LABELS

TEXT_MAX: Final = 80
EXPORT_MAX: Final = 100_000  # rows of one file
EXPORT_STEP: Final = 2_000
NEVER_FIRST: Final = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would calculate it
CAUSES: Final = {
    "reserve": T("占用", "reserved"),
    "void": T("取消释放", "voided"),
    "expire": T("到期释放", "expired"),
    "replace": T("新版本取代", "replaced"),
    "post": T("单据接手", "taken over"),
    "order": T("订单", "ordered"),
    "deliver": T("发货", "delivered"),
    "delivery": T("发货", "delivered"),
    "invoice": T("开票", "invoiced"),
    "receipt": T("收款", "received"),
    "settle": T("收款核销", "settled"),
    "apply": T("核销", "applied"),
    "bill": T("票据", "bill"),
    "guarantee": T("担保", "guarantee"),
    "recourse": T("追索期满", "recourse over"),
    "expiry": T("到期", "ran out"),
    "import": T("导入", "imported"),
    "undo": T("撤销导入", "undone"),
    "rebuild": T("重算", "rebuilt"),
    "day": T("到日", "its day came"),
}
DOCUMENTS: Final = {
    "order": T("订单", "order"),
    "invoice": T("发票", "invoice"),
    "delivery": T("发货单", "delivery"),
    "receipt": T("收款", "receipt"),
    "bill": T("票据", "bill"),
    "guarantee": T("担保", "guarantee"),
    "batch": T("导入批次", "import"),
    "chain": T("订单", "order"),
}


@dataclass(frozen=True)
class Wanted:
    """What the reader asked for; every field narrows."""

    component: str = ""
    cause: str = ""
    text: str = ""
    day: date | None = None

    @property
    def narrows(self) -> bool:
        return bool(self.component or self.cause or self.text or self.day)


def wanted_of(said: Mapping[str, Any]) -> Wanted:
    """From an address; words that are not ours mean nothing."""
    component = said.get("component", "")
    return Wanted(
        component=component if component in LABELS else "",
        cause=said.get("cause", "")[:20],
        text=said.get("q", "").strip().replace("\0", "")[:TEXT_MAX],
        day=_day(said.get("day", "")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def movements(line: CreditLine, wanted: Wanted) -> QuerySet[Movement]:
    """The journal, narrowed; of a day in the company's zone."""
    rows: QuerySet[Movement] = Movement.objects.filter(line=line)
    if wanted.component:
        rows = rows.filter(component=wanted.component)
    if wanted.cause:
        rows = rows.filter(cause=wanted.cause)
    if wanted.text:
        rows = rows.filter(document__icontains=wanted.text)
    if wanted.day is not None and wanted.day < date.max:
        starts = timezone.make_aware(datetime.combine(wanted.day, time.min))
        rows = rows.filter(at__gte=starts, at__lt=starts + timedelta(days=1))
    return rows


_BALANCES = """
select id, balance from (
  select m.id, sum(m.delta_minor) over (partition by m.component order by m.id)::bigint as balance
  from limits_movement m
  where m.line_id = %s and m.component = any(%s::text[]) and m.id <= %s
) run where id = any(%s::bigint[])
"""


def with_balance(line: CreditLine, rows: Sequence[Any]) -> Sequence[Any]:
    """The rows, each with `balance`: its component after it."""
    if rows:
        names = sorted({row.component for row in rows})
        ids = [row.pk for row in rows]
        with connection.cursor() as cursor:
            cursor.execute(_BALANCES, [line.pk, names, max(ids), ids])
            found = dict(cursor.fetchall())
        for row in rows:
            row.balance = found[row.pk]
            row.words = document_text(row.document)
    return rows


def document_text(document: str) -> T:
    """ "invoice:I-1" → 发票 I-1; a reference of another shape as it is."""
    kind, colon, number = document.partition(":")
    if colon and kind in DOCUMENTS:
        word = DOCUMENTS[kind]
        return T(f"{word.zh} {number}", f"{word.en} {number}")
    return T(document or "–", document or "–")


def causes_of(line: CreditLine) -> list[tuple[str, T]]:
    """The causes that the line's journal has, in words."""
    rows = Movement.objects.filter(line=line).order_by().values_list("cause", flat=True).distinct()
    return [(cause, CAUSES.get(cause, T(cause, cause))) for cause in sorted(rows)]


HEADS: Final = (
    T("编号", "No."),
    T("时间", "Time"),
    T("组成", "Component"),
    T("原因", "Cause"),
    T("单据", "Document"),
    T("变动", "Change"),
    T("余额", "Balance"),
    T("币种", "Currency"),
)


def as_csv(line: CreditLine, wanted: Wanted) -> Iterator[bytes]:
    """The journal as a file, newest first, at most EXPORT_MAX rows; amounts exact."""
    yield "\ufeff".encode()
    yield _csv([[str(head) for head in HEADS]])
    rows, last, left = movements(line, wanted).order_by("-pk"), None, EXPORT_MAX
    while left:
        step = rows if last is None else rows.filter(pk__lt=last)
        found = list(step[: min(EXPORT_STEP, left)])
        if not found:
            return
        yield _csv(_cells(row, line.currency) for row in with_balance(line, found))
        last, left = found[-1].pk, left - len(found)


def _cells(row: Any, currency: str) -> list[str]:
    return [
        str(row.pk),
        timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M:%S"),
        str(LABELS.get(row.component, row.component)),
        str(CAUSES.get(row.cause, row.cause)),
        _tame(str(row.words)),
        to_text(row.delta_minor, currency),
        to_text(row.balance, currency),
        currency,
    ]


def _tame(text: str) -> str:
    """A number of somebody else's document never becomes a formula."""
    return f"'{text}" if text.startswith(NEVER_FIRST) else text


def _csv(rows: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
