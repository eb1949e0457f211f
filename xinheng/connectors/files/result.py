"""What an import found and did, as every door shows it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from xinheng.connectors.files.rows import RowError
from xinheng.intake.counts import Counts
from xinheng.texts import T

PREVIEW_ROWS = 10
SHOWN_ERRORS_MAX = 200


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
