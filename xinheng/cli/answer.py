"""How commands answer: JSON for scripts on request, else lines and tables for people.

Example: `say({"read": 3}, as_json, lambda: console.print("已读 3 行 · 3 rows read"))`. Decimals,
dates and UUIDs become strings; floats are refused, because no figure of ours is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import typer

Json = Annotated[
    bool, typer.Option("--json", help="以 JSON 输出，供脚本使用 · Answer in JSON, for scripts")
]


def say(value: Any, as_json: bool, show: Callable[[], None]) -> None:
    """Prints `value` as one line of JSON, or lets `show` print it for people."""
    if as_json:
        print(json.dumps(value, ensure_ascii=False, default=_plain))
    else:
        show()


def _plain(value: Any) -> str:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an answer")
