"""How tests look at a paper: its text as a reader of the file finds it, and that a page is drawn.

`pdftotext` is used where the machine has it; else the texts that the paper was made of are read.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

PDFTOTEXT = shutil.which("pdftotext")
needs_pdftotext = pytest.mark.skipif(PDFTOTEXT is None, reason="no pdftotext: poppler-utils")


def text_of(pdf: bytes, folder: Path) -> str:
    """The text of all pages, in the order in which it was drawn: the watermark first."""
    assert pdf.startswith(b"%PDF-"), pdf[:40]
    path = folder / "paper.pdf"
    path.write_bytes(pdf)
    told = subprocess.run(
        [str(PDFTOTEXT), "-raw", str(path), "-"], check=True, capture_output=True
    ).stdout.decode()
    return told.replace("\u200b", "")


def plain(text: str) -> str:
    """Without spaces and line breaks, for texts that may be broken anywhere."""
    return "".join(text.split())


def ink(png: bytes) -> float:
    """The share of a picture's bytes that are not white: 0 for an empty page."""
    assert png.startswith(b"\x89PNG")
    at, packed = 8, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind == b"IDAT":
            packed += png[at + 8 : at + 8 + size]
        at += size + 12
    raw = zlib.decompress(packed)
    return 1 - raw.count(b"\x00") / len(raw)
