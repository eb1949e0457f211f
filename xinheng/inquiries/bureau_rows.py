"""What a bureau is asked, what its adapter hands back, and how a bureau says no.

An adapter (connectors/bureau/) is a `Client`: it fetches a report as bytes, and it reads such bytes
into `Parsed` without asking anybody. The two are apart, so that a report kept for years is read
again by a newer parser. Example: the bytes of a Creditsafe report become grade "B", score "71" and
six told values, registered_capital "2000000.00 GBP" among them.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Protocol
from uuid import UUID

from msgspec import Struct

from xinheng.texts import T

RAW_MAX: Final = 1_000_000  # bytes of a report that are kept in one envelope


class Subject(Struct, frozen=True, kw_only=True):
    """Whom a bureau is asked about; numbers are empty where we don't know them."""

    name: str
    uscc: str = ""
    duns: str = ""
    number: str = ""  # of the company's own register, for bureaus abroad
    country: str = ""


class Candidate(Struct, frozen=True):
    """A company that a bureau found under some words; `id` is the bureau's own."""

    id: str
    name: str
    number: str


class Told(Struct, frozen=True):
    """A value for a field of the credit file, as a person would type it."""

    field: str
    value: str


class Parsed(Struct, frozen=True, kw_only=True):
    """What a report says. Empty means that it does not say it."""

    name: str = ""
    uscc: str = ""  # the code of the company that the report is about
    reported_on: date | None = None
    grade: str = ""
    score: str = ""
    told: tuple[Told, ...] = ()


class Asking(Struct, frozen=True, kw_only=True):
    """One question to a bureau, with what the law wants to be said about it."""

    customer_code: str
    bureau: str
    product: str
    purpose: str
    legal_basis: str
    consent: UUID | None = None


class Kept(Struct, frozen=True):
    """How a question ended: `outcome` fetched or kept, the report, what was entered from it."""

    report: UUID
    outcome: str
    facts: int
    left_out: tuple[str, ...] = ()


class Unreadable(ValueError):
    """Bytes that are no report of this bureau; `text` says where it went wrong."""

    def __init__(self, text: T) -> None:
        self.text = text
        super().__init__(text.en)


class BureauTrouble(Exception):
    """The bureau gave no report. `kind` is a key of TROUBLES; `text` never holds an address or a
    key.
    """

    def __init__(self, kind: str, said: str = "") -> None:
        self.kind = kind
        words = TROUBLES[kind]
        said = " ".join(said.split())[:120]
        self.text = T(f"{words.zh}（{said}）", f"{words.en} ({said})") if said else words
        super().__init__(kind)


TROUBLES: Final = {
    "quota": T("余额或次数已用完，请充值", "the account is used up; top it up"),
    "not_found": T("没有这家企业，请核对号码或名称", "it knows no such company; check the number"),
    "bad_key": T(
        "密钥、签名或权限不对，请核对设置", "key, signature or rights are wrong; check them"
    ),
    "rate_limit": T("请求太频繁，请过几分钟再试", "too many requests; try again in some minutes"),
    "timeout": T("没有按时回答，请稍后再试", "no answer in time; try again later"),
    "unreachable": T("连接不上，请检查网络与地址", "can't be reached; check network and address"),
    "failed": T("接口出错，请稍后再试", "its service failed; try again later"),
}


class Client(Protocol):
    """One bureau behind its shape."""

    @property
    def version(self) -> int:
        """Of the parser; a higher one may read more from the same bytes."""

    def fetch(self, subject: Subject, product: str) -> bytes:
        """The report as it came. Raises BureauTrouble."""

    def parse(self, product: str, raw: bytes) -> Parsed:
        """What the bytes say; pure. Raises Unreadable."""
