"""天眼查: its open platform's record of a company (企业基本信息).

Shape: GET /services/open/ic/baseinfo/normal?keyword=…, header Authorization with the token; the
answer is {"error_code": 0, "reason": "ok", "result": {…}}, days as milliseconds. Field names
(legalPersonName, regCapital, estiblishTime – so spelt –, creditCode, regLocation, companyOrgType,
socialStaffNum, percentileScore) and the error codes 300000 to 300012 are those that its platform
publishes and that public client code reads. percentileScore (0 to 10,000) is its own company
score, kept in the bureau's words and not mapped.
"""

from __future__ import annotations

from typing import Final

from xinheng.connectors.bureau import reading as read
from xinheng.connectors.bureau.wire import Connection, ask
from xinheng.inquiries.bureau_rows import BureauTrouble, Candidate, Parsed, Subject, Unreadable
from xinheng.texts import T

VERSION: Final = 1
_CODES: Final = {
    "300000": "not_found",
    "300002": "bad_key",
    "300003": "bad_key",
    "300004": "rate_limit",
    "300005": "bad_key",
    "300006": "quota",
    "300007": "quota",
    "300009": "bad_key",
    "300011": "bad_key",
}


def search(connection: Connection, words: str) -> list[Candidate]:
    """Companies under some words (/services/open/search/2.0)."""
    query = {"word": words, "pageSize": "20", "pageNum": "1"}
    answer = _asked(connection, "/services/open/search/2.0", query)
    rows = read.items(read.loaded(answer), "result", "items")
    return [
        Candidate(read.number(row, "id"), read.text(row, "name"), read.text(row, "creditCode"))
        for row in rows
    ]


def fetch(connection: Connection, subject: Subject, product: str) -> bytes:
    keyword = subject.uscc or subject.name
    return _asked(connection, "/services/open/ic/baseinfo/normal", {"keyword": keyword})


def parse(product: str, raw: bytes) -> Parsed:
    answer = read.loaded(raw)
    if read.number(answer, "error_code") != "0" or not read.node(answer, "result"):
        raise Unreadable(T("没有 result", "it has no result"))
    company = read.node(answer, "result")
    uscc = read.text(company, "creditCode")
    return Parsed(
        name=read.text(company, "name"),
        uscc=uscc,
        score=read.number(company, "percentileScore"),
        told=read.told(
            registered_name=read.text(company, "name"),
            registration_code=uscc,
            legal_representative=read.text(company, "legalPersonName"),
            registered_address=read.text(company, "regLocation"),
            registered_capital=read.capital(read.text(company, "regCapital")),
            established_on=read.milliseconds_day(company, "estiblishTime"),
            company_form=read.company_form(read.text(company, "companyOrgType")),
            employees=read.number(company, "socialStaffNum"),
        ),
    )


def _asked(connection: Connection, path: str, query: dict[str, str]) -> bytes:
    raw = ask(connection, path, query=query, headers={"Authorization": connection.key})
    try:
        answer = read.loaded(raw)
        code = read.number(answer, "error_code")
    except Unreadable as wrong:
        raise BureauTrouble("failed", wrong.text.en) from wrong
    if code != "0":
        raise BureauTrouble(_CODES.get(code, "failed"), code)
    return raw
