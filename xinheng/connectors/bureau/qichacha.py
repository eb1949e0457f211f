"""企查查: its open platform's record of a company (企业工商信息).

Shape: GET /ECIV4/GetBasicDetailsByName?key=…&keyword=…, headers Token and Timespan, where Token is
the MD5 of key + timespan + secret in capitals; the answer is {"Status": "200", "Message": …,
"OrderNumber": …, "Result": {…}}. Field names (Name, CreditCode, OperName, RegistCapi, StartDate,
EconKind, Address) and the statuses 101 to 117 and 201 are those of its documentation
(openapi.qcc.com) and of public client code. MD5 is what the bureau asks for; it guards nothing of
ours.
"""

from __future__ import annotations

import hashlib
from typing import Final

from xinheng.connectors.bureau import reading as read
from xinheng.connectors.bureau.wire import Connection, ask
from xinheng.inquiries.bureau_rows import BureauTrouble, Candidate, Parsed, Subject, Unreadable
from xinheng.texts import T

VERSION: Final = 1
_STATUSES: Final = {
    "101": "bad_key",
    "102": "quota",
    "103": "bad_key",
    "107": "bad_key",
    "109": "rate_limit",
    "110": "rate_limit",
    "111": "bad_key",
    "112": "quota",
    "115": "bad_key",
    "117": "quota",
    "201": "not_found",
}


def search(connection: Connection, words: str) -> list[Candidate]:
    """Companies under some words (/FuzzySearch/GetList)."""
    answer = _asked(connection, "/FuzzySearch/GetList", {"searchKey": words})
    return [
        Candidate(read.text(row, "KeyNo"), read.text(row, "Name"), read.text(row, "CreditCode"))
        for row in read.items(read.loaded(answer), "Result")
    ]


def fetch(connection: Connection, subject: Subject, product: str) -> bytes:
    keyword = subject.uscc or subject.name
    return _asked(connection, "/ECIV4/GetBasicDetailsByName", {"keyword": keyword})


def parse(product: str, raw: bytes) -> Parsed:
    answer = read.loaded(raw)
    company = read.node(answer, "Result")
    if read.text(answer, "Status") != "200" or not company:
        raise Unreadable(T("没有 Result", "it has no Result"))
    uscc = read.text(company, "CreditCode")
    return Parsed(
        name=read.text(company, "Name"),
        uscc=uscc,
        told=read.told(
            registered_name=read.text(company, "Name"),
            registration_code=uscc,
            legal_representative=read.text(company, "OperName"),
            registered_address=read.text(company, "Address"),
            registered_capital=read.capital(read.text(company, "RegistCapi")),
            established_on=read.day(company, "StartDate"),
            company_form=read.company_form(read.text(company, "EconKind")),
        ),
    )


def signed(key: str, secret: str, timespan: str) -> str:
    """The token of a request."""
    return (
        hashlib.md5(f"{key}{timespan}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
    )


def _asked(connection: Connection, path: str, query: dict[str, str]) -> bytes:
    timespan = str(int(connection.at.timestamp()))
    headers = {
        "Token": signed(connection.key, connection.secret, timespan),
        "Timespan": timespan,
    }
    raw = ask(connection, path, query={"key": connection.key, **query}, headers=headers)
    try:
        answer = read.loaded(raw)
        status = read.text(answer, "Status")
    except Unreadable as wrong:
        raise BureauTrouble("failed", wrong.text.en) from wrong
    if status != "200":
        raise BureauTrouble(_STATUSES.get(status, "failed"), status)
    return raw
