"""The press: a paper as PDF, or as pictures of its pages. Nothing is kept.

typst draws, in this process and without a network; only the fonts that ship with the house are
used, so that a paper looks the same on every machine. It is imported when the first paper is asked
for, not at start. Two papers are drawn at a time; whoever comes while both places are taken waits
for a moment and is then asked to try again: `Busy`. Example: a credit report of five pages takes
about 0.3 s, so a place is free soon.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

import msgspec

from xinheng.papers.layout import Paper
from xinheng.texts import T

TEMPLATE: Final = Path(__file__).with_name("paper.typ")
PLACES: Final = 2
WAIT_SECONDS: Final = 3.0
JSON_BYTES_MAX: Final = 2_000_000
PICTURE_PPI: Final = 80.0
BUSY: Final = T(
    "正在生成的文书太多，请过几秒再试。",
    "Too many papers are being made just now: try again in a few seconds.",
)
_lane = BoundedSemaphore(PLACES)


class Busy(RuntimeError):
    """Both places are taken."""


class TooLarge(ValueError):
    """A paper with more in it than one would read: its maker has to cut it."""


def pdf(paper: Paper, *, at: datetime) -> bytes:
    """The paper as PDF. Raises Busy."""
    made: bytes = _compile(paper, format="pdf", timestamp=at.replace(microsecond=0))
    return made


def pictures(paper: Paper, ppi: float = PICTURE_PPI) -> list[bytes]:
    """The pages as PNG. Raises Busy."""
    made = _compile(paper, format="png", ppi=ppi)
    return made if isinstance(made, list) else [made]


def _compile(paper: Paper, **how: Any) -> Any:
    told = msgspec.json.encode(paper)
    if len(told) > JSON_BYTES_MAX:
        raise TooLarge(f"a paper of {len(told)} bytes; at most {JSON_BYTES_MAX}")
    with lane():
        import typst

        return typst.compile(
            TEMPLATE.read_bytes(),
            font_paths=fonts(),
            ignore_system_fonts=True,
            sys_inputs={"paper": told.decode()},
            **how,
        )


@contextmanager
def lane(wait: float = WAIT_SECONDS) -> Iterator[None]:
    """One of the places at the press."""
    if not _lane.acquire(timeout=wait):
        raise Busy
    try:
        yield
    finally:
        _lane.release()


@cache
def fonts() -> Any:
    """The shipped fonts, read once."""
    import pylopdf_fonts_zh_cn
    import typst

    folder = str(Path(pylopdf_fonts_zh_cn.__file__).parent)
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )


def qr(address: str) -> str:
    """A QR code of an address, as SVG."""
    import segno

    code = segno.make(address, error="m", micro=False)
    drawn: str = code.svg_inline(border=0, dark="#17211f")
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
