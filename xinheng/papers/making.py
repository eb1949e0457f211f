"""How a paper is made: framed with who it is for, drawn, and recorded with the hash of what left.

A paper carries its own ledger entry. The entry's id is drawn first and printed (with a QR code that
leads to it), then the file is hashed and the entry written: kind `paper.made`, in clear which paper
and its SHA-256, sealed who had it made and about whom. So the file is kept nowhere, and still
anybody can tell whether a file in hand is the one that left on that day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import get_language

from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.papers.layout import Block, Paper
from xinheng.papers.press import pdf, qr
from xinheng.people.actor import Actor
from xinheng.people.queries import company
from xinheng.texts import T
from xinheng.vault.actions import system_key

TITLES: Final = {
    "credit_report": T("信用报告", "Credit report"),
    "limit_letter": T("授信通知书", "Letter on a credit limit"),
    "approval_form": T("授信审批表", "Approval form"),
    "validation_report": T("模型验证报告", "Model validation report"),
}
CLASSES: Final = {
    2: T("内部", "Internal"),
    3: T("机密", "Secret"),
}


class Reader(NamedTuple):
    """For whom a paper is made: the name as it is printed, and who answers for it."""

    name: str
    actor: Actor
    at: datetime
    address: Callable[[UUID], str]  # where an entry can be looked up


class Cover(NamedTuple):
    """What stands at the head of a paper. `secrecy`: 2 or 3; None: it may leave the house."""

    kind: str
    subtitle: str
    line: str = ""
    number: str = ""
    secrecy: int | None = 2
    shows: Sequence[UUID | None] = ()  # ledger entries of what it shows
    key_id: UUID | None = None  # the data key of whom it is about
    outside: bool = False  # it leaves the house: nothing on it tells who had it made


class Made(NamedTuple):
    """A finished file and the entry that records it."""

    content: bytes
    entry_id: UUID


def make(cover: Cover, blocks: Sequence[Block], reader: Reader) -> Made:
    """Draw the paper and record it. Raises press.Busy."""
    entry = UUID(new_ids(1)[0])
    content = pdf(framed(cover, blocks, reader, entry), at=reader.at)
    return record(cover, "pdf", content, reader, entry)


def framed(cover: Cover, blocks: Sequence[Block], reader: Reader, entry: UUID) -> Paper:
    """The paper in the reader's language, with everything that stands on each page."""
    seller = company()
    english = (get_language() or "zh").startswith("en")
    name = ""
    if seller is not None:
        name = seller.name_en if english and seller.name_en else seller.name
    moment = timezone.localtime(reader.at).strftime("%Y-%m-%d %H:%M")
    secrecy = "" if cover.secrecy is None else str(CLASSES[cover.secrecy])
    return Paper(
        title=str(TITLES[cover.kind]),
        company=name,
        lang="en" if english else "zh",
        watermark="" if cover.outside else f"{reader.name} {moment}",
        foot=[str(line) for line in _foot(cover, reader.name, moment, entry)],
        pages=str(T("第 {n} 页，共 {m} 页", "Page {n} of {m}")),
        blocks=list(blocks),
        subtitle=cover.subtitle,
        line=cover.line,
        number=cover.number,
        secrecy=secrecy,
        secret=cover.secrecy == 3,
        entry=str(entry),
        qr=qr(reader.address(entry)),
    )


def _foot(cover: Cover, name: str, moment: str, entry: UUID) -> list[T]:
    lines = [
        T("为 {name} 于 {moment} 制作，不留副本", "Made for {name} on {moment}; no copy is kept"),
        T("本文件的账本记录 {entry}", "Ledger entry of this paper: {entry}"),
    ]
    if cover.outside:
        lines[0] = T("制作于 {moment}", "Made on {moment}")
    known = [one for one in cover.shows if one is not None]
    if known:
        lines.append(T("所示内容的账本记录 {shown}", "Ledger entry of what it shows: {shown}"))
    shown = ", ".join(str(one) for one in known[:2])
    return [line.format(name=name, moment=moment, entry=entry, shown=shown) for line in lines]


def record(cover: Cover, form: str, content: bytes, reader: Reader, entry: UUID) -> Made:
    """One entry: which paper left, in which form, with which hash; sealed: for whom, about whom."""
    clear = {"paper": cover.kind, "form": form, "sha256": sha256(content).hexdigest()}
    fields = {
        "by": reader.actor.ref,
        "about": cover.subtitle,
        "number": cover.number,
        "shows": ",".join(str(one) for one in cover.shows if one is not None),
    }
    _append("paper.made", clear, fields, reader, cover.key_id, entry)
    return Made(content, entry)


def record_list(name: str, query: str, form: str, rows: int, reader: Reader) -> None:
    """One entry for an exported list: who took which list, narrowed how, how many rows."""
    clear = {"list": name, "form": form, "rows": rows}
    fields = {"by": reader.actor.ref, "query": query[:1000]}
    _append("list.exported", clear, fields, reader, None, UUID(new_ids(1)[0]))


def _append(
    kind: str,
    clear: Mapping[str, object],
    fields: dict[str, str],
    reader: Reader,
    key_id: UUID | None,
    entry: UUID,
) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        key = key_id or system_key(at=reader.at)
        append([NewEntry(kind, clear, fields, key)], at=reader.at, cursor=cursor, ids=[entry.hex])
