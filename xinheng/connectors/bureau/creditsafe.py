"""Creditsafe: the company credit report of Connect.

Shape: POST /v1/authenticate {"username", "password"} gives token; GET /v1/companies?countries=…
&regNo=… (or name) gives {"companies": [{"id", "name", "regNo", …}]}; GET /v1/companies/{id} gives
{"report": {companySummary: {businessName, country, companyRegistrationNumber}, creditScore:
{currentCreditRating: {commonValue, providerValue: {value}}}, companyIdentification:
{basicInformation: {registeredCompanyName, companyRegistrationDate}}, shareCapitalStructure:
{nominalShareCapital: {value, currency}}, contactInformation: {mainAddress: {simpleValue}}}}.
Names are those of its public API reference and of generated clients. commonValue A to E is its
international scale, E being "not rated"; providerValue is the local score.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from urllib.parse import quote

from xinheng.connectors.bureau import reading as read
from xinheng.connectors.bureau.wire import Connection, ask
from xinheng.inquiries.bureau_rows import BureauTrouble, Candidate, Parsed, Subject, Unreadable
from xinheng.texts import T

VERSION: Final = 1


def search(connection: Connection, words: str) -> list[Candidate]:
    """Companies under a name (/v1/companies)."""
    return _found(connection, _token(connection), {"name": words, "pageSize": "20"})


def fetch(connection: Connection, subject: Subject, product: str) -> bytes:
    token = _token(connection)
    query = {"countries": subject.country[:2].upper() or "CN", "pageSize": "2"}
    number = subject.uscc or subject.number
    query |= {"regNo": number} if number else {"name": subject.name, "exact": "true"}
    found = _found(connection, token, query)
    if len(found) != 1:
        raise BureauTrouble("not_found", f"{len(found)} candidates")
    path = f"/v1/companies/{quote(found[0].id, safe='')}"
    return ask(connection, path, headers={"Authorization": f"Bearer {token}"})


def parse(product: str, raw: bytes) -> Parsed:
    report = read.node(read.loaded(raw), "report")
    if not report:
        raise Unreadable(T("没有 report", "it has no report"))
    basic = read.node(report, "companyIdentification", "basicInformation")
    rating = read.node(report, "creditScore", "currentCreditRating")
    number = read.text(report, "companySummary", "companyRegistrationNumber")
    name = read.text(basic, "registeredCompanyName") or read.text(
        report, "companySummary", "businessName"
    )
    return Parsed(
        name=name,
        uscc=number if len(number) == 18 else "",
        grade=read.text(rating, "commonValue"),
        score=read.number(rating, "providerValue", "value") if _scored(rating) else "",
        told=read.told(
            registered_name=name,
            registration_code=number,
            registered_address=read.text(
                report, "contactInformation", "mainAddress", "simpleValue"
            ),
            registered_capital=_capital(report),
            established_on=read.day(basic, "companyRegistrationDate"),
        ),
    )


def _scored(rating: read.Node) -> bool:
    """Whether the local value is a number: where nothing is rated it is a word."""
    told = read.node(rating, "providerValue").get("value")
    return not isinstance(told, str) or told.replace(".", "", 1).isdecimal()


def _capital(report: read.Node) -> str:
    share = read.node(report, "shareCapitalStructure", "nominalShareCapital")
    value = read.number(share, "value")
    return read.money_text(Decimal(value), read.text(share, "currency")) if value else ""


def _found(connection: Connection, token: str, query: dict[str, str]) -> list[Candidate]:
    headers = {"Authorization": f"Bearer {token}"}
    raw = ask(connection, "/v1/companies", query=query, headers=headers)
    try:
        return [
            Candidate(read.text(row, "id"), read.text(row, "name"), read.text(row, "regNo"))
            for row in read.items(read.loaded(raw), "companies")
        ]
    except Unreadable as wrong:
        raise BureauTrouble("failed", wrong.text.en) from wrong


def _token(connection: Connection) -> str:
    body = {"username": connection.key, "password": connection.secret}
    raw = ask(connection, "/v1/authenticate", body=body)
    try:
        token = read.text(read.loaded(raw), "token")
    except Unreadable as wrong:
        raise BureauTrouble("failed", wrong.text.en) from wrong
    if not token:
        raise BureauTrouble("bad_key")
    return token
