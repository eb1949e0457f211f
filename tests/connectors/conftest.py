"""A seller in Shanghai, a clock, and a way to write a file and import it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def seller(db: None) -> Any:
    from xinheng.people.models import Company

    return Company.objects.create(
        name="远衡贸易", name_en="Yuanheng Trading", base_currency="CNY", set_up_at=AT
    )


@pytest.fixture
def bring(seller: Any, tmp_path: Path, settings: Any) -> Callable[..., Any]:
    """bring("invoices", "a,b\\n1,2") writes a CSV and imports it; a Path is imported as it is."""
    from xinheng.connectors.files.imports import run_import
    from xinheng.people.actor import system

    settings.XINHENG_IMPORTS_DIR = tmp_path / "imports"

    def bring(kind: str, content: str | bytes | Path, **options: Any) -> Any:
        path = content
        if not isinstance(path, Path):
            path = tmp_path / options.pop("name", "file.csv")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        options = {"actor": system("test"), "at": AT, "assess": False} | options
        return run_import(kind, path, **options)

    return bring
