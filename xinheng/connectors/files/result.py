"""What an import found and did, as every door shows it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

from xinheng.connectors.files.build import Built
from xinheng.connectors.files.headers import Layout
from xinheng.connectors.files.read import Sheet
from xinheng.connectors.files.rows import RowError, Table
from xinheng.credit.money import to_text
from xinheng.dossiers.fields import SECRET, catalogue
from xinheng.dossiers.rows import NewFact
from xinheng.intake.counts import Counts
from xinheng.texts import T

PREVIEW_ROWS = 10
SHOWN_ERRORS_MAX = 200
SHOWN_LINES = ("total_assets", "total_liabilities", "equity", "revenue", "net_profit", "cash")
HIDDEN = "＊＊＊"


class ImportResult(Struct, kw_only=True):
    """`refused`: nothing was written because of bad rows; `columns`: field → header found."""

    kind: str
    file_name: str
    counts: Counts
    batch_id: int | None = None
    errors_file: str | None = None
    refused: bool = False
    dry_run: bool = False
    errors: list[RowError] = field(default_factory=list)  # the first SHOWN_ERRORS_MAX
    error_count: int = 0
    warnings: list[RowError] = field(default_factory=list)
    warning_count: int = 0
    columns: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    profile: str = ""
    encoding: str = ""
    date_orders: dict[str, str] = field(default_factory=dict)
    preview: list[dict[str, Any]] = field(default_factory=list)
    assessed: int = 0
    note: T | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def as_answer(self) -> dict[str, Any]:
        """What scripts rely on, exactly these seven names."""
        counts = self.counts
        return {
            "read": counts.read,
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "rejected": counts.rejected,
            "errors_file": self.errors_file,
            "batch": self.batch_id,
        }


def describe(name: str, sheet: Sheet, layout: Layout, table: Table, built: Built) -> ImportResult:
    """What the file says, before anything is written."""
    errors = sorted(table.errors, key=lambda error: error.row)
    return ImportResult(
        kind=table.kind,
        file_name=name,
        counts=Counts(read=len(table.lines), rejected=len(table.bad)),
        errors=errors[:SHOWN_ERRORS_MAX],
        error_count=len(errors),
        warnings=table.warnings[:SHOWN_ERRORS_MAX],
        warning_count=len(table.warnings),
        columns={name: source.header for name, source in layout.sources.items()},
        unused=layout.unused,
        profile=layout.profile,
        encoding=sheet.encoding,
        date_orders=table.date_orders,
        preview=[_shown(row) for row in built.rows[:PREVIEW_ROWS]],
    )


def _hidden(field: str) -> bool:
    found = catalogue().fields[field]
    return found.personal or found.secrecy >= SECRET


def _shown(row: Any) -> dict[str, Any]:
    """A row for the preview: money as decimal text, dates as they are."""
    told = msgspec.structs.asdict(row)
    if isinstance(row, NewFact) and _hidden(row.field):
        told["value"] = HIDDEN  # a trial is kept with its batch, in the clear
    shown: dict[str, Any] = {name: v for name, v in told.items() if v is not msgspec.UNSET}
    if "amount_minor" in shown:
        shown["amount"] = to_text(shown.pop("amount_minor"), shown["currency"])
    if "purchases_minor" in shown:
        bought = shown.pop("purchases_minor")
        shown["purchases"] = "" if bought is None else to_text(bought, shown["currency"])
    if "figures" in shown:
        lines = {name: v for name, v in shown.pop("lines", {}).items() if name in SHOWN_LINES}
        figures = shown.pop("figures") | lines
        shown |= {name: to_text(value, shown["currency"]) for name, value in figures.items()}
    return shown
