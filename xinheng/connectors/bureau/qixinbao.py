"""启信宝: its open platform's record of a company (工商照面, interface 1.41).

Shape: GET /APIService/enterprise/getBasicInfo?keyword=…, headers Auth-Version 2.0, appkey,
timestamp and sign, the MD5 of appkey + timestamp + secret in small letters; the answer is
{"status": "200", "message": …, "data": {…}}. Field names (name, creditNo, operName, registCapi,
startDate, econKind, address) are those that public client code of this interface reads
(data.qixin.com); older interfaces write them with underscores, and both are read. Of its statuses
only 200, 201 (nothing found) and 104 (address not on its list) are known to us; others are told
as they come.
"""

from __future__ import annotations

import hashlib
from typing import Final

from xinheng.connectors.bureau import reading as read
from xinheng.connectors.bureau.wire import Connection, ask
from xinheng.inquiries.bureau_rows import BureauTrouble, Candidate, Parsed, Subject, Unreadable
from xinheng.texts import T

VERSION: Final = 1
_STATUSES: Final = {"104": "bad_key", "201": "not_found"}


def search(connection: Connection, words: str) -> list[Candidate]:
    """Companies under some words (/APIService/v2/search/advSearch)."""
    answer = _asked(connection, "/APIService/v2/search/advSearch", {"keyword": words})
    rows = read.items(read.loaded(answer), "data", "items")
    return [
        Candidate(
            read.text(row, "id"), read.text(row, "name"), _either(row, "creditNo", "credit_no")
        )
        for row in rows
    ]


def fetch(connection: Connection, subject: Subject, product: str) -> bytes:
    keyword = subject.uscc or subject.name
    return _asked(connection, "/APIService/enterprise/getBasicInfo", {"keyword": keyword})


def parse(product: str, raw: bytes) -> Parsed:
    answer = read.loaded(raw)
    company = read.node(answer, "data")
    if read.number(answer, "status") != "200" or not company:
        raise Unreadable(T("没有 data", "it has no data"))
    uscc = _either(company, "creditNo", "credit_no")
    started = _either(company, "startDate", "start_date")
    return Parsed(
        name=read.text(company, "name"),
        uscc=uscc,
        told=read.told(
            registered_name=read.text(company, "name"),
            registration_code=uscc,
            legal_representative=_either(company, "operName", "oper_name"),
            registered_address=read.text(company, "address"),
            registered_capital=read.capital(_either(company, "registCapi", "regist_capi")),
            established_on=read.iso_day(started, ("startDate",)) if started else None,
            company_form=read.company_form(_either(company, "econKind", "econ_kind")),
        ),
    )


def signed(key: str, secret: str, timestamp: str) -> str:
    """The signature of a request."""
    return hashlib.md5(f"{key}{timestamp}{secret}".encode(), usedforsecurity=False).hexdigest()


def _either(row: read.Node, name: str, older: str) -> str:
    return read.text(row, name) or read.text(row, older)


def _asked(connection: Connection, path: str, query: dict[str, str]) -> bytes:
    timestamp = str(int(connection.at.timestamp() * 1000))
    headers = {
        "Auth-Version": "2.0",
        "appkey": connection.key,
        "timestamp": timestamp,
        "sign": signed(connection.key, connection.secret, timestamp),
    }
    raw = ask(connection, path, query=query, headers=headers)
    try:
        status = read.number(read.loaded(raw), "status")
    except Unreadable as wrong:
        raise BureauTrouble("failed", wrong.text.en) from wrong
    if status != "200":
        raise BureauTrouble(_STATUSES.get(status, "failed"), status)
    return raw
