"""What may come into the credit file as a document, judged by its bytes and never by its name.

Five forms are taken: PDF, JPEG, PNG, CSV, XLSX; everything else is refused with what to do instead.
Each form is read to its end by our own small reader, so that a cut-off file, a bomb, something that
acts when it is opened, or a second file hidden behind the first is found before anything is stored.
Pictures are written anew from the parts that make the picture: where and with which phone a photo
was taken is gone. Example: a site photo of 2,345,678 bytes with GPS comes out as 2,321,004 bytes,
upright; `received_sha256` still says which file was handed over.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct

from xinheng.dossiers.pdfs import check_pdf
from xinheng.dossiers.pictures import clean_jpeg, clean_png
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.sheets import check_csv, check_workbook, text_of
from xinheng.refusals import Refused

BYTES_MAX: Final = 20 * 1024 * 1024
NAME_CHARACTERS_MAX: Final = 120
LOOKED_AT: Final = 4_096

MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENDINGS: Final = {
    "pdf": (".pdf",),
    "jpeg": (".jpg", ".jpeg"),
    "png": (".png",),
    "csv": (".csv",),
    "xlsx": (".xlsx",),
}
# What is often handed over and not taken: first bytes, its name in both languages.
_OTHERS: Final = (
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "WebP 图片", "a WebP picture"),
    (re.compile(rb".{4}ftyp(?:hei|hev|mif|msf)", re.DOTALL), "HEIC 照片", "a HEIC photo"),
    (re.compile(rb"GIF8"), "GIF 图片", "a GIF picture"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "TIFF 图片", "a TIFF picture"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "旧版 Office 文件", "an old Office file"),
    (re.compile(rb"PK|Rar!|7z\xbc\xaf|\x1f\x8b"), "压缩包或其他 Office 文件", "an archive"),
    (re.compile(rb"MZ|\x7fELF|#!"), "程序", "a program"),
)
_MARKUP: Final = re.compile(rb"\s*<|<\s*(?:svg|html|script|!doctype)", re.IGNORECASE)
_HIDDEN: Final = re.compile(r"[\x00-\x1f\x7f/\\\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Accepted(Struct, frozen=True, kw_only=True):
    """A file that may be stored: `content` is what was kept of what was received."""

    file_name: str
    form: str
    content: bytes
    sha256: str
    received_sha256: str
    pages: int | None = None
    width: int | None = None
    height: int | None = None

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.form]


def check_upload(file_name: str, content: bytes) -> Accepted:
    """The file as it may be stored.

    Refuses UPLOAD_EMPTY, UPLOAD_TOO_LARGE, UPLOAD_TYPE, UPLOAD_MARKUP, UPLOAD_ENDING, UPLOAD_MIXED,
    and what the form's own reader finds.
    """
    if not content:
        raise Refused(DossierRefusal.UPLOAD_EMPTY)
    if len(content) > BYTES_MAX:
        raise Refused(DossierRefusal.UPLOAD_TOO_LARGE, most=BYTES_MAX // 1024 // 1024)
    form = form_of(content)
    name = plain_name(file_name)
    ending = PurePosixPath(name).suffix.lower()
    if ending not in ENDINGS[form]:
        raise Refused(DossierRefusal.UPLOAD_ENDING, form=form.upper(), ending=ENDINGS[form][0])
    if form != "xlsx" and _is_archive(content):
        raise Refused(DossierRefusal.UPLOAD_MIXED, form=form.upper())
    pages, width, height = None, None, None
    kept = content
    if form == "pdf":
        pages = check_pdf(content)
    elif form == "jpeg":
        kept, width, height = clean_jpeg(content)
    elif form == "png":
        kept, width, height = clean_png(content)
    elif form == "xlsx":
        check_workbook(content)
    else:
        check_csv(content)
    return Accepted(
        file_name=name,
        form=form,
        content=kept,
        sha256=hashlib.sha256(kept).hexdigest(),
        received_sha256=hashlib.sha256(content).hexdigest(),
        pages=pages,
        width=width,
        height=height,
    )


def form_of(content: bytes) -> str:
    """pdf | jpeg | png | xlsx | csv, by the first bytes. Refuses UPLOAD_TYPE, UPLOAD_MARKUP."""
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"PK\x03\x04") and _has_workbook(content):
        return "xlsx"
    for pattern, zh, en in _OTHERS:
        if pattern.match(content):
            raise Refused(DossierRefusal.UPLOAD_TYPE, zh=zh, en=en)
    text = text_of(content)
    if text is None:
        raise Refused(DossierRefusal.UPLOAD_TYPE, zh="无法识别的内容", en="something unknown")
    start = text[:LOOKED_AT].encode()
    if _MARKUP.match(start) or _MARKUP.search(start.lstrip()):
        raise Refused(DossierRefusal.UPLOAD_MARKUP)
    if "%PDF-" in text[:LOOKED_AT]:
        raise Refused(DossierRefusal.UPLOAD_MIXED, form="PDF")
    return "csv"


def plain_name(file_name: str) -> str:
    """The last part of a name, without signs that hide or turn around what it says."""
    last = re.split(r"[/\\]", file_name)[-1]
    shown = _HIDDEN.sub("", last).strip().strip(".")
    stem, dot, ending = shown.rpartition(".")
    if not dot:
        return shown[:NAME_CHARACTERS_MAX]
    return f"{stem[: NAME_CHARACTERS_MAX - len(ending[:10]) - 1]}.{ending[:10]}"


def _is_archive(content: bytes) -> bool:
    """Whether a ZIP reader would open the same bytes as well."""
    return zipfile.is_zipfile(io.BytesIO(content))


def _has_workbook(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        if b"xl/workbook.xml" in content:
            raise Refused(DossierRefusal.UPLOAD_CUT, form="XLSX") from None
        return False
