"""Bureaus: one shape each – search, fetch, parse, cost – behind one door.

`client_of("qichacha", os.environ, now)` is what inquiries.bureaus takes: connected where a key is
set, able to read files where none is. Keys come from the environment of the process
(XINHENG_BUREAU_QICHACHA_KEY, …_SECRET, …_URL), never from a page. `cost` stands in bureaus_v1.json
beside the days for which a report is good. Example: with XINHENG_BUREAU_DNB_KEY unset,
`connected("dnb", environ)` is False, and a report of D&B can still be handed over as a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import ModuleType
from typing import Final

from msgspec import Struct

from xinheng.connectors.bureau import creditsafe, dnb, qichacha, qixinbao, tianyancha
from xinheng.connectors.bureau.wire import Connection
from xinheng.inquiries.bureau_rows import BureauTrouble, Candidate, Parsed, Subject
from xinheng.inquiries.bureau_terms import Product, terms

ADAPTERS: Final[Mapping[str, ModuleType]] = {
    "tianyancha": tianyancha,
    "qichacha": qichacha,
    "qixinbao": qixinbao,
    "dnb": dnb,
    "creditsafe": creditsafe,
}


class Bureau(Struct, frozen=True):
    """One bureau behind its shape; without a connection it reads and does not ask."""

    code: str
    connection: Connection | None = None

    @property
    def version(self) -> int:
        return int(ADAPTERS[self.code].VERSION)

    def search(self, words: str) -> list[Candidate]:
        found: list[Candidate] = ADAPTERS[self.code].search(self._open(), words)
        return found

    def fetch(self, subject: Subject, product: str) -> bytes:
        raw: bytes = ADAPTERS[self.code].fetch(self._open(), subject, product)
        return raw

    def parse(self, product: str, raw: bytes) -> Parsed:
        parsed: Parsed = ADAPTERS[self.code].parse(product, raw)
        return parsed

    def cost(self, product: str) -> Product:
        return terms().bureaus[self.code].products[product]

    def _open(self) -> Connection:
        if self.connection is None:
            raise BureauTrouble("bad_key")
        return self.connection


def client_of(code: str, environ: Mapping[str, str], at: datetime) -> Bureau | None:
    """The bureau of this code, connected if a key is set, for a request at this instant; None where
    there is no such bureau.
    """
    if code not in ADAPTERS:
        return None
    name = f"XINHENG_BUREAU_{code.upper()}"
    key = environ.get(f"{name}_KEY", "")
    if not key:
        return Bureau(code)
    url = environ.get(f"{name}_URL") or terms().bureaus[code].base_url
    return Bureau(code, Connection(url, key, environ.get(f"{name}_SECRET", ""), at))


def connected(code: str, environ: Mapping[str, str]) -> bool:
    """Whether a key is set for the bureau of this code."""
    return bool(environ.get(f"XINHENG_BUREAU_{code.upper()}_KEY"))
